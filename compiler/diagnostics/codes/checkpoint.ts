import { code } from "../code.js";
import { folded } from "../fold.js";
import { list } from "../listed.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];
const shape = (sizes: readonly number[]): string => `[${sizes.join(", ")}]`;

/** One tensor of a file that is not what the model needs. */
export interface TensorFault {
  readonly name: string;
  readonly why: string;
  /**
   * Of a tensor that is there and wrong: in what it differs. Of one that is missing: a `table` that may be tied. Of one
   * that is left over: the `base` of the model reads it.
   */
  readonly of?: "shape" | "type" | "tie" | "range" | "value" | "table" | "base";
}

/** An optional tensor that a file lacks, and the number that its weight starts with. */
export interface Absent {
  readonly name: string;
  readonly weight: string;
  readonly value: number;
}

/** What may be done about tensors that are there and wrong. */
const remedies: Readonly<Record<NonNullable<TensorFault["of"]>, string>> = {
  shape:
    "is this a model of another size, or does the file use another layout? compare the model's fields with the file's configuration",
  type: "convert the tensors first, in Python: `tensor.to(torch.float32)`; multiply quantized ones by their scales",
  tie: 'if this model does not tie them, give the head its own weights and their line: `head = untied(vocab)` and `"lm_head.weight" = head.table`',
  value: "weights are 32-bit floats: they cannot hold all integers above 16777216, nor doubles above 3.4e38",
  table:
    "a file contains a tied weight only once: if `config.json` has `tie_word_embeddings: true`, tie the head here too, `head = tied(embed)`",
  base: 'if a tensor is a copy of another, such as a tied head, write what it copies, `"lm_head.weight" = embed.table`; archc checks that they are equal. If the model does not need it, write `ignore "name"`',
  range: "the model would not hold the file's values: fix the file or the range",
};

/** Weights from foreign files: what a spec says of them, and what the files hold. */
export const checkpointCodes = {
  "checkpoint/name": code<{ text: string }>("error", ({ text }) => ({
    message: `\`${text}\` is not a valid tensor name`,
    helps: [
      "put an index in braces, `h.{i}.weight`, a part that some files leave out in brackets, `[transformer.]wte.weight`, and different names of one part with `|`, `norm.[weight|gamma]`",
      ...(text.includes("*") ? ['`*` must be last, after a dot, in an `ignore`: `ignore "cls.*"`'] : []),
    ],
  })),
  "checkpoint/form": code<object>("error", () => ({
    message: "this is not a weight of the model",
    helps: [
      "write a weight, `blocks[i].attn.out`; add the file's axes if they differ, `blocks[i].attn.out[H G V, D]`; for several weights in one tensor, `concat(a, b, axis = 0)`",
    ],
  })),
  "checkpoint/unknown-weight": code<{ name: string; near: string | undefined; known: readonly string[] }>(
    "error",
    ({ name, near, known }) => ({
      message: `the model has no weight \`${name}\``,
      notes: near === undefined ? [`it has ${list(known)}`] : [],
      helps: meant(near),
    }),
  ),
  "checkpoint/unknown-axis": code<{
    axis: string;
    weight: string;
    near: string | undefined;
    axes: readonly string[];
  }>("error", ({ axis, weight, near, axes }) => ({
    message: `\`${weight}\` has no axis \`${axis}\``,
    notes: [`its axes are ${list(axes)}`],
    helps: meant(near),
  })),
  "checkpoint/axis-missing": code<{ weight: string; axes: readonly string[] }>(
    "error",
    ({ weight, axes }) => ({
      message: `${axes.length === 1 ? "axis" : "axes"} ${list(axes)} of \`${weight}\` ${axes.length === 1 ? "is" : "are"} missing`,
      helps: [
        "list every axis once, in the file's order; write axes that the file merges side by side, without a comma",
      ],
    }),
  ),
  "checkpoint/axis-twice": code<{ axis: string }>("error", ({ axis }) => ({
    message: `\`${axis}\` is named twice`,
  })),
  "checkpoint/index-out-of-range": code<{ axis: string; index: number; size: number }>(
    "error",
    ({ axis, index, size }) => ({
      message: `\`${axis} = ${index}\` is out of range`,
      notes: [`\`${axis}\` has size ${size}: valid indices are 0 to ${size - 1}`],
    }),
  ),
  "checkpoint/index-without-weight": code<{ name: string; known: readonly string[] }>(
    "error",
    ({ name, known }) => ({
      message: `\`{${name}}\` has no match: no weight on the right has an index \`${name}\``,
      helps: [
        known.length > 0
          ? `the right side has ${list(known)}`
          : `write the index on the right too: \`blocks[${name}]\``,
      ],
    }),
  ),
  "checkpoint/index-without-name": code<{ name: string }>("error", ({ name }) => ({
    message: `the tensor's name does not use the index \`${name}\`, so every index would read the same tensor`,
    helps: [`write \`{${name}}\` where the file's names have the number`],
  })),
  "checkpoint/concat": code<{ shapes: readonly (readonly number[])[]; axis: number | undefined }>(
    "error",
    ({ shapes, axis }) => ({
      message:
        axis === undefined
          ? "`concat` needs the axis of the file to join along"
          : `these weights cannot be joined along axis ${axis}`,
      notes: [`their shapes are ${shapes.map(shape).join(" and ")}`],
      helps: axis === undefined ? ["write `concat(a, b, axis = 0)`; axes count from 0"] : [],
    }),
  ),
  "checkpoint/each": code<{
    each: string;
    axis: number;
    firsts: readonly string[];
    sizes: readonly (number | undefined)[];
  }>("error", ({ each, axis, firsts, sizes }) => ({
    message: `the parts cannot take turns for each \`${each}\``,
    notes: [
      firsts.every((f) => f === each)
        ? `\`${each}\` has ${sizes.join(" and ")} places`
        : `along axis ${axis} they begin with ${firsts.map((f) => `\`${f}\``).join(", ")}`,
    ],
    helps: [`every part begins there with \`${each}\`, of one size: \`x[${each} K, D]\``],
  })),
  "checkpoint/ignored-places": code<{ most: number }>("error", ({ most }) => ({
    message: "`ignore` needs the number of positions to skip",
    helps: [`write a whole number from 1 to ${most}: \`concat(ignore(2), positions.table, axis = 0)\``],
  })),
  "checkpoint/twice": code<{ name: string }>("error", ({ name }) => ({
    message: `two lines read the tensor \`${name}\``,
  })),
  "checkpoint/read-and-ignored": code<{ name: string; line: string }>("error", ({ name, line }) => ({
    message: `this \`ignore\` covers the tensor \`${name}\`, which the line \`"${line}"\` reads`,
    helps: ["remove one of the two lines, or ignore fewer names"],
  })),
  "checkpoint/optional-random": code<{ weight: string }>("error", ({ weight }) => ({
    message: `\`${weight}\` starts with random numbers, so a file cannot leave it out`,
    helps: [
      "remove `optional`; only weights that start with one number, such as `init zeros`, can be missing from a file",
    ],
  })),
  "checkpoint/absent": code<{ file: string; absent: readonly Absent[] }>("warning", ({ file, absent }) => ({
    message: `\`${file}\` lacks ${absent.length === 1 ? "an optional tensor" : `${absent.length} optional tensors`}`,
    notes: [
      `${folded(absent.map(({ name, weight, value }) => `${name}: all of \`${weight}\` is ${value}`)).join("\n")}`,
    ],
  })),
  "checkpoint/mismatch": code<{
    file: string;
    checkpoint: string;
    missing: readonly TensorFault[];
    leftOver: readonly TensorFault[];
    wrong: readonly TensorFault[];
    unread: readonly string[];
    /** Another checkpoint of the model whose names the file has. */
    better?: string | undefined;
  }>("error", ({ file, checkpoint, missing, leftOver, wrong, unread, better }) => {
    const part = (faults: readonly { name: string; why: string }[], what: string): string[] =>
      faults.length === 0
        ? []
        : [
            `${what}:\n  ${folded(faults.map(({ name, why }) => `${name}${why === "" ? "" : `: ${why}`}`)).join("\n  ")}`,
          ];
    const counts = [
      [missing.length, "missing"],
      [wrong.length, "wrong"],
      [leftOver.length, "left over"],
      [unread.length, "without a line"],
    ] as const;
    const said = counts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
    return {
      message: `\`${file}\` does not fit checkpoint \`${checkpoint}\`: ${said.join(", ")}`,
      notes: [
        ...part(missing, "missing from the file"),
        ...part(wrong, "of the wrong shape, type or content"),
        ...part(leftOver, "left over in the file"),
        ...part(
          unread.map((name) => ({ name, why: "" })),
          "weights without a line in the checkpoint",
        ),
      ],
      helps:
        better !== undefined
          ? [`the file's names match checkpoint \`${better}\`: use \`--checkpoint ${better}\``]
          : [
              ...(leftOver.some((f) => f.of === "base") ? [remedies.base] : []),
              ...(leftOver.some((f) => f.of === undefined)
                ? [
                    'if the model needs a tensor that is left over, write a line for it; to skip one, write `ignore "name"`, or `ignore "cls.*"` for all below `cls.`',
                  ]
                : []),
              ...(unread.length > 0
                ? [`write a line for each weight: \`"its name in the file" = ${unread[0]}\``]
                : []),
              ...(missing.length === 0 || wrong.some((f) => f.of === "shape")
                ? []
                : [
                    leftOver.length === 0 && missing.every((f) => f.of === "table")
                      ? remedies.table
                      : remedies.shape,
                  ]),
              ...[...new Set(wrong.flatMap((f) => f.of ?? []))].map((of) => remedies[of]),
            ],
    };
  }),
  "checkpoint/unreadable": code<{ why: string }>("error", ({ why }) => ({ message: why })),
  "checkpoint/not-said": code<{ model: string; known: readonly string[]; asked: string | undefined }>(
    "error",
    ({ model, known, asked }) => ({
      message:
        asked === undefined
          ? `\`${model}\` has several checkpoints: choose one`
          : `\`${model}\` has no checkpoint \`${asked}\``,
      helps: [
        `pass \`--checkpoint\` with ${list(known)}; \`archc\` means the weights' own names, as in a build's weights.safetensors`,
      ],
    }),
  ),
};

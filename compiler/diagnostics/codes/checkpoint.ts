import { code } from "../code.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];
const list = (names: readonly string[]): string => names.map((n) => `\`${n}\``).join(", ");
const shape = (sizes: readonly number[]): string => `[${sizes.join(", ")}]`;

/** One tensor of a file that is not what the model needs. */
export interface TensorFault {
  readonly name: string;
  readonly why: string;
  /** Of a tensor that is there: in what it differs. */
  readonly of?: "shape" | "type" | "tie" | "range" | "value";
}

/** What may be done about tensors that are there and wrong. */
const remedies: Readonly<Record<NonNullable<TensorFault["of"]>, string>> = {
  shape: "a model of another size, or another layout? compare its fields with the file's configuration",
  type: "numbers of other types are written anew first, in Python: `tensor.to(torch.float32)`",
  tie: "a model that does not tie them has weights of its own in both places: `head = untied(vocab)`",
  value: "weights are single floats: whole numbers beyond 16777216 and doubles beyond 3.4e38 have no equal",
  range: "the model would hold other values than the file: mend the file, or the range",
};

/** Weights from foreign files: what a spec says of them, and what the files hold. */
export const checkpointCodes = {
  "checkpoint/name": code<{ text: string }>("error", ({ text }) => ({
    message: `\`${text}\` cannot be read as a tensor's name`,
    helps: [
      "an index stands in braces, `h.{i}.weight`; what some files leave out in brackets, `[transformer.]wte.weight`",
    ],
  })),
  "checkpoint/form": code<object>("error", () => ({
    message: "this names no weight of the model",
    helps: [
      "write a weight, `blocks[i].attn.out`, with the axes of the file where they differ, `blocks[i].attn.out[H G V, D]`; or several, `concat(a, b, axis = 0)`",
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
      message: `${list(axes)} of \`${weight}\` ${axes.length === 1 ? "is" : "are"} not said`,
      helps: ["name every axis once, in the order of the file; axes that are one there stand side by side"],
    }),
  ),
  "checkpoint/axis-twice": code<{ axis: string }>("error", ({ axis }) => ({
    message: `\`${axis}\` is named twice`,
  })),
  "checkpoint/index-out-of-range": code<{ axis: string; index: number; size: number }>(
    "error",
    ({ axis, index, size }) => ({
      message: `\`${axis} = ${index}\` is out of range`,
      notes: [`\`${axis}\` has ${size} places, numbered 0 to ${size - 1}`],
    }),
  ),
  "checkpoint/index-without-weight": code<{ name: string; known: readonly string[] }>(
    "error",
    ({ name, known }) => ({
      message: `\`{${name}}\` stands for nothing: no weight on the right has an index \`${name}\``,
      helps: [
        known.length > 0
          ? `the right side has ${list(known)}`
          : `write the index there too: \`blocks[${name}]\``,
      ],
    }),
  ),
  "checkpoint/index-without-name": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` is not in the name in the file, so that all would have the same name`,
    helps: [`write \`{${name}}\` where the file has its number`],
  })),
  "checkpoint/concat": code<{ shapes: readonly (readonly number[])[]; axis: number | undefined }>(
    "error",
    ({ shapes, axis }) => ({
      message:
        axis === undefined
          ? "`concat` does not say along which axis of the file"
          : `these cannot be one tensor along axis ${axis}`,
      notes: [`they are ${shapes.map(shape).join(" and ")}`],
      helps: axis === undefined ? ["write `concat(a, b, axis = 0)`; axes count from 0"] : [],
    }),
  ),
  "checkpoint/ignored-places": code<{ most: number }>("error", ({ most }) => ({
    message: "this does not say how many places of the file are passed over",
    helps: [`write a whole number, 1 to ${most}: \`concat(ignore(2), positions.table, axis = 0)\``],
  })),
  "checkpoint/twice": code<{ name: string }>("error", ({ name }) => ({
    message: `tensor \`${name}\` is given by two lines`,
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
        : [`${what}:${faults.map(({ name, why }) => `\n  ${name}${why === "" ? "" : `: ${why}`}`).join("")}`];
    const counts = [
      [missing.length, "missing"],
      [wrong.length, "of the wrong kind"],
      [leftOver.length, "left over"],
      [unread.length, "given by no line"],
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
          "weights that no line of the checkpoint gives",
        ),
      ],
      helps:
        better !== undefined
          ? [`its names are those of checkpoint \`${better}\`: \`--checkpoint ${better}\``]
          : [
              ...(leftOver.length > 0
                ? ['tensors that the model does not need: `ignore "name"` in the checkpoint']
                : []),
              ...(missing.length > 0 && !wrong.some((f) => f.of === "shape") ? [remedies.shape] : []),
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
          ? `\`${model}\` has several checkpoints: say which`
          : `\`${model}\` has no checkpoint \`${asked}\``,
      helps: [
        `\`--checkpoint\` is ${list(known)}; \`archc\` means the weights' own names, as in a build's weights.safetensors`,
      ],
    }),
  ),
};

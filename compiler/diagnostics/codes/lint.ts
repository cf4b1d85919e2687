import { code } from "../code.js";
import { didYouMeanText } from "../did-you-mean.js";

const counted = (n: bigint): string => n.toString().replace(/\B(?=(\d{3})+$)/g, ",");

/** The multiples of `step` on both sides of a size; 0 is none. */
function around(size: bigint, step: bigint): string {
  const below = size - (size % step);
  return below === 0n ? `\`${step}\`` : `\`${below}\` or \`${below + step}\``;
}

/** What the rules of `archc lint` find: nothing that keeps a spec from compiling. */
export const lintCodes = {
  "lint/head-size": code<{ size: bigint; where: string }>("warning", ({ size, where }) => ({
    message: `attention uses heads of size ${size}, which is not a multiple of 8`,
    notes: [
      where,
      "GPU matrix units process 8 numbers at a time: other sizes are padded or fall back to a slower kernel",
    ],
    helps: [`choose widths and heads that give ${around(size, 8n)}`],
  })),
  "lint/width": code<{ size: bigint; where: string }>("warning", ({ size, where }) => ({
    message: `matrix products with weights have an inner size of ${size}, which is not a multiple of 8`,
    notes: [
      where,
      "GPU matrix units process 8 numbers at a time: other sizes are padded or fall back to a slower kernel",
    ],
    helps: [`choose a width that gives ${around(size, 8n)}`],
  })),
  "lint/vocab-size": code<{ size: bigint; where: string }>("warning", ({ size, where }) => {
    const padded = size + 64n - (size % 64n);
    return {
      message: `a vocabulary of ${counted(size)} is not a multiple of 64`,
      notes: [`the output head's matrix product has this width: ${where}`],
      helps: [
        `\`${padded}\` leaves ${padded - size} rows unused but fills whole tiles; if the tokenizer fixes the vocabulary, suppress this with a reason`,
      ],
    };
  }),
  "lint/idle-topk": code<{ k: string; where: string }>("warning", ({ k, where }) => ({
    message: `this keeps the ${k} largest of ${k} values: it only sorts them`,
    notes: [where],
    helps: ["keep fewer, or remove the selection"],
  })),
  "lint/table-size": code<{ rows: bigint; read: bigint; tokens: bigint; name: string; where: string }>(
    "warning",
    ({ rows, read, tokens, name, where }) => ({
      message: `\`${name}\` has ${counted(rows)} rows, but training on ${counted(tokens)} tokens reads at most ${counted(read)} of them`,
      notes: [where, "rows that are never read keep their initial values"],
      helps: ["make the table smaller, or read more rows per token"],
    }),
  ),
  "lint/dead-weight": code<{ name: string; params: string; where: string }>(
    "warning",
    ({ name, params, where }) => ({
      message: `the weight \`${name}\` (${params} parameters) does not affect the model's output`,
      notes: [where, "it is counted, stored and loaded, but training never changes it"],
    }),
  ),
  "lint/unused-import": code<{ name: string; from: string }>("warning", ({ name, from }) => ({
    message: `\`${name}\` is imported from \`${from}\` but never used`,
    label: "not used in this file",
  })),
  "lint/unused-profile": code<{ name: string }>("warning", ({ name }) => ({
    message: `no budget or expectation uses the profile \`${name}\``,
    label: "not used in this file",
    helps: [`use it in a budget: \`budget ${name} { … }\``],
  })),
  "lint/unused-layer": code<{ name: string; what: string }>("warning", ({ name, what }) => ({
    message: `nothing in this file uses the ${what} \`${name}\``,
    helps: ["use it, remove it, or move it to a file that others import"],
  })),
  "lint/unused-param": code<{ name: string; owner: string }>("warning", ({ name, owner }) => ({
    message: `\`${owner}\` never reads its parameter \`${name}\``,
    helps: ["remove it: setting it has no effect"],
  })),
  "lint/unused-name": code<{ name: string; what: string; owner: string }>(
    "warning",
    ({ name, what, owner }) => ({
      message: `the ${what} \`${name}\` of \`${owner}\` is never read`,
    }),
  ),
  "lint/unused-slot": code<{ slot: string }>("warning", ({ slot }) => ({
    message: `no block's wiring uses \`${slot}\`, so this line has no effect`,
    helps: [`use \`${slot}\` in the wiring, or write \`${slot} = none\``],
  })),
  "lint/expect-source": code<{ model: string }>("warning", ({ model }) => ({
    message: `the numbers that \`${model}\` expects have no source`,
    helps: ["cite the paper, link or derivation in a comment next to them, or in the model's `///` comment"],
  })),
  "lint/missing-budget": code<{ model: string }>("warning", ({ model }) => ({
    message: `\`${model}\` has no budget`,
    helps: ["limit what it may cost: `budget { params.total <= 130M }`"],
  })),
  "lint/loose-budget": code<{ model: string; actual: string; times: string }>(
    "warning",
    ({ model, actual, times }) => ({
      message: `this budget is ${times} times what \`${model}\` needs (${actual})`,
      helps: ["tighten it, so that it catches a real change"],
    }),
  ),
  "lint/suppression-unused": code<{ name: string }>("warning", ({ name }) => ({
    message: `\`${name}\` reports nothing here, so this comment suppresses nothing`,
    helps: ["remove the comment; it applies to its own line, or to the next line with code"],
  })),
  "lint/suppression-reason": code<{ rule: string | undefined }>("warning", ({ rule }) => ({
    message:
      rule === undefined
        ? "this comment names no rule to suppress"
        : "this comment needs a reason to suppress anything",
    helps: [`write \`// archc-ignore ${rule ?? "RULE"}: why it is right here\``],
  })),
  "lint/suppression-rule": code<{ name: string; known: readonly string[] }>("warning", ({ name, known }) => ({
    message: `there is no lint rule \`${name}\``,
    helps: [didYouMeanText(name, known) ?? `rules: ${known.map((k) => `\`${k}\``).join(", ")}`],
  })),
};

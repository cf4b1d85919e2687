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
    message: `attention works on heads of size ${size}, which is not a multiple of 8`,
    notes: [where, "matrix units work on 8 numbers at a time: they pad, or leave the fast kernel"],
    helps: [`choose widths and heads that give ${around(size, 8n)}`],
  })),
  "lint/width": code<{ size: bigint; where: string }>("warning", ({ size, where }) => ({
    message: `products with weights sum over ${size} numbers, which is not a multiple of 8`,
    notes: [where, "matrix units work on 8 numbers at a time: they pad, or leave the fast kernel"],
    helps: [`choose a width that gives ${around(size, 8n)}`],
  })),
  "lint/vocab-size": code<{ size: bigint; where: string }>("warning", ({ size, where }) => {
    const padded = size + 64n - (size % 64n);
    return {
      message: `a vocabulary of ${counted(size)} is not a multiple of 64`,
      notes: [`the head's product has this width: ${where}`],
      helps: [
        `\`${padded}\` leaves ${padded - size} rows unused, and the product runs on whole tiles; a tokenizer's own vocabulary may be suppressed with a reason`,
      ],
    };
  }),
  "lint/idle-topk": code<{ k: string; where: string }>("warning", ({ k, where }) => ({
    message: `this keeps the ${k} largest of ${k}: it sorts, and selects nothing`,
    notes: [where],
    helps: ["keep fewer, or leave the selection out"],
  })),
  "lint/table-size": code<{ rows: bigint; read: bigint; tokens: bigint; name: string; where: string }>(
    "warning",
    ({ rows, read, tokens, name, where }) => ({
      message: `\`${name}\` has ${counted(rows)} rows, but ${counted(tokens)} tokens of training read at most ${counted(read)}`,
      notes: [where, "rows that are never read stay as they were drawn"],
      helps: ["make the table smaller, or read more of its rows for each token"],
    }),
  ),
  "lint/dead-weight": code<{ name: string; params: string; where: string }>(
    "warning",
    ({ name, params, where }) => ({
      message: `nothing that the model computes depends on the weight \`${name}\` (${params} parameters)`,
      notes: [where, "it counts, is stored and loaded, and training leaves it as it was drawn"],
    }),
  ),
  "lint/unused-import": code<{ name: string; from: string }>("warning", ({ name, from }) => ({
    message: `\`${name}\` is imported from \`${from}\` and not used`,
    label: "not used in this file",
  })),
  "lint/unused-profile": code<{ name: string }>("warning", ({ name }) => ({
    message: `no budget or expectation is taken at the profile \`${name}\``,
    label: "not used in this file",
    helps: [`name it in a budget: \`budget ${name} { … }\``],
  })),
  "lint/unused-layer": code<{ name: string; what: string }>("warning", ({ name, what }) => ({
    message: `the ${what} \`${name}\` is used by nothing in this file`,
    helps: ["use it, remove it, or move it to a file of its own that others import"],
  })),
  "lint/unused-param": code<{ name: string; owner: string }>("warning", ({ name, owner }) => ({
    message: `\`${owner}\` never reads its parameter \`${name}\``,
    helps: ["remove it, so that nobody sets it in vain"],
  })),
  "lint/unused-name": code<{ name: string; what: string; owner: string }>(
    "warning",
    ({ name, what, owner }) => ({
      message: `the ${what} \`${name}\` of \`${owner}\` is never read`,
    }),
  ),
  "lint/unused-slot": code<{ slot: string }>("warning", ({ slot }) => ({
    message: `no block's wiring asks for its \`${slot}\`: this line changes nothing`,
    helps: [`name \`${slot}\` in the wiring, or write \`${slot} = none\``],
  })),
  "lint/expect-source": code<{ model: string }>("warning", ({ model }) => ({
    message: `nothing says where the figures that \`${model}\` expects come from`,
    helps: ["name the paper, link or derivation in a comment beside them, or in the model's doc"],
  })),
  "lint/missing-budget": code<{ model: string }>("warning", ({ model }) => ({
    message: `no budget holds for \`${model}\``,
    helps: ["bound what it may cost: `budget { params.total <= 130M }`"],
  })),
  "lint/loose-budget": code<{ model: string; actual: string; times: string }>(
    "warning",
    ({ model, actual, times }) => ({
      message: `this budget is ${times} times what \`${model}\` needs (${actual})`,
      helps: ["tighten it, so that a change that matters is seen"],
    }),
  ),
  "lint/suppression-unused": code<{ name: string }>("warning", ({ name }) => ({
    message: `\`${name}\` finds nothing here that this comment could suppress`,
    helps: ["remove the comment; it speaks of its own line, or of the next one with code"],
  })),
  "lint/suppression-reason": code<{ rule: string | undefined }>("warning", ({ rule }) => ({
    message: rule === undefined ? "this suppresses no rule" : "this suppresses nothing without a reason",
    helps: [`write \`// archc-ignore ${rule ?? "RULE"}: why it is right here\``],
  })),
  "lint/suppression-rule": code<{ name: string; known: readonly string[] }>("warning", ({ name, known }) => ({
    message: `there is no lint rule \`${name}\``,
    helps: [didYouMeanText(name, known) ?? `rules: ${known.map((k) => `\`${k}\``).join(", ")}`],
  })),
};

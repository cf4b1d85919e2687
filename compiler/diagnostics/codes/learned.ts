import { code } from "../code.js";

const list = (names: readonly string[]): string => names.map((n) => `\`${n}\``).join(", ");

/** Counts that the weights decide, and what weights say of them. */
export const learnedCodes = {
  "learned/bound": code<{ given: string | undefined }>("error", ({ given }) => ({
    message:
      given === undefined
        ? "it is not said how large this `learned` count may be"
        : `a \`learned\` count is at most \`${given}\`, which only a run knows`,
    helps: [
      "write `learned(value, most = n)`: without weights the count is `n`, and no file can make it larger",
    ],
  })),
  "learned/not-weights": code<{ reads: readonly string[] }>("error", ({ reads }) => ({
    message: "a `learned` count is decided when the model is built, and this is known only when it runs",
    notes: reads.length === 0 ? [] : [`it depends on ${list(reads)}`],
    helps: [
      "use weights, what the layer computes from weights alone, and numbers; a weight of another layer is read as a member, `embed.table`",
    ],
  })),
  "learned/no-weight": code<{ value: string }>("error", ({ value }) => ({
    message: `no weight decides this \`learned\` count: it is ${value}, whatever is learned`,
    helps: ["write the number itself, or an expression in which a weight stands"],
  })),
  "learned/not-one-number": code<{ axes: readonly string[]; flags: boolean }>("error", ({ axes, flags }) => ({
    message: flags
      ? "a `learned` count is made of a number, and this is a flag"
      : "a `learned` count is made of one number, and this is a tensor",
    notes: axes.length === 0 ? [] : [`it still has the ${axes.length === 1 ? "axis" : "axes"} ${list(axes)}`],
    helps: flags
      ? ["count the flags: `sum(float(reach > 0.5))`"]
      : [`reduce it: \`max(…, ${axes[0] ?? "H"})\`, or pick a place: \`x[${axes[0] ?? "H"} = 0]\``],
  })),
  "learned/too-much": code<{ work: string; limit: number }>("error", ({ work, limit }) => ({
    message: "deciding the model's `learned` counts takes too much",
    notes: [`with this one ${work} bytes and operations, and ${limit} are the limit`],
    helps: ["let a few small weights decide, such as one number for each head or each expert"],
  })),
  "learned/beyond": code<{ path: string; number: number; most: string; weights: readonly string[] }>(
    "error",
    ({ path, number, most, weights }) => ({
      message: Number.isFinite(number)
        ? `the weights make \`${path}\` ${Number(number.toPrecision(7))}, and it is a count from 0 to ${most}`
        : `the weights give \`${path}\` no number: ${number}`,
      notes: [`decided by ${list(weights)} of the weight file`],
      helps: [
        "the file is not of this model, or damaged; where such weights are meant to be, bound the expression: `minimum(…, most)`",
      ],
    }),
  ),
  "learned/changes-weights": code<{ name: string; before: string; after: string; paths: readonly string[] }>(
    "error",
    ({ name, before, after, paths }) => ({
      message: `weights decide the shape of the weight \`${name}\`: ${before} without them, ${after} with them`,
      notes: [`decided: ${paths.slice(0, 6).join(", ")}${paths.length > 6 ? ", …" : ""}`],
      helps: [
        "what is learned may decide what is computed and kept, not which weights there are: declare the weight whole, and slice it",
      ],
    }),
  ),
};

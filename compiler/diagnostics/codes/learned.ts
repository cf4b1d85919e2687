import { code } from "../code.js";
import { list } from "../listed.js";

/** Counts that the weights decide, and what weights say of them. */
export const learnedCodes = {
  "learned/bound": code<{ given: string | undefined }>("error", ({ given }) => ({
    message:
      given === undefined
        ? "this `learned` count has no upper bound"
        : `the upper bound \`${given}\` of this \`learned\` count is known only at run time`,
    helps: [
      "write `learned(value, most = n)`: without trained weights the count is `n`, and no weight file can exceed it",
    ],
  })),
  "learned/not-weights": code<{ reads: readonly string[] }>("error", ({ reads }) => ({
    message:
      "a `learned` count is computed when the model is built, but this value is known only at run time",
    notes: reads.length === 0 ? [] : [`it depends on ${list(reads)}`],
    helps: [
      "use only numbers, weights and values computed from weights; read another layer's weight as a member, `embed.table`",
    ],
  })),
  "learned/no-weight": code<{ value: string }>("error", ({ value }) => ({
    message: `this \`learned\` count depends on no weight: it is always ${value}`,
    helps: ["write the number itself, or an expression that uses a weight"],
  })),
  "learned/not-one-number": code<{ axes: readonly string[]; flags: boolean }>("error", ({ axes, flags }) => ({
    message: flags
      ? "a `learned` count needs a number, but this is a flag"
      : "a `learned` count needs a single number, but this is a tensor",
    notes: axes.length === 0 ? [] : [`it still has the ${axes.length === 1 ? "axis" : "axes"} ${list(axes)}`],
    helps: flags
      ? ["count the flags: `sum(float(reach > 0.5))`"]
      : [`reduce it: \`max(…, ${axes[0] ?? "H"})\`, or pick one element: \`x[${axes[0] ?? "H"} = 0]\``],
  })),
  "learned/too-much": code<{ work: string; limit: number }>("error", ({ work, limit }) => ({
    message: "computing the model's `learned` counts takes too much work",
    notes: [`with this one it takes ${work} bytes and operations; the limit is ${limit}`],
    helps: ["use a few small weights, such as one number per head or per expert"],
  })),
  "learned/beyond": code<{ path: string; number: number; most: string; weights: readonly string[] }>(
    "error",
    ({ path, number, most, weights }) => ({
      message: Number.isFinite(number)
        ? `the weights give \`${path}\` the value ${Number(number.toPrecision(7))}, but it must be from 0 to ${most}`
        : `the weights give \`${path}\` no finite value: ${number}`,
      notes: [`computed from ${list(weights)} in the weight file`],
      helps: [
        "the file may be damaged or belong to another model; if such weights are valid, bound the expression: `minimum(…, most)`",
      ],
    }),
  ),
  "learned/changes-weights": code<{ name: string; before: string; after: string; paths: readonly string[] }>(
    "error",
    ({ name, before, after, paths }) => ({
      message: `the shape of the weight \`${name}\` depends on trained weights: ${before} without them, ${after} with them`,
      notes: [`learned counts: ${paths.slice(0, 6).join(", ")}${paths.length > 6 ? ", …" : ""}`],
      helps: [
        "a learned count can change what the model computes, but not the shapes of its weights: declare the weight at full size and slice it",
      ],
    }),
  ),
};

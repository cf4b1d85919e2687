import { code } from "../code.js";
import { saidHere } from "./foreign.js";

/** Values of another kind than is wanted, and numbers that cannot be. */
export const kindCodes = {
  /** `written`: how it is written, where what was found is nearly that; `signature`: of the layer that is called. */
  "kind/expected": code<{
    expected: string;
    found: string;
    written?: string | undefined;
    signature?: string | undefined;
    helps?: readonly string[] | undefined;
  }>("error", ({ expected, found, written, signature, helps }) => ({
    message: `expected ${expected}, found ${found}`,
    notes: signature === undefined ? [] : [`it takes ${signature}`],
    helps: [...(written === undefined ? [] : [`write \`${written}\``]), ...(helps ?? [])],
  })),
  "kind/quantity-here": code<{ written: string }>("error", ({ written }) => ({
    message: `the quantity \`${written}\` cannot be used here`,
    helps: ["units belong in a `budget` or `expect`; write a plain count as `400M`"],
  })),
  "kind/pattern-here": code<object>("error", () => ({
    message: "an axis pattern cannot be used here",
    helps: ["patterns are arguments of functions, as in `merge(x, A B -> P)`"],
  })),
  /** `usage`: how a layer or function of that name is called. */
  "kind/no-members": code<{ found: string; name: string; usage?: string | undefined }>(
    "error",
    ({ found, name, usage }) => ({
      message: `a ${found} has no \`${name}\``,
      helps: [
        usage !== undefined
          ? `pass the tensor to the function: \`${usage}\``
          : (saidHere(name) ?? "`.` reads a weight or an inner layer of a layer's instance: `embed.table`"),
      ],
    }),
  ),
  "kind/not-callable": code<{ found: string; name: string | undefined }>("error", ({ found, name }) => {
    if (name === undefined) return { message: `a ${found} cannot be called` };
    if (found === "none")
      return {
        message: `\`${name}\` is \`none\`: there is no layer to call`,
        helps: [`pass a layer as \`${name}\`, or call it only inside \`if ${name} != none { … }\``],
      };
    return {
      message: `\`${name}\` is a ${found}: it cannot be called`,
      helps: [`write \`${name}\` without parentheses; only layers and functions can be called`],
    };
  }),
  /** `usual`: the value where none is given, for an argument that may be left out. */
  "kind/out-of-range": code<{
    what: string;
    value: string;
    low: string;
    high: string;
    inclusive: boolean;
    usual?: string | undefined;
  }>("error", ({ what, value, low, high, inclusive, usual }) => ({
    message: `${what} is ${value}, outside ${low} ${inclusive ? ".." : "..<"} ${high}`,
    helps: usual === undefined ? [] : [`leave it out to use the default, ${usual}`],
  })),
  /** `value` is `from / by`, where `by` is an argument of the layer. */
  "kind/shared-out": code<{
    what: string;
    from: string;
    by: string;
    size: string;
    write: string | undefined;
    name: string;
  }>("warning", ({ what, from, by, size, write, name }) => ({
    message: `${what} is 1 because \`${by}\` is \`${from}\`, ${size}`,
    helps: [
      ...(write === undefined
        ? [`use fewer \`${by}\``]
        : [`the layer takes its width from its input: write \`${write}\``]),
      `if you mean it, write \`${name} = 1\``,
    ],
  })),
  "count/not-whole": code<{ what: string; value: string }>("error", ({ what, value }) => ({
    message: `${what} must be a whole number, but is ${value}`,
    helps: [
      "counts must divide exactly: change one of the two, or round with `round_up(n, m)` or `floor_div(a, b)`",
    ],
  })),
  "count/negative": code<{ what: string; value: string; leaveOut?: string | undefined }>(
    "error",
    ({ what, value, leaveOut }) => ({
      message: `${what} is ${value}, but cannot be negative`,
      helps: [
        leaveOut === undefined
          ? "a count is a whole number of at least 0"
          : `if you want none, leave \`${leaveOut}\` out`,
      ],
    }),
  ),
  "count/divided-by-zero": code<{ values: readonly string[] }>("error", ({ values }) => ({
    message: "division by zero",
    notes: values.length > 0 ? [`with ${values.join(", ")}`] : [],
  })),
  "number/undefined": code<{ call: string }>("error", ({ call }) => ({
    message: `\`${call}\` has no value`,
  })),
};

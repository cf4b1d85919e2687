import { code } from "../code.js";
import { clip } from "./syntax-lexical.js";

/** What does not parse among the lines of a layer, its shapes and its patterns. */
export const layerSyntaxCodes = {
  "syntax/equals-in-condition": code<Record<string, never>>("error", () => ({
    message: "`=` gives a name its value; a comparison is `==`",
  })),
  "syntax/chained-comparison": code<{ first: string; second: string }>("error", ({ first, second }) => ({
    message: "comparisons do not chain",
    helps: [`write \`${clip(first)} and ${clip(second)}\`; in a \`budget\`, a line for each`],
  })),
  "syntax/not-assignable": code<{ indexed: boolean }>("error", ({ indexed }) => ({
    message: "only a name can be given a value",
    helps: indexed
      ? ["values do not change; to replace part of one, choose with `where(condition, new, old)`"]
      : ["write `name = …`, or `(a, b) = …` for a call with several results"],
  })),
  "syntax/tuple-without-parens": code<{ list: string }>("error", ({ list }) => ({
    message: "several values stand in parentheses",
    helps: [`write \`(${clip(list)})\``],
  })),
  "syntax/line-without-value": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` has no value`,
    helps: [`write \`${name}: [.. D] = …\`; a trained tensor is \`weight ${name}: […]\``],
  })),
  "syntax/kind-in-layer": code<{ name: string }>("error", ({ name }) => ({
    message: "an equation does not name its kind",
    helps: [`write \`${name} = …\`; after \`:\` stands a shape, or \`layer\` for an instance`],
  })),
  "syntax/stray-range": code<Record<string, never>>("error", () => ({
    message: "only a parameter, a field or a weight has a range",
    helps: ["use `require` for a condition, or `clip(x, low, high)` to force one"],
  })),
  "syntax/shape-expected": code<Record<string, never>>("error", () => ({
    message: "this must be a shape in square brackets",
    helps: ["write `weight gate: [D, hidden]`"],
  })),
  "syntax/weight-dtype": code<{ dtype: string }>("error", ({ dtype }) => ({
    message: `weights have no type: \`${clip(dtype)}\` is not written`,
    label: "remove this",
    notes: ["a weight is always float; the precision it is stored in is the build's"],
  })),
  "syntax/random-without-distribution": code<Record<string, never>>("error", () => ({
    message: "this draw has no distribution",
    helps: ["write `random turn: [H = heads] normal`"],
  })),
  "syntax/fn-with-body": code<{ name: string }>("error", ({ name }) => ({
    message: `\`fn ${name}\` cannot have a body in braces`,
    helps: [
      `an \`fn\` abbreviates one expression: \`fn ${name}(x) = …\`; what has weights or lines is a \`layer\``,
    ],
  })),
  "syntax/bare-parameter": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` has neither a shape nor a kind`,
    helps: [
      `a tensor has a shape, \`${name}: [.. D]\`; a value has a kind, \`${name}: count\`, \`number\`, \`flag\` or \`layer\``,
    ],
  })),
  "syntax/fn-parameter": code<Record<string, never>>("error", () => ({
    message: "a parameter of an `fn` has a name and may have a shape, nothing more",
    helps: ["write `fn f(x: [.. D], n) = …`"],
  })),
  "syntax/return-without-value": code<Record<string, never>>("error", () => ({
    message: "`return` has no value",
    helps: ["write `return y`, or `return (a, b)`"],
  })),
  "syntax/if-block-as-value": code<Record<string, never>>("error", () => ({
    message: "`if` with braces has no value",
    helps: ["write `if c then a else b`; or put the equation inside the braces"],
  })),
  "syntax/unknown-dtype": code<{ name: string; meant: string | undefined }>("error", ({ name, meant }) => ({
    message: `\`${name}\` is not a type of tensor`,
    helps: [
      meant === undefined ? "after a shape stands nothing (float), `int` or `flag`" : `write \`${meant}\``,
    ],
  })),
  "syntax/unknown-kind": code<{ name: string; meant: string | undefined }>("error", ({ name, meant }) => ({
    message: `\`${clip(name)}\` is not a kind`,
    helps: [
      meant === undefined
        ? "kinds are `count`, `number`, `flag`, `layer` and `list(…)`; a tensor has a shape: `x: [.. D]`"
        : `write \`${meant}\``,
    ],
  })),

  // -------------------------------------------------------------------------- shapes, patterns
  "syntax/small-axis": code<{ write: readonly string[] }>("error", ({ write }) => ({
    message:
      write.length === 1
        ? `an axis begins with a capital letter: \`${write[0]}\``
        : `axes begin with capital letters: ${write.map((name) => `\`${name}\``).join(", ")}`,
    notes: ["capitals begin axes, small letters begin values"],
  })),
  "syntax/rest-not-first": code<Record<string, never>>("error", () => ({
    message: "`..` stands first, once",
    helps: ["`..` is any leading axes: `[.. T D]`"],
  })),
  "syntax/einsum-form": code<Record<string, never>>("error", () => ({
    message: "the pattern of `einsum` stands in square brackets",
    helps: ["write `einsum[.. T D, D H -> .. T H](x, w)`"],
  })),
  "syntax/empty-subscript": code<Record<string, never>>("error", () => ({
    message: "this subscript is empty",
    helps: ["write `x[T = 0]`, `x[T = 0 ..< n -> N]` or `list[0]`"],
  })),
  "syntax/positional-index": code<Record<string, never>>("error", () => ({
    message: "a tensor is indexed by the names of its axes, not by their order",
    helps: [
      "write `x[T = 0]` to pick, `x[T = 0 ..< n -> N]` to slice, `x[T = 0, D = 1]` for two axes; axes that stay whole are not written",
    ],
  })),
  "syntax/colon-slice": code<Record<string, never>>("error", () => ({
    message: "a slice is written with `..<`",
    helps: ["write `x[T = 0 ..< n -> N]`: the axis, from, to (left out), and the new axis"],
  })),
  "syntax/slice-without-axis": code<Record<string, never>>("error", () => ({
    message: "a slice names its axis",
    helps: ["write `x[T = 0 ..< n -> N]`"],
  })),
  "syntax/slice-without-start": code<{ written: string }>("error", ({ written }) => ({
    message: "a slice says where it starts",
    helps: [`write \`0 ${written} …\``],
  })),
  "syntax/rename-in-index": code<{ axis: string }>("error", ({ axis }) => ({
    message: "`->` names the axis of a slice, and this is no slice",
    helps: [`write \`x[${axis} = a ..< b -> N]\`; an axis is renamed by \`rename(x, ${axis} -> N)\``],
  })),
  "syntax/range-without-end": code<Record<string, never>>("error", () => ({
    message: "this range has no end",
    helps: ["write `0 ..< n`, which leaves `n` out, or `0 .. n`, which includes it"],
  })),
};

import { code } from "../code.js";
import { clip } from "./syntax-lexical.js";

/** What does not parse among the lines of a layer, its shapes and its patterns. */
export const layerSyntaxCodes = {
  "syntax/equals-in-condition": code<Record<string, never>>("error", () => ({
    message: "`=` sets a value; to compare, write `==`",
  })),
  "syntax/chained-comparison": code<{ first: string; second: string }>("error", ({ first, second }) => ({
    message: "comparisons cannot be chained",
    helps: [`write \`${clip(first)} and ${clip(second)}\`; in a \`budget\`, write one line for each`],
  })),
  "syntax/not-assignable": code<{ indexed: boolean }>("error", ({ indexed }) => ({
    message: "only a name can be assigned a value",
    helps: indexed
      ? ["tensors are immutable; to replace some elements, write `where(condition, new, old)`"]
      : ["write `name = …`, or `(a, b) = …` for a call with several results"],
  })),
  "syntax/tuple-without-parens": code<{ list: string }>("error", ({ list }) => ({
    message: "several values need parentheses",
    helps: [`write \`(${clip(list)})\``],
  })),
  "syntax/line-without-value": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` has no value`,
    helps: [`write \`${name}: [.. D] = …\`; for a trained tensor, write \`weight ${name}: […]\``],
  })),
  "syntax/kind-in-layer": code<{ name: string }>("error", ({ name }) => ({
    message: "an equation does not declare a kind",
    helps: [`write \`${name} = …\`; only a shape can follow \`:\`, or \`layer\` for an instance`],
  })),
  "syntax/stray-range": code<Record<string, never>>("error", () => ({
    message: "only a parameter, a field or a weight can have a range",
    helps: ["to check a range, use `require`; to enforce one, `clip(x, low, high)`"],
  })),
  "syntax/shape-expected": code<Record<string, never>>("error", () => ({
    message: "expected a shape in square brackets",
    helps: ["write `weight gate: [D, hidden]`"],
  })),
  "syntax/weight-dtype": code<{ dtype: string }>("error", ({ dtype }) => ({
    message: `a weight has no type: remove \`${clip(dtype)}\``,
    label: "remove this",
    notes: ["weights are always float; the build decides the precision they are stored in"],
  })),
  "syntax/random-without-distribution": code<Record<string, never>>("error", () => ({
    message: "this random tensor has no distribution",
    helps: ["write `random turn: [H = heads] normal`"],
  })),
  "syntax/fn-with-body": code<{ name: string }>("error", ({ name }) => ({
    message: `\`fn ${name}\` cannot have a body in braces`,
    helps: [
      `an \`fn\` is a single expression: \`fn ${name}(x) = …\`; for weights or several lines, write a \`layer\``,
    ],
  })),
  "syntax/bare-parameter": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` has neither a shape nor a kind`,
    helps: [
      `for a tensor write a shape, \`${name}: [.. D]\`; for a value write a kind, \`${name}: count\`, \`number\`, \`flag\` or \`layer\``,
    ],
  })),
  "syntax/fn-parameter": code<Record<string, never>>("error", () => ({
    message: "a parameter of an `fn` can only have a name and a shape",
    helps: ["write `fn f(x: [.. D], n) = …`"],
  })),
  "syntax/return-without-value": code<Record<string, never>>("error", () => ({
    message: "`return` has no value",
    helps: ["write `return y`, or `return (a, b)`"],
  })),
  "syntax/if-block-as-value": code<Record<string, never>>("error", () => ({
    message: "`if` with braces does not return a value",
    helps: ["write `if c then a else b`, or move the equation inside the braces"],
  })),
  "syntax/unknown-dtype": code<{ name: string; meant: string | undefined }>("error", ({ name, meant }) => ({
    message: `\`${name}\` is not a tensor type`,
    helps: [
      meant === undefined ? "after a shape, write nothing (float), `int` or `flag`" : `write \`${meant}\``,
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
        ? `an axis name starts with a capital letter: \`${write[0]}\``
        : `axis names start with capital letters: ${write.map((name) => `\`${name}\``).join(", ")}`,
    notes: ["capitals are for axes, lower case is for values"],
  })),
  "syntax/rest-not-first": code<Record<string, never>>("error", () => ({
    message: "`..` can appear only once, at the start",
    helps: ["`..` stands for any leading axes: `[.. T D]`"],
  })),
  "syntax/einsum-form": code<Record<string, never>>("error", () => ({
    message: "the pattern of `einsum` goes in square brackets",
    helps: ["write `einsum[.. T D, D H -> .. T H](x, w)`"],
  })),
  "syntax/empty-subscript": code<Record<string, never>>("error", () => ({
    message: "this subscript is empty",
    helps: ["write `x[T = 0]`, `x[T = 0 ..< n -> N]` or `list[0]`"],
  })),
  "syntax/positional-index": code<Record<string, never>>("error", () => ({
    message: "index a tensor by axis name, not by position",
    helps: [
      "write `x[T = 0]` for one element, `x[T = 0 ..< n -> N]` for a slice, `x[T = 0, D = 1]` for two axes; leave out axes that you keep whole",
    ],
  })),
  "syntax/colon-slice": code<Record<string, never>>("error", () => ({
    message: "a slice uses `..<`, not `:`",
    helps: [
      "write `x[T = 0 ..< n -> N]`: the axis, the start, the end (exclusive) and the name of the new axis",
    ],
  })),
  "syntax/slice-without-axis": code<Record<string, never>>("error", () => ({
    message: "a slice must name its axis",
    helps: ["write `x[T = 0 ..< n -> N]`"],
  })),
  "syntax/slice-without-start": code<{ written: string }>("error", ({ written }) => ({
    message: "a slice needs a start",
    helps: [`write \`0 ${written} …\``],
  })),
  "syntax/rename-in-index": code<{ axis: string }>("error", ({ axis }) => ({
    message: "`->` names the axis of a slice, but this is not a slice",
    helps: [`write \`x[${axis} = a ..< b -> N]\`; to rename an axis, write \`rename(x, ${axis} -> N)\``],
  })),
  "syntax/range-without-end": code<Record<string, never>>("error", () => ({
    message: "this range has no end",
    helps: ["write `0 ..< n` to exclude `n`, or `0 .. n` to include it"],
  })),
};

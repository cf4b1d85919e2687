import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parse } from "../../grammar/parse.js";

function problems(text: string): Diagnostics {
  const sink = new Diagnostics();
  parse(text, "a.arch", sink);
  return sink;
}

/** Applies the first fix of every problem, back to front, until none is left or nothing changes. */
function mend(text: string): string {
  let now = text;
  for (let round = 0; round < 4; round++) {
    const fixes = problems(now).list.flatMap((d) => d.fixes.slice(0, 1));
    if (fixes.length === 0) return now;
    let limit = Number.POSITIVE_INFINITY;
    for (const fix of fixes.sort((a, b) => b.span.start - a.span.start || b.span.end - a.span.end)) {
      if (fix.span.end > limit) continue;
      now = now.slice(0, fix.span.start) + fix.replacement + now.slice(fix.span.end);
      limit = fix.span.start;
    }
  }
  return now;
}

const inModel: readonly (readonly [string, string])[] = [
  ["dim: 1024", "dim = 1024"],
  ["dim : 1024", "dim = 1024"],
  ["dim 1024", "dim = 1024"],
  ["dim := 1024", "dim = 1024"],
  ["layers: 12", "blocks 12"],
  ["dim = 1024;", "dim = 1024"],
  ["dim = 1; heads = 2", "dim = 1\n heads = 2"],
  ["dim = 1, heads = 2", "dim = 1\nheads = 2"],
  ["dim = 1,", "dim = 1"],
  ["let dim = 3", "dim = 3"],
  ['vocab = "50K"', "vocab = 50K"],
  ["vocab = 50k", "vocab = 50K"],
  ["vocab = 50 K", "vocab = 50K"],
  ["vocab = 50,257", "vocab = 50_257"],
  ["rate = .5", "rate = 0.5"],
  ["size = 16GiB", "size = 16 GiB"],
  ["size = 16 gb", "size = 16 GB"],
  ["size = 16 gib", "size = 16 GiB"],
  ['size = "16 GiB"', "size = 16 GiB"],
  ["time = 3 seconds", "time = 3 s"],
  ["blocks 12 layers { }", "blocks 12 { }"],
  ["name = 'small'", 'name = "small"'],
  ["# why\ndim = 3", "// why\ndim = 3"],
  ["/* why */\ndim = 3", "// why\ndim = 3"],
  ["a = b ** c && d || !e", "a = b ^ c and d or not e"],
  ["a = b ≤ c", "a = b <= c"],
  ["ffn = mlp (3)", "ffn = mlp(3)"],
  ["ffn = mlp(hidden: 3)", "ffn = mlp(hidden = 3)"],
  ["a = b\n  + c", "a = b +\n  c"],
  ["a = b\n  .c", "a = b.c"],
  ["a = f(b", "a = f(b)"],
  ["a = f(b]", "a = f(b)"],
  ["a = b)", "a = b"],
  ["budget { params.total = 3 }", "budget { params.total <= 3 }"],
  ["budget { params.total: 3 }", "budget { params.total <= 3 }"],
  ["rate: float = 3", "rate: number = 3"],
  ["flags: list(bool)", "flags: list(flag)"],
];

const inLayer: readonly (readonly [string, string])[] = [
  ["const y = x", "y = x"],
  ["v, i = topk(x, 3, D -> C)", "(v, i) = topk(x, 3, D -> C)"],
  ["if a = b { y = x }", "if a == b { y = x }"],
  ["require a = b", "require a == b"],
  ["y = x[T = 0:3]", "y = x[T = 0 ..< 3]"],
  ["y = x[T = ..< 3 -> N]", "y = x[T = 0 ..< 3 -> N]"],
  ["y: float = x", "y = x"],
  ["weight a: [d = 3]", "weight a: [D = 3]"],
  ["weight a: [D] float32", "weight a: [D] "],
  ["y = einsum[b t d, d f -> b t f](x, w)", "y = einsum[B T D, D F -> B T F](x, w)"],
  ["y = merge(x, .. -> z)", "y = merge(x, .. -> Z)"],
  ["state a: [...] i32", "state a: [..] int"],
];

const atTop: readonly (readonly [string, string])[] = [
  ["class A(B) { }", "model A : B { }"],
  ["model A extends B { }", "model A : B { }"],
  ["def f(x) = x", "fn f(x) = x"],
  ["def f(x: [D]) => [D] { return x }", "layer f(x: [D]) -> [D] { return x }"],
  ["model A : B\n  dim = 3\n}", "model A : B {\n  dim = 3\n}"],
  ["model A : B {\n  dim = 3\n\nmodel C { }", "model A : B {\n  dim = 3\n}\n\nmodel C { }"],
  ["model A : B {\n  dim = 3\n", "model A : B {\n  dim = 3\n}\n"],
];

describe("fixes lead to what is written here", () => {
  test.each(inModel)("model: %s", (wrong, right) => {
    const around = (line: string): string => `model M {\n${line}\n}`;
    expect(mend(around(wrong))).toBe(around(right));
    expect(problems(around(right)).list).toEqual([]);
  });

  test.each(inLayer)("layer: %s", (wrong, right) => {
    const around = (line: string): string => `layer l(x: [.. D]) -> [.. D] {\n${line}\n}`;
    expect(mend(around(wrong))).toBe(around(right));
    expect(problems(around(right)).list).toEqual([]);
  });

  test.each(atTop)("top: %s", (wrong, right) => {
    expect(mend(wrong)).toBe(right);
    expect(problems(right).list).toEqual([]);
  });
});

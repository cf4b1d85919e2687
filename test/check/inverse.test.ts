import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import type { LayerDecl } from "../../grammar/ast.js";
import { parse } from "../../grammar/parse.js";
import { cpuTime } from "../support/cpu-time.js";
import { check } from "./support.js";

/** What is said of a layer of two tensors, `pair`, in a model of this width. */
function said(layer: string, dim = 8, more = ""): readonly string[] {
  return check(`
${layer}
${more}
model M {
  slot mix: layer = pair(f = mlp(hidden = 4 * ${dim}), g = attention(2, causal = true))
  forward(x: [B T D = ${dim}]) -> [B T D] {
    (a, b) = mix(x, 2 * x)
    return a + b
  }
}`).said;
}

const pair = (forward: string, inverse: string) => `
layer pair(a: [.. T D], b: [.. T D], f: layer, g: layer) -> (a: [.. T D], b: [.. T D]) {
  ${forward}
  inverse (u, w) {
    ${inverse}
  }
}`;

const coupled = "u = a + f(b)\n  return (u, b + g(u))";

describe("an inverse", () => {
  const right = [
    ["of couplings", coupled, "b = w - g(u)\n    return (u - f(b), b)"],
    [
      "of lines that give a tensor's name to another value",
      "a = 2 * a\n  for i in 0 ..< 3 { b = b + a }\n  return (a, b)",
      "for i in 0 ..< 3 { w = w - u }\n    u = u / 2\n    return (u, w)",
    ],
    ["that swaps", "return (b, a)", "return (w, u)"],
    [
      "of learned scales",
      "weight scale: [D]\n  return (a * scale, b * exp(scale))",
      "return (u / scale, w * exp(-scale))",
    ],
    ["for what is above 0 alone", "return (log(a), b)", "return (exp(u), w)"],
    ["of a turn of places", "return (roll(a, T, 1), b + 1)", "return (roll(u, T, T - 1), w - 1)"],
    ["of lines under a condition", "return (where(b > 0, a, -a), b)", "return (where(w > 0, u, -u), w)"],
    ["of a rotation, another call of its layer", "return (turned(a, 0.3), b)", "return (turned(u, -0.3), w)"],
  ] as const;
  const turned = `
layer turned(x: [.. D], angle: number) -> [.. D] {
  (p, q) = (split(x, D -> Two K, Two = 2)[Two = 0], split(x, D -> Two K, Two = 2)[Two = 1])
  return concat(p * cos(angle) - q * sin(angle), p * sin(angle) + q * cos(angle), K K -> D)
}`;
  it.each(right)("%s inverts, in any width", (_, forward, inverse) => {
    for (const dim of [8, 1024]) expect(said(pair(forward, inverse), dim, turned)).toEqual([]);
  });

  const wrong = [
    ["a sign", coupled, "b = w + g(u)\n    return (u - f(b), b)", "[ab]"],
    ["the other layer", coupled, "b = w - f(u)\n    return (u - f(b), b)", "[ab]"],
    ["the other stream", coupled, "b = w - g(w)\n    return (u - f(b), b)", "b"],
    ["the order", coupled, "b = w - g(u)\n    return (b, u - f(b))", "a"],
    ["one step left out", coupled, "return (u - f(w), w - g(u))", "a"],
    ["a place too few", "return (roll(a, T, 1), b)", "return (u, w)", "a"],
    ["the wrong half of the numbers", "return (a * a, b)", "return (sqrt(u), w)", "a"],
  ] as const;
  it.each(wrong)("with %s wrong is told, small or large", (_, forward, inverse, tensor) => {
    for (const dim of [8, 1024]) {
      const [first = "", ...others] = said(pair(forward, inverse), dim);
      // What is computed from a wrong tensor is wrong too, and may be further off.
      const told = `^inverse/does-not-invert: the inverse of \`pair\` does not recover \`${tensor}\`$`;
      expect(first).toMatch(new RegExp(told));
      expect(others).toEqual([]);
    }
  });

  it("that relies on what its layers are is tried with these layers", () => {
    const undo = `
layer pair(a: [.. T D], b: [.. T D], f: layer, g: layer) -> (a: [.. T D], b: [.. T D]) {
  return (f(a), g(b))
  inverse (u, w) {
    return (g(u), f(w))
  }
}
layer double(x: [.. D]) -> [.. D] { return 2 * x }
layer halve(x: [.. D]) -> [.. D] { return x / 2 }`;
    const model = (f: string, g: string) => `${undo}
model M { slot mix: layer = pair(f = ${f}(), g = ${g}())
  forward(x: [B T D = 64]) -> [B T D] {
    (a, b) = mix(x, x)
    return a + b
  }
}`;
    expect(check(model("double", "halve")).said).toEqual([]);
    expect(check(model("double", "double")).said).toHaveLength(1);
  });

  it("says the numbers, and which layers were not run", () => {
    const text = (dim: number) =>
      `${pair(coupled, "b = w + g(u)\n    return (u - f(b), b)")}
model M { slot mix: layer = pair(f = mlp(), g = mlp(hidden = 8))
  forward(x: [B T D = ${dim}]) -> [B T D] {
    (a, b) = mix(x, x)
    return a + b
  }
}`;
    const notes = (dim: number) => check(text(dim)).problems[0]!.notes;
    expect(notes(8)).toHaveLength(1);
    expect(notes(8)[0]).toMatch(
      /^on random input `b` \[2, 2, 8\], the worst element comes back as -?[\d.]+ instead of -?[\d.]+/,
    );
    expect(notes(2048)[1]).toBe(
      "`mlp` is too large to run in a check, so a stand-in function took its place",
    );
  });

  it("that cannot be tried is told, and why", () => {
    const heavy = pair(
      "weight m: [D, E = D]\n  return (a, b + rename(einsum[.. D, D E -> .. E](a, m), E -> D))",
      "return (u, w - rename(einsum[.. D, D E -> .. E](u, m), E -> D))",
    );
    expect(said(heavy, 8)).toEqual([]);
    const told = check(`${heavy}
model M { slot mix: layer = pair(f = mlp(), g = mlp())
  forward(x: [B T D = 4096]) -> [B T D] {
    (a, b) = mix(x, x)
    return a + b
  }
}`).problems;
    expect(told.map((d) => [d.severity, d.code])).toEqual([["warning", "inverse/untried"]]);
    expect(told[0]!.notes).toEqual(["its own matrix products are too large to run in a check"]);
    const never = said(pair("return (a / 0, b)", "return (u * 0, w)"));
    expect(never).toHaveLength(1);
    expect(never[0]).toMatch(/^inverse\/untried/);
    const long = said(pair("require T > 5000\n  return (b, a)", "return (w, u)"));
    expect(long).toHaveLength(1);
    expect(long[0]).toMatch(/^inverse\/untried/);
  });

  describe("of a layer that no model runs, with other layers for those that a caller gives,", () => {
    const lines = (text: string) => check(text).problems.map((d) => `${d.severity} ${d.message}`);
    it.each(right)("%s inverts", (_, forward, inverse) => {
      expect(lines(pair(forward, inverse) + turned)).toEqual([]);
    });

    it.each(wrong)("with %s wrong is told", (_, forward, inverse, tensor) => {
      const [first = "", ...others] = lines(pair(forward, inverse));
      const told = `^warning the inverse of \`pair\` does not recover \`${tensor}\` for every possible \`f\`, \`g\`$`;
      expect(first).toMatch(new RegExp(told));
      expect(others).toEqual([]);
    });

    it("that relies on what they are is told as well, and not where a model runs it", () => {
      const undo = pair("return (f(a), g(b))", "return (g(u), f(w))");
      expect(lines(undo)).toHaveLength(1);
      expect(check(undo).problems[0]!.helps[1]).toMatch(/in a model that uses it/);
      expect(said(undo.replaceAll("f(", "identity(").replaceAll("g(", "identity("))).toEqual([]);
    });

    it("is not tried where they take more than one tensor, or the layer has an error of its own", () => {
      expect(lines(pair("return (a + f(b, b), b)", "return (u + f(w, w), w)"))).toEqual([]);
      expect(lines(pair("return (a + f(b), c)", "return (u + f(w), w)"))).toHaveLength(1);
    });
  });

  it("takes a check less than 50 ms", () => {
    const text = (inverse: string) =>
      `${pair(coupled, inverse)}
model M { slot mix: layer = pair(f = mlp(), g = attention(16, causal = true))
  forward(x: [B T D = 1024]) -> [B T D] {
    (a, b) = mix(x, x)
    return a + b
  }
}`;
    const plain = text("").replace(/inverse[^}]*\}/, "");
    const wrong = text("b = w + g(u)\n    return (u - f(b), b)");
    const least = (spec: string) => Math.min(...Array.from({ length: 7 }, () => cpuTime(() => check(spec))));
    expect(least(wrong) - least(plain)).toBeLessThan(50);
  });
});

describe("the library's inverses", () => {
  const folder = new URL("../../compiler/layers/", import.meta.url);
  const files = readdirSync(folder).map((name) => ({
    path: `std/${name}`,
    text: readFileSync(new URL(name, folder), "utf8"),
  }));
  const inverses = files.flatMap(({ path, text }) =>
    parse(text, path, new Diagnostics()).items.flatMap((item) => {
      const inverse = item.kind === "layer" && item.body.find((s) => s.kind === "inverse");
      return inverse ? [{ layer: item as LayerDecl, text, inverse: inverse.span }] : [];
    }),
  );
  const spec = (wiring: string, dim: number) => `import { reversible_decoder } from "std"
${wiring}
model M : reversible_decoder {
  vocab = 16
  seq = 16
  dim = ${dim}
  heads = 2
  blocks 2 { attn = attention(heads, causal = true)
    ffn = mlp()
    wiring = reversible(attn, ffn) }
}`;

  it("are of these layers, which tests below try", () => {
    expect(inverses.map((i) => i.layer.name.text)).toEqual(["reversible"]);
  });

  it.each([16, 512])(
    "`reversible` inverts, and not where any part of its inverse is changed: width %i",
    (dim) => {
      const { layer, text, inverse } = inverses[0]!;
      const whole = text.slice(layer.span.start, layer.span.end);
      const body = text.slice(inverse.start, inverse.end);
      expect(check(spec("", dim)).said).toEqual([]);
      expect(check(spec(whole, dim)).said).toEqual([]);
      const changes = [
        ["w - ffn", "w + ffn"],
        ["w - ffn", "u - ffn"],
        ["norm_b(u)", "norm_a(u)"],
        ["norm_b(u)", "norm_b(w)"],
        ["u - attn", "u + attn"],
        ["attn(norm_a(b))", "attn(norm_b(b))"],
        ["attn(norm_a(b))", "ffn(norm_a(b))"],
        ["norm_a(b)), b)", "norm_a(w)), b)"],
        ["return (u - attn(norm_a(b)), b)", "return (b, u - attn(norm_a(b)))"],
      ] as const;
      for (const [from, to] of changes) {
        const changed = body.replace(from, to);
        expect(changed, from).not.toBe(body);
        const codes = check(spec(whole.replace(body, changed), dim)).problems.map((d) => d.code);
        expect(codes, `${from} -> ${to}`).toEqual(["inverse/does-not-invert"]);
      }
    },
  );
});

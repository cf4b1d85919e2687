import { describe, expect, it } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { verify } from "../../compiler/ir/verify.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { arrayOf } from "../../compiler/ops/array.js";
import { createService } from "../../compiler/service.js";
import { expectSlopes } from "./slopes.js";
import { gradientsOf, inputsOf, sizesOf, stepOf } from "./support.js";

const library = createNodeHost(".");
const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));

function modelIn(text: string): ModelInstance {
  const host = createMemoryHost({ "a.arch": text }, std);
  const { value, diagnostics } = createService(host).instance("a.arch");
  if (!value) throw new Error(diagnostics.map((d) => d.message).join("\n"));
  return value;
}

/** A model of numbers whose one slot runs as `body` says. */
const around = (inner: string, layers: string, body = "return inner(x)") => `
model M {
  slot inner: layer = ${inner}
  forward(x: [B T D = 8]) -> (logits: [B T D]) { ${body} }
}
${layers}`;

const coupled = `
layer coupled(a: [.. D], b: [.. D], f: layer, g: layer) -> (a: [.. D], b: [.. D]) {
  u = a + f(b)
  return (u, b + g(u))
  inverse (u, w) {
    b = w - g(u)
    return (u - f(b), b)
  }
}`;
const twoStreams = "(a, b) = inner(x, 2 * x)\n return a + b";

/** Base models in small. */
const decoder = (lines: string, base = "decoder") => `
import { ${base} } from "std"
model M : ${base} {
  vocab = 24
  seq   = 16
  dim   = 8
  heads = 2
  ${lines}
}`;

const odd: Readonly<Record<string, string>> = {
  "a layer that runs three times": around(
    "mlp(hidden = 6, act = gelu)",
    "",
    "return inner(x + inner(inner(x)))",
  ),
  "a stack that runs twice on one head": `
model M {
  blocks { slot ffn: layer = gated_mlp(hidden = 6)
           slot wiring: layer = post_norm(ffn, norm_a = layer_norm()) }
  blocks 2 {}
  slot embed: layer = token_embedding(24, 8)
  forward(input_ids: [B T] int) -> (logits: [B T, V = 24]) {
    return einsum[.. D, V D -> .. V](blocks(blocks(embed(input_ids))), embed.table)
  }
}`,
  "rows and columns by several indices": around(
    "picked()",
    `layer picked(x: [.. T D]) -> [.. T D] {
  weight table: [A = 3, C = 4, D]
  weight order: [D]
  at  = argsort(order, D -> N)
  row: [.. T] = int(abs(sum(x, D))) % 3
  col: [.. T] = int(abs(3 * mean(x, D))) % 4
  return table[A = row, C = col] + rename(x[D = at], N -> D) * order
}`,
  ),
  "a loop with weights, and one within it": around(
    "looped()",
    `layer looped(x: [.. T D]) -> [.. T D] {
  weight w: [D]
  weight m: [D, E = D]
  inner: layer = mlp(hidden = 3, act = gelu)
  y: [.. T D] = for t along T {
    z: [.. D] = for d along D { sin(x[T = t, D = d] * w[D = d]) }
    inner(z) + rename(einsum[.. D, D E -> .. E](x[T = t], m), E -> D)
  }
  return y
}`,
  ),
  "the best, in order, and what is summed so far": around(
    "ranked()",
    `layer ranked(x: [.. T D]) -> [.. T D] {
  weight w: [D]
  (best, at) = topk(x * w, 3, D -> K)
  order = argsort(x * w, D -> N)
  return cumsum(x * w, T) * sum(softmax(best, K) * best, K) + rename((x * w)[D = order], N -> D) + w[D = at[K = 1]]
}`,
  ),
  "a reversible stack whose first results are used as well": around(
    "coupled(f = mlp(hidden = 5), g = mlp(hidden = 6, act = relu))",
    coupled,
    "(a, b) = inner(x, 2 * x)\n (c, d) = inner(a, b)\n return a * c + log(1 + exp(d)) + b",
  ),
  "a reversible layer within another": around(
    "coupled(f = within(), g = mlp(hidden = 6))",
    `${coupled}
layer within(x: [.. D]) -> [.. D] {
  weight w: [D]
  inner: layer = coupled(f = mlp(hidden = 3), g = mlp(hidden = 4))
  (a, b) = inner(x * w, x)
  return a + b * w
}`,
    twoStreams,
  ),
  "a reversible layer of a memory and of experts": around(
    "coupled(f = pkm(heads = 2, keys = 4, k = 3), g = experts(experts = 4, k = 2, hidden = 5))",
    coupled,
    twoStreams,
  ),
  "a reversible layer in a loop": around(
    "each()",
    `${coupled}
layer each(x: [.. T D]) -> [.. T D] {
  inner: layer = coupled(f = mlp(hidden = 3), g = mlp(hidden = 4))
  weight w: [D]
  y = for t along T {
    (a, b) = inner(x[T = t] * w, x[T = t])
    a + b
  }
  return y
}`,
  ),
  "reversible layers that share weights": around(
    "shared()",
    `${coupled}
layer shared(x: [.. D]) -> [.. D] {
  weight w: [D]
  f: layer = mlp(hidden = 3)
  first: layer = coupled(f = f, g = f)
  second: layer = coupled(f = f, g = mlp(hidden = 2))
  (a, b) = first(x * w, x)
  (c, d) = second(b, a)
  return c * w + d
}`,
  ),
  "a reversible layer that gives one of its inputs on": around(
    "outer()",
    `layer turned(a: [.. D], b: [.. D], f: layer) -> (a: [.. D], b: [.. D]) {
  weight w: [D]
  return (a + f(b) * w, b)
  inverse (u, b) { return (u - f(b) * w, b) }
}
layer outer(x: [.. D]) -> [.. D] {
  weight w: [D]
  inner: layer = turned(f = mlp(hidden = 3))
  (a, b) = inner(x, x * w)
  return a + b
}`,
  ),
  "a loss in a reversible layer": around(
    "coupled(f = costly(), g = mlp(hidden = 4))",
    `${coupled}
layer costly(x: [.. T D]) -> [.. T D] {
  weight w: [D]
  y = x * w
  loss mean(w * w, D)
  return y
}`,
    twoStreams,
  ),
  "products with sizes of 1, powers and remainders": around(
    "powers()",
    `layer powers(x: [.. T D]) -> [.. T D] {
  weight w: [D]
  weight one: [A = 1, D]
  y = (1 + abs(x * w)) ^ (w * 2) / (2 + sin(one[A = 0]))
  return y + where(x > 0, sqrt(1 + x * x * w * w), minimum(w, x)) + clip(x * w, -0.3, 0.4) + max(x * w, D)
}`,
  ),
};

describe.each(Object.entries(odd))("%s", (_, text) => {
  it("has the slope of its loss along every weight", () => {
    const step = stepOf(modelIn(text));
    expect(verify(step.graph)).toEqual([]);
    const sizes = sizesOf(step.graph, { batch: 2, seq: 5, past: 0 });
    expectSlopes(step, inputsOf(step.graph, sizes, 8), sizes);
  });
});

describe("masks", () => {
  const masked = decoder(
    "blocks 2 { attn = attention(heads, causal = true, mask = attention_mask)\n ffn = mlp() }",
    "padded_decoder",
  );
  // Padding on the left leaves rows that see nothing; the second sequence is nothing else.
  it("leave numbers where a row sees nothing", () => {
    const step = stepOf(modelIn(masked));
    const sizes = sizesOf(step.graph, { batch: 2, seq: 5, past: 0 });
    const drawn = inputsOf(step.graph, sizes, 8);
    const mask = [0, 0, 1, 1, 1, 0, 0, 0, 0, 0];
    const inputs = {
      ...drawn,
      attention_mask: arrayOf("i32", [2, 5], mask),
      labels: arrayOf(
        "i32",
        [2, 5],
        Array.from(drawn.labels!.data, (x, i) => (mask[i] ? x : -100)),
      ),
    };
    for (const [name, values] of gradientsOf(step, inputs, sizes))
      expect(values.every(Number.isFinite), name).toBe(true);
    expectSlopes(step, inputs, sizes);
  });
});

it("sends nothing back through a relu at 0, as PyTorch does", () => {
  const step = stepOf(modelIn(around("mlp(hidden = 6, act = relu)", "")));
  const sizes = sizesOf(step.graph, { batch: 1, seq: 3, past: 0 });
  const drawn = inputsOf(step.graph, sizes, 8);
  const still = ["inner.up", "inner.up_shift"];
  const zero = (name: string) =>
    arrayOf("f32", drawn[name]!.shape, new Array(drawn[name]!.data.length).fill(0));
  const inputs = { ...drawn, ...Object.fromEntries(still.map((name) => [name, zero(name)])) };
  const found = gradientsOf(step, inputs, sizes);
  for (const name of still)
    expect(
      [...found.get(name)!].every((x) => x === 0),
      name,
    ).toBe(true);
  expect([...found.get("inner.down_shift")!].some((x) => x !== 0)).toBe(true);
});

import { describe, expect, it } from "vitest";
import { graphText } from "../../compiler/ir/text.js";
import { verify } from "../../compiler/ir/verify.js";
import { check, model, weights } from "./support.js";

const base = `
import { decoder } from "std"
model Base : decoder {
  vocab = 64
  seq = 32
  dim = 16
  heads = 2
  blocks 4 {
    attn = attention(heads, causal = true)
    ffn = mlp(hidden = 2 * dim)
  }
}
`;

const slots = (text: string) => model(base + text).blocks.map((b) => b.slots.ffn);
const field = (text: string, name: string) => model(base + text).fields.find((f) => f.name === name)?.value;

describe("late binding", () => {
  it("a variant that changes a field changes all that depends on it", () => {
    const shapes = weights(model(`${base}model Wide : Base { dim = 32 }`));
    expect(shapes["embed.table"]).toBe("64 32");
    expect(shapes["blocks.3.ffn.up"]).toBe("32 64");
    expect(shapes["blocks.0.attn.query"]).toBe("32 2 1 16");
    expect(field("model Wide : Base { dim = 2 * heads\n heads = 8 }", "dim")).toBe(16n);
  });

  it("`blocks 24` alone keeps the body, and a body alone keeps the number", () => {
    expect(model(`${base}model Deep : Base { blocks 7 }`).blocks).toHaveLength(7);
    expect(slots("model M : Base { blocks { ffn = identity() } }")).toEqual(Array(4).fill("identity"));
  });

  it("fields in a circle are one error", () => {
    expect(check(`${base}model M : Base { dim = heads * 4\n heads = dim }`).said).toEqual([
      "model/field-cycle: these fields depend on each other in a cycle",
    ]);
  });
});

describe("at", () => {
  const memory = "pkm(keys = 4, k = 2, key_dim = 4)";
  it("takes one, several, a range, and steps", () => {
    const at = (selector: string) =>
      slots(`model M : Base { blocks { at ${selector} { ffn = ${memory} } } }`);
    expect(at("2")).toEqual(["mlp", "mlp", "pkm", "mlp"]);
    expect(at("0, 3")).toEqual(["pkm", "mlp", "mlp", "pkm"]);
    expect(at("1..2")).toEqual(["mlp", "pkm", "pkm", "mlp"]);
    expect(at("1.. every 2")).toEqual(["mlp", "pkm", "mlp", "pkm"]);
    expect(at("every 2")).toEqual(["pkm", "mlp", "pkm", "mlp"]);
  });

  it("specific beats general, then child beats parent", () => {
    const parent = `${base}model Parent : Base { blocks { at 1 { ffn = ${memory} } } }\n`;
    const child = (body: string) =>
      model(`${parent}model Child : Parent { blocks { ${body} } }`).blocks.map((b) => b.slots.ffn);
    expect(child("ffn = identity()")).toEqual(["identity", "pkm", "identity", "identity"]);
    expect(child("at 1 { ffn = identity() }")).toEqual(["mlp", "identity", "mlp", "mlp"]);
    expect(child("at 0..3 { ffn = identity() }")).toEqual(["identity", "pkm", "identity", "identity"]);
  });

  it("changes one argument of what stands there", () => {
    const shapes = weights(
      model(`${base}model M : Base { blocks { ffn.hidden = 8\n at 3 { ffn.hidden = 24 } } }`),
    );
    expect([0, 1, 2, 3].map((i) => shapes[`blocks.${i}.ffn.up`])).toEqual(["16 8", "16 8", "16 8", "16 24"]);
  });

  it("outside the stack is an error for each place, with the numbers that there are", () => {
    const { said } = check(
      `${base}model M : Base { blocks { at 4 { ffn = identity() }\n at 2..1 { ffn = identity() } } }`,
    );
    expect(said).toEqual([
      "blocks/index-out-of-range: there is no block 4",
      "blocks/empty-range: the range 2..1 is empty",
    ]);
  });
});

describe("instances", () => {
  it("are named by their path", () => {
    expect(Object.keys(weights(model(base)))).toEqual(
      expect.arrayContaining([
        "embed.table",
        "positions.table",
        "blocks.0.wiring.norm_a.scale",
        "blocks.3.attn.key_shift",
        "blocks.3.ffn.down",
        "norm.shift",
      ]),
    );
  });

  it("share their weights wherever the name is used, and only there", () => {
    const text = (body: string) => `
layer twice(x: [.. D], a: layer = linear(4, bias = false), b: layer = linear(4, bias = false)) -> [.. D] { ${body} }
model M { slot mix: layer = twice()
  forward(x: [B T D = 4]) -> [B T D] { return mix(x) } }`;
    expect(weights(model(text("return a(a(x))")))).toEqual({ "mix.a.matrix": "4 4" });
    expect(weights(model(text("return b(a(x))")))).toEqual({ "mix.a.matrix": "4 4", "mix.b.matrix": "4 4" });
  });

  it("show weights that were not declared as `none`, and no others", () => {
    const text = (name: string, bias: boolean) => `
layer reads(x: [.. D], of: layer) -> [.. D] { return if of.${name} != none then x + rename(of.${name}, F -> D) else x }
model M { slot of: layer = linear(4, bias = ${bias})
  slot mix: layer = reads(of)
  forward(x: [B T D = 4]) -> [B T D] { return mix(of(x)) } }`;
    expect(weights(model(text("shift", false)))).toEqual({ "of.matrix": "4 4" });
    expect(Object.keys(weights(model(text("shift", true))))).toEqual(["of.matrix", "of.shift"]);
    expect(check(text("shfit", false)).said).toEqual([
      "name/unknown-member: `linear` has no weight, inner layer, argument or value named `shfit`",
    ]);
  });

  it("run once in the argument of a function", () => {
    const text = `layer f(x: [.. D]) -> [..] { return sum(linear(4, bias = false)(x), D) }
model M { slot f: layer = f()
  forward(x: [B T D = 4]) -> [B T] { return f(x) } }`;
    expect(weights(model(text))).toEqual({ "f.linear.matrix": "4 4" });
  });

  it("may bear the name of their layer", () => {
    const text = `${base}model M : Base { blocks { slot mlp: layer = mlp(hidden = 4)\n ffn = mlp } }`;
    expect(weights(model(text))["blocks.1.mlp.up"]).toBe("16 4");
  });

  it("bind weights of the model by name", () => {
    const shapes = weights(
      model(`${base}model M : Base {
  weight memory: [M = 16, V = dim] lookup
  blocks { ffn = pkm(keys = 4, k = 2, key_dim = 4, table = memory) }
}`),
    );
    expect(shapes.memory).toBe("16 16");
    expect(Object.keys(shapes).filter((n) => n.endsWith("ffn.table"))).toEqual([]);
  });

  it("keep a state each, under the ecosystem's names", () => {
    const { step, start } = model(`${base}model M : Base { blocks 2 }`);
    const states = step.inputPorts.flatMap((p) =>
      p.role === "state" ? [`${p.name} ${p.value.shape.join(",")}`] : [],
    );
    expect(states).toEqual([
      "past_key_values.0.key batch,2,past,8",
      "past_key_values.0.value batch,2,past,8",
      "past_key_values.1.key batch,2,past,8",
      "past_key_values.1.value batch,2,past,8",
    ]);
    const present = step.outputPorts.flatMap((p) =>
      p.role === "state" ? [`${p.name} ${p.value.shape.join(",")}`] : [],
    );
    expect(present[0]).toBe("present.0.key batch,2,seq + past,8");
    expect(start.inputPorts.some((p) => p.role === "state")).toBe(false);
    expect(start.assumptions.map((a) => `${a.left} ${a.relation} ${a.right}`)).toEqual(["seq <= 32"]);
  });

  it("a layer whose state is updated twice in one step is an error", () => {
    const { said } = check(`
layer twice(x: [.. T D], mix: layer) -> [.. T D] { return mix(mix(x)) }
model M { slot mix: layer = twice(attention(2, causal = true))
  forward(x: [B T D = 4]) -> [B T D] { return mix(x) } }`);
    expect(said).toEqual([
      "state/twice: `mix.mix.keys` is called twice in one step, but its state `keys` can be updated only once",
    ]);
  });
});

describe("slips that must not pass", () => {
  const said = (line: string) =>
    check(`layer f(x: [.. D], n: count = 2) -> [.. D] {\n  ${line}\n  return x\n}`).said;
  it("are told in layers that no model uses as well", () => {
    expect(said("weight w: [D] init normal(0.1, 0.2, 0.3)")).toEqual([
      "weight/init: this is not an initializer",
    ]);
    expect(said("weight w: [D] init nrmal(0.1)")).toEqual(["weight/init: `nrmal` is not an initializer"]);
    expect(said("weight w: [D] init uniform(1 / sqrt(D))")).toEqual([]);
    expect(said("y: [D, D] = x")).toEqual(["shape/axis-twice: a tensor cannot have axis `D` twice"]);
    expect(said("y = mlp(8, hidden = 8)")).toEqual(["call/twice: argument `hidden` is given twice"]);
    expect(said("inverse (a, b) { return a }")).toEqual([
      "inverse/names: the inverse takes 2 values, but the layer returns 1",
    ]);
  });
});

describe("blocks written alike", () => {
  const same = "attn = attention(heads, causal = true)";
  const apart = [1, 2, 3].map((i) => `at ${i} { ${same} }`).join("\n");
  const memory = "\nweight memory: [M = 16, V = dim] lookup\n";
  for (const [name, ffn, more] of [
    ["feed-forwards", "mlp(hidden = 2 * dim)", ""],
    ["memories of one table", "pkm(keys = 4, k = 2, key_dim = 4, table = memory)", memory],
  ] as const) {
    it(`are the same graph as blocks written one by one: ${name}`, () => {
      const alike = model(`${base}model M : Base { ${more} blocks { ffn = ${ffn} } }`);
      const single = model(`${base}model M : Base { ${more} blocks { ffn = ${ffn}\n ${apart} } }`);
      for (const part of ["start", "step"] as const) {
        expect(verify(alike[part])).toEqual([]);
        expect(graphText(alike[part])).toBe(graphText(single[part]));
        const ports = (m: typeof alike) =>
          m[part].inputPorts.map((p) => [p.role, p.name, p.role === "weight" ? p.weight : 0]);
        expect(ports(alike)).toEqual(ports(single));
      }
      expect(alike.blocks).toEqual(single.blocks);
    });
  }

  it("share what they were given, weights of one instance too, but no state", () => {
    const shared = (attn: string) =>
      check(`${base}model M : Base { slot one: layer = ${attn}\n blocks { attn = one } }`);
    const { said, models } = shared("attention(heads)");
    expect(said).toEqual([]);
    expect(Object.keys(weights(models.get("M")!)).filter((n) => n.includes("query"))).toEqual([
      "one.query",
      "one.query_shift",
    ]);
    expect(shared("attention(heads, causal = true)").said[0]).toMatch(/^state\/twice/);
  });
});

describe("inverse", () => {
  const text = (inverse: string) => `
layer pair(a: [.. D], b: [.. D], f: layer) -> (a: [.. D], b: [.. D]) {
  u = a + f(b)
  return (u, b)
  ${inverse}
}
model M { slot mix: layer = pair(f = attention(2, causal = true))
  forward(x: [B T D = 4]) -> [B T D] {
    (a, b) = mix(x, x)
    return a + b
  }
}`;
  it("is checked, and leaves nothing in the graph", () => {
    const plain = model(text(""));
    const both = model(text("inverse (u, b) { return (u - f(b), b) }"));
    expect(weights(both)).toEqual(weights(plain));
    expect(both.start.nodes.length).toBe(plain.start.nodes.length);
  });

  it("must take the results and give the tensors back", () => {
    expect(check(text("inverse (u) { return (u, u) }")).said).toEqual([
      "inverse/names: the inverse takes 1 value, but the layer returns 2",
    ]);
    expect(check(text("inverse (u, b) { return u - f(b) }")).said).toEqual([
      "inverse/results: the inverse returns 1 value, but the layer has 2 inputs to recover: `a`, `b`",
    ]);
    expect(
      check(text("inverse (u, b) { return (u - f(b), sum(b, D)) }")).said.map((s) => s.split(":")[0]),
    ).toEqual(["shape/rank"]);
    expect(check(text("inverse (u, b) { return (u - f(a), b) }")).said).toEqual([
      "name/not-yet: `a` has no value yet at this point",
    ]);
  });
});

describe("imports", () => {
  it("bring layers of other files, under another name where asked", () => {
    const other = "layer double(x: [.. D]) -> [.. D] { return 2 * x }";
    const text = `import { double as twice } from "parts/double.arch"
model M { slot f: layer = twice()
  forward(x: [B D = 4]) -> [B D] { return f(x) } }`;
    expect(model(text, { "parts/double.arch": other }).name).toBe("M");
  });

  it("that fail say so once", () => {
    const text =
      'import { a } from "gone.arch"\nimport { b } from "here.arch"\nlayer c(x: [.. D]) -> [.. D] { return a(b(x)) }';
    expect(check(text, { "here.arch": 'import { c } from "main.arch"' }).said).toEqual([
      'import/not-found: cannot read the file "gone.arch"',
      "import/cycle: these files import each other in a cycle",
      'import/no-such-name: "here.arch" declares no `b`',
    ]);
  });

  it("a user's layer of the same name stands for the library's in that file", () => {
    const text = `layer gelu(x: [..]) -> [..] { return x }
model M { slot f: layer = mlp(hidden = 4, act = gelu)
  forward(x: [B D = 4]) -> [B D] { return f(x) } }`;
    const ops = JSON.stringify(model(text).start.nodes, (k, v) =>
      k === "shape" || typeof v === "bigint" ? undefined : v,
    );
    expect(ops).not.toContain('"erf"');
  });
});

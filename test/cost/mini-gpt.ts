import type { ModelInstance } from "../../compiler/check/instance.js";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import type { Graph, InputPort, OutputPort, Value } from "../../compiler/ir/graph.js";
import type { ModelDecl } from "../../grammar/ast.js";

export interface GptConfig {
  readonly vocab: number;
  readonly context: number;
  readonly dim: number;
  readonly heads: number;
  readonly layers: number;
  readonly hidden?: number;
  /** An output matrix of its own instead of the embedding's. */
  readonly untied?: boolean;
  /** Only so many positions back are seen, itself included. */
  readonly window?: number;
}

export const gpt2Small: GptConfig = { vocab: 50257, context: 1024, dim: 768, heads: 12, layers: 12 };
export const gpt2Xl: GptConfig = { vocab: 50257, context: 1024, dim: 1600, heads: 25, layers: 48 };

const batch = Dim.symbol("batch");
const seq = Dim.symbol("seq");
const past = Dim.symbol("past", 0);
const n = (x: number) => Dim.of(x);

/** A GPT-2 built by hand, with the calls and paths that the front end makes. */
export function gptGraph(config: GptConfig, part: "start" | "step"): Graph {
  const { vocab, context, dim, heads, layers } = config;
  const hidden = config.hidden ?? 4 * dim;
  const width = dim / heads;
  const earlier = part === "step" ? past : Dim.zero;
  const total = earlier.plus(seq);
  const b = new Builder();
  const inputPorts: InputPort[] = [];
  const states: OutputPort[] = [];

  const ids = b.input({ dtype: "i32", shape: [batch, seq] }, "ids");
  inputPorts.push({ role: "data", name: "input_ids", value: ids });
  const weight = (name: string, shape: readonly number[], lookup = false): Value => {
    const value = b.input({ dtype: "f32", shape: shape.map(n) }, name.split(".").at(-1)!);
    const init = { kind: "normal", mean: 0, std: 0.02 } as const;
    inputPorts.push({
      role: "weight",
      name,
      value,
      weight: { kind: "weight", init, lookup, within: undefined },
    });
    return value;
  };
  const state = (path: string, name: string, shape: readonly Dim[]): Value => {
    if (part === "start")
      return b.op("broadcast", [b.op("reshape", [b.scalar(0)], { shape: shape.map(() => n(1)) })], { shape });
    const value = b.input({ dtype: "f32", shape }, name);
    inputPorts.push({
      role: "state",
      name: `${path}.${name}`,
      value,
      state: { path, name, grows: 2, bound: n(context) },
    });
    return value;
  };
  const linear = (inner: Builder, x: Value, w: Value, bias: Value) =>
    inner.op("add", [inner.op("einsum", [x, w], { equation: "btd,de->bte" }), bias], {});
  const norm = (x: Value, path: string) =>
    layerNorm(b, x, weight(`${path}.scale`, [dim]), weight(`${path}.shift`, [dim]), path);

  const table = weight("embed.table", [vocab, dim], true);
  const places = weight("positions.table", [context, dim]);
  const [token] = b.call(
    "token_embedding",
    [ids, table],
    (c, [i, t]) => [c.op("gather", [t!, i!], { axis: 0, batch: 0 })],
    { path: "embed" },
  );
  const [x0] = b.call(
    "learned_positions",
    [token!, places],
    (c, [x, t]) => {
      const at = c.op("add", [c.op("iota", [], { size: seq }), c.op("size", [], { dim: earlier })], {});
      return [c.op("add", [x!, c.op("gather", [t!, at], { axis: 0, batch: 0 })], {})];
    },
    { path: "positions" },
  );
  let x = x0!;
  for (let layer = 0; layer < layers; layer++) {
    const at = `blocks.${layer}`;
    const normed = norm(x, `${at}.norm_a`);
    const attn = `${at}.attn`;
    const w = ["query", "key", "value", "out"].map((name) => [
      weight(`${attn}.${name}`, [dim, dim]),
      weight(`${attn}.${name}_bias`, [dim]),
    ]);
    const kept = ["keys", "values"].map((name) => state(attn, name, [batch, n(heads), earlier, n(width)]));
    const [y, keys, values] = b.call(
      "attention",
      [normed, ...w.flat(), ...kept],
      (c, [h, wq, bq, wk, bk, wv, bv, wo, bo, oldKeys, oldValues]) => {
        const split = (v: Value) =>
          c.op("transpose", [c.op("reshape", [v], { shape: [batch, seq, n(heads), n(width)] })], {
            perm: [0, 2, 1, 3],
          });
        const q = split(linear(c, h!, wq!, bq!));
        const k = c.op("concat", [oldKeys!, split(linear(c, h!, wk!, bk!))], { axis: 2 });
        const v = c.op("concat", [oldValues!, split(linear(c, h!, wv!, bv!))], { axis: 2 });
        const scores = c.op("einsum", [q, k], { equation: "bhtk,bhsk->bhts" });
        const scaled = c.op("div", [scores, c.scalar(Math.sqrt(width))], {});
        const masked = c.op(
          "select",
          [causalMask(c, earlier, total, config.window), scaled, c.scalar(-3.4028234663852886e38)],
          {},
        );
        const mixed = c.op("einsum", [softmax(c, masked), v], { equation: "bhts,bhsk->bhtk" });
        const merged = c.op("reshape", [c.op("transpose", [mixed], { perm: [0, 2, 1, 3] })], {
          shape: [batch, seq, n(dim)],
        });
        return [linear(c, merged, wo!, bo!), k, v];
      },
      { path: attn },
    );
    for (const [name, value] of [
      ["keys", keys!],
      ["values", values!],
    ] as const) {
      states.push({
        role: "state",
        name: `next.${attn}.${name}`,
        value,
        state: { path: attn, name, grows: 2, bound: n(context) },
      });
    }
    x = b.op("add", [x, y!], {});
    const inner = norm(x, `${at}.norm_b`);
    const ffn = `${at}.ffn`;
    const args = [
      weight(`${ffn}.up`, [dim, hidden]),
      weight(`${ffn}.up_bias`, [hidden]),
      weight(`${ffn}.down`, [hidden, dim]),
      weight(`${ffn}.down_bias`, [dim]),
    ];
    const [z] = b.call(
      "mlp",
      [inner, ...args],
      (c, [h, up, ub, down, db]) => [linear(c, gelu(c, linear(c, h!, up!, ub!)), down!, db!)],
      { path: ffn },
    );
    x = b.op("add", [x, z!], {});
  }
  const last = norm(x, "norm");
  const head = config.untied ? weight("head.table", [vocab, dim]) : table;
  const [logits] = b.call(
    "tied",
    [last, head],
    (c, [h, t]) => [c.op("einsum", [h!, t!], { equation: "btd,vd->btv" })],
    { path: "head" },
  );
  const outputPorts: OutputPort[] = [{ role: "data", name: "logits", value: logits! }, ...states];
  return {
    name: "gpt",
    ...b.region(outputPorts.map((p) => p.value)),
    inputPorts,
    outputPorts,
    symbols: [
      { name: "batch", least: 1n },
      { name: "seq", least: 1n },
      ...(part === "step" ? [{ name: "past", least: 0n }] : []),
    ],
    assumptions: [{ left: total, relation: "<=", right: n(context), reason: "learned positions" }],
  };
}

export function gpt(config: GptConfig): ModelInstance {
  const name = { text: "gpt", span: { file: "gpt.arch", start: 0, end: 0 } };
  const decl: ModelDecl = {
    kind: "model",
    doc: undefined,
    name,
    base: undefined,
    items: [],
    span: name.span,
  };
  return {
    name: "gpt",
    decl,
    fields: [{ name: "seq", value: BigInt(config.context), span: name.span }],
    blocks: Array.from({ length: config.layers }, (_, i) => ({
      path: `blocks.${i}`,
      slots: { attn: "attention", ffn: "mlp" },
      idle: [],
    })),
    constraints: [],
    checkpoints: [],
    learned: [],
    start: gptGraph(config, "start"),
    step: gptGraph(config, "step"),
    separateStep: false,
    training: () => ({ kind: "not-yet", why: "this one is for inference" }),
  };
}

function causalMask(c: Builder, earlier: Dim, total: Dim, window: number | undefined): Value {
  const rows = c.op("reshape", [c.op("iota", [], { size: seq })], { shape: [seq, n(1)] });
  const columns = c.op("reshape", [c.op("iota", [], { size: total })], { shape: [n(1), total] });
  const until = c.op("add", [rows, c.op("size", [], { dim: earlier })], {});
  const seen = c.op("le", [columns, until], {});
  if (window === undefined) return seen;
  return c.op(
    "and",
    [seen, c.op("lt", [until, c.op("add", [columns, c.scalar(window, "i32")], {})], {})],
    {},
  );
}

function softmax(c: Builder, x: Value): Value {
  return c.call(
    "softmax",
    [x],
    (s, [v]) => {
      const kept = [...v!.shape.slice(0, -1), n(1)];
      const top = s.op("reshape", [s.op("reduce_max", [v!], { axes: [v!.shape.length - 1] })], {
        shape: kept,
      });
      const e = s.op("exp", [s.op("sub", [v!, top], {})], {});
      const sum = s.op("reshape", [s.op("reduce_sum", [e], { axes: [v!.shape.length - 1] })], {
        shape: kept,
      });
      return [s.op("div", [e, sum], {})];
    },
    { args: { axis: x.shape.length - 1 } },
  )[0]!;
}

function gelu(c: Builder, x: Value): Value {
  return c.call("gelu", [x], (g, [v]) => {
    const erf = g.op("erf", [g.op("mul", [v!, g.scalar(Math.SQRT1_2)], {})], {});
    return [g.op("mul", [g.op("mul", [v!, g.scalar(0.5)], {}), g.op("add", [erf, g.scalar(1)], {})], {})];
  })[0]!;
}

function layerNorm(b: Builder, x: Value, scale: Value, shift: Value, path: string): Value {
  return b.call(
    "layer_norm",
    [x, scale, shift],
    (c, [v, s, t]) => {
      const axis = v!.shape.length - 1;
      const width = Number(v!.shape[axis]!.int);
      const mean = (y: Value) =>
        c.op(
          "div",
          [
            c.op("reshape", [c.op("reduce_sum", [y], { axes: [axis] })], {
              shape: [...y.shape.slice(0, -1), n(1)],
            }),
            c.scalar(width),
          ],
          {},
        );
      const centred = c.op("sub", [v!, mean(v!)], {});
      const variance = c.op("add", [mean(c.op("mul", [centred, centred], {})), c.scalar(1e-5)], {});
      const normal = c.op("mul", [centred, c.op("rsqrt", [variance], {})], {});
      return [c.op("add", [c.op("mul", [normal, s!], {}), t!], {})];
    },
    { path },
  )[0]!;
}

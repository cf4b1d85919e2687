import { Dim } from "../../../compiler/dim/dim.js";
import { Builder } from "../../../compiler/ir/build.js";
import type {
  Graph,
  InputPort,
  OutputPort,
  StateInfo,
  Value,
  WeightInfo,
} from "../../../compiler/ir/graph.js";
import { geluBody, layerNormBody, softmaxBody } from "./bodies.js";

export const VOCAB = 11;
const [heads, key, dim, context] = [2, 4, 8, 16];
const batch = Dim.symbol("batch");
const seq = Dim.symbol("seq");
const past = Dim.symbol("past", 0);
const whole = past.plus(seq);

/** A decoder of one block, written by hand: embeddings, causal attention with a cache, an mlp, a tied head. */
export function miniGpt(): Graph {
  const b = new Builder();
  const inputPorts: InputPort[] = [];
  const data = (name: string, shape: Dim[]): Value => {
    const value = b.input({ dtype: "i32", shape }, name);
    inputPorts.push({ role: "data", name, value });
    return value;
  };
  const weight = (name: string, ...shape: number[]): Value => {
    const value = b.input({ dtype: "f32", shape: shape.map((n) => Dim.of(n)) }, name);
    const info: WeightInfo = {
      kind: "weight",
      init: { kind: "normal", mean: 0, std: 0.5 },
      lookup: false,
      within: undefined,
    };
    inputPorts.push({ role: "weight", name, value, weight: info });
    return value;
  };
  const info = (name: string): StateInfo => ({ path: "block.attn", name, grows: 2, bound: Dim.of(context) });
  const state = (name: string, port: string): Value => {
    const shape = [batch, Dim.of(heads), past, Dim.of(key)];
    const value = b.input({ dtype: "f32", shape }, name);
    inputPorts.push({ role: "state", name: port, value, state: info(name) });
    return value;
  };
  const add = (x: Value, y: Value): Value => b.op("add", [x, y], {});
  const einsum = (equation: string, x: Value, y: Value): Value => b.op("einsum", [x, y], { equation });

  const ids = data("input_ids", [batch, seq]);
  const keys = state("keys", "past_key_values.0.key");
  const values = state("values", "past_key_values.0.value");
  const table = weight("embed.table", VOCAB, dim);
  const place = add(b.op("iota", [], { size: seq }), b.op("size", [], { dim: past }));
  const positions = b.op("gather", [weight("positions.table", context, dim), place], { axis: 0, batch: 0 });
  const x = add(b.op("gather", [table, ids], { axis: 0, batch: 0 }), positions);

  const norm = (x: Value, name: string): Value =>
    b.call(
      "layer_norm",
      [x, weight(`${name}.scale`, dim), weight(`${name}.shift`, dim)],
      (inner, own) => [layerNormBody(inner, own)],
      {
        path: name,
      },
    )[0]!;
  const n = norm(x, "block.norm_a");
  const project = (name: string): Value =>
    einsum("btd,dhk->bhtk", n, weight(`block.attn.${name}`, dim, heads, key));
  const q = project("query");
  const allKeys = b.op("concat", [keys, project("key")], { axis: 2 });
  const allValues = b.op("concat", [values, project("value")], { axis: 2 });
  const seen = b.op(
    "le",
    [b.op("iota", [], { size: whole }), b.op("reshape", [place], { shape: [seq, Dim.of(1)] })],
    {},
  );
  const score = b.op("div", [einsum("bhtk,bhsk->bhts", q, allKeys), b.scalar(2)], {});
  const masked = b.op("select", [seen, score, b.scalar(-3.4028234663852886e38)], {});
  const a = b.call("softmax", [masked], (inner, [v]) => [softmaxBody(inner, v!)], { args: { axis: 3 } })[0]!;
  const mixed = einsum("bhts,bhsk->bthk", a, allValues);
  const u = add(x, einsum("bthk,hkd->btd", mixed, weight("block.attn.out", heads, key, dim)));
  const h = einsum("btd,df->btf", norm(u, "block.norm_b"), weight("block.ffn.up", dim, 32));
  const act = b.call("gelu", [h], (inner, [v]) => [geluBody(inner, v!)], { path: "block.ffn.act" })[0]!;
  const y = add(u, einsum("btf,fd->btd", act, weight("block.ffn.down", 32, dim)));
  const logits = einsum("btd,vd->btv", norm(y, "norm"), table);

  const region = b.region([logits, allKeys, allValues]);
  const outputPorts: OutputPort[] = [
    { role: "data", name: "logits", value: logits },
    { role: "state", name: "present.0.key", value: allKeys, state: info("keys") },
    { role: "state", name: "present.0.value", value: allValues, state: info("values") },
  ];
  const symbols = [
    { name: "batch", least: 1n },
    { name: "seq", least: 1n },
    { name: "past", least: 0n },
  ];
  const reason = "the table of positions has 16 rows";
  const assumptions = [{ left: whole, relation: "<=" as const, right: Dim.of(context), reason }];
  return { ...region, name: "mini", inputPorts, outputPorts, symbols, assumptions };
}

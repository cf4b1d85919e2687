import { Dim } from "../../dim/dim.js";
import type { NodeOf, Value } from "../../ir/graph.js";
import type { Body } from "./body.js";
import { code, type Variable } from "./lines.js";
import { reshape } from "./structure.js";

/** Row numbers of a table that is `groups` tables of `rows` rows, one below the other. */
function rowNumbers(body: Body, indices: Value, groups: readonly [Dim, Dim], rows: Dim, each: Dim): Variable {
  const [outer, inner] = groups;
  const count = outer.times(inner);
  const column = [count.times(each), Dim.of(1)];
  const numbers = body.tensor(indices);
  if (count.isOne) return reshape(body, numbers, indices.shape, column, "rows");
  const total = body.size(count.times(rows));
  const starts = body.line(code`tf.range(0, ${total}, ${body.size(rows)}, "int32")`, "first");
  const grid = reshape(body, starts, [count], [outer, inner, Dim.of(1)], "first");
  const places = reshape(body, numbers, indices.shape, [outer, Dim.of(1), each], "places");
  const sums = body.line(code`tf.add(${grid}, ${places})`, "rows");
  return reshape(body, sums, [outer, inner, each], column, "rows");
}

/**
 * Rows by number, with everything in front of the axis folded into the row number: `tf.gather` with batchDims gives
 * wrong numbers on wasm, and is ten times slower there than gatherND.
 */
export function lowerGather(body: Body, node: NodeOf<"gather">): void {
  const [x, indices] = node.inputs as [Value, Value];
  const { axis, batch } = node.attrs;
  const out = node.outputs[0]!;
  const outer = Dim.product(x.shape.slice(0, batch));
  const inner = Dim.product(x.shape.slice(batch, axis));
  const rows = x.shape[axis]!;
  const width = Dim.product(x.shape.slice(axis + 1));
  const each = Dim.product(indices.shape.slice(batch));
  const name = out.name || "rows";
  const table = reshape(
    body,
    body.tensor(x),
    x.shape,
    [outer.times(inner).times(rows), width],
    x.name || "table",
  );
  const numbers = rowNumbers(body, indices, [outer, inner], rows, each);
  const found = body.line(code`${body.helper("rowsOf")}(tf, ${table}, ${numbers})`, name);
  body.bind(out, reshape(body, found, [outer.times(inner).times(each), width], out.shape, name));
}

export function lowerScatterAdd(body: Body, node: NodeOf<"scatter_add">): void {
  const [indices, updates] = node.inputs as [Value, Value];
  const { batch, size } = node.attrs;
  const out = node.outputs[0]!;
  const groups = Dim.product(indices.shape.slice(0, batch));
  const each = Dim.product(indices.shape.slice(batch));
  const width = Dim.product(updates.shape.slice(indices.shape.length));
  const name = out.name || "sums";
  const numbers = rowNumbers(body, indices, [groups, Dim.of(1)], size, each);
  const flat = reshape(
    body,
    body.tensor(updates),
    updates.shape,
    [groups.times(each), width],
    updates.name || "updates",
  );
  const table = [groups.times(size), width];
  const helper = body.helper("scatterRows");
  const sums = body.line(code`${helper}(tf, ${numbers}, ${flat}, ${body.shape(table)})`, name);
  body.bind(out, reshape(body, sums, table, out.shape, name));
}

/** Rows times the matrices that their indices pick. */
export function lowerGatherMatmul(body: Body, node: NodeOf<"gather_matmul">): void {
  const [x, table, indices] = node.inputs as [Value, Value, Value];
  const out = node.outputs[0]!;
  const rows = Dim.product(indices.shape);
  const flat = reshape(body, body.tensor(x), x.shape, [rows, x.shape.at(-1)!], x.name || "rows");
  const picks = reshape(body, body.tensor(indices), indices.shape, [rows], indices.name || "picks");
  const [helper, name] = [body.helper("rowsByMatrix"), out.name || "product"];
  body.helper("times");
  const turned = node.attrs.turned ? ", true" : "";
  const found = body.line(code`${helper}(tf, ${flat}, ${body.tensor(table)}, ${picks}${turned})`, name);
  body.bind(out, reshape(body, found, [rows, out.shape.at(-1)!], out.shape, name));
}

import { Dim } from "../../dim/dim.js";
import type { Emitter } from "./emitter.js";
import type { Lower } from "./lower.js";
import { named, type Ref, type Stored } from "./ref.js";

/**
 * Rows times the matrices that their indices pick: for one matrix after another, the rows that picked it are gathered
 * and multiplied, and at the end all are put back in their order. Each matrix of a weight is an initializer of its own
 * at its place in the file, so that runtimes pack it once; none is copied in a run, and no row is multiplied in vain.
 */
export const gatherMatmul: Lower<"gather_matmul"> = (e, node, inputs) => {
  const [x, table, indices] = node.inputs as [(typeof node.inputs)[0], ...typeof node.inputs];
  const out = node.outputs[0]!;
  const count = Number(table!.shape[0]!.int);
  const rows = Dim.product(indices!.shape);
  const [inner, columns] = [x!.shape.at(-1)!, out.shape.at(-1)!];
  const flat = e.name(e.reshape(inputs[0]!, x!.shape, [rows, inner]));
  const groups = groupsOf(e, e.name(e.reshape(inputs[2]!, indices!.shape, [rows])), count, rows);
  const products = groups.places.map((places, i) => {
    const [own] = e.once(`${flat} at ${places}`, () => [e.op("Gather", [flat, places], { axis: 0 }, "rows")]);
    const matrix = matrixOf(e, inputs[1]!, table!.shape, i);
    return node.attrs.turned
      ? e.op("Gemm", [own!, matrix], { transB: 1 }, "product")
      : e.op("MatMul", [own!, matrix], {}, "product");
  });
  const sorted = count === 1 ? products[0]! : e.op("Concat", products, { axis: 0 }, "sorted");
  const ordered = e.op("Gather", [sorted, groups.back], { axis: 0 });
  return [e.reshape(named(ordered), [rows, columns], out.shape)];
};

interface Groups {
  /** For each matrix, the places of the rows that picked it, in order. */
  readonly places: readonly string[];
  /** Where each row stands when all of them stand by their matrices. */
  readonly back: string;
}

function groupsOf(e: Emitter, indices: string, count: number, rows: Dim): Groups {
  const [back, ...places] = e.once(`groups of ${indices} in ${count}`, () => {
    const own = Array.from({ length: count }, (_, i) => {
      const here = e.op("Equal", [indices, e.scalar("i32", i)], {}, "picked");
      return e.op("Squeeze", [e.op("NonZero", [here], {}, "places"), e.ints([0])], {}, "places");
    });
    const all = count === 1 ? own[0]! : e.op("Concat", own, { axis: 0 }, "order");
    const steps = e.op("Range", [e.scalar("i32", 0), e.dims.scalar(rows), e.scalar("i32", 1)], {}, "steps");
    // The inverse of the order: step s stands at place order[s].
    return [e.op("ScatterElements", [all, all, steps], { axis: 0 }, "back"), ...own];
  });
  return { places, back: back! };
}

/** One matrix of a table: of a weight, that part of the file. */
function matrixOf(e: Emitter, table: Ref, shape: readonly Dim[], i: number): string {
  if (table.kind === "named") return e.op("Gather", [table.name, e.scalar("i32", i)], { axis: 0 }, "matrix");
  const { tensor, offset, bytes } = table.placed;
  const sides = shape.slice(1).map((d) => Number(d.int));
  const count = Number(shape[0]!.int);
  const size = bytes / count;
  const own =
    tensor.shape[0] === count
      ? { ...tensor, name: `${tensor.name}[${i}]`, shape: tensor.shape.slice(1) }
      : { ...tensor, name: `${tensor.name}[${i} of ${count}]`, shape: sides };
  const part: Stored = {
    kind: "stored",
    placed: { tensor: own, offset: offset + i * size, bytes: size },
    shape: sides,
  };
  return e.name(part);
}

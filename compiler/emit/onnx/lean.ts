import type { Dim } from "../../dim/dim.js";
import type { Type } from "../../ir/graph.js";
import { sameShape } from "../../ir/traverse.js";
import type { OpName } from "../../ops/index.js";
import { unitAxes } from "./dims.js";
import type { Emitter } from "./emitter.js";
import type { Lower } from "./lower.js";
import { named, type Ref } from "./ref.js";

/** The operands of a pointwise op as they stood before a reshape. */
export interface Lean {
  readonly inputs: readonly Ref[];
  readonly shape: readonly Dim[];
  /** The axes that the reshape had added, all of size 1; undefined where it did more than that. */
  readonly dropped: readonly number[] | undefined;
}

/**
 * A pointwise op may go before a reshape of its operand: so axes of size 1, which a layer with groups of one has, cost no
 * nodes, and runtimes see the product, the scale and the softmax next to each other. Undefined where no operand is such
 * a reshape, or another operand cannot follow.
 */
export function lean(
  e: Emitter,
  result: readonly Dim[],
  types: readonly Type[],
  inputs: readonly Ref[],
): Lean | undefined {
  const full = inputs.findIndex(
    (ref, i) => ref.kind === "named" && ref.seenFrom !== undefined && sameShape(types[i]!.shape, result),
  );
  const base = inputs[full];
  if (base?.kind !== "named" || !base.seenFrom) return undefined;
  const { shape } = base.seenFrom;
  const dropped = unitAxes(result, shape)?.drop;
  const moved: Ref[] = [];
  for (const [i, ref] of inputs.entries()) {
    const from = types[i]!.shape;
    if (dropped) {
      const spare = result.length - from.length;
      moved.push(
        e.reshape(
          ref,
          from,
          from.filter((_, axis) => !dropped.includes(axis + spare)),
        ),
      );
    } else if (
      ref.kind === "named" &&
      ref.seenFrom &&
      sameShape(from, result) &&
      sameShape(ref.seenFrom.shape, shape)
    ) {
      moved.push(named(ref.seenFrom.name));
    } else if (from.every((d) => d.isOne)) {
      moved.push(e.reshape(ref, from, []));
    } else return undefined;
  }
  return { inputs: moved, shape, dropped };
}

/** A row of a pointwise op, done before reshapes where that is possible. */
export function leaning<K extends OpName>(row: Lower<K>): Lower<K> {
  return (e, node, inputs) => {
    const { shape } = node.outputs[0]!;
    const before = lean(e, shape, node.inputs, inputs);
    if (!before) return row(e, node, inputs);
    return row(e, node, before.inputs).map((y) => e.reshape(named(e.name(y)), before.shape, shape));
  };
}

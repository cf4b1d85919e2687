import type { ModelInstance } from "../check/instance.js";
import { eachNode } from "../cost/analyse.js";
import { modelCost } from "../cost/model.js";
import type { Dim } from "../dim/dim.js";
import { einsumSizes } from "../ops/einsum.js";

/** One product of a model's pass. */
export interface Product {
  readonly path: string;
  /** Of two activations, rather than with a weight. */
  readonly attention: boolean;
  /** The length that is summed over; undefined where it is known only at run time. */
  readonly inner: bigint | undefined;
  /** Constant sizes of the result. */
  readonly outer: readonly bigint[];
}

const known = new WeakMap<ModelInstance, readonly Product[]>();

/** Every product of a whole pass, each once. */
export function productsOf(model: ModelInstance): readonly Product[] {
  let products = known.get(model);
  if (!products) known.set(model, (products = listed(model)));
  return products;
}

function listed(model: ModelInstance): readonly Product[] {
  const cost = modelCost(model);
  const products: Product[] = [];
  eachNode(cost.costOf(cost.forward), ({ node, cost: { attentionMacs } }, path) => {
    if (node.op !== "einsum") return;
    const [, result = ""] = node.attrs.equation.split("->");
    const sizes = [...einsumSizes(node.attrs.equation, node.inputs)];
    const constant = sizes.map(([letter, size]) => [letter, whole(size)] as const);
    const inner = constant.filter(([letter]) => !result.includes(letter));
    const product = inner.reduce<bigint | undefined>(
      (all, [, n]) => (all === undefined || n === undefined ? undefined : all * n),
      1n,
    );
    const outer = constant.flatMap(([letter, n]) => (n !== undefined && result.includes(letter) ? [n] : []));
    products.push({ path, attention: !attentionMacs.isZero, inner: product, outer });
  });
  return products;
}

function whole(size: Dim): bigint | undefined {
  const { constant } = size;
  return constant?.[1] === 1n ? constant[0] : undefined;
}

import type { ModelInstance } from "../check/instance.js";
import { eachNode } from "../cost/analyse.js";
import { modelCost } from "../cost/model.js";
import type { Dim } from "../dim/dim.js";
import type { Region, Value } from "../ir/graph.js";
import { einsumSizes } from "../ops/einsum.js";
import type { OpName } from "../ops/index.js";

/** One product of a model's pass. */
export interface Product {
  readonly path: string;
  /** Of two activations, rather than with a weight. */
  readonly attention: boolean;
  /** With the shares of a softmax: a mean over places, whose number is the length that is summed over. */
  readonly mixes: boolean;
  /** The length that is summed over; undefined where it is known only at run time. */
  readonly inner: bigint | undefined;
  /** Constant sizes of the result. */
  readonly outer: readonly bigint[];
}

/** What stands between a softmax's powers of e and the product with its shares: their sum, masks, dropout, layout. */
const keepsShares: ReadonlySet<OpName> = new Set<OpName>([
  "div",
  "mul",
  "select",
  "reshape",
  "transpose",
  "broadcast",
  "slice",
  "pad",
  "concat",
]);

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
  const shares = new Set<Value>();
  markShares(cost.forward, shares);
  eachNode(cost.costOf(cost.forward), ({ node, cost: { attentionMacs } }, path) => {
    if (node.op === "gather_matmul") {
      const [rows] = node.inputs;
      const outer = node.outputs[0]!.shape.flatMap((d) => whole(d) ?? []);
      const attention = !attentionMacs.isZero;
      products.push({ path, attention, mixes: false, inner: whole(rows!.shape.at(-1)!), outer });
      return;
    }
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
    const mixes = node.inputs.some((v) => shares.has(v));
    products.push({ path, attention: !attentionMacs.isZero, mixes, inner: product, outer });
  });
  return products;
}

/** Finds the shares of softmaxes, in bodies and between them. */
function markShares(region: Region, shares: Set<Value>): void {
  for (const node of region.nodes) {
    if (node.op === "call") {
      const { body } = node.attrs;
      for (const [i, input] of node.inputs.entries()) if (shares.has(input)) shares.add(body.inputs[i]!);
      markShares(body, shares);
      for (const [i, output] of body.outputs.entries()) if (shares.has(output)) shares.add(node.outputs[i]!);
    } else if (node.op === "map") markShares(node.attrs.body, shares);
    else if (node.op === "exp" || (keepsShares.has(node.op) && node.inputs.some((v) => shares.has(v))))
      for (const output of node.outputs) shares.add(output);
  }
}

function whole(size: Dim): bigint | undefined {
  const { constant } = size;
  return constant?.[1] === 1n ? constant[0] : undefined;
}

import type { DType, Node, NodeOf, Value } from "../ir/graph.js";
import type { AtPoint } from "./at-point.js";
import { movesOf } from "./turned.js";
import { letterSizes } from "./weight-uses.js";

/** What a step makes or reads: a value, or a copy of one in another order. */
export interface Item {
  readonly bytes: bigint;
  /** Two items fit one buffer where their symbolic shapes and the width of their elements are the same. */
  readonly key: string;
  /** An output of the model has memory of its own, which is handed out. */
  readonly output: boolean;
}

/** One node that a runtime runs; several where an einsum needs its operands or its result in another order. */
export interface Step {
  readonly node: Node;
  readonly reads: readonly Item[];
  readonly makes: readonly Item[];
  /** The result is its operand seen otherwise. */
  readonly view: boolean;
  /** Memory of the kernel's own while it runs. */
  readonly scratch: bigint;
}

/** Sizes of values at a point, and what ONNX Runtime runs for each op of a graph. */
export class Sizer {
  constructor(
    private readonly point: AtPoint,
    private readonly dtypeBytes: Readonly<Record<DType, number>>,
  ) {}

  bytes(value: Value): bigint {
    return this.count(value) * BigInt(this.dtypeBytes[value.dtype]);
  }

  /** The item of a value; `output` says whether it is one of the model's. */
  item(value: Value, output: boolean): Item {
    const key = `${this.dtypeBytes[value.dtype]}[${value.shape.map((dim) => dim.key)}]`;
    return { bytes: this.bytes(value), key, output };
  }

  /** The nodes of ONNX Runtime that one of ours becomes, in their order. */
  steps(node: Node, itemOf: (value: Value) => Item): readonly Step[] {
    const reads = node.inputs.map(itemOf);
    const makes = node.outputs.map(itemOf);
    const step = { node, reads, makes, view: false, scratch: 0n };
    if (node.op === "einsum") return this.einsum(node, step);
    if (node.op === "gather_matmul") return this.gatherMatmul(node, step);
    if (node.op === "reshape" || node.op === "stop_gradient") return [{ ...step, view: true }];
    return [{ ...step, scratch: this.scratch(node) }];
  }

  /** Whether the product itself is the result, with nothing moved after it. */
  isProduct(node: NodeOf<"einsum">): boolean {
    const { equation } = node.attrs;
    const [left, output] = equation.replaceAll(" ", "").split("->") as [string, string];
    const sums = [...left].some((letter) => letter !== "," && !output.includes(letter));
    return sums && !movesOf(equation, letterSizes(node, this.point), true).result;
  }

  /** Operands in the order that the product reads, the product, and its result in the order asked for. */
  private einsum(node: NodeOf<"einsum">, step: Step): Step[] {
    const { operands, result } = movesOf(node.attrs.equation, letterSizes(node, this.point), true);
    const steps: Step[] = [];
    const turned = (item: Item, place: string): Item => ({
      bytes: item.bytes,
      key: `${item.key} ${place} of ${node.attrs.equation}`,
      output: false,
    });
    const reads = step.reads.map((item, i) => {
      if (!operands[i]) return item;
      const copy = turned(item, `${i}`);
      steps.push({ ...step, reads: [item], makes: [copy] });
      return copy;
    });
    const [out] = step.makes as [Item];
    const product = result ? turned(out, "product") : out;
    steps.push({ ...step, reads, makes: [product] });
    if (result) steps.push({ ...step, reads: [product], makes: [out] });
    return steps;
  }

  /** The products by matrix after matrix, all of them beside each other, and the rows in their order again. */
  private gatherMatmul(node: NodeOf<"gather_matmul">, step: Step): Step[] {
    const [out] = step.makes as [Item];
    const part = (name: string): Item => ({ bytes: out.bytes, key: `${out.key} ${name}`, output: false });
    const [products, sorted] = [part("products"), part("sorted")];
    const matrices = this.point.whole(node.inputs[1]!.shape[0]!);
    const rows = matrices > 0n ? this.bytes(node.inputs[0]!) / matrices : 0n;
    return [
      { ...step, makes: [products], scratch: rows },
      { ...step, reads: [products], makes: [sorted] },
      { ...step, reads: [sorted] },
    ];
  }

  /** What kernels of ONNX Runtime take beside operands and results. */
  private scratch(node: Node): bigint {
    const out = node.outputs[0];
    if (!out) return 0n;
    // Where picks from either side into memory of its own, each as far as the condition spreads it, and joins the two.
    if (node.op === "select") {
      const [condition, ...sides] = node.inputs as [Value, Value, Value];
      const width = BigInt(this.dtypeBytes[out.dtype]);
      return sides.reduce((sum, side) => sum + this.spread(condition, side) * width, 0n);
    }
    if (node.op === "argsort") return this.count(out) * 4n;
    if (node.op !== "call") return 0n;
    const { name, args } = node.attrs;
    // With its bias, which always stands before it, it works in a copy.
    if (name === "gelu" || name === "gelu_tanh") return this.bytes(out);
    // Over another axis than the last one it is turned before and after.
    const last = Number(args.axis) === out.shape.length - 1;
    return (name === "softmax" || name === "log_softmax") && !last ? 2n * this.bytes(out) : 0n;
  }

  /** Elements of two shapes spread over each other. */
  private spread(a: Value, b: Value): bigint {
    const [long, short] = a.shape.length >= b.shape.length ? [a, b] : [b, a];
    const spare = long.shape.length - short.shape.length;
    return long.shape.reduce((product, dim, axis) => {
      const [here, there] = [
        this.point.whole(dim),
        axis < spare ? 1n : this.point.whole(short.shape[axis - spare]!),
      ];
      return product * (here === 1n ? there : here);
    }, 1n);
  }

  private count(value: Value): bigint {
    return value.shape.reduce((product, dim) => product * this.point.whole(dim), 1n);
  }
}

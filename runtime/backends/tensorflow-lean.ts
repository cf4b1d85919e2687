import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tf } from "./backend.js";

/** A list of TensorFlow's attributes, as tfjs-node's addon takes them. */
type Attributes = readonly {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}[];

/** What tfjs-node's backend is asked for here. A tensor of TensorFlow is a number to it. */
interface Backend {
  readonly isUsingGpuDevice?: boolean;
  readonly binding: {
    readonly [K in "TF_ATTR_TYPE" | "TF_ATTR_BOOL" | "TF_FLOAT" | "TF_INT32"]: number;
  } & {
    createTensor(shape: readonly number[], dtype: number, data: Float32Array | Int32Array): number;
    deleteTensor(id: number): void;
    executeOp(op: string, attributes: Attributes, operands: readonly number[], results: 1): [object];
  };
  getInputTensorIds(operands: readonly Tensor[]): number[];
  createOutputTensor(result: object): Tensor;
}

/**
 * tfjs as generated code gets it on TensorFlow: the functions that this calls most start TensorFlow's kernels themselves.
 * tfjs's own look at every operand anew and make a tensor of every number, which takes as long as the kernel does where
 * tensors are small. What is not of floats goes tfjs's way, and nothing here can be differentiated by tfjs.
 */
export function lean(tf: Tf): Tf {
  const backend = tf.backend() as unknown as Backend;
  const { binding } = backend;
  const { TF_FLOAT, TF_INT32 } = binding;
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const flag = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value });
  const floats = [type("T", TF_FLOAT)];
  const isFloats = (x: unknown): x is Tensor => x instanceof tf.Tensor && x.dtype === "float32";
  const execute = (op: string, attributes: Attributes, tensors: readonly Tensor[], ...others: number[]) => {
    const operands = [...backend.getInputTensorIds(tensors), ...others];
    return backend.createOutputTensor(binding.executeOp(op, attributes, operands, 1)[0]);
  };

  // Numbers and axes are the same few in every run, and stay.
  const constants = new Map<string, number>();
  const constant = (key: string, make: () => number) => {
    const id = constants.get(key) ?? make();
    constants.set(key, id);
    return id;
  };
  const integers = (list: readonly number[]) =>
    binding.createTensor([list.length], TF_INT32, Int32Array.from(list));
  const axesOf = (list: readonly number[]) => constant(`[${list}]`, () => integers(list));
  const numberOf = (x: number) =>
    constant(`${x}`, () => binding.createTensor([], TF_FLOAT, Float32Array.of(x)));

  const unary = (op: string, other: (x: Tensor) => Tensor) => (x: Tensor) =>
    isFloats(x) ? execute(op, floats, [x]) : other(x);
  const binary =
    (op: string, other: (a: Tensor, b: Tensor | number) => Tensor) => (a: Tensor, b: Tensor | number) => {
      if (isFloats(a) && isFloats(b)) return execute(op, floats, [a, b]);
      return isFloats(a) && typeof b === "number" ? execute(op, floats, [a], numberOf(b)) : other(a, b);
    };

  const reshapes = [...floats, type("Tshape", TF_INT32)];
  const reshape = (x: Tensor, shape: number[]) => {
    if (!isFloats(x)) return tf.reshape(x, shape);
    const wanted = integers(shape);
    try {
      return execute("Reshape", reshapes, [x], wanted);
    } finally {
      binding.deleteTensor(wanted);
    }
  };

  const transposes = [...floats, type("Tperm", TF_INT32)];
  const sums = (keepDims: boolean) => [flag("keep_dims", keepDims), ...floats, type("Tidx", TF_INT32)];
  const [plainSums, keptSums] = [sums(false), sums(true)];

  const batched = (turned: boolean) => [flag("adj_x", false), flag("adj_y", turned)];
  const single = (turned: boolean) => [...floats, flag("transpose_a", false), flag("transpose_b", turned)];
  const products = [false, true].map((turned) => ({
    many: [...floats, ...batched(turned)],
    stack: [...["Ta", "Tb", "Tout"].map((name) => type(name, TF_FLOAT)), ...batched(turned)],
    one: single(turned),
  }));

  /**
   * Where each left operand is one row, the product is TensorFlow's own kernel (of Eigen), which reads the matrix once:
   * oneDNN wakes its threads first, ten times as long where the matrix is small. For more rows that kernel calls an
   * assembly routine (TensorFlow 2.21) whose stack pointer points into a tensor, so that a handler of any signal, such as
   * a profiler's, would write over the memory before it.
   */
  const matMul = (a: Tensor, b: Tensor, turnsA = false, turned = false): Tensor => {
    if (turnsA || !isFloats(a) || !isFloats(b) || a.rank < 2 || b.rank < 2)
      return tf.matMul(a, b, turnsA, turned);
    const { many, stack, one } = products[turned ? 1 : 0]!;
    const inner = a.shape[a.rank - 1]!;
    const [height, width] = b.shape.slice(-2) as [number, number];
    const isRows = a.shape[a.rank - 2] === 1 && a.size > 0 && b.size > 0 && !backend.isUsingGpuDevice;
    if (isRows && a.size > inner && b.size > height * width) return execute("BatchMatMulV3", stack, [a, b]);
    if (!isRows || a.size > inner || b.size > height * width) return execute("BatchMatMulV2", many, [a, b]);
    const row = a.rank === 2 ? a : reshape(a, [1, inner]);
    const matrix = b.rank === 2 ? b : reshape(b, [height, width]);
    const product = execute("MatMul", one, [row, matrix]);
    if (row !== a) row.dispose();
    if (matrix !== b) matrix.dispose();
    const rank = Math.max(a.rank, b.rank);
    if (rank === 2) return product;
    const result = reshape(product, [...new Array<number>(rank - 1).fill(1), turned ? height : width]);
    product.dispose();
    return result;
  };

  const own = {
    reshape,
    matMul,
    add: binary("AddV2", tf.add),
    sub: binary("Sub", tf.sub),
    mul: binary("Mul", tf.mul),
    square: unary("Square", tf.square),
    rsqrt: unary("Rsqrt", tf.rsqrt),
    exp: unary("Exp", tf.exp),
    sigmoid: unary("Sigmoid", tf.sigmoid),
    tanh: unary("Tanh", tf.tanh),
    transpose: (x: Tensor, order?: number[]) =>
      isFloats(x) && order ? execute("Transpose", transposes, [x], axesOf(order)) : tf.transpose(x, order),
    sum: (x: Tensor, axis?: number | number[], keepDims = false) =>
      isFloats(x) && typeof axis === "number"
        ? execute("Sum", keepDims ? keptSums : plainSums, [x], axesOf([axis]))
        : tf.sum(x, axis, keepDims),
    softmax: (x: Tensor, axis?: number) =>
      isFloats(x) && axis === undefined ? execute("Softmax", floats, [x]) : tf.softmax(x, axis),
  };
  // A copy also spares the getters by which tfjs-node passes tfjs's exports on.
  return { ...tf, ...own } as unknown as Tf;
}

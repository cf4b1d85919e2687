import type * as tfjs from "@tensorflow/tfjs-core";

/** What is used of tfjs's WebGPU backend. */
interface Gpu {
  runWebGPUProgram(
    program: object,
    inputs: readonly tfjs.TensorInfo[],
    dtype: "float32",
    uniforms: readonly { readonly type: "int32"; readonly data: readonly number[] }[],
  ): tfjs.TensorInfo;
}

/** Of one thread: up to as many rows, and this many columns. */
const tile = 4;
const group = 16;

/**
 * Replaces tfjs's matrix products, whose threads wait for each other at every 32 elements: a GPU in software runs all
 * threads of a group on one core, and changes between them at each wait. Here no thread waits, each has a few rows and
 * columns to itself; what these do not cover (integers, activations) stays with tfjs.
 */
export function replaceProducts(tf: typeof tfjs): void {
  for (const name of ["BatchMatMul", "_FusedMatMul"]) {
    const config = tf.getKernel(name, "webgpu");
    tf.unregisterKernel(name, "webgpu");
    tf.registerKernel({
      ...config,
      kernelFunc: (given) =>
        product(given as unknown as Parameters<typeof product>[0]) ?? config.kernelFunc(given),
    });
  }
}

interface Given {
  readonly inputs: Readonly<Record<"a" | "b", tfjs.TensorInfo>> &
    Readonly<Partial<Record<"bias" | "preluActivationWeights", tfjs.TensorInfo>>>;
  readonly attrs: {
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    readonly activation?: string | null;
  };
  readonly backend: Gpu;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((x, y) => x * y, 1);

function product({ inputs, attrs, backend }: Given): tfjs.TensorInfo | undefined {
  const { a, b, bias, preluActivationWeights } = inputs;
  const { transposeA, transposeB, activation } = attrs;
  const operands = bias ? [a, b, bias] : [a, b];
  if (operands.some(({ dtype }) => dtype !== "float32") || preluActivationWeights) return undefined;
  if (activation && activation !== "linear") return undefined;

  const [p, q] = a.shape.slice(-2) as [number, number];
  const [s, t] = b.shape.slice(-2) as [number, number];
  const [rows, inner] = transposeA ? [q, p] : [p, q];
  const columns = transposeB ? s : t;
  const [leadA, leadB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [sizeOf(leadA), sizeOf(leadB)];
  const count = Math.max(countA, countB);
  // One stack of matrices, or the same one for all.
  if ([countA, countB].some((n) => n !== count && n !== 1)) return undefined;
  const lead =
    leadA.length > leadB.length || (leadA.length === leadB.length && countA >= countB) ? leadA : leadB;
  if (bias && bias.shape.join() !== String(columns)) return undefined;

  const own = Math.min(tile, rows);
  const across = Math.ceil(columns / tile);
  const down = Math.ceil(rows / own);
  const threads = count * down * across;
  const program = {
    shaderKey: `products ${own} ${transposeA} ${transposeB} ${bias !== undefined}`,
    variableNames: bias ? ["A", "B", "bias"] : ["A", "B"],
    uniforms:
      "rows : i32, inner : i32, columns : i32, across : i32, down : i32, ofA : i32, ofB : i32, threads : i32,",
    outputShape: [count * rows * columns],
    workgroupSize: [group, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [Math.ceil(threads / group), 1, 1],
    getUserCode: () => shader(own, transposeA, transposeB, bias !== undefined),
  };
  const ofOne = (n: number, size: number) => (n === 1 ? 0 : size);
  const sizes = [rows, inner, columns, across, down, ofOne(countA, p * q), ofOne(countB, s * t), threads];
  const made = backend.runWebGPUProgram(
    program,
    operands.map(({ dataId, dtype, shape }) => ({ dataId, dtype, shape: [sizeOf(shape)] })),
    "float32",
    sizes.map((size) => ({ type: "int32", data: [size] })),
  );
  return { dataId: made.dataId, dtype: made.dtype, shape: [...lead, rows, columns] };
}

/** Rows and columns beyond the last are computed as the last, and not written. */
function shader(own: number, transposeA: boolean, transposeB: boolean, hasBias: boolean): string {
  const rows = Array.from({ length: own }, (_, i) => i);
  const columns = Array.from({ length: tile }, (_, j) => j);
  const each = (make: (i: number, j: number) => string) =>
    rows.flatMap((i) => columns.map((j) => make(i, j))).join("\n");
  const [stepA, stepB] = [transposeA ? "u.rows" : "1", transposeB ? "1" : "u.columns"];
  return `
    fn main(index : i32) {
      let u = uniforms;
      if (index >= u.threads) { return; }
      let column = index % u.across * ${tile};
      let row = index / u.across % u.down * ${own};
      let matrix = index / (u.across * u.down);
      ${rows.map((i) => `let row${i} = min(row + ${i}, u.rows - 1); var a${i} = matrix * u.ofA + row${i} * ${transposeA ? "1" : "u.inner"};`).join("\n")}
      ${columns.map((j) => `let column${j} = min(column + ${j}, u.columns - 1); var b${j} = matrix * u.ofB + column${j} * ${transposeB ? "u.inner" : "1"};`).join("\n")}
      ${each((i, j) => `var sum${i}${j} = ${hasBias ? `bias[column${j}]` : "0.0"};`)}
      for (var k = 0; k < u.inner; k++) {
        ${rows.map((i) => `let x${i} = A[a${i}]; a${i} += ${stepA};`).join(" ")}
        ${columns.map((j) => `let y${j} = B[b${j}]; b${j} += ${stepB};`).join(" ")}
        ${each((i, j) => `sum${i}${j} += x${i} * y${j};`)}
      }
      let end = (matrix * u.rows + row) * u.columns + column;
      ${each((i, j) => `if (row + ${i} < u.rows && column + ${j} < u.columns) { result[end + ${i} * u.columns + ${j}] = sum${i}${j}; }`)}
    }`;
}

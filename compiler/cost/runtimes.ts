import { onnxGraph } from "../emit/onnx/graph.js";
import type { DType, Graph, Node, Value } from "../ir/graph.js";
import { bytesPerElement } from "../ir/traverse.js";
import { AtPoint } from "./at-point.js";
import { type BufferedCounts, bufferedMemory } from "./buffered.js";
import { CHeap } from "./c-heap.js";
import { memoryAt } from "./memory.js";
import type { MemoryReport, ScheduleRules, Sizes } from "./memory-report.js";
import type { Runtime } from "./runtime-names.js";
import { movesOf } from "./turned.js";
import { letterSizes, sizeOf, type WeightUse, type WeightUses, weightUses, windows } from "./weight-uses.js";

/** What a process holds at most that loads a build and runs it once. The terms add up to `total`. */
export interface ProcessMemory extends Omit<MemoryReport, "heap" | "readBack"> {
  readonly runtime: bigint;
}

interface Rules extends ScheduleRules {
  /** Bytes of one element as the runtime keeps it. */
  readonly dtypeBytes: Readonly<Record<DType, number>>;
  /** Bytes of Node with the runtime and a model of nothing, measured by `bench/memory.mjs`. */
  readonly constant: bigint;
  /** Bytes that a loaded session keeps of each node. */
  readonly node: bigint;
  readonly schedule: "nested" | "buffered";
  /** Weights as they are loaded: each is there twice for a moment, once in the file's form and once in the runtime's. */
  loading(uses: WeightUses): readonly bigint[];
  /** A step that is a file of its own holds its weights once more. */
  readonly loadsStep: boolean;
  /** What was freed stays with the process: all of it, or what the C library cannot give back. */
  readonly heapStays: boolean | "holes";
  /** Bytes of one weight once products have read it. */
  held(use: WeightUse): bigint;
}

const MiB = 2n ** 20n;

const tfjs = {
  dtypeBytes: bytesPerElement,
  node: 0n,
  schedule: "nested",
  kernels: new Set(["softmax"]),
  readsStates: false,
  loadsStep: false,
  heapStays: true,
  // Largest first, by way of a buffer that shrinks.
  loading: ({ all }) => all.map(([, use]) => use.bytes).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)),
  // Beside the rows, the one matrix that a product is with.
  scratch: (node, bytes, point) =>
    node.op === "gather_matmul" ? matrixBytes(node, point).one : turnedBytes(node, bytes, point, false),
} as const satisfies Partial<Rules>;

const runtimes: { readonly [K in Runtime]: Rules } = {
  onnx: {
    constant: 110n * MiB,
    // archc's integers are int64 in ONNX: what indexes elements one by one is twice as large as they are.
    dtypeBytes: { ...bytesPerElement, i32: 8 },
    node: 6_656n,
    schedule: "buffered",
    rewrite: onnxGraph,
    kernels: new Set([
      ...["softmax", "log_softmax", "logsumexp", "mean", "relu", "gelu", "gelu_tanh", "layer_norm"],
    ]),
    readsStates: true,
    loadsStep: true,
    heapStays: "holes",
    loading: ({ products }) => [...new Set(products)].map((use) => use.bytes),
    scratch: (node, bytes, point) => turnedBytes(node, bytes, point, true),
    // A matrix is packed into memory, once for all products with it; all else is read from the mapped file, by windows of its pages.
    held: (use) =>
      (use.products + use.parted > 0n ? use.bytes : 0n) +
      (use.other ? use.bytes : use.row > 0n ? windows(use) : use.products + use.parted > 0n ? 0n : use.bytes),
  },
  tensorflow: { ...tfjs, constant: 386n * MiB, held: (use) => use.bytes },
  // XNNPACK packs a right operand and keeps both.
  wasm: {
    ...tfjs,
    constant: 84n * MiB,
    // A matrix for each row, where there are few.
    scratch: (node, bytes, point) =>
      node.op === "gather_matmul" ? matrixBytes(node, point).few : tfjs.scratch(node, bytes, point),
    held: (use) => use.bytes * (use.products > use.transposed ? 2n : 1n),
  },
  cpu: {
    ...tfjs,
    constant: 78n * MiB,
    // Softmax spreads a number of each row over a tensor as large as the scores.
    scratch: (node, bytes, point) =>
      node.op === "call" && node.attrs.name === "softmax"
        ? bytes(node.outputs[0]!)
        : tfjs.scratch(node, bytes, point),
    heapStays: false,
    loading: () => [],
    held: (use) => use.bytes,
  },
};

/** The whole pass that a step came after. */
interface Before {
  readonly graph: Graph;
  readonly sizes: Sizes;
  /** Start and step are files of their own. */
  readonly separate: boolean;
}

/**
 * The most that a process holds which loads a build into a runtime and runs `graph` once: liveness by the runtime's own
 * rules, and the runtime itself. Of a step, what its own run holds, with what stays of the pass `before`. Throws
 * RangeError where a size is missing.
 */
export function processMemory(graph: Graph, sizes: Sizes, runtime: Runtime, before?: Before): ProcessMemory {
  const rules = runtimes[runtime];
  const heap = rules.heapStays === "holes" ? new CHeap() : undefined;
  const runOf = (one: Graph, at: Sizes): MemoryReport & Partial<BufferedCounts> =>
    rules.schedule === "buffered"
      ? bufferedMemory(one, at, rules, heap)
      : memoryAt(one, at, { dtypeBytes: rules.dtypeBytes, rules });
  const pass = before && runOf(before.graph, before.sizes);
  heap?.forget();
  const run = runOf(graph, sizes);
  const loaded = weightUses(graph, new AtPoint(sizes));
  // A step finds what the pass before it loaded and touched, which may be more than it reads itself.
  const first = before ? weightUses(before.graph, new AtPoint(before.sizes)) : loaded;
  let { weights, buffers } = heldWeights(first, rules);
  let nodes = (pass ?? run).nodes ?? 0;
  buffers += (pass ?? run).kept ?? 0n;
  if (before?.separate && rules.loadsStep) {
    const second = heldWeights(loaded, rules);
    weights += second.weights;
    buffers += second.buffers + (run.kept ?? 0n);
    nodes += run.nodes ?? 0;
  }
  const own = rules.constant + BigInt(nodes) * rules.node;
  const values = run.states + run.activations + run.workspace;
  const needed = [values];
  if (heap) needed.push(heap.peak);
  else if (rules.heapStays) {
    // A heap that never shrinks is as large as it ever was, and what is read back lies beside it.
    needed.push(run.heap + run.readBack);
    // The host has what the prompt gave it until it is collected.
    if (pass) needed.push(pass.heap + pass.readBack);
  }
  // A step finds its weights loaded.
  if (!before) needed.push(mostLoading(rules.loading(loaded)) - weights - buffers);
  const most = needed.reduce((a, b) => (a > b ? a : b));
  const { states, activations, peak } = run;
  return {
    ...{ runtime: own, weights, buffers, states, activations },
    workspace: run.workspace + most - values,
    total: own + weights + buffers + most,
    peak,
  };
}

function heldWeights({ all }: WeightUses, rules: Rules): { weights: bigint; buffers: bigint } {
  let [weights, buffers] = [0n, 0n];
  for (const [port, use] of all) {
    const bytes = rules.held(use);
    if (port.role === "weight" && port.weight.kind === "weight") weights += bytes;
    else buffers += bytes;
  }
  return { weights, buffers };
}

/** The most that is there while these are loaded in turn, each twice for a moment. */
function mostLoading(sizes: readonly bigint[]): bigint {
  let most = 0n;
  let sum = 0n;
  for (const bytes of sizes) {
    sum += bytes;
    if (sum + bytes > most) most = sum + bytes;
  }
  return most;
}

/** Bytes of the copies that an einsum makes of its operands and its result. */
function turnedBytes(node: Node, bytes: (value: Value) => bigint, point: AtPoint, swaps: boolean): bigint {
  if (node.op !== "einsum") return 0n;
  const { operands, result } = movesOf(node.attrs.equation, letterSizes(node, point), swaps);
  return (
    (operands[0] ? bytes(node.inputs[0]!) : 0n) +
    (operands[1] ? bytes(node.inputs[1]!) : 0n) +
    (result ? bytes(node.outputs[0]!) : 0n)
  );
}

/** Bytes of one matrix of a table; and of one for each row, where there are no more rows than matrices. */
function matrixBytes(
  { inputs }: Node & { op: "gather_matmul" },
  point: AtPoint,
): { readonly one: bigint; readonly few: bigint } {
  const matrices = point.whole(inputs[1]!.shape[0]!);
  const rows = inputs[2]!.shape.reduce((product, dim) => product * point.whole(dim), 1n);
  const one = matrices === 0n ? 0n : sizeOf(inputs[1]!, point) / matrices;
  return { one, few: rows <= matrices ? rows * one : one };
}

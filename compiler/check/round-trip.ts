import type { Builder } from "../ir/build.js";
import { EvaluationError, evaluateRegion } from "../ir/evaluate.js";
import type { Assumption, DType, Node, Type, Value } from "../ir/graph.js";
import { countOf, emptyArray } from "../ops/array.js";
import type { NdArray } from "../ops/define.js";
import { einsumSizes } from "../ops/einsum.js";

/** A layer as it was traced, and its inverse in a graph beside it. */
export interface RoundTrip {
  readonly forward: Builder;
  /** The layer's tensors and its results, in `forward`. */
  readonly tensors: readonly Value[];
  readonly results: readonly Value[];
  readonly inverse: Builder;
  /** What the inverse gives for each tensor, in `inverse`. */
  readonly back: readonly Value[];
  /** The path of a weight and the range it is held in; undefined for what is no weight. */
  weight(value: Value): { readonly path: string; readonly within: Range | undefined } | undefined;
  /** What must hold of sizes. */
  readonly assumptions: readonly Assumption[];
}

type Range = readonly [number, number];
type Sizes = Readonly<Record<string, number>>;

export type Verdict =
  | { readonly kind: "inverts" }
  | {
      readonly kind: "differs";
      /** Which of the layer's tensors, and its shape in the trial. */
      readonly tensor: number;
      readonly shape: readonly number[];
      readonly was: number;
      readonly came: number;
      /** Names of layers that any function stood for, since they cost too much to run. */
      readonly stood: readonly string[];
    }
  | { readonly kind: "untried"; readonly why: "sizes" | "work" | "not-finite" };

/** Elements and products that one way there and back may take: a few milliseconds. */
const MOST_WORK = 1_500_000;

/** What sizes of run time are tried as, until one meets all that is required of them. */
const TRIED = [2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 256];

/**
 * Runs a layer and then its inverse on random tensors and compares what comes back with what went in. First every layer
 * within it is taken as an unknown function of what it reads: what holds for all functions holds for these, and costs
 * next to nothing. Where that fails the layers themselves run, as many as cost little. Total, and bounded in time.
 */
export function roundTrip(trip: RoundTrip): Verdict {
  let last: Verdict = { kind: "untried", why: "sizes" };
  for (const size of TRIED) {
    // Every size of run time is this one, whatever its name.
    const sizes = new Proxy<Sizes>({}, { get: () => size });
    try {
      if (!trip.assumptions.every((a) => holds(a, sizes))) continue;
      for (const positive of [false, true]) {
        const unknown = verdictOf(trip, sizes, positive, 0);
        if (unknown.kind === "inverts") return unknown;
        if (unknown.kind === "untried" && unknown.why === "work") return unknown;
        last = verdictOf(trip, sizes, positive, dearest(trip, sizes));
        if (last.kind !== "untried") return last;
      }
      return last;
    } catch (error) {
      // Sizes that a rule of the layer refuses; the next ones may do.
      if (!(error instanceof RangeError || error instanceof EvaluationError)) throw error;
    }
  }
  return last;
}

/** The least work of a layer that is not run, so that all together stay within the limit. */
function dearest({ forward, inverse }: RoundTrip, sizes: Sizes): number {
  const nodes = [...forward.nodes, ...inverse.nodes];
  let total = sum(nodes.map((node) => workOf(node, sizes)));
  let limit = Number.POSITIVE_INFINITY;
  const within = nodes.filter(isLayer).map((node) => workOf(node, sizes));
  for (const work of within.sort((a, b) => b - a)) {
    if (total <= MOST_WORK) break;
    // Those of equal work are one layer in both directions: neither runs.
    limit = work;
    total -= work;
  }
  return limit;
}

/** One way there and back. Layers that take `limit` of work or more are stood for by unknown functions. */
function verdictOf(trip: RoundTrip, sizes: Sizes, positive: boolean, limit: number): Verdict {
  const { forward, inverse } = trip;
  const own = [...forward.nodes, ...inverse.nodes].filter((node) => !isLayer(node));
  if (sum(own.map((node) => workOf(node, sizes))) > MOST_WORK) return { kind: "untried", why: "work" };
  return new Trial(trip, sizes, limit, positive).verdict();
}

/** An array, drawn when it is first read; what is only named (a weight) by its path. */
interface Held {
  readonly path: string | undefined;
  array(): NdArray;
}

/** What the values of both graphs hold on one way there and back. */
class Trial {
  private readonly held = new Map<Value, Held>();
  private readonly drawn = new Map<string, Held>();
  private readonly stood = new Set<string>();

  constructor(
    private readonly trip: RoundTrip,
    private readonly sizes: Sizes,
    private readonly limit: number,
    private readonly positive: boolean,
  ) {}

  verdict(): Verdict {
    const { forward, inverse, tensors, results, back } = this.trip;
    for (const { outer, inner } of forward.closure) this.held.set(inner, this.source(outer));
    for (const [i, value] of tensors.entries()) {
      const range: Range = this.positive ? [0.5, 1.5] : [-2, 2];
      this.held.set(
        value,
        lazily(() => draw(`tensor ${i}`, value, this.shapeOf(value), range)),
      );
    }
    this.run(forward.nodes);
    const given = results.map((v) => this.held.get(v)!.array());
    if (!given.every(finite)) return { kind: "untried", why: "not-finite" };
    for (const { outer, inner } of inverse.closure)
      this.held.set(inner, this.held.get(outer) ?? this.source(outer));
    for (const value of inverse.inputs) if (!this.held.has(value)) this.held.set(value, this.source(value));
    this.run(inverse.nodes);
    const most = Math.max(1, ...given.map(largest));
    let worst: (Verdict & { kind: "differs" }) | undefined;
    for (const [tensor, value] of tensors.entries()) {
      const was = this.held.get(value)!.array();
      const came = this.held.get(back[tensor]!)!.array();
      for (const [i, x] of was.data.entries()) {
        const y = came.data[i]!;
        if (Math.abs(y - x) <= 1e-6 * most) continue;
        if (worst && !(Math.abs(y - x) > Math.abs(worst.came - worst.was))) continue;
        worst = { kind: "differs", tensor, shape: was.shape, was: x, came: y, stood: [...this.stood] };
      }
    }
    return worst ?? { kind: "inverts" };
  }

  private run(nodes: readonly Node[]): void {
    for (const node of nodes) {
      const operands = node.inputs.map((v) => this.held.get(v)!);
      if (isLayer(node) && (this.limit === 0 || workOf(node, this.sizes) >= this.limit)) {
        this.standIn(node, operands);
        continue;
      }
      const arrays = evaluateRegion(
        { inputs: node.inputs, nodes: [node], outputs: node.outputs },
        operands.map((o) => o.array()),
        this.sizes,
      );
      for (const [i, value] of node.outputs.entries()) {
        const array = arrays[i]!;
        this.held.set(value, { path: undefined, array: () => array });
      }
    }
  }

  /**
   * A smooth function of a few elements of each operand for every element, the same for the same layer and weights;
   * integers are 0 or 1 by its sign, which rounding does not change. What a layer keeps for later steps is never read.
   */
  private standIn(node: Node & { op: "call" }, operands: readonly Held[]): void {
    const { name, path, args } = node.attrs;
    this.stood.add(name);
    const seed = hash([name, path, JSON.stringify(args), ...operands.map((o) => o.path ?? "")].join("\n"));
    const read = operands.flatMap((o) => (o.path === undefined ? [o.array().data] : []));
    for (const [output, value] of node.outputs.entries()) {
      const held = lazily(() => unknownOf(read, value.dtype, this.shapeOf(value), mix(seed + output)));
      this.held.set(value, held);
    }
  }

  /** What a value from outside the layer holds: a weight, or what the layer is given without being one of its tensors. */
  private source(value: Value): Held {
    const weight = this.trip.weight(value);
    const key = weight?.path ?? `outside ${value.id}`;
    const known = this.drawn.get(key);
    if (known) return known;
    const shape = this.shapeOf(value);
    // Vectors are scales as often as not, so they are not near 0; products with matrices keep their size.
    const spread = Math.sqrt(3 / (shape[0] ?? 1));
    const range = weight?.within ?? (shape.length > 1 ? ([-spread, spread] as const) : ([0.5, 1.5] as const));
    const made = lazily(() => draw(key, value, shape, range), weight?.path);
    this.drawn.set(key, made);
    return made;
  }

  private shapeOf(type: Type): number[] {
    return type.shape.map((d) => d.at(this.sizes));
  }
}

const isLayer = (node: Node): node is Node & { op: "call" } => node.op === "call";

/** What running a node takes: the elements it reads and writes, and the products between them. */
function workOf(node: Node, sizes: Sizes): number {
  const elements = sum(
    [...node.inputs, ...node.outputs].map((v) => countOf(v.shape.map((d) => d.at(sizes)))),
  );
  if (node.op === "einsum")
    return (
      elements + countOf([...einsumSizes(node.attrs.equation, node.inputs).values()].map((d) => d.at(sizes)))
    );
  if (node.op !== "call" && node.op !== "map") return elements;
  const body = sum(node.attrs.body.nodes.map((inner) => workOf(inner, sizes)));
  return elements + (node.op === "map" ? node.inputs[0]!.shape[0]!.at(sizes) : 1) * body;
}

function holds({ left, relation, right }: Assumption, sizes: Sizes): boolean {
  const [a, b] = [left.evaluate(sizes), right.evaluate(sizes)];
  const difference = a[0] * b[1] - b[0] * a[1];
  return relation === "==" ? difference === 0n : relation === "<" ? difference < 0n : difference <= 0n;
}

/** What an unknown function, told by its seed, makes of what it reads. */
function unknownOf(
  read: readonly NdArray["data"][],
  dtype: DType,
  shape: readonly number[],
  seed: number,
): NdArray {
  const array = emptyArray(dtype, shape);
  for (let i = 0; i < array.data.length; i++) {
    let state = mix(seed + i);
    let angle = unit(state);
    for (const data of read) {
      for (let k = 0; k < 2 && data.length > 0; k++) {
        state = mix(state);
        angle += (unit(state) + 0.5) * data[mix(state + 1) % data.length]!;
      }
    }
    const wave = Math.sin(angle);
    array.data[i] = dtype === "f32" ? wave : wave > 0 ? 1 : 0;
  }
  return array;
}

function lazily(make: () => NdArray, path?: string): Held {
  let made: NdArray | undefined;
  return {
    path,
    array() {
      made ??= make();
      return made;
    },
  };
}

/** Numbers by a name, evenly in a range; integers are 0 or 1. */
function draw(key: string, { dtype }: Type, shape: readonly number[], [low, high]: Range): NdArray {
  const array = emptyArray(dtype, shape);
  let state = hash(key);
  for (let i = 0; i < array.data.length; i++) {
    state = mix(state);
    array.data[i] = dtype === "f32" ? low + (high - low) * unit(state) : Math.round(unit(state));
  }
  return array;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const finite = ({ data }: NdArray): boolean => data.every((x) => Number.isFinite(x));
const largest = ({ data }: NdArray): number => {
  let most = 0;
  for (const x of data) most = Math.max(most, Math.abs(x));
  return most;
};

/** Scrambles a 32-bit number (the finaliser of MurmurHash3, with a step so that 0 does not stay 0). */
function mix(n: number): number {
  let h = (n + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const unit = (n: number): number => n / 2 ** 32;
const hash = (text: string): number => [...text].reduce((h, c) => mix(h ^ c.codePointAt(0)!), text.length);

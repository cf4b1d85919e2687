import type { onnx } from "onnx-proto";
import type { Dim } from "../../dim/dim.js";
import type { DType, Node, Region, Type, Value } from "../../ir/graph.js";
import { sameShape } from "../../ir/traverse.js";
import type { Split } from "../passes/splits.js";
import { DimScalars, unitAxes } from "./dims.js";
import { mayBeZero } from "./empty.js";
import { live, renameIn } from "./nodes.js";
import {
  type Attribute,
  attributes,
  elementType,
  externalTensor,
  INT32,
  type OnnxNode,
  type Tensor,
  tensor,
  valueInfo,
  widen,
} from "./proto.js";
import { named, type Ref } from "./ref.js";

/** How nodes are lowered: the table of all ops, passed in so that bodies can be lowered by it too. */
export type LowerNode = (emitter: Emitter, node: Node, inputs: readonly Ref[]) => readonly Ref[];

/**
 * Collects the nodes of one model. Names are unique across the graph and its subgraphs; constants and run-time sizes
 * are made once, at the front, where subgraphs see them as well.
 */
export class Emitter {
  readonly initializers = new Map<string, Tensor>();
  readonly infos: onnx.IValueInfoProto[] = [];
  readonly dims: DimScalars;
  private nodes: OnnxNode[] = [];
  private readonly preamble: OnnxNode[] = [];
  private path = "";
  private hint = "";
  private inSubgraph = false;
  /** Values that several nodes share, by what they are; those of a subgraph end with it. */
  private shared = new Map<string, readonly string[]>();
  private readonly answers = new Map<string, boolean>();
  /** The results of the splits that are in the graph already. */
  readonly parts = new Map<Split, readonly string[]>();
  private readonly taken = new Set<string>();
  /** Of each hint, the first number that may be free: a mixture of experts has thousands of one hint. */
  private readonly numbers = new Map<string, number>();
  private readonly described = new Set<string>();
  private readonly constants = new Map<string, string>();
  /** How a weight was read first. */
  private readonly uses = new Map<string, "rows" | "whole">();

  constructor(
    private readonly lower: LowerNode,
    private readonly weightsFile: string,
    /** The instance that a value comes from. */
    private readonly pathOf: (value: Value) => string,
    /** Which slices come from one Split. */
    readonly splits: ReadonlyMap<Node, Split> = new Map(),
  ) {
    this.dims = new DimScalars(this);
  }

  /** An answer that is found once for each key. */
  remember(key: string, find: () => boolean): boolean {
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const answer = find();
    this.answers.set(key, answer);
    return answer;
  }

  /** The values that `make` gives, made once for each key as far as they can be seen. */
  once(key: string, make: () => readonly string[]): readonly string[] {
    const known = this.shared.get(key);
    if (known) return known;
    const made = make();
    this.shared.set(key, made);
    return made;
  }

  /**
   * All nodes in execution order, with the model's results named as they are to be: a node's output is renamed where
   * it can be, and copied where the same value is an input, a weight or two outputs.
   */
  finish(
    results: readonly string[],
    names: readonly string[],
  ): { readonly nodes: OnnxNode[]; readonly infos: onnx.IValueInfoProto[] } {
    const all = [...this.preamble, ...this.nodes];
    const made = new Set(all.flatMap((node) => node.output ?? []));
    const renamed = new Map<string, string>();
    results.forEach((result, i) => {
      if (made.has(result) && !renamed.has(result)) renamed.set(result, names[i]!);
      else
        all.push({ opType: "Identity", name: `${names[i]}/Identity`, input: [result], output: [names[i]!] });
    });
    renameIn(all, renamed);
    const nodes = live(all, names);
    const kept = new Set(nodes.flatMap((node) => node.output ?? []));
    return { nodes, infos: this.infos.filter((info) => kept.has(info.name!)) };
  }

  /** A name that is not taken: `hint`, `hint_2`, … */
  fresh(hint: string): string {
    let name = hint;
    let next = this.numbers.get(hint) ?? 2;
    for (; this.taken.has(name); next++) name = `${hint}_${next}`;
    this.numbers.set(hint, next);
    this.taken.add(name);
    return name;
  }

  /** Takes an input of the model, from whose shape sizes can be read. */
  input(hint: string, type: Type): Ref {
    const name = this.fresh(hint);
    this.described.add(name);
    this.dims.learn(name, type.shape);
    return named(name);
  }

  /** Adds a node with one output, and gives that output's name. */
  op(
    type: string,
    inputs: readonly string[],
    values: Readonly<Record<string, Attribute>> = {},
    hint?: string,
  ): string {
    return this.ops(type, inputs, 1, values, hint)[0]!;
  }

  /** `op` for a node of several outputs. */
  ops(
    type: string,
    inputs: readonly string[],
    outputs: number,
    values: Readonly<Record<string, Attribute>> = {},
    hint: string | readonly string[] = this.hint,
  ): string[] {
    const prefix = this.path === "" ? "" : `${this.path}/`;
    const name = this.fresh(`${prefix}${type}`);
    const output = Array.from({ length: outputs }, (_, i) =>
      this.fresh(`${prefix}${(typeof hint === "string" ? hint : hint[i]) || type}`),
    );
    this.nodes.push({ opType: type, name, input: [...inputs], output, attribute: attributes(values) });
    return output;
  }

  /** Runs `emit` with its nodes put before all others; for what depends on the graph's inputs alone. */
  first<T>(emit: () => T): T {
    const { nodes, path, hint } = this;
    this.nodes = this.preamble;
    this.path = "sizes";
    this.hint = "";
    try {
      return emit();
    } finally {
      this.nodes = nodes;
      this.path = path;
      this.hint = hint;
    }
  }

  /** A small constant as an initializer, made once. */
  constant(dtype: DType, shape: readonly number[], data: readonly number[]): string {
    const key = `${dtype}[${shape}]${data.map((v) => (Object.is(v, -0) ? "-0" : v))}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const short = data.length > 4 || data.length === 0 ? `${dtype}_constant` : `${dtype}_${data.join("_")}`;
    const name = this.fresh(`constants/${short}`);
    this.initializers.set(name, tensor(name, dtype, shape, data));
    this.constants.set(key, name);
    return name;
  }

  scalar(dtype: DType, value: number): string {
    return this.constant(dtype, [], [value]);
  }

  /** int64 [n], as axes, pads and shapes are given. */
  ints(values: readonly number[]): string {
    return this.constant("i32", [values.length], values);
  }

  /** `name` of what rows are gathered from. */
  table(ref: Ref): string {
    return this.name(ref, "rows");
  }

  /**
   * The name of a value, made an initializer where it is a weight. One that is read by rows and as a whole becomes two
   * of the same bytes: runtimes repack what products read and let go of the file, and rows are read from the file.
   */
  name(ref: Ref, use: "rows" | "whole" = "whole"): string {
    if (ref.kind === "named") return ref.name;
    const { tensor: stored, offset, bytes } = ref.placed;
    const same = stored.shape.length === ref.shape.length && stored.shape.every((n, i) => n === ref.shape[i]);
    const plain = same ? stored.name : `${stored.name} as [${ref.shape.join(", ")}]`;
    if (!this.uses.has(plain)) this.uses.set(plain, use);
    const name = this.uses.get(plain) === use ? plain : `${plain} (${use})`;
    const wide = stored.dtype === "i32";
    const key = wide ? `${name} (int32)` : name;
    if (!this.initializers.has(key)) {
      this.taken.add(key);
      const type = wide ? INT32 : elementType[stored.dtype];
      const place = { file: this.weightsFile, offset, bytes };
      this.initializers.set(key, externalTensor(key, type, ref.shape, place));
      // The file holds 32 bits; everything here reads 64.
      if (wide) this.first(() => this.nodes.push(widen(key, name)));
    }
    return name;
  }

  /** `x` of shape `from` seen as `to`. Free for weights; without a copy wherever the runtime can. */
  reshape(x: Ref, from: readonly Dim[], to: readonly Dim[]): Ref {
    if (sameShape(from, to)) return x;
    if (x.kind === "stored") return { ...x, shape: to.map((d) => Number(d.int)) };
    const origin = x.seenFrom ?? { name: x.name, shape: from };
    if (sameShape(origin.shape, to)) return named(origin.name);
    const name = this.reshapeNamed(origin.name, origin.shape, to);
    return { kind: "named", name, seenFrom: origin };
  }

  private reshapeNamed(x: string, from: readonly Dim[], to: readonly Dim[]): string {
    const units = unitAxes(from, to);
    if (units?.add) return this.op("Unsqueeze", [x, this.ints(units.add)]);
    if (units?.drop) return this.op("Squeeze", [x, this.ints(units.drop)]);
    const mayBeEmpty = to.some(mayBeZero);
    // By place: two axes may share one size, of which only the one that stands elsewhere is open.
    const open = to.flatMap((d, i) => (d.int === undefined && !(from[i]?.equals(d) ?? false) ? [i] : []));
    if (open.length === 0 && !to.some((d) => d.isZero)) {
      return this.op("Reshape", [x, this.ints(to.map((d) => (d.int === undefined ? 0 : Number(d.int))))]);
    }
    // -1 is ambiguous where another size is 0; and a size of 0 means "as before" unless allowzero says otherwise.
    if (open.length === 1 && to.every((d, i) => i === open[0] || !mayBeZero(d))) {
      const sizes = to.map((d, i) => (i === open[0] ? -1 : d.int === undefined ? 0 : Number(d.int)));
      return this.op("Reshape", [x, this.ints(sizes)]);
    }
    return this.op("Reshape", [x, this.dims.vector(to)], mayBeEmpty ? { allowzero: 1 } : {});
  }

  /** Lowers all nodes of a region whose inputs are known, and gives its outputs. */
  region(region: Region, inputs: readonly Ref[]): readonly Ref[] {
    const known = new Map<Value, Ref>();
    region.inputs.forEach((v, i) => {
      known.set(v, inputs[i]!);
    });
    const outerPath = this.path;
    for (const node of region.nodes) {
      const operands = node.inputs.map((v) => known.get(v)!);
      const first = node.outputs[0]!;
      this.path = this.pathOf(first) || outerPath;
      this.hint = first.name || (node.op === "call" ? node.attrs.name : node.op);
      const results = this.lower(this, node, operands);
      node.outputs.forEach((v, i) => {
        known.set(v, results[i]!);
        this.describe(results[i]!, v);
      });
    }
    this.path = outerPath;
    return region.outputs.map((v) => known.get(v)!);
  }

  /** Records the type of a result, for readers of the file; a subgraph's own are left to its runtime. */
  private describe(ref: Ref, type: Type): void {
    if (ref.kind === "stored" || this.inSubgraph || this.described.has(ref.name)) return;
    if (this.initializers.has(ref.name)) return;
    this.described.add(ref.name);
    this.infos.push(valueInfo(ref.name, type));
  }

  /** A region as a subgraph: `inputs` are its own, named here; what else it uses is taken from around it. */
  subgraph(region: Region, own: number, outer: readonly Ref[], hint: string): onnx.IGraphProto {
    const { nodes, inSubgraph, shared } = this;
    this.nodes = [];
    this.shared = new Map(shared);
    this.inSubgraph = true;
    const inputs = region.inputs
      .slice(0, own)
      .map((v) => ({ name: this.fresh(`${hint}/${v.name || "item"}`), type: v }));
    const results = this.region(region, [...inputs.map((i) => named(i.name)), ...outer]);
    // An output must be made by a node of the subgraph itself, once.
    const outputs = results.map((ref, i) => ({
      name: this.op("Identity", [this.name(ref)]),
      type: region.outputs[i]!,
    }));
    const graph: onnx.IGraphProto = {
      name: this.fresh(hint),
      node: this.nodes,
      input: inputs.map((i) => valueInfo(i.name, i.type)),
      output: outputs.map((o) => valueInfo(o.name, o.type)),
    };
    this.nodes = nodes;
    this.inSubgraph = inSubgraph;
    this.shared = shared;
    return graph;
  }
}

import { Builder } from "../ir/build.js";
import type { Node, NodeOf, Region, Value } from "../ir/graph.js";
import { pathAt, takenOut } from "../ir/path.js";
import { elementwiseNames } from "../ops/elementwise-names.js";
import type { OpName } from "../ops/index.js";

/**
 * What a backward pass computes anew from a call's operands rather than keep: it costs next to nothing beside products,
 * lookups and sorting, and its inner results are as large as its operands.
 */
const cheap: ReadonlySet<OpName> = new Set<OpName>([
  ...elementwiseNames,
  ...(["floor_div", "mod", "reduce_sum", "reduce_max", "reduce_min", "stop_gradient"] as const),
  ...(["reshape", "transpose", "broadcast", "slice", "concat", "pad", "iota", "size", "constant"] as const),
]);

const known = new WeakMap<Region, boolean>();

/** Is the body cheap, so that a call of it stays one? */
export function isCheap(body: Region): boolean {
  let answer = known.get(body);
  if (answer === undefined) {
    answer = body.nodes.every((node) =>
      node.op === "call"
        ? isCheap(node.attrs.body)
        : cheap.has(node.op) || (node.op === "cast" && node.attrs.to !== "i32"),
    );
    known.set(body, answer);
  }
  return answer;
}

/** How many nodes a region has when it is expanded. */
export function expandedSize(region: Region, sizes = new Map<Region, number>()): number {
  let size = sizes.get(region);
  if (size === undefined) {
    size = 0;
    for (const node of region.nodes) {
      const body =
        node.op === "map" || (node.op === "call" && !isCheap(node.attrs.body)) ? node.attrs.body : undefined;
      size += body ? expandedSize(body, sizes) : 1;
    }
    sizes.set(region, size);
  }
  return size;
}

/** A node that chooses integers by floats: where these come back a little otherwise, so might the choice. */
function choiceOf(node: Node): Value | undefined {
  if (node.inputs[0]?.dtype !== "f32") return undefined;
  if (node.op === "argmax" || node.op === "argsort") return node.outputs[0];
  if (node.op === "cast" && node.attrs.to === "i32") return node.outputs[0];
  return node.op === "topk" ? node.outputs[1] : undefined;
}

/** An instance that a reversible layer runs twice: which run a choice is of cannot be told when it runs backwards. */
export class RunTwice extends Error {
  constructor(readonly path: string) {
    super(`\`${path}\` runs twice`);
  }
}

/** What is done with the choices of a region, each known by the instance that makes it and its place there. */
export interface Choices {
  /** Those of an earlier run, which stand in the place of what would be chosen now. */
  readonly made?: ReadonlyMap<string, Value>;
  /** Those of this run, in order. */
  readonly found?: Map<string, Value>;
}

/** How a region is expanded. */
export interface Expansion {
  readonly choices?: Choices;
  /** What stands for a result of the region wherever it is used, so that it need not be computed to be used. */
  readonly standing?: ReadonlyMap<Value, Value>;
  /** The instance that the region belongs to; that of the model itself ("") unless told. */
  readonly path?: string;
  /** Runs a call whose body has an inverse, and gives its results; without it such a call is expanded too. */
  reversible?(node: NodeOf<"call">, args: readonly Value[], path: string): readonly Value[];
  /** Told of each node's results, with the path of the instance they are of. */
  placed?(values: readonly Value[], path: string): void;
}

/** What a region became in a builder. */
export interface Expanded {
  /** In order; those that `standing` speaks for have the standing values as results, and are in no graph. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
  /** What each value of the region became. */
  at(value: Value): Value;
}

/**
 * Copies `region` into `b`, its inputs replaced by `args`, with every call expanded that is not cheap: what a derivative
 * is taken of. Throws RunTwice where choices are to be kept of an instance that runs twice.
 */
export function expand(b: Builder, region: Region, args: readonly Value[], how: Expansion = {}): Expanded {
  return new Walk(how).region(b, region, args, how.path ?? "");
}

class Walk {
  /** How many choices and maps an instance has made so far. */
  private readonly counts = new Map<string, number>();
  private readonly runs = new Set<string>();
  private choices = 0;

  constructor(private readonly how: Expansion) {}

  region(b: Builder, region: Region, args: readonly Value[], path: string): Expanded {
    const values = new Map<Value, Value>();
    const nodes: Node[] = [];
    region.inputs.forEach((input, i) => values.set(input, args[i]!));
    this.nodes(b, region, values, path, nodes);
    const at = (value: Value) => values.get(value) ?? value;
    return { nodes, outputs: region.outputs.map(at), at };
  }

  private nodes(b: Builder, region: Region, values: Map<Value, Value>, path: string, nodes: Node[]): void {
    for (const node of region.nodes) {
      const args = node.inputs.map((v) => values.get(v)!);
      const results = this.node(b, node, args, path, nodes);
      node.outputs.forEach((v, i) => values.set(v, results[i]!));
    }
  }

  private node(
    b: Builder,
    node: Node,
    args: readonly Value[],
    path: string,
    nodes: Node[],
  ): readonly Value[] {
    const added = (run: () => readonly Value[], place = path) => {
      const first = b.nodes.length;
      const results = run();
      for (const one of b.nodes.slice(first)) {
        nodes.push(one);
        this.how.placed?.(one.outputs, place);
      }
      return results;
    };
    if (node.op === "call") {
      const { body } = node.attrs;
      const place = pathAt(path, node.attrs.path);
      if (isCheap(body)) return added(() => b.copy(takenOut(node, path), args), place);
      const { reversible } = this.how;
      if (body.inverse && reversible) return added(() => reversible(node, args, place), place);
      const before = this.choices;
      const values = new Map(body.inputs.map((v, i) => [v, args[i]!]));
      this.nodes(b, body, values, place, nodes);
      if (this.choices > before) this.ran(place);
      return body.outputs.map((v) => values.get(v)!);
    }
    if (node.op === "map") return added(() => this.map(b, node, args, path));
    const choice = choiceOf(node);
    const key = choice && this.key(path, "choice");
    if (choice) this.choices++;
    const made = key === undefined ? undefined : this.how.choices?.made?.get(key);
    if (choice && made) return added(() => chosen(b, node, args, made));
    const stands = node.outputs.map((v) => this.how.standing?.get(v));
    if (stands.length === 1 && stands[0]) {
      nodes.push({ ...node, inputs: args, outputs: [stands[0]] } as Node);
      return [stands[0]];
    }
    const results = added(() => b.copy(node, args));
    if (choice && key !== undefined)
      this.how.choices?.found?.set(key, results[node.outputs.indexOf(choice)]!);
    return results;
  }

  /** A map whose body is expanded; choices made in it come out stacked, and go in so. */
  private map(b: Builder, node: NodeOf<"map">, args: readonly Value[], path: string): readonly Value[] {
    const { mapped, body } = node.attrs;
    const key = `${this.key(path, "map")}/`;
    const { made, found } = this.how.choices ?? {};
    const given = [...(made ?? [])].filter(([name]) => name.startsWith(key));
    const inner = new Builder(b);
    const take = (v: Value) => inner.input(v, v.name);
    const params = body.inputs.slice(0, mapped).map(take);
    const known = new Map(
      given.map(([name, v]) => [name.slice(key.length), inner.input(sliceOf(v), v.name)]),
    );
    params.push(...body.inputs.slice(mapped).map(take));
    const choices = { made: known, found: new Map<string, Value>() };
    const { outputs } = new Walk(found || made ? { choices } : {}).region(inner, body, params, "");
    this.choices += choices.found.size + given.length;
    const fresh = found ? [...choices.found] : [];
    const operands = [...args.slice(0, mapped), ...given.map(([, v]) => v), ...args.slice(mapped)];
    const attrs = {
      mapped: mapped + given.length,
      body: inner.region([...outputs, ...fresh.map(([, v]) => v)]),
    };
    const results = b.node("map", operands, attrs);
    fresh.forEach(([name], i) => found!.set(key + name, results[outputs.length + i]!));
    return results.slice(0, outputs.length);
  }

  private key(path: string, what: string): string {
    const name = `${path}|${what}`;
    const count = this.counts.get(name) ?? 0;
    this.counts.set(name, count + 1);
    return `${name}${count}`;
  }

  private ran(path: string): void {
    if (!this.how.choices) return;
    if (this.runs.has(path)) throw new RunTwice(path);
    this.runs.add(path);
  }
}

const sliceOf = (stack: Value) => ({ dtype: stack.dtype, shape: stack.shape.slice(1) });

/** The results of a node that chose `made` before. */
function chosen(b: Builder, node: Node, args: readonly Value[], made: Value): readonly Value[] {
  if (node.op !== "topk") return [made];
  const axis = made.shape.length - 1;
  return [b.op("gather", [args[0]!, made], { axis, batch: axis }), made];
}

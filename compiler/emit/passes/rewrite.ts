import { newValue, strict } from "../../ir/build.js";
import type { Graph, Node, NodeOf, Region, Value } from "../../ir/graph.js";
import { type Attrs, type OpName, ops } from "../../ops/index.js";

/** The weights of a graph, as values. */
export function weightsOf(graph: Graph): ReadonlySet<Value> {
  return new Set(graph.inputPorts.filter((p) => p.role === "weight").map((p) => p.value));
}

/** How the values of a region are made and read, and how new nodes take the place of old ones. */
export class Rewrite<R extends Region> {
  private readonly producers = new Map<Value, Node>();
  private readonly readers = new Map<Value, Node[]>();
  private readonly results: ReadonlySet<Value>;

  constructor(
    private readonly region: R,
    /** The inputs of the region that are weights. */
    private readonly weights: ReadonlySet<Value>,
    /** The instance that a value comes from; new values get that of the value they stand for. */
    private readonly paths: Map<Value, string>,
  ) {
    this.results = new Set(region.outputs);
    for (const node of region.nodes) {
      for (const v of node.outputs) this.producers.set(v, node);
      for (const v of new Set(node.inputs)) {
        const known = this.readers.get(v);
        if (known) known.push(node);
        else this.readers.set(v, [node]);
      }
    }
  }

  producer(value: Value): Node | undefined {
    return this.producers.get(value);
  }

  isWeight(value: Value): boolean {
    return this.weights.has(value);
  }

  /** A weight, or one seen with another shape. */
  weightUnder(value: Value): Value | undefined {
    const node = this.producers.get(value);
    const origin = node?.op === "reshape" ? node.inputs[0]! : value;
    return this.isWeight(origin) ? origin : undefined;
  }

  /** The one number that a value is everywhere. */
  number(value: Value): number | undefined {
    const node = this.producers.get(value);
    return node?.op === "constant" && node.attrs.data.length === 1 ? node.attrs.data[0] : undefined;
  }

  /** The only node that reads a value which is no result of the region. */
  onlyReader(value: Value): Node | undefined {
    const readers = this.readersOf(value);
    return readers.length === 1 ? readers[0] : undefined;
  }

  /** The nodes that read a value; none where it is a result of the region, which others may read. */
  readersOf(value: Value): readonly Node[] {
    return this.results.has(value) ? [] : (this.readers.get(value) ?? []);
  }

  /**
   * A node with one new result, of the type that the rule of its op gives; it stands for `like` in the report of where it
   * comes from. Throws BuildError where the rule is broken.
   */
  node<K extends OpName>(
    op: K,
    inputs: readonly Value[],
    attrs: Attrs[K],
    like: Value,
    name = like.name,
  ): NodeOf<K> {
    const [type] = ops[op].infer(inputs, attrs, strict);
    const output = newValue(type!, name);
    const path = this.paths.get(like);
    if (path !== undefined) this.paths.set(output, path);
    return { op, inputs, attrs, outputs: [output] };
  }

  /** The region with each node replaced by those that `instead` gives for it; undefined: it stays. */
  replace(instead: (node: Node) => readonly Node[] | undefined): R {
    let same = true;
    const nodes = this.region.nodes.flatMap((node) => {
      const others = instead(node);
      if (!others) return [node];
      same = false;
      return others;
    });
    return same ? this.region : { ...this.region, nodes };
  }
}

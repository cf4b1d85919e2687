import type { Attrs, OpName } from "../ops/attrs.js";
import type { Check } from "../ops/define.js";
import { ops } from "../ops/index.js";
import type { Inverse, Node, Region, Type, Value } from "./graph.js";
import { pathFrom } from "./path.js";

let nextId = 0;

/** A new value; ids only need to differ within one graph. */
export function newValue(type: Type, name: string): Value {
  return { id: nextId++, name, dtype: type.dtype, shape: type.shape };
}

/** A shape rule was broken while a graph was built: a fault of the caller, found by its op. */
export class BuildError extends Error {}

/** Throws BuildError where a shape rule is broken. */
export const strict: Check = {
  that(ok, message) {
    if (!ok) throw new BuildError(message);
  },
  same(a, b, what) {
    if (a.compare(b) === "different") throw new BuildError(`${what}: ${a} is not ${b}`);
  },
  atMost(a, b, what) {
    if (a.atMost(b) === "no") throw new BuildError(`${what}: ${a} is more than ${b}`);
  },
};

/**
 * Builds one region, node by node. A value of an enclosing region may be used freely: it becomes an input of this
 * region (once), and `captured` lists the outer values that a `call` or `map` node must pass.
 */
export class Builder {
  readonly parent: Builder | undefined;
  /** The instance whose body it is; "" for the model itself. */
  private readonly path: string;
  readonly inputs: Value[] = [];
  readonly nodes: Node[] = [];
  /** Outer values in the order of the inputs made for them. */
  readonly captured: Value[] = [];
  /** What the region will say of how its inputs come back. */
  inverse: Inverse | undefined;
  private readonly owned = new Set<Value>();
  private readonly local = new Map<Value, Value>();

  constructor(parent?: Builder, path = parent?.path ?? "") {
    this.parent = parent;
    this.path = path;
  }

  input(type: Type, name: string): Value {
    const value = newValue(type, name);
    this.inputs.push(value);
    this.owned.add(value);
    return value;
  }

  /** An input of a region that is built anew: it stays the value that it is. */
  take(input: Value): Value {
    this.inputs.push(input);
    this.owned.add(input);
    return input;
  }

  /** The value as this region knows it; captured from outside on first use. */
  use(value: Value): Value {
    if (this.owned.has(value)) return value;
    const known = this.local.get(value);
    if (known) return known;
    if (!this.parent) throw new BuildError(`value %${value.id} (${value.name}) is not defined in this graph`);
    // A weight's whole name tells blocks apart that share this body.
    const inner = this.input(value, value.name.slice(value.name.lastIndexOf(".") + 1));
    this.local.set(value, inner);
    this.captured.push(value);
    return inner;
  }

  /** What the region takes from outside, and as which of its inputs. */
  get closure(): readonly { readonly outer: Value; readonly inner: Value }[] {
    return this.captured.map((outer) => ({ outer, inner: this.local.get(outer)! }));
  }

  /** Adds a node; the shape rule of the op gives the outputs. Throws BuildError where the rule is broken. */
  node<K extends OpName>(
    op: K,
    inputs: readonly Value[],
    attrs: Attrs[K],
    names: readonly string[] = [],
  ): readonly Value[] {
    const operands = inputs.map((v) => this.use(v));
    const types = ops[op].infer(operands, attrs, strict);
    const outputs = types.map((type, i) => newValue(type, names[i] ?? ""));
    for (const v of outputs) this.owned.add(v);
    this.nodes.push({ op, inputs: operands, attrs, outputs } as unknown as Node);
    return outputs;
  }

  /** `node` for an op with one result. */
  op<K extends OpName>(op: K, inputs: readonly Value[], attrs: Attrs[K], name = ""): Value {
    return this.node(op, inputs, attrs, [name])[0]!;
  }

  /** Copies a node as it is, types included; the operands must be known here. */
  copy(node: Node, inputs: readonly Value[]): readonly Value[] {
    const outputs = node.outputs.map((v) => newValue(v, v.name));
    for (const v of outputs) this.owned.add(v);
    this.nodes.push({ ...node, inputs: inputs.map((v) => this.use(v)), outputs } as Node);
    return outputs;
  }

  /** A scalar constant. */
  scalar(value: number, dtype: "f32" | "i32" | "bool" = "f32"): Value {
    return this.op("constant", [], { dtype, shape: [], data: [value] });
  }

  /**
   * A `call` node whose body is traced by `body` with the arguments as this new region knows them. `path` is the whole
   * path of the instance that runs; a library function has none.
   */
  call(
    name: string,
    args: readonly Value[],
    body: (inner: Builder, args: readonly Value[]) => readonly Value[],
    options: { path?: string; args?: Attrs["call"]["args"]; names?: readonly string[] } = {},
  ): readonly Value[] {
    const inner = new Builder(this, options.path);
    const params = args.map((v) => inner.input(v, v.name));
    const region = inner.region(body(inner, params));
    const path = options.path === undefined ? "" : pathFrom(this.path, options.path);
    const attrs = { name, path, args: options.args ?? {}, body: region };
    return this.node("call", [...args, ...inner.captured], attrs, options.names ?? []);
  }

  region(outputs: readonly Value[]): Region {
    const known = outputs.map((v) => this.use(v));
    const region = { inputs: this.inputs, nodes: this.nodes, outputs: known };
    return this.inverse ? { ...region, inverse: this.inverse } : region;
  }
}

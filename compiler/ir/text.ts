import { Dim } from "../dim/dim.js";
import type { Graph, Init, InputPort, Node, NodeOf, Region, Type, Value } from "./graph.js";

/**
 * The graph as stable text: values numbered in order of definition, one node per line, and each distinct body printed
 * once, as a function above its first use. A call names its instance relative to the function that calls it: `@^.attn`
 * is the `attn` beside it. Two graphs of the same structure have the same text.
 */
export function graphText(graph: Graph): string {
  return new Printer().graph(graph);
}

type Numbers = Map<Value, string>;

class Printer {
  /** Text of a body (with its call's name and arguments) → the function that stands for it. */
  private readonly known = new Map<string, string>();
  /** The functions of a body, by the call's name and arguments; many calls may share it. */
  private readonly seen = new Map<Region, Map<string, string>>();
  private readonly perName = new Map<string, number>();
  private readonly functions: string[] = [];

  graph(graph: Graph): string {
    const numbers: Numbers = new Map();
    const lines = graph.inputPorts.map((port) => `  ${this.define(port.value, numbers)} = ${portText(port)}`);
    lines.push(...this.nodes(graph, numbers, "  "));
    for (const port of graph.outputPorts)
      lines.push(`  ${port.role === "data" ? "output" : "next"} ${port.name} = ${numbers.get(port.value)}`);
    const symbols = graph.symbols.map((s) => `${s.name} >= ${s.least}`).join(", ");
    const assumptions = graph.assumptions.map(
      (a) => `  assume ${a.left} ${a.relation} ${a.right}${a.reason ? ` // ${a.reason}` : ""}`,
    );
    const main = [`graph ${graph.name}(${symbols}) {`, ...assumptions, ...lines, "}", ""];
    return [...this.functions, ...main].join("\n");
  }

  private nodes(region: Region, numbers: Numbers, indent: string): string[] {
    return region.nodes.flatMap((node) => this.node(node, numbers, indent));
  }

  private node(node: Node, numbers: Numbers, indent: string): string[] {
    const operands = node.inputs.map((v) => numbers.get(v) ?? "%?").join(", ");
    if (node.op === "map") {
      const inner: Numbers = new Map();
      const params = node.attrs.body.inputs.map((v) => `${this.define(v, inner)}: ${typeText(v)}`).join(", ");
      const body = this.nodes(node.attrs.body, inner, `${indent}  `);
      const head = this.results(node, numbers);
      return [
        `${indent}${head} = map(${operands}) mapped=${node.attrs.mapped} (${params}) {`,
        ...body,
        `${indent}  return ${returned(node.attrs.body, inner)}`,
        `${indent}}: ${node.outputs.map(typeText).join(", ")}`,
      ];
    }
    const what = node.op === "call" ? this.functionFor(node) : node.op;
    const attrs = node.op === "call" ? (node.attrs.path ? ` @${node.attrs.path}` : "") : attrsText(node);
    return [
      `${indent}${this.results(node, numbers)} = ${what}(${operands})${attrs}: ${node.outputs.map(typeText).join(", ")}`,
    ];
  }

  /** The name of the function that prints the body of a call, made at its first use. */
  private functionFor(node: NodeOf<"call">): string {
    const { name, args, body } = node.attrs;
    const called = `${name}${JSON.stringify(args)}`;
    const before = this.seen.get(body) ?? new Map<string, string>();
    this.seen.set(body, before);
    const made = before.get(called) ?? this.makeFunction(node);
    before.set(called, made);
    return made;
  }

  private makeFunction({ attrs: { name, args, body } }: NodeOf<"call">): string {
    const numbers: Numbers = new Map();
    const params = body.inputs.map((v) => `${this.define(v, numbers)}: ${typeText(v)}`).join(", ");
    const shownArgs = Object.entries(args)
      .map(([key, value]) => ` ${key}=${value}`)
      .join("");
    const lines = this.nodes(body, numbers, "  ");
    const text = [`(${params})${shownArgs} {`, ...lines, `  return ${returned(body, numbers)}`, "}", ""].join(
      "\n",
    );
    const key = `${name}${text}`;
    const known = this.known.get(key);
    if (known) return known;
    const count = (this.perName.get(name) ?? 0) + 1;
    this.perName.set(name, count);
    const made = `${name}_${count}`;
    this.known.set(key, made);
    this.functions.push(`fn ${made}${text}`);
    return made;
  }

  private results(node: Node, numbers: Numbers): string {
    return node.outputs.map((v) => this.define(v, numbers)).join(", ");
  }

  private define(value: Value, numbers: Numbers): string {
    const text = `%${numbers.size}`;
    numbers.set(value, text);
    return text;
  }
}

function returned(region: Region, numbers: Numbers): string {
  return region.outputs.map((v) => numbers.get(v) ?? "%?").join(", ");
}

/** `f32[batch, seq, 768]` */
export function typeText(type: Type): string {
  return `${type.dtype}[${type.shape.join(", ")}]`;
}

function portText(port: InputPort): string {
  if (port.role === "weight") {
    const { kind, init, lookup, within } = port.weight;
    const marks = [lookup ? " lookup" : "", within ? ` in ${within[0]} .. ${within[1]}` : ""].join("");
    return `${kind} ${port.name}: ${typeText(port.value)} init ${initText(init)}${marks}`;
  }
  return `${port.role === "data" ? "input" : "state"} ${port.name}: ${typeText(port.value)}`;
}

function initText(init: Init): string {
  switch (init.kind) {
    case "constant":
      return `constant(${init.value})`;
    case "normal":
      return `normal(${init.mean}, ${init.std})`;
    case "uniform":
      return `uniform(${init.low}, ${init.high})`;
    default:
      return init.kind;
  }
}

const longest = 16;

/** Attributes that the type of the result says already. */
const implied: Partial<Record<Node["op"], readonly string[]>> = {
  constant: ["dtype", "shape"],
  reshape: ["shape"],
  broadcast: ["shape"],
  iota: ["size"],
  cast: ["to"],
};

function attrsText(node: Node): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(node.attrs) as [string, unknown][]) {
    if (!implied[node.op]?.includes(key)) parts.push(` ${key}=${attrText(value)}`);
  }
  return parts.join("");
}

function attrText(value: unknown): string {
  if (value instanceof Dim) return `${value}`.includes(" ") ? `(${value})` : `${value}`;
  if (Array.isArray(value)) {
    const items = value as readonly unknown[];
    const shown = items.slice(0, longest).map((item) => (item instanceof Dim ? `${item}` : attrText(item)));
    if (items.length > longest) shown.push(`… ${items.length} in all, ${digest(items)}`);
    return `[${shown.join(", ")}]`;
  }
  if (Object.is(value, -0)) return "-0";
  return typeof value === "string" && !/^\w+$/.test(value) ? JSON.stringify(value) : `${value}`;
}

/** Long data are cut; a digest (FNV-1a) keeps texts of different data different. */
function digest(items: readonly unknown[]): string {
  let hash = 0x811c9dc5;
  for (const character of items.join(",")) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return `#${(hash >>> 0).toString(16).padStart(8, "0")}`;
}

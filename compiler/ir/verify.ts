import { Dim } from "../dim/dim.js";
import type { Check, OpDef } from "../ops/define.js";
import { type OpName, ops } from "../ops/index.js";
import type { Graph, Node, Region, Type, Value } from "./graph.js";
import { bodyOf } from "./traverse.js";

/**
 * What is wrong with a graph, one line each; empty where it is sound. Values are defined before use and once, every
 * op's shape rule agrees with the recorded types, bodies are closed and fit their operands, ports are the graph's
 * inputs and outputs, and dims use declared symbols.
 */
export function verify(graph: Graph): string[] {
  const problems: string[] = [];
  const symbols = new Set(graph.symbols.map((s) => s.name));
  checkPorts(graph, problems);
  checkRegion(graph, "", symbols, problems, new Set());
  return problems;
}

function checkPorts(graph: Graph, problems: string[]): void {
  const match = (
    kind: string,
    values: readonly Value[],
    ports: readonly { name: string; value: Value }[],
  ) => {
    if (values.length !== ports.length) problems.push(`${values.length} ${kind}s but ${ports.length} ports`);
    ports.forEach((port, i) => {
      if (values[i] !== port.value)
        problems.push(`${kind} port \`${port.name}\` is not ${kind} ${i} of the graph`);
    });
    const names = new Set<string>();
    for (const { name } of ports) {
      if (names.has(name)) problems.push(`two ${kind} ports are named \`${name}\``);
      names.add(name);
    }
  };
  match("input", graph.inputs, graph.inputPorts);
  match("output", graph.outputs, graph.outputPorts);
  for (const port of graph.inputPorts) {
    if (port.role === "weight" && port.value.shape.some((d) => d.int === undefined)) {
      problems.push(`the shape of weight \`${port.name}\` is not constant: ${show(port.value)}`);
    }
  }
}

/** `seen` holds the bodies that were looked at: many calls may share one. */
function checkRegion(
  region: Region,
  where: string,
  symbols: ReadonlySet<string>,
  problems: string[],
  seen: Set<Region>,
): void {
  seen.add(region);
  const defined = new Set<Value>();
  const define = (value: Value, by: string) => {
    if (defined.has(value)) problems.push(`${by}: ${label(value)} is defined twice`);
    defined.add(value);
    for (const dim of value.shape) checkSymbols(dim, by, symbols, problems);
  };
  for (const value of region.inputs) define(value, `${where}inputs`);
  region.nodes.forEach((node, i) => {
    const at = `${where}#${i} ${node.op}`;
    for (const value of node.inputs) {
      if (!defined.has(value)) problems.push(`${at}: operand ${label(value)} is not defined here`);
    }
    for (const dim of attrDims(node)) checkSymbols(dim, at, symbols, problems);
    checkBody(node, at, symbols, problems, seen);
    checkTypes(node, at, problems);
    for (const value of node.outputs) define(value, at);
  });
  for (const value of region.outputs) {
    if (!defined.has(value)) problems.push(`${where}outputs: ${label(value)} is not defined here`);
  }
}

function checkBody(
  node: Node,
  at: string,
  symbols: ReadonlySet<string>,
  problems: string[],
  seen: Set<Region>,
): void {
  const body = bodyOf(node);
  if (!body) return;
  if (!seen.has(body)) checkRegion(body, `${at} > `, symbols, problems, seen);
  if (body.inputs.length !== node.inputs.length) {
    problems.push(`${at}: ${node.inputs.length} operands but its body has ${body.inputs.length} inputs`);
    return;
  }
  const mapped = node.op === "map" ? node.attrs.mapped : 0;
  body.inputs.forEach((inner, i) => {
    const outer = node.inputs[i]!;
    const given: Type = { dtype: outer.dtype, shape: i < mapped ? outer.shape.slice(1) : outer.shape };
    if (differ(given, inner))
      problems.push(`${at}: operand ${i} is ${show(given)}, its body takes ${show(inner)}`);
  });
}

function checkTypes(node: Node, at: string, problems: string[]): void {
  const check: Check = {
    that(ok, message) {
      if (!ok) problems.push(`${at}: ${message}`);
    },
    same(a, b, what) {
      if (a.compare(b) === "different") problems.push(`${at}: ${what}: ${a} is not ${b}`);
    },
    atMost(a, b, what) {
      if (a.atMost(b) === "no") problems.push(`${at}: ${what}: ${a} is more than ${b}`);
    },
  };
  const def = ops[node.op] as OpDef<OpName>;
  const types = def.infer(node.inputs, node.attrs, check);
  if (types.length !== node.outputs.length) {
    problems.push(`${at}: ${node.outputs.length} results, by its shape rule ${types.length}`);
    return;
  }
  types.forEach((type, i) => {
    const recorded = node.outputs[i]!;
    if (differ(type, recorded)) {
      problems.push(`${at}: result ${i} is recorded as ${show(recorded)}, by its shape rule ${show(type)}`);
    }
  });
}

/** Sizes that cannot be decided may be equal by an assumption, so only a sure difference counts. */
function differ(a: Type, b: Type): boolean {
  return (
    a.dtype !== b.dtype ||
    a.shape.length !== b.shape.length ||
    a.shape.some((dim, i) => dim.compare(b.shape[i]!) === "different")
  );
}

function checkSymbols(dim: Dim, at: string, symbols: ReadonlySet<string>, problems: string[]): void {
  for (const name of dim.symbols) {
    if (!symbols.has(name))
      problems.push(`${at}: the size \`${dim}\` uses the undeclared symbol \`${name}\``);
  }
}

/** The dims among a node's attributes. */
function attrDims(node: Node): readonly Dim[] {
  const dims: Dim[] = [];
  for (const value of Object.values(node.attrs) as readonly unknown[]) {
    if (value instanceof Dim) dims.push(value);
    else if (Array.isArray(value)) {
      for (const item of value as readonly unknown[]) if (item instanceof Dim) dims.push(item);
    }
  }
  return dims;
}

function label(value: Value): string {
  return value.name ? `%${value.id} (${value.name})` : `%${value.id}`;
}

function show(type: Type): string {
  return `${type.dtype}[${type.shape.join(", ")}]`;
}

import type { Dim } from "../../dim/dim.js";
import type { Graph } from "../../ir/graph.js";
import { optimize } from "../../ir/passes/optimize.js";
import { type Arranging, arrange, type Entry } from "./arrange.js";
import { Body } from "./body.js";
import { centreSums } from "./centre.js";
import { helpers } from "./helpers.js";
import { lowerRegion } from "./lower.js";
import { mergeWithin } from "./merge.js";
import { Module } from "./module.js";
import { key, property } from "./names.js";
import { rewrite } from "./rewrite.js";
import { countElements, sizeText } from "./size.js";
import { indexLimits, tensorSizes } from "./survey.js";
import { functionText, shapeText, wrap } from "./text.js";
import { typesText } from "./types.js";

/** Sizes at which `start` and `step` are expected to run; they decide between two right forms, never what is right. */
const typical = { start: { batch: 1, seq: 256, past: 0 }, step: { batch: 1, seq: 1, past: 256 } };

/**
 * Writes a model as an ES module of plain tfjs-core calls, `model.js`, and its declarations, `model.d.ts`. The module
 * imports nothing: `arrange(tf, w)` gets the library and the weights by name, and gives them as the others take them;
 * `start(tf, w, inputs)` and `step(tf, w, inputs)` get those and the input tensors by name, and return
 * `{ outputs, states }`, which the caller owns. Same graphs, same bytes.
 */
export function emitTfjs(ofStart: Graph, ofStep: Graph): Emitted {
  // What `start` and `step` would put together differently is not put together; then others may be that were alike.
  for (let alone = new Set<string>(); ; ) {
    const { left, ...emitted } = emitApart(ofStart, ofStep, alone);
    const more = new Set([...alone, ...left]);
    if (more.size === alone.size) return emitted;
    alone = more;
  }
}

interface Emitted {
  readonly module: string;
  readonly types: string;
}

/** A module in which the weights `alone` are taken as they are: neither merged with others nor arranged. */
function emitApart(
  ofStart: Graph,
  ofStep: Graph,
  alone: ReadonlySet<string>,
): Emitted & Pick<Arranging, "left"> {
  const start = prepare(ofStart, "start", alone);
  const step = ofStep === ofStart ? start : prepare(ofStep, "step", alone);
  const module = new Module([...start.symbols, ...step.symbols].map((s) => s.name));
  const lowered = [
    { kind: "start", graph: start, ...lower(module, "start", start, alone) } as const,
    ...(step === start
      ? []
      : [{ kind: "step", graph: step, ...lower(module, "step", step, alone) } as const]),
  ];
  const arranging = arrange(module, lowered);
  const entries = [arranging.text, ...lowered.map((entry) => entryText(module, entry, arranging))];
  if (step === start) entries.push("/** Nothing is kept from step to step. */\nexport const step = start;\n");
  const used = Object.entries(helpers).filter(([name]) => module.helpers.has(name as keyof typeof helpers));
  const parts = [
    banner(start),
    metadata(start, step, arranging.taken),
    largest(module, start, step),
    ...entries,
    "// The layers, one function for all that compute the same.\n",
    ...module.texts.toReversed(),
    ...(used.length === 0 ? [] : ["// What tfjs lacks, or does wrongly on some backend.\n"]),
    ...used.map(([, text]) => `${text.trim()}\n`),
  ];
  return { module: parts.join("\n"), types: typesText(start, step), left: arranging.left };
}

function prepare(graph: Graph, kind: "start" | "step", alone: ReadonlySet<string>): Graph {
  const lean = optimize(rewrite(graph, (value) => countElements(value.shape, typical[kind])));
  return optimize(mergeWithin(optimize(centreSums(lean, alone)), alone));
}

function banner(graph: Graph): string {
  const name = graph.name.replace(/[\r\n\u2028\u2029]/g, " ");
  return `// ${name}, written by archc: plain tfjs-core calls, each tensor freed at its last use. Arguments are never freed.\n`;
}

/** What a caller needs to know besides shapes. */
function metadata(start: Graph, step: Graph, arranged: ReadonlySet<string>): string {
  const limits = { ...indexLimits(start), ...indexLimits(step) };
  const names = (ports: readonly { role: string; name: string }[], role: string) =>
    `[${ports
      .filter((p) => p.role === role)
      .map((p) => JSON.stringify(p.name))
      .join(", ")}]`;
  const fields = [
    `name: ${JSON.stringify(start.name)}`,
    `inputs: ${names(start.inputPorts, "data")}`,
    `outputs: ${names(start.outputPorts, "data")}`,
    `pastStates: ${names(step.inputPorts, "state")}`,
    `nextStates: ${names(step.outputPorts, "state")}`,
    `/* integer inputs that count rows of a table: all must be below this */ below: { ${Object.entries(limits)
      .map(([name, rows]) => `${key(name)}: ${rows}`)
      .join(", ")} }`,
    `/* weights that arrange() replaces, in its order */ arranged: [${[...arranged].map((n) => JSON.stringify(n)).join(", ")}]`,
  ];
  const lines = fields.flatMap((field) => wrap(`${field},`, 2));
  return ["export const model = {", ...lines, "};", ""].join("\n");
}

/** Elements of the largest tensor of a run, as a function of the sizes: what a GPU's buffer limit is held against. */
function largest(module: Module, start: Graph, step: Graph): string {
  const symbols = new Set<string>();
  const named = (symbol: string) => {
    const name = module.symbol(symbol);
    symbols.add(name);
    return name;
  };
  const most = (graph: Graph) =>
    `Math.max(${["0", ...tensorSizes(graph).map((dim) => sizeText(dim, named))].join(", ")})`;
  const [ofStart, ofStep] = [most(start), most(step)];
  const isOne = ofStart === ofStep;
  const sizes = symbols.size === 0 ? "sizes" : `{ ${[...symbols].sort().join(", ")} }`;
  return [
    `/** Elements of the largest tensor of a run, "start" or "step", weights aside, at these sizes. */`,
    `export function largest(${sizes}${isOne ? "" : ", run"}) {`,
    ...(isOne ? [] : wrap(`if (run === "start") return ${ofStart};`, 2)),
    ...wrap(`return ${ofStep};`, 2),
    "}",
    "",
  ].join("\n");
}

function lower(module: Module, kind: "start" | "step", graph: Graph, alone: ReadonlySet<string>): Entry {
  const body = new Body(module, typical[kind], true);
  for (const { role, name, value } of graph.inputPorts) {
    if (role === "weight" && !alone.has(name)) body.weight(value, name);
    else if (role === "weight") body.argument(value, property("w", name));
    else body.argument(value, property("inputs", name));
  }
  lowerRegion(body, graph);
  return { body, keep: body.results(graph.outputPorts.map((p) => p.value)) };
}

function entryText(
  module: Module,
  { kind, graph, body, keep }: Entry & { readonly kind: "start" | "step"; readonly graph: Graph },
  { apart, named }: Arranging,
): string {
  const { text, symbols, needsSizes, results } = body.render(keep, apart, named);
  const own = (role: "data" | "state") =>
    graph.outputPorts.flatMap((p, i) => (p.role === role ? [pair(p.name, results[i]!)] : [])).join(", ");
  const sizes = graph.symbols.map((s) => `${module.symbol(s.name)}: ${sizeSource(graph, s.name)}`).join(", ");
  const data = graph.inputPorts.filter((p) => p.role === "data");
  const takes = data.map((p) => `${p.name} ${shapeText(p.value)}`).join(", ");
  return functionText(
    kind === "start"
      ? `A whole sequence from nothing: ${takes}.`
      : `Continues: ${takes}, and the states that the run before gave.`,
    `export function ${kind}(tf, w, inputs, given = {})`,
    [
      ...(needsSizes ? [`const sizes = { ${sizes} };`] : []),
      ...(symbols.length > 0 ? [`const { ${symbols.join(", ")} } = sizes;`] : []),
      ...text,
      `return { outputs: { ${own("data")} }, states: { ${own("state")} } };`,
    ],
  );
}

const pair = (name: string, value: string) => (name === value ? name : `${key(name)}: ${value}`);

/** A run-time size, read off the first input that has it as an axis; else the caller gives it. */
function sizeSource(graph: Graph, symbol: string): string {
  for (const port of graph.inputPorts) {
    if (port.role === "weight") continue;
    const axis = port.value.shape.findIndex((d) => isSymbol(d, symbol));
    if (axis >= 0) return `${property("inputs", port.name)}.shape[${axis}]`;
  }
  return property("given", symbol);
}

function isSymbol(dim: Dim, symbol: string): boolean {
  return dim.symbols.size === 1 && dim.symbols.has(symbol) && dim.toString() === symbol;
}

import { Dim } from "../../dim/dim.js";
import type { Region, Type, Value } from "../../ir/graph.js";
import { Body } from "./body.js";
import { type HelperName, helpers } from "./helpers.js";
import {
  type Arrangement,
  fence,
  type Line,
  type Operand,
  originOf,
  statements,
  type Variable,
} from "./lines.js";
import { Names } from "./names.js";
import { rowwise } from "./rowwise.js";
import { functionText, shapeText } from "./text.js";

/** Lowers the nodes of a region into a body whose inputs are bound. */
export type LowerRegion = (body: Body, region: Region) => void;

/** Where an output of a generated function comes from: its n-th result, or the argument that it would only pass on. */
export type Origin = { readonly result: number } | { readonly argument: number };

/** A call of a function of fixed lines: with these inputs of the region, for these parameters after the others. */
export interface ArrangedParameters {
  readonly arrangement: Arrangement;
  readonly inputs: readonly number[];
}

export interface GeneratedFunction {
  readonly name: string;
  readonly needsSizes: boolean;
  /** Which inputs of the region are parameters; the others were known as numbers, or are given as arranged. */
  readonly parameters: readonly number[];
  readonly arranged: readonly ArrangedParameters[];
  readonly origins: readonly Origin[];
  readonly results: number;
}

/** The file being generated: its functions, one for all regions that mean the same, and the helpers they need. */
export class Module {
  readonly names = new Names();
  readonly helpers = new Set<HelperName>();
  readonly texts: string[] = [];
  private readonly functions = new Map<string, GeneratedFunction>();
  private readonly keys = new WeakMap<Region, string>();
  private readonly ids = new Map<string, string>();

  private readonly symbols = new Map<string, string>();
  /** Functions of fixed lines by what they do, so that `start` and `step` share them. */
  private readonly arrangements = new Map<string, Arrangement>();
  private marks = 0;

  /** `symbols` are the run-time sizes of the model: nothing else gets their names. */
  constructor(symbols: readonly string[]) {
    for (const name of [...Object.keys(helpers), "start", "step", "arrange", "model", "largest", "given"])
      this.names.fresh(name);
    for (const symbol of symbols) this.symbol(symbol);
  }

  /** What stands for a variable that has no name yet. */
  mark(): string {
    return `${fence}${this.marks++}${fence}`;
  }

  /** What a run-time size is called in the file. */
  symbol(name: string): string {
    let known = this.symbols.get(name);
    if (known === undefined) this.symbols.set(name, (known = this.names.fresh(name)));
    return known;
  }

  /**
   * The function of a region. Names of values and paths of instances make no difference; `known` inputs do, and which
   * are `fixed`: lines of those alone are a function of their own, of which this one gets the results.
   */
  define(
    hint: string,
    region: Region,
    known: ReadonlyMap<number, Operand>,
    fixed: ReadonlySet<number>,
    typical: Body["typical"],
    lower: LowerRegion,
  ): GeneratedFunction {
    const constants = [...known].map(([i, operand]) => `${i}=${operand.text}`).join(",");
    const key = `${hint} ${this.key(region)} ${constants} ${[...fixed].join()}`;
    const before = this.functions.get(key);
    if (before) return before;

    const body = new Body(this, typical);
    const inputs = new Map<Variable, number>();
    region.inputs.forEach((value, i) => {
      const operand = known.get(i);
      if (operand) body.bind(value, operand);
      else inputs.set(body.parameter(value, fixed.has(i)), i);
    });
    lower(body, region);
    const origins: Origin[] = [];
    const given: Value[] = [];
    for (const value of region.outputs) {
      const argument = region.inputs.findIndex(
        (v, i) => !known.has(i) && body.operand(v) === body.operand(value),
      );
      origins.push(argument >= 0 ? { argument } : { result: given.push(value) - 1 });
    }
    const kept = body.results(given);
    const apart = body.needed(kept).filter((line) => line.fixed);
    const rendered = body.render(kept, new Set(apart));
    const { text, symbols, needsSizes, parameters, results } = rendered;
    const name = this.names.fresh(hint);
    const called = new Map(parameters.map((p) => [inputs.get(p.variable)!, p.name]));
    const about = [
      ...parameters.map((p) => `${p.name} ${shapeText(region.inputs[inputs.get(p.variable)!]!)}`),
      ...rendered.given.map((p) => `${p.name} ${shapeText(p.variable.fixed!)}`),
    ].join(", ");
    const gives = given.map(shapeText).join(", ");
    const names = [...parameters, ...rendered.given].map((p) => p.name);
    const head = ["tf", ...(needsSizes ? ["sizes"] : []), ...names].join(", ");
    const back = results.length === 1 ? results[0]! : `[${results.join(", ")}]`;
    this.texts.push(
      functionText(`${about === "" ? "" : `${about} → `}${gives}`, `function ${name}(${head})`, [
        ...this.inOneKernel(region, known, apart.length > 0, called),
        ...(symbols.length > 0 ? [`const { ${symbols.join(", ")} } = sizes;`] : []),
        ...text,
        `return ${back};`,
      ]),
    );
    const made = {
      name,
      needsSizes,
      parameters: parameters.map((p) => inputs.get(p.variable)!),
      arranged: this.arranged(
        name,
        apart,
        rendered.given.map((p) => p.variable),
        inputs,
      ),
      origins,
      results: results.length,
    };
    this.functions.set(key, made);
    return made;
  }

  /** What webgpu does of a region that works along the last axis alone. */
  private inOneKernel(
    region: Region,
    known: ReadonlyMap<number, Operand>,
    isArranged: boolean,
    called: ReadonlyMap<number, string>,
  ): readonly string[] {
    const found = isArranged ? undefined : rowwise(region, known);
    const operands = found?.operands.map((i) => called.get(i));
    if (!found || !operands?.every((name) => name !== undefined)) return [];
    this.helpers.add("perRow");
    const totals = found.totals.map((text) => JSON.stringify(text)).join(", ");
    const result = JSON.stringify(found.result);
    return [
      `if (tf.getBackend() === "webgpu") return perRow(tf, [${operands.join(", ")}], [${totals}], ${result});`,
    ];
  }

  /** How a caller gets what fixed lines make: by the calls that they are, or by one of a function of them. */
  private arranged(
    hint: string,
    lines: readonly Line[],
    made: readonly Variable[],
    inputs: ReadonlyMap<Variable, number>,
  ): readonly ArrangedParameters[] {
    if (lines.length === 0) return [];
    const calls = lines.flatMap(({ targets, arranges }) => {
      const given = arranges?.given.map((v) => inputs.get(v));
      const all = targets.every((v) => made.includes(v)) && given?.every((i) => i !== undefined);
      return arranges && given && all ? [{ arrangement: arranges.how, inputs: given as number[] }] : [];
    });
    if (calls.length === lines.length) return calls;
    const parameters = [...inputs.keys()].filter((v) => lines.some((line) => line.uses.has(v)));
    const inputsOf = parameters.map((v) => inputs.get(v)!);
    const lineOf = new Map(lines.flatMap((line) => line.targets.map((v) => [v, line] as const)));
    const origins = made.map((v) => originOf(v, lineOf, (own) => `#${parameters.indexOf(own)}#`));
    const key = [...parameters.map((v) => shapeText(v.fixed!)), ...origins].join("\n");
    const known = this.arrangements.get(key);
    if (known) return [{ arrangement: known, inputs: inputsOf }];
    // It frees its operands: of a layer's weights, one at a time is then there beside what is made of it.
    const { text, name } = statements(lines, made, new Names(this.names), () => true, parameters);
    const called = this.names.fresh(`${hint}_weights`);
    const shapes = (all: readonly Variable[]) =>
      all.map((v) => `${name(v)} ${shapeText(v.fixed!)}`).join(", ");
    const back = made.length === 1 ? name(made[0]!) : `[${made.map(name).join(", ")}]`;
    this.texts.push(
      functionText(
        `Frees what it is given: ${shapes(parameters)} → ${made.map((v) => shapeText(v.fixed!)).join(", ")}`,
        `function ${called}(${["tf", ...parameters.map(name)].join(", ")})`,
        [...text, `return ${back};`],
      ),
    );
    const results = made.map(({ hint, fixed }, i) => ({
      hint,
      text: origins[i]!,
      shape: fixed!.shape,
      from: [...fixed!.from].map((v) => parameters.indexOf(v)),
    }));
    const arrangement = { name: called, results };
    this.arrangements.set(key, arrangement);
    return [{ arrangement, inputs: inputsOf }];
  }

  /** Equal for regions that compute the same in the same way. */
  private key(region: Region): string {
    const known = this.keys.get(region);
    if (known) return known;
    const numbers = new Map<Value, number>();
    const number = (v: Value) => numbers.get(v) ?? -1;
    const define = (v: Value) => {
      numbers.set(v, numbers.size);
      return typeText(v);
    };
    const text = [
      region.inputs.map(define).join(),
      ...region.nodes.map((node) => {
        const inputs = node.inputs.map(number).join();
        return `${node.op}(${inputs})${this.attributes(node.attrs)}${node.outputs.map(define).join()}`;
      }),
      region.outputs.map(number).join(),
    ].join("\n");
    let id = this.ids.get(text);
    if (id === undefined) this.ids.set(text, (id = `#${this.ids.size}`));
    this.keys.set(region, id);
    return id;
  }

  private attributes(value: unknown): string {
    if (value instanceof Dim) return value.toString();
    if (Array.isArray(value)) return `[${value.map((v) => this.attributes(v)).join()}]`;
    if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
    if ("nodes" in value) return this.key(value as Region);
    const entries = Object.entries(value).filter(([name]) => name !== "path");
    return `{${entries.map(([name, v]) => `${name}:${this.attributes(v)}`).join()}}`;
  }
}

const typeText = (type: Type) => `${type.dtype}[${type.shape.join()}]`;

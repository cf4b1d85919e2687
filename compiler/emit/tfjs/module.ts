import { Dim } from "../../dim/dim.js";
import type { Region, Type, Value } from "../../ir/graph.js";
import { Body, type Operand } from "./body.js";
import { type HelperName, helpers } from "./helpers.js";
import { Names } from "./names.js";
import { functionText, shapeText } from "./text.js";

/** Lowers the nodes of a region into a body whose inputs are bound. */
export type LowerRegion = (body: Body, region: Region) => void;

/** Where an output of a generated function comes from: its n-th result, or the argument that it would only pass on. */
export type Origin = { readonly result: number } | { readonly argument: number };

export interface GeneratedFunction {
  readonly name: string;
  readonly needsSizes: boolean;
  /** Which inputs of the region are parameters; the others were known as numbers. */
  readonly parameters: readonly number[];
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

  /** `symbols` are the run-time sizes of the model: nothing else gets their names. */
  constructor(symbols: readonly string[]) {
    for (const name of [...Object.keys(helpers), "start", "step", "model", "largest", "given"])
      this.names.fresh(name);
    for (const symbol of symbols) this.symbol(symbol);
  }

  /** What a run-time size is called in the file. */
  symbol(name: string): string {
    let known = this.symbols.get(name);
    if (known === undefined) this.symbols.set(name, (known = this.names.fresh(name)));
    return known;
  }

  /** The function of a region. Names of values and paths of instances make no difference; `known` inputs do. */
  define(
    hint: string,
    region: Region,
    known: ReadonlyMap<number, Operand>,
    typical: Body["typical"],
    lower: LowerRegion,
  ): GeneratedFunction {
    const constants = [...known].map(([i, operand]) => `${i}=${operand.text}`).join(",");
    const key = `${hint} ${this.key(region)} ${constants}`;
    const before = this.functions.get(key);
    if (before) return before;

    const body = new Body(this, typical);
    const parameters: number[] = [];
    region.inputs.forEach((value, i) => {
      const operand = known.get(i);
      if (operand) body.bind(value, operand);
      else {
        parameters.push(i);
        body.parameter(value);
      }
    });
    lower(body, region);
    const origins: Origin[] = [];
    const given: Value[] = [];
    for (const value of region.outputs) {
      const argument = region.inputs.findIndex(
        (v, i) => parameters.includes(i) && body.operand(v) === body.operand(value),
      );
      origins.push(argument >= 0 ? { argument } : { result: given.push(value) - 1 });
    }
    const { text, symbols, needsSizes, parameters: names, results } = body.render(body.results(given));
    const name = this.names.fresh(hint);
    const about = parameters.map((i, at) => `${names[at]} ${shapeText(region.inputs[i]!)}`).join(", ");
    const gives = given.map(shapeText).join(", ");
    const head = ["tf", ...(needsSizes ? ["sizes"] : []), ...names].join(", ");
    const back = results.length === 1 ? results[0]! : `[${results.join(", ")}]`;
    this.texts.push(
      functionText(`${about === "" ? "" : `${about} → `}${gives}`, `function ${name}(${head})`, [
        ...(symbols.length > 0 ? [`const { ${symbols.join(", ")} } = sizes;`] : []),
        ...text,
        `return ${back};`,
      ]),
    );
    const made = { name, needsSizes, parameters, origins, results: results.length };
    this.functions.set(key, made);
    return made;
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

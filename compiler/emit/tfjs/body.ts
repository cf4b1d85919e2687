import { Dim } from "../../dim/dim.js";
import type { Node, NodeOf, Value } from "../../ir/graph.js";
import type { Split } from "../passes/splits.js";
import type { HeadSplit, Projected } from "./heads.js";
import type { HelperName } from "./helpers.js";
import {
  type Arrangement,
  type Code,
  code,
  destructured,
  type Fixed,
  fixedInput,
  type Line,
  list,
  type NumberText,
  type Operand,
  type Rendered,
  statements,
  type Variable,
} from "./lines.js";
import type { Module } from "./module.js";
import { Names, property } from "./names.js";
import { countElements, sizeText } from "./size.js";
import { type View, Views } from "./view-table.js";

/**
 * The body of one generated function: lines are added in order; `render` drops those whose result nobody reads, and
 * frees each tensor that the function made on the line of its last use.
 */
export class Body {
  private readonly names: Names;
  private readonly parameters: Variable[] = [];
  private readonly lines: Line[] = [];
  private readonly known = new Map<Value, Operand>();
  private readonly scalars = new Map<string, Variable>();
  private readonly views = new Views();
  private readonly symbols = new Set<string>();
  private passesSizes = false;
  /** Reductions of which the reduced axes are wanted as size 1. */
  keeps: ReadonlySet<Node> = new Set();
  /** The products that one node alone reads, and the sums. */
  products: ReadonlyMap<Value, NodeOf<"einsum">> = new Map();
  sums: ReadonlyMap<Value, NodeOf<"add">> = new Map();
  /** Slices that share out an axis, and the parts of those that are made. */
  splits: ReadonlyMap<Node, Split> = new Map();
  readonly parts = new Map<Split, readonly Variable[]>();
  /** Matrices of weights as they are laid out for products. */
  readonly laid = new Map<Variable, Variable>();
  /** Transposes that share out the columns of products among heads, and the operands of such products. */
  heads: ReadonlyMap<Node, HeadSplit> = new Map();
  readonly projected = new Map<Variable, Projected>();

  constructor(
    /** What all functions of the generated file share. */
    readonly module: Module,
    /** Sizes that choices between two right forms are made for. */
    readonly typical: Readonly<Record<string, number>>,
    /** `start` or `step`: paths of layers are known here, not in the functions that layers share. */
    readonly isTop = false,
  ) {
    this.names = new Names(module.names);
  }

  /** A tensor that the caller owns. */
  argument(value: Value, text: string): void {
    this.known.set(value, { kind: "variable", text, hint: "", owned: false });
  }

  /** A weight of the model by its name in the file; what is made of it is fixed. */
  weight(value: Value, name: string): void {
    this.known.set(value, fixedInput(property("w", name), name, value.shape));
  }

  /** A tensor that the caller owns, as the next parameter of the function; `fixed` where every caller gives a weight. */
  parameter(value: Value, fixed: boolean): Variable {
    const variable = fixed
      ? fixedInput(this.module.mark(), value.name || "x", value.shape)
      : this.variable(value.name || "x", false);
    this.parameters.push(variable);
    this.known.set(value, variable);
    return variable;
  }

  private variable(hint: string, owned: boolean, fixed?: Fixed): Variable {
    return { kind: "variable", text: this.module.mark(), hint, owned, fixed };
  }

  /** Says what a value of the graph is called here. */
  bind(value: Value, operand: Operand): void {
    this.known.set(value, operand);
  }

  operand(value: Value): Operand {
    const operand = this.known.get(value);
    if (!operand) throw new Error(`value %${value.id} (${value.name}) is used before it is defined`);
    return operand;
  }

  /** The value as a tensor; scalars known as numbers become one (once a function). */
  tensor(value: Value): Variable {
    return this.materialise(this.operand(value));
  }

  /** The value as an argument of an elementwise function: a number stays a number. */
  elementwise(value: Value): Variable | NumberText {
    const operand = this.operand(value);
    return operand.kind === "scalar" ? this.materialise(operand) : operand;
  }

  materialise(operand: Operand): Variable {
    if (operand.kind === "variable") return operand;
    const dtype = operand.kind === "number" ? "float32" : operand.dtype === "bool" ? "bool" : "int32";
    const text = dtype === "bool" ? (operand.text === "0" ? "false" : "true") : operand.text;
    const slot = `${dtype} ${text}`;
    const known = this.scalars.get(slot);
    if (known) return known;
    const variable = this.line(
      code`tf.scalar(${text}, "${dtype}")`,
      /^[0-9]+$/.test(text) ? `n${text}` : "count",
    );
    this.scalars.set(slot, variable);
    return variable;
  }

  /** A size as JS source; `batch`, `seq`, … become names of the function. */
  size(dim: Dim): string {
    return sizeText(dim, (symbol) => {
      const name = this.module.symbol(symbol);
      this.symbols.add(name);
      return name;
    });
  }

  shape(dims: readonly Dim[]): string {
    return `[${dims.map((d) => this.size(d)).join(", ")}]`;
  }

  /** A function called here reads sizes. */
  needSizes(): void {
    this.passesSizes = true;
  }

  /** About how many elements a tensor of this shape has, at typical sizes. */
  elements(dims: readonly Dim[]): number {
    return countElements(dims, this.typical);
  }

  /**
   * `x` in another shape. A view of a view is one of the tensor itself, and each is made once: tensors share their data
   * with their views, so a longer life costs nothing.
   */
  reshape(x: Variable, from: readonly Dim[], to: readonly Dim[], hint: string): Variable {
    const root = this.views.rootOf(x) ?? { of: x, dims: from };
    const shape = this.shape(to);
    if (this.shape(root.dims) === shape) return root.of;
    return this.views.of(root, shape, () => this.made(code`tf.reshape(${root.of}, ${shape})`, hint, to));
  }

  /** The tensor of this function that `x` shows in another shape, if it is a view of one. */
  behind(x: Variable): View | undefined {
    const root = this.views.rootOf(x);
    return root?.of.owned ? root : undefined;
  }

  /** What stands above the line of a call: the path of the layer, where it is known. */
  noteOf({ attrs }: NodeOf<"call">): string {
    return this.isTop ? attrs.path : "";
  }

  helper(name: HelperName): string {
    this.module.helpers.add(name);
    return name;
  }

  /** Adds `const NAME = SOURCE;` */
  line(source: Code, hint: string, note = ""): Variable {
    const target = this.variable(hint, true);
    this.push([target], source, { note });
    return target;
  }

  /** Adds a line of a call that can free `operand` itself: written as `taking` where nothing reads it later. */
  takingLine(source: Code, operand: Variable, taking: Code, hint: string): Variable {
    const target = this.variable(hint, true);
    this.push([target], source, { taking: { operand, code: taking.text } });
    return target;
  }

  /** Adds a line that makes several tensors: `const PATTERN = SOURCE;` */
  several(
    source: Code,
    hints: readonly string[],
    pattern: (names: readonly string[]) => string,
    note = "",
  ): readonly Variable[] {
    const targets = hints.map((hint) => this.variable(hint, true));
    this.push(targets, source, { pattern, note });
    return targets;
  }

  /** Adds a line that makes a tensor of `shape`: of weights alone, it can be done once, unless that would take more room. */
  made(source: Code, hint: string, shape: readonly Dim[]): Variable {
    const size = (dims: readonly Dim[]) => Number(Dim.product(dims).int ?? Number.NaN);
    const room = source.uses.reduce((sum, v) => sum + (v.fixed ? size(v.fixed.shape) : Number.NaN), 0);
    if (source.uses.length === 0 || !(size(shape) <= room)) return this.line(source, hint);
    const from = new Set(source.uses.flatMap((v) => [...v.fixed!.from]));
    const target = this.variable(hint, true, { shape, from });
    this.push([target], source, { fixed: true });
    return target;
  }

  /** Adds a call of a function of fixed lines. */
  arranged(how: Arrangement, given: readonly Variable[]): readonly Variable[] {
    const targets = how.results.map(({ hint, shape, from }) => {
      const all = from.flatMap((i) => [...given[i]!.fixed!.from]);
      return this.variable(hint, true, { shape, from: new Set(all) });
    });
    const source = code`${how.name}(${list([code`tf`, ...given])})`;
    const pattern = targets.length === 1 ? undefined : destructured;
    this.push(targets, source, { pattern, fixed: true, arranges: { how, given } });
    return targets;
  }

  private push(targets: readonly Variable[], { text, uses }: Code, rest: Partial<Line>): void {
    const line = { pattern: undefined, note: "", fixed: false, ...rest };
    this.lines.push({ ...line, targets, code: text, uses: new Set(uses) });
  }

  /** The tensors that the function gives back: each its own, and owned. */
  results(values: readonly Value[]): readonly Variable[] {
    const given = new Set<Variable>();
    return values.map((value) => {
      let variable = this.tensor(value);
      if (!variable.owned || variable.fixed || given.has(variable))
        variable = this.line(code`tf.clone(${variable})`, value.name || "out");
      given.add(variable);
      return variable;
    });
  }

  /** The lines that `keep`, the results, need, in order. */
  needed(keep: readonly Variable[]): readonly Line[] {
    const live = new Set<Variable>(keep);
    const lines: Line[] = [];
    for (const line of this.lines.toReversed()) {
      if (!line.targets.some((t) => live.has(t))) continue;
      for (const v of line.uses) live.add(v);
      lines.push(line);
    }
    return lines.reverse();
  }

  /**
   * The statements that `keep`, the results, need, but for the lines `apart`: what those make are parameters, or have
   * names already. Names are given here, so that lines left out take none.
   */
  render(
    keep: readonly Variable[],
    apart: ReadonlySet<Line> = new Set(),
    named: ReadonlyMap<Variable, string> = new Map(),
  ): Rendered {
    const all = this.needed(keep);
    const lines = all.filter((line) => !apart.has(line));
    const read = new Set([...lines.flatMap((line) => [...line.uses]), ...keep]);
    const elsewhere = new Set([...apart].flatMap((line) => [...line.uses]));
    const parameters = this.parameters.filter((v) => read.has(v) || !elsewhere.has(v));
    const made = [...apart].flatMap((line) => line.targets.filter((v) => read.has(v)));
    const given = made.filter((v) => !named.has(v));
    const owned = (v: Variable) => v.owned && !made.includes(v);
    const { text, name } = statements(lines, keep, this.names, owned, [...parameters, ...given], named);
    // Lines that were left out may have been the only ones to read a size.
    const symbols = [...this.symbols]
      .filter((symbol) => text.some((line) => new RegExp(`\\b${symbol}\\b`).test(line)))
      .sort();
    return {
      text,
      symbols,
      needsSizes: this.passesSizes || symbols.length > 0,
      parameters: parameters.map((variable) => ({ variable, name: name(variable) })),
      given: given.map((variable) => ({ variable, name: name(variable) })),
      results: keep.map(name),
    };
  }
}

import type { Dim } from "../../dim/dim.js";
import type { DType, Node, NodeOf, Value } from "../../ir/graph.js";
import type { HelperName } from "./helpers.js";
import type { Module } from "./module.js";
import { literal, Names } from "./names.js";
import { sizeText } from "./size.js";
import { width } from "./text.js";

/** A tensor variable of the generated function. Arguments and weights belong to the caller and are never freed here. */
export interface Variable {
  readonly kind: "variable";
  /** JS source that names it, `w["blocks.0.ffn.up"]`, or a mark that `render` puts a name in place of. */
  readonly text: string;
  /** What its name should read like. */
  readonly hint: string;
  readonly owned: boolean;
}

/** An f32 scalar known as a JS number: elementwise functions of tfjs take it as it is. */
export interface NumberText {
  readonly kind: "number";
  readonly text: string;
}

/** An i32 or bool scalar known as a JS number; tfjs would read a bare number as f32, so it must be made a tensor. */
export interface ScalarText {
  readonly kind: "scalar";
  readonly text: string;
  readonly dtype: DType;
}

export type Operand = Variable | NumberText | ScalarText;

/** What a reshaped tensor is a view of. */
interface View {
  readonly of: Variable;
  readonly dims: readonly Dim[];
}

/** Around the number of a variable until it has a name; no string literal holds it, as JSON escapes it. */
const fence = "\u0001";
const marks = new RegExp(`${fence}\\d+${fence}`, "g");

/** One statement: its variables, and the source of the right-hand side in pieces. */
interface Line {
  readonly targets: readonly Variable[];
  /** `undefined` names one tensor; else the pattern to destructure by. */
  readonly pattern: ((names: readonly string[]) => string) | undefined;
  readonly code: string;
  readonly uses: ReadonlySet<Variable>;
  readonly note: string;
}

/** Source with the variables in it. */
export interface Code {
  readonly text: string;
  readonly uses: readonly Variable[];
}

/** Tagged template: `code\`tf.add(${a}, ${b})\`` keeps track of the variables that it reads; strings go in as source. */
export function code(
  parts: TemplateStringsArray,
  ...holes: readonly (Operand | Code | string | number)[]
): Code {
  let text = parts[0]!;
  const uses: Variable[] = [];
  holes.forEach((hole, i) => {
    if (typeof hole === "string") text += hole;
    else if (typeof hole === "number") text += literal(hole);
    else {
      text += hole.text;
      if ("uses" in hole) uses.push(...hole.uses);
      else if (hole.kind === "variable") uses.push(hole);
    }
    text += parts[i + 1]!;
  });
  return { text, uses };
}

/** Joins sources by commas. */
export function list(items: readonly (Operand | Code)[]): Code {
  return {
    text: items.map((i) => i.text).join(", "),
    uses: items.flatMap((i) => ("uses" in i ? i.uses : i.kind === "variable" ? [i] : [])),
  };
}

/**
 * The body of one generated function: lines are added in order; `render` drops those whose result nobody reads, and
 * frees each tensor that the function made on the line of its last use.
 */
export class Body {
  private readonly names: Names;
  private readonly parameters: Variable[] = [];
  private marks = 0;
  private readonly lines: Line[] = [];
  private readonly known = new Map<Value, Operand>();
  private readonly made = new Map<string, Variable>();
  /** What each reshaped tensor is a view of, and the views of a tensor by their shape. */
  private readonly views = new Map<Variable, View>();
  private readonly reshaped = new Map<Variable, Map<string, Variable>>();
  private readonly symbols = new Set<string>();
  private passesSizes = false;
  /** Reductions of which the reduced axes are wanted as size 1. */
  keeps: ReadonlySet<Node> = new Set();
  /** The products that one node alone reads. */
  readOnce: ReadonlyMap<Value, NodeOf<"einsum">> = new Map();

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

  /** A tensor that the caller owns, as the next parameter of the function. */
  parameter(value: Value): void {
    const variable = this.variable(value.name || "x", false);
    this.parameters.push(variable);
    this.known.set(value, variable);
  }

  private variable(hint: string, owned: boolean): Variable {
    return { kind: "variable", text: `${fence}${this.marks++}${fence}`, hint, owned };
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
    const known = this.made.get(slot);
    if (known) return known;
    const variable = this.line(
      code`tf.scalar(${text}, "${dtype}")`,
      /^[0-9]+$/.test(text) ? `n${text}` : "count",
    );
    this.made.set(slot, variable);
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
    const root = this.views.get(x) ?? { of: x, dims: from };
    const shape = this.shape(to);
    if (this.shape(root.dims) === shape) return root.of;
    let known = this.reshaped.get(root.of);
    if (!known) this.reshaped.set(root.of, (known = new Map()));
    let view = known.get(shape);
    if (!view) {
      view = this.line(code`tf.reshape(${root.of}, ${shape})`, hint);
      known.set(shape, view);
      this.views.set(view, root);
    }
    return view;
  }

  /** The tensor of this function that `x` shows in another shape, if it is a view of one. */
  behind(x: Variable): View | undefined {
    const root = this.views.get(x);
    return root?.of.owned ? root : undefined;
  }

  helper(name: HelperName): string {
    this.module.helpers.add(name);
    return name;
  }

  /** Adds `const NAME = SOURCE;` */
  line(source: Code, hint: string, note = ""): Variable {
    return this.push(source, [hint], undefined, note)[0]!;
  }

  /** Adds a line that makes several tensors: `const PATTERN = SOURCE;` */
  several(
    source: Code,
    hints: readonly string[],
    pattern: (names: readonly string[]) => string,
    note = "",
  ): readonly Variable[] {
    return this.push(source, hints, pattern, note);
  }

  private push(
    source: Code,
    hints: readonly string[],
    pattern: Line["pattern"],
    note: string,
  ): readonly Variable[] {
    const targets = hints.map((hint) => this.variable(hint, true));
    this.lines.push({ targets, pattern, code: source.text, uses: new Set(source.uses), note });
    return targets;
  }

  /** The tensors that the function gives back: each its own, and owned. */
  results(values: readonly Value[]): readonly Variable[] {
    const given = new Set<Variable>();
    return values.map((value) => {
      let variable = this.tensor(value);
      if (!variable.owned || given.has(variable))
        variable = this.line(code`tf.clone(${variable})`, value.name || "out");
      given.add(variable);
      return variable;
    });
  }

  /** The statements that `keep`, the results, need. Names are given here, so that lines left out take none. */
  render(keep: readonly Variable[]): Rendered {
    const live = new Set<Variable>(keep);
    const kept: { readonly line: Line; readonly frees: readonly Variable[] }[] = [];
    for (const line of [...this.lines].reverse()) {
      if (!line.targets.some((t) => live.has(t))) continue;
      // Read backwards, the first line that reads a tensor is the last to need it.
      const done = [...line.uses].filter((v) => v.owned && !live.has(v));
      const unread = line.targets.filter((t) => !live.has(t));
      for (const v of line.uses) live.add(v);
      kept.push({ line, frees: [...done, ...unread] });
    }
    kept.reverse();
    const names = new Map<string, string>();
    for (const variable of [...this.parameters, ...kept.flatMap(({ line }) => line.targets)])
      names.set(variable.text, this.names.fresh(variable.hint));
    const named = (source: string) => source.replace(marks, (mark) => names.get(mark) ?? mark);
    const text = kept.flatMap(({ line, frees }) => {
      const targets = line.targets.map((t) => t.text);
      const statement = named(`const ${line.pattern?.(targets) ?? targets[0]!} = ${line.code};`);
      const free = named(frees.map((v) => `${v.text}.dispose();`).join(" "));
      const note = line.note === "" ? [] : [`// ${line.note.replace(/\s+/g, " ")}`];
      if (free === "") return [...note, statement];
      const fits = statement.length + free.length < width - 2;
      return fits ? [...note, `${statement} ${free}`] : [...note, statement, free];
    });
    // Lines that were left out may have been the only ones to read a size.
    const symbols = [...this.symbols]
      .filter((name) => text.some((line) => new RegExp(`\\b${name}\\b`).test(line)))
      .sort();
    return {
      text,
      symbols,
      needsSizes: this.passesSizes || symbols.length > 0,
      parameters: this.parameters.map((v) => named(v.text)),
      results: keep.map((v) => named(v.text)),
    };
  }
}

/** A function's text, before its head. */
export interface Rendered {
  readonly text: readonly string[];
  /** The run-time sizes that the statements read. */
  readonly symbols: readonly string[];
  /** Whether the function needs `sizes`, for itself or for those that it calls. */
  readonly needsSizes: boolean;
  readonly parameters: readonly string[];
  readonly results: readonly string[];
}

/** About how many elements a tensor of this shape has, at these sizes. */
export function countElements(dims: readonly Dim[], typical: Readonly<Record<string, number>>): number {
  return dims.reduce((product, dim) => {
    const sizes = Object.fromEntries([...dim.symbols].map((name) => [name, typical[name] ?? 16]));
    const [numerator, denominator] = dim.evaluate(sizes);
    return product * (Number(numerator) / Number(denominator));
  }, 1);
}

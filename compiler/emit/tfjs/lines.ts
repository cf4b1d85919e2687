import type { Dim } from "../../dim/dim.js";
import type { DType } from "../../ir/graph.js";
import { literal, type Names } from "./names.js";
import { width } from "./text.js";

/** A tensor variable of the generated function. Arguments and weights belong to the caller and are never freed here. */
export interface Variable {
  readonly kind: "variable";
  /** JS source that names it, `w["blocks.0.ffn.up"]`, or a mark that `render` puts a name in place of. */
  readonly text: string;
  /** What its name should read like. */
  readonly hint: string;
  readonly owned: boolean;
  readonly fixed?: Fixed | undefined;
}

/** Of a weight, and of what only moves elements of weights: it can be made once, when they are loaded. */
export interface Fixed {
  readonly shape: readonly Dim[];
  /** The weights that it is made of, by the variables that name them here. */
  readonly from: ReadonlySet<Variable>;
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

/** Around the number of a variable until it has a name; no string literal holds it, as JSON escapes it. */
export const fence = "\u0001";
const marks = new RegExp(`${fence}\\d+${fence}`, "g");

/** One statement: its variables, and the source of the right-hand side in pieces. */
export interface Line {
  readonly targets: readonly Variable[];
  /** `undefined` names one tensor; else the pattern to destructure by. */
  readonly pattern: ((names: readonly string[]) => string) | undefined;
  readonly code: string;
  readonly uses: ReadonlySet<Variable>;
  readonly note: string;
  /** A line of weights alone; where it is a call of a function of such lines, its name and operands. */
  readonly fixed: boolean;
  readonly arranges?: { readonly how: Arrangement; readonly given: readonly Variable[] } | undefined;
  /** A call that can free an operand itself, before it is done: how it is written where nothing reads that later. */
  readonly taking?: { readonly operand: Variable; readonly code: string } | undefined;
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

/** A function that arranges weights, each freed as soon as it is not needed: what it makes of the operands `from`, by their number. */
export interface Arrangement {
  readonly name: string;
  readonly results: readonly {
    readonly hint: string;
    readonly shape: readonly Dim[];
    readonly from: readonly number[];
    /** Equal for results that are made alike; the operands stand in it by their numbers, `#0#`. */
    readonly text: string;
  }[];
}

/** Sources of lines with a free on the line of each last use; and what each variable is called. */
export function statements(
  lines: readonly Line[],
  keep: readonly Variable[],
  names: Names,
  owned: (v: Variable) => boolean,
  parameters: readonly Variable[],
  named: ReadonlyMap<Variable, string> = new Map(),
): { readonly text: readonly string[]; readonly name: (v: Variable) => string } {
  const live = new Set<Variable>(keep);
  const frees = new Map<Line, readonly Variable[]>();
  const codes = new Map<Line, string>();
  for (const line of lines.toReversed()) {
    // Read backwards, the first line that reads a tensor is the last to need it.
    const done = [...line.uses].filter((v) => owned(v) && !live.has(v));
    const unread = line.targets.filter((t) => !live.has(t));
    for (const v of line.uses) live.add(v);
    const { code, taken } = callOf(line, done);
    codes.set(line, code);
    frees.set(line, [...done.filter((v) => !taken.includes(v)), ...unread]);
  }
  const texts = new Map([...named].map(([v, text]) => [v.text, text]));
  for (const variable of [...parameters, ...lines.flatMap((line) => line.targets)])
    if (!texts.has(variable.text)) texts.set(variable.text, names.fresh(variable.hint));
  const inText = (source: string) => source.replace(marks, (mark) => texts.get(mark) ?? mark);
  const text = lines.flatMap((line) => {
    const targets = line.targets.map((t) => t.text);
    const statement = inText(`const ${line.pattern?.(targets) ?? targets[0]!} = ${codes.get(line)!};`);
    const free = inText(freeing(frees.get(line)!));
    const note = line.note === "" ? [] : [`// ${line.note.replace(/\s+/g, " ")}`];
    if (free === "") return [...note, statement];
    const fits = statement.length + free.length < width - 2;
    return fits ? [...note, `${statement} ${free}`] : [...note, statement, free];
  });
  return { text, name: (v) => inText(v.text) };
}

/** How a line is written after which nothing needs the operands `done`, and which of these its call frees itself. */
function callOf(
  { code, taking, arranges }: Line,
  done: readonly Variable[],
): { readonly code: string; readonly taken: readonly Variable[] } {
  if (arranges) {
    // The function frees what it is given: what is needed later, or is given twice, goes in as a copy of the handle.
    const { how, given } = arranges;
    const operands = given.map((v, i) =>
      done.includes(v) && given.indexOf(v) === i ? v.text : `tf.clone(${v.text})`,
    );
    return { code: `${how.name}(${["tf", ...operands].join(", ")})`, taken: given };
  }
  if (taking && done.includes(taking.operand)) return { code: taking.code, taken: [taking.operand] };
  return { code, taken: [] };
}

/** What a fixed line makes, in terms of weights alone: equal for what is made alike. */
export function originOf(
  v: Variable,
  lineOf: ReadonlyMap<Variable, Line>,
  named: (v: Variable) => string,
): string {
  const line = lineOf.get(v);
  if (!line) return named(v);
  const origin = (use: Variable) => `(${originOf(use, lineOf, named)})`;
  if (!line.arranges)
    return [...line.uses].reduce((text, use) => text.replaceAll(use.text, () => origin(use)), line.code);
  const { how, given } = line.arranges;
  return given.reduce(
    (text, use, i) => text.replaceAll(`#${i}#`, () => origin(use)),
    how.results[line.targets.indexOf(v)]!.text,
  );
}

function freeing(variables: readonly Variable[]): string {
  const names = variables.map((v) => v.text);
  if (names.length > 3) return `tf.dispose([${names.join(", ")}]);`;
  return names.map((name) => `${name}.dispose();`).join(" ");
}

/** A weight by the text that names it, made of itself alone. */
export function fixedInput(text: string, hint: string, shape: readonly Dim[]): Variable {
  const from = new Set<Variable>();
  const variable: Variable = { kind: "variable", text, hint, owned: false, fixed: { shape, from } };
  from.add(variable);
  return variable;
}

/** Several results as one pattern. */
export const destructured = (names: readonly string[]) => `[${names.join(", ")}]`;

/** A variable, and what it is called in the function. */
export interface Named {
  readonly variable: Variable;
  readonly name: string;
}

/** A function's text, before its head. */
export interface Rendered {
  readonly text: readonly string[];
  /** The run-time sizes that the statements read. */
  readonly symbols: readonly string[];
  /** Whether the function needs `sizes`, for itself or for those that it calls. */
  readonly needsSizes: boolean;
  readonly parameters: readonly Named[];
  /** What fixed lines make, as parameters after the others. */
  readonly given: readonly Named[];
  readonly results: readonly string[];
}

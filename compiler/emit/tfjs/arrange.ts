import { Dim } from "../../dim/dim.js";
import type { Body } from "./body.js";
import { type Line, originOf, statements, type Variable } from "./lines.js";
import type { Module } from "./module.js";
import { key, Names, property } from "./names.js";
import { functionText } from "./text.js";

/** The body of `start` or `step`, and the tensors that it gives back. */
export interface Entry {
  readonly body: Body;
  readonly keep: readonly Variable[];
}

export interface Arranging {
  /** Source of the function that arranges the weights. */
  readonly text: string;
  /** Lines that are done in it, and what the entries read in their place. */
  readonly apart: ReadonlySet<Line>;
  readonly named: ReadonlyMap<Variable, string>;
  /** The weights that it takes, by name, in their order. */
  readonly taken: ReadonlySet<string>;
  /** Weights that each run must arrange anew, by name. */
  readonly left: ReadonlySet<string>;
}

/**
 * Lines of weights alone are done once, when a model is loaded, instead of in each run; but only where what they make
 * takes the place of the weights, so that no weight is there twice: neither `start` nor `step` may read it otherwise.
 */
export function arrange(module: Module, entries: readonly Entry[]): Arranging {
  const needed = entries.flatMap(({ body, keep }) => body.needed(keep));
  const lineOf = new Map(needed.flatMap((line) => line.targets.map((v) => [v, line] as const)));
  const isWeight = (v: Variable) => v.fixed !== undefined && !lineOf.has(v);
  const read = new Set([...needed.flatMap((line) => [...line.uses]), ...entries.flatMap(({ keep }) => keep)]);
  const origins = new Map<Variable, string>();
  const originIn = (v: Variable): string => {
    const known = origins.get(v) ?? originOf(v, lineOf, (weight) => weight.text);
    origins.set(v, known);
    return known;
  };

  /** What each weight is read for: results of fixed lines as large by their origins; anything else is "". */
  const readers = new Map<string, Set<string>>();
  const note = (weight: Variable, reader: string) =>
    readers.set(weight.text, (readers.get(weight.text) ?? new Set()).add(reader));
  for (const line of needed) {
    if (!line.fixed) for (const v of line.uses) if (isWeight(v)) note(v, "");
    if (line.fixed)
      for (const v of line.targets)
        if (read.has(v))
          for (const weight of v.fixed!.from)
            if (line.uses.has(weight) && !isSmaller(v, weight)) note(weight, originIn(v));
  }
  const moves = (line: Line): boolean =>
    line.fixed &&
    [...line.uses].every((v) => {
      const source = lineOf.get(v);
      const by = readers.get(v.text);
      return source ? moves(source) : by === undefined || (by.size === 1 && !by.has(""));
    });

  const apart = new Set(needed.filter(moves));
  const first = new Map<string, Variable>();
  const same = new Map<Variable, Variable>();
  const lines: Line[] = [];
  for (const line of apart) {
    const own = line.targets.filter((v) => read.has(v));
    const isNew = own.some((v) => !first.has(originIn(v)));
    for (const v of own) {
      if (isNew && !first.has(originIn(v))) first.set(originIn(v), v);
      same.set(v, first.get(originIn(v))!);
    }
    if (isNew) lines.push({ ...line, uses: new Set([...line.uses].map((v) => same.get(v) ?? v)) });
  }

  const readLater = new Set(
    needed.filter((line) => !apart.has(line)).flatMap((line) => [...line.uses].map((v) => same.get(v) ?? v)),
  );
  const results = lines.flatMap((line) => line.targets.filter((v) => readLater.has(v)));
  const keys = new Map<Variable, string>();
  const given = new Set<string>();
  for (const v of results) {
    const base = nameOf(v);
    let name = base;
    for (let i = 2; given.has(name); i++) name = `${base} ${i}`;
    given.add(name);
    keys.set(v, name);
  }
  const named = new Map<Variable, string>();
  for (const [v, one] of same) if (keys.has(one)) named.set(v, property("w", keys.get(one)!));
  const stays = needed.filter((line) => line.fixed && !apart.has(line));
  const weightsOf = (some: readonly Line[]) =>
    new Set(some.flatMap((line) => [...line.uses].filter(isWeight).map((v) => v.hint)));
  const text = functionOf(module, lines, results, keys);
  return { text, apart, named, taken: weightsOf(lines), left: weightsOf(stays) };
}

/**
 * `blocks.0.attn.query + key + value`: after the weights whose place it takes, which are no larger, the first by its
 * name and others by the last part where the way there is the same.
 */
function nameOf(made: Variable): string {
  let way = "";
  const parts = [...made.fixed!.from]
    .filter((weight) => !isSmaller(made, weight))
    .map(({ hint }) => {
      const known = way !== "" && hint.startsWith(way);
      way = known ? way : hint.slice(0, hint.lastIndexOf(".") + 1);
      return known ? hint.slice(way.length) : hint;
    });
  return parts.length === 0 ? "weight" : parts.join(" + ");
}

function functionOf(
  module: Module,
  lines: readonly Line[],
  results: readonly Variable[],
  keys: ReadonlyMap<Variable, string>,
): string {
  const doc =
    "Once, after loading: weights as `start` and `step` take them. Takes `w` over, and frees what it replaces.";
  if (lines.length === 0) return functionText(doc, "export function arrange(tf, w)", ["return w;"]);
  const { text, name } = statements(lines, results, new Names(module.names), () => true, []);
  const fields = results.map((v) => `${key(keys.get(v)!)}: ${name(v)}`).join(", ");
  return functionText(doc, "export function arrange(tf, w)", [
    ...text,
    "const others = Object.entries(w).filter(([, weight]) => !weight.isDisposed);",
    `return { ...Object.fromEntries(others), ${fields} };`,
  ]);
}

/** What takes less room than a weight may be made of it beside what takes its place. */
function isSmaller(made: Variable, weight: Variable): boolean {
  return Number(Dim.product(made.fixed!.shape).int) < Number(Dim.product(weight.fixed!.shape).int);
}

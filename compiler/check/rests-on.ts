import type { Item, ModelDecl, Span } from "../../grammar/ast.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { isLibrary } from "../host.js";
import type { Program } from "./program.js";
import { within } from "./trial.js";

/** Slips in how a number is written: what stands around it was read as it is. */
const ofNumbers: ReadonlySet<string> = new Set([
  "syntax/glued-unit",
  "syntax/number",
  "syntax/spaced-suffix",
  "syntax/suffix",
  "syntax/unknown-unit",
]);

/**
 * Which models may differ from what was meant because a text was not understood whole: one that rests on the
 * declaration with the fault, or that has the name of what a text outside of all declarations may have declared. Names that stand nowhere are
 * not among these faults: they stop what reads them, wherever it is.
 */
export function misread(program: Program, found: readonly Diagnostic[]): (decl: ModelDecl) => boolean {
  const faults = found.flatMap((d) =>
    d.severity === "error" &&
    d.span &&
    !/^(name\/unknown|name\/foreign|shape\/unknown-axis|import\/|budget\/|state\/)/.test(d.code)
      ? [d]
      : [],
  );
  if (faults.length === 0) return () => false;
  const known = new Map<Item, readonly Item[]>();
  const next = (item: Item): readonly Item[] => {
    let items = known.get(item);
    if (!items) known.set(item, (items = named(program, item)));
    return items;
  };
  const items = new Set<Item>(program.ast.items);
  for (const item of items) for (const other of next(item)) items.add(other);
  const around = itemsAt([...items]);
  const faulty = new Set<Item>();
  const loose = new Set<string>();
  for (const fault of faults) {
    const item = around(fault.span!);
    if (item === undefined) for (const word of declaredBy(program, fault.span!)) loose.add(word);
    else if (!isAside(fault, item)) faulty.add(item);
  }
  const rests = new Map<Item, boolean>();
  const isNamed = (item: Item): boolean => {
    let is = rests.get(item);
    if (is === undefined) rests.set(item, (is = wordsOf(program, item).some((word) => loose.has(word))));
    return is;
  };
  return (decl) => {
    const reached = new Set<Item>([decl]);
    for (const item of reached) {
      if (faulty.has(item)) return true;
      if (loose.size > 0 && isNamed(item)) return true;
      for (const other of next(item)) reached.add(other);
    }
    return false;
  };
}

/** Which declaration a place lies in; found by halving, as both may be thousands. */
function itemsAt(items: readonly Item[]): (place: Span) => Item | undefined {
  const files = new Map<string, Item[]>();
  for (const item of items) {
    const own = files.get(item.span.file);
    if (own) own.push(item);
    else files.set(item.span.file, [item]);
  }
  for (const own of files.values()) own.sort((a, b) => a.span.start - b.span.start);
  return (place) => {
    const own = files.get(place.file) ?? [];
    let [low, high] = [0, own.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (own[middle]!.span.start <= place.start) low = middle + 1;
      else high = middle;
    }
    const item = own[low - 1];
    return item && within(place, item.span) ? item : undefined;
  };
}

/** In a budget or an expectation, whose other lines still mean what they say. */
function isAside(fault: Diagnostic, item: Item): boolean {
  if (item.kind !== "model" || !ofNumbers.has(fault.code)) return false;
  return item.items.some((i) => (i.kind === "budget" || i.kind === "expect") && within(fault.span!, i.span));
}

/** Characters that are looked at above a fault, and behind it on its line. */
const mostAbove = 8000;
const mostOfLine = 2000;

/** The first words of the line of a fault, and of those above it that begin no item: what stands there may declare one. */
function declaredBy(program: Program, { file, start }: Span): readonly string[] {
  const text = program.source(file) ?? "";
  // No more of the text than its lines can be: each of hundreds of faults is looked at so.
  const above = text
    .slice(Math.max(0, start - mostAbove), start)
    .split("\n")
    .slice(-20);
  const line = text.slice(start, start + mostOfLine).split("\n", 1)[0] ?? "";
  const own = `${above.at(-1)}${line}`;
  // An import that cannot be read speaks of its own names alone.
  const lines = /^import\b/.test(own) ? [own] : [...above.slice(0, -1), own];
  const heads = lines.filter((l) => /^\w/.test(l)).slice(-2);
  return heads.flatMap((head) => {
    const words = [...head.matchAll(/[A-Za-z_]\w*/g)].map(([word]) => word);
    return words[0] === "import" ? words : words.slice(0, 2);
  });
}

function wordsOf(program: Program, item: Item): readonly string[] {
  const { file, start, end }: Span = item.span;
  return [...new Set((program.source(file) ?? "").slice(start, end).match(/[A-Za-z_]\w*/g))];
}

/** The declarations of the project whose names stand in the text of one. */
function named(program: Program, item: Item): readonly Item[] {
  const { file } = item.span;
  return wordsOf(program, item).flatMap((word) => {
    const found = program.lookup(file, word);
    return found && !isLibrary(found.file) ? [found.decl] : [];
  });
}

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
 * declaration with the fault, or any, where the fault lies outside of all declarations. Names that stand nowhere are
 * not among these faults: they stop what reads them, wherever it is.
 */
export function misread(program: Program, found: readonly Diagnostic[]): (decl: ModelDecl) => boolean {
  const faults = found.flatMap((d) =>
    d.severity === "error" && d.span && !/^(name\/unknown|shape\/unknown-axis|import\/)/.test(d.code)
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
  const isLoose = faults.some((f) => ![...items].some((item) => within(f.span!, item.span)));
  return (decl) => {
    if (isLoose) return true;
    const reached = new Set<Item>([decl]);
    for (const item of reached) {
      if (faults.some((f) => within(f.span!, item.span) && !isAside(f, item))) return true;
      for (const other of next(item)) reached.add(other);
    }
    return false;
  };
}

/** In a budget or an expectation, whose other lines still mean what they say. */
function isAside(fault: Diagnostic, item: Item): boolean {
  if (item.kind !== "model" || !ofNumbers.has(fault.code)) return false;
  return item.items.some((i) => (i.kind === "budget" || i.kind === "expect") && within(fault.span!, i.span));
}

/** The declarations of the project whose names stand in the text of one. */
function named(program: Program, item: Item): readonly Item[] {
  const { file, start, end }: Span = item.span;
  const words = new Set((program.source(file) ?? "").slice(start, end).match(/[A-Za-z_]\w*/g));
  return [...words].flatMap((word) => {
    const found = program.lookup(file, word);
    return found && !isLibrary(found.file) ? [found.decl] : [];
  });
}

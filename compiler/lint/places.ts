import type { BlocksDecl, Expr, ModelDecl, Span } from "../../grammar/ast.js";
import type { ModelInstance } from "../check/instance.js";
import type { Program } from "../check/program.js";

/**
 * Where a spec's main file says what stands at a path (`blocks.5.ffn`) of a model: the line that fills its slot, in the
 * model or the nearest base that is in the file; else the model's name.
 */
export function placeOf(program: Program, model: ModelInstance, path: string): Span {
  const line = lineOf(program, model, path);
  if (line !== undefined) return line;
  const [own] = chain(program, model.decl);
  return own?.name.span ?? model.decl.name.span;
}

/** The line of the main file that fills a slot of a model, if one does. */
export function lineOf(program: Program, model: ModelInstance, path: string): Span | undefined {
  const words = path.split(".");
  for (const decl of chain(program, model.decl)) {
    const found = inModel(decl, words);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A model and those of its bases that the main file declares, the model first. */
export function chain(program: Program, decl: ModelDecl): readonly ModelDecl[] {
  const found: ModelDecl[] = [];
  for (let at: ModelDecl | undefined = decl; at !== undefined && !found.includes(at); ) {
    if (at.span.file !== program.path) break;
    found.push(at);
    const base: { decl: { kind: string } } | undefined =
      at.base && program.lookup(program.path, at.base.text);
    at = base?.decl.kind === "model" ? (base.decl as ModelDecl) : undefined;
  }
  return found;
}

function inModel(decl: ModelDecl, words: readonly string[]): Span | undefined {
  const [first = "", second = "", third = ""] = words;
  for (const item of decl.items.toReversed()) {
    if (item.kind === "blocks" && (item.name?.text ?? "blocks") === first) {
      const found = inBlocks(item, Number(second), third);
      if (found !== undefined) return found;
    } else if (item.kind !== "forward" && fills(item, first)) return item.span;
  }
  return undefined;
}

function inBlocks({ items = [] }: BlocksDecl, index: number, slot: string): Span | undefined {
  for (const at of items.toReversed()) {
    if (at.kind !== "at") continue;
    const here = at.selectors.some(({ from, to, open, every }) => {
      const [low, step] = [from === undefined ? 0 : wholeOf(from), every === undefined ? 1 : wholeOf(every)];
      if (low === undefined || !step) return false;
      const high = to !== undefined ? wholeOf(to) : open || from === undefined ? index : low;
      return high !== undefined && index >= low && index <= high && (index - low) % step === 0;
    });
    const item = here ? at.items.findLast((i) => fills(i, slot)) : undefined;
    if (item !== undefined) return item.span;
  }
  return items.findLast((i) => fills(i, slot))?.span;
}

function fills(item: { readonly kind: string }, slot: string): boolean {
  const { path, name, names } = item as {
    path?: readonly { text: string }[];
    name?: { text: string };
    names?: readonly { text: string }[];
  };
  if (item.kind === "assign") return path?.[0]?.text === slot;
  if (item.kind === "slot") return name?.text === slot;
  return (
    (item.kind === "instances" || item.kind === "weight") && names?.some((n) => n.text === slot) === true
  );
}

function wholeOf(expr: Expr): number | undefined {
  return expr.kind === "number" && expr.whole ? expr.value : undefined;
}

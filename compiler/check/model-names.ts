import type { BlocksDecl, Expr, ModelDecl } from "../../grammar/ast.js";
import type { Declared, Program } from "./program.js";

/** Longest chain of models that build on each other. */
export const MAX_BASES = 32;

/**
 * A model and its bases, the furthest base first. A cycle, an unknown base or one too many ends the chain (reported
 * elsewhere).
 */
export function modelChain(
  program: Program,
  decl: ModelDecl,
  file: string,
): readonly { decl: ModelDecl; file: string }[] {
  const chain: { decl: ModelDecl; file: string }[] = [];
  let current: { decl: ModelDecl; file: string } | undefined = { decl, file };
  while (current && chain.length < MAX_BASES && !chain.some((c) => c.decl === current!.decl)) {
    chain.unshift(current);
    const base: string | undefined = current.decl.base?.text;
    const found: Declared | undefined = base === undefined ? undefined : program.lookup(current.file, base);
    current = found?.decl.kind === "model" ? { decl: found.decl, file: found.file } : undefined;
  }
  return chain;
}

/** The names of the fields, slots and weights of models: what a lone word after `blocks` may stand for. */
export function fieldNames(models: readonly ModelDecl[]): Set<string> {
  return new Set(
    models.flatMap((m) =>
      m.items.flatMap((item) => {
        if (item.kind === "field" || item.kind === "instances" || item.kind === "weight")
          return item.names.map((n) => n.text);
        if (item.kind === "slot") return [item.name.text];
        return item.kind === "assign" ? [item.path[0]!.text] : [];
      }),
    ),
  );
}

/** The fields that a model and its bases leave as holes. */
export function holesOf(program: Program, decl: ModelDecl): ReadonlySet<string> {
  const holes = new Set<string>();
  const set = (name: string, value: Expr | undefined) =>
    value?.kind === "hole" ? holes.add(name) : holes.delete(name);
  for (const { decl: link } of modelChain(program, decl, program.path))
    for (const item of link.items) {
      if (item.kind === "field") for (const { text } of item.names) set(text, item.value);
      else if (item.kind === "assign" && item.path.length === 1) set(item.path[0]!.text, item.value);
    }
  return holes;
}

/** `blocks encode 6 { … }`, and `blocks encode { … }` where no field is called `encode`; `blocks` without a name. */
export function stackName(item: BlocksDecl, fields: ReadonlySet<string>): string {
  if (item.name) return item.name.text;
  return item.count?.kind === "name" && !fields.has(item.count.name) ? item.count.name : "blocks";
}

/** Every name that expressions in a model may use: fields, slots, weights, stacks and the inputs of `forward`. */
export function modelNames(program: Program, decl: ModelDecl, file: string): Set<string> {
  const names = new Set<string>();
  const chain = modelChain(program, decl, file).map((link) => link.decl);
  const fields = fieldNames(chain);
  for (const model of chain) {
    for (const item of model.items) {
      switch (item.kind) {
        case "field":
        case "weight":
        case "instances":
          for (const n of item.names) names.add(n.text);
          break;
        case "slot":
          names.add(item.name.text);
          break;
        case "assign":
          names.add(item.path[0]!.text);
          break;
        case "blocks":
          names.add(stackName(item, fields));
          for (const inner of item.items ?? []) if (inner.kind === "slot") names.add(inner.name.text);
          break;
        case "forward":
          for (const p of item.params) names.add(p.name.text);
          break;
      }
    }
  }
  return names;
}

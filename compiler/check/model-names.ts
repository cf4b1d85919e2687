import type { ModelDecl } from "../../grammar/ast.js";
import type { Declared, Program } from "./program.js";

/** A model and its bases, the furthest base first. A cycle or an unknown base ends the chain (reported elsewhere). */
export function modelChain(
  program: Program,
  decl: ModelDecl,
  file: string,
): readonly { decl: ModelDecl; file: string }[] {
  const chain: { decl: ModelDecl; file: string }[] = [];
  let current: { decl: ModelDecl; file: string } | undefined = { decl, file };
  while (current && !chain.some((c) => c.decl === current!.decl)) {
    chain.unshift(current);
    const base: string | undefined = current.decl.base?.text;
    const found: Declared | undefined = base === undefined ? undefined : program.lookup(current.file, base);
    current = found?.decl.kind === "model" ? { decl: found.decl, file: found.file } : undefined;
  }
  return chain;
}

/** Every name that expressions in a model may use: fields, slots, weights, stacks and the inputs of `forward`. */
export function modelNames(program: Program, decl: ModelDecl, file: string): Set<string> {
  const names = new Set<string>();
  for (const { decl: model } of modelChain(program, decl, file)) {
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
          names.add(item.name?.text ?? "blocks");
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

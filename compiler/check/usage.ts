import type { LayerDecl } from "../../grammar/ast.js";
import { namedHere } from "../diagnostics/codes/foreign.js";
import { builtins, isBuiltin } from "./builtins/index.js";
import type { Program } from "./program.js";

/** `attention(x: tensor, heads: count, causal: flag = …)` for messages. */
export function signature(decl: LayerDecl): string {
  const params = decl.params.map((p) => {
    const type = p.shape ? "tensor" : (p.type?.name ?? "");
    return `${p.name.text}: ${type}${p.value ? " = …" : ""}`;
  });
  return `${decl.name.text}(${params.join(", ")})`;
}

/** The layer or function that is here what `name` is in other libraries: `Linear`, `relu`, `layer_norm`. */
export function calledHere(program: Program, file: string, name: string): string | undefined {
  const isOurs = (n: string) => isBuiltin(n) || program.lookup(file, n)?.decl.kind === "layer";
  return [name, namedHere(name) ?? ""].find((n) => n !== "" && isOurs(n));
}

/** How that is called; undefined where there is none. */
export function usageOf(program: Program, file: string, name: string): string | undefined {
  const ours = calledHere(program, file, name);
  if (ours === undefined) return undefined;
  if (isBuiltin(ours)) return builtins[ours as keyof typeof builtins]!.usage;
  const found = program.lookup(file, ours)?.decl;
  return found?.kind === "layer" ? signature(found) : undefined;
}

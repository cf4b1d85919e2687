import type { LayerDecl, Param } from "../../grammar/ast.js";
import { namedHere } from "../diagnostics/codes/foreign.js";
import { isLibrary } from "../host.js";
import { builtins, isBuiltin } from "./builtins/index.js";
import type { Program } from "./program.js";

/** A signature beyond so many characters is told in part. */
const LONGEST = 100;

/**
 * `mlp(x: tensor, hidden: count = …, act: layer = …)` for messages. Of many parameters only those that a call must give
 * and those in `shown` are told: `attention(x: tensor, heads: count, causal: flag = …, …)`, with where the others are.
 */
export function signature(decl: LayerDecl, shown: readonly string[] = []): string {
  const { name, params, span } = decl;
  const whole = `${name.text}(${params.map(paramText).join(", ")})`;
  const told = params.filter((p) => !p.value || shown.includes(p.name.text));
  const more = params.length - told.length;
  if (whole.length <= LONGEST || more < 3) return whole;
  const where = isLibrary(span.file) ? ": see `docs/layers.md`" : "";
  return `${name.text}(${[...told.map(paramText), "…"].join(", ")}), and ${more} more arguments${where}`;
}

function paramText({ name, shape, type, value }: Param): string {
  return `${name.text}: ${shape ? "tensor" : (type?.name ?? "")}${value ? " = …" : ""}`;
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

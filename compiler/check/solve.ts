import type { ModelDecl } from "../../grammar/ast.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { evaluateLimit, type LimitContext } from "./limit.js";
import { fieldNames, modelChain } from "./model-names.js";
import type { Settings } from "./point.js";
import type { Program } from "./program.js";
import { sizesOf, unitMeter } from "./unbuilt.js";

/**
 * What is wrong in `solve` blocks: an objective that is no metric, and one with nothing to choose. A model that
 * `isMisread` may lack the very line with a hole.
 */
export function solveProblems(
  program: Program,
  isMisread: (decl: ModelDecl) => boolean,
): readonly Diagnostic[] {
  const sink = new Diagnostics();
  const chains = program.models.map(({ decl }) => modelChain(program, decl, program.path).map((m) => m.decl));
  for (const { decl } of program.models) {
    const solves = decl.items.filter((item) => item.kind === "solve");
    if (solves.length === 0) continue;
    // A hole can stand in the model, in what it builds on, or in what builds on it.
    const related = [...new Set(chains.filter((chain) => chain.includes(decl)).flat())];
    const isOpen = related.some((m) => hasHole(m.items) || isMisread(m));
    const { names, chain } = sizesOf(program, decl);
    const settings: Settings = new Map(names.map((name) => [name, { value: 1n, span: undefined }]));
    const fields = fieldNames(chain);
    const context: LimitContext = {
      meter: unitMeter(names),
      settings,
      field: (name) => (fields.has(name) ? [1n, 1n] : undefined),
      fieldNames: [...fields],
      report: (code, data, place) => sink.report(code, data, place),
    };
    for (const item of solves) {
      if (!isOpen)
        sink.report("model/nothing-to-solve", { model: decl.name.text, field: firstField(related) }, item);
      evaluateLimit(item.metric, context);
    }
  }
  return sink.list;
}

/** A field that could be a hole: the first that a model of the chain sets to a number. */
function firstField(models: readonly ModelDecl[]): string | undefined {
  const set = models.flatMap((m) =>
    m.items.flatMap((i) => (i.kind === "assign" && i.value.kind === "number" ? [i.path[0]!.text] : [])),
  );
  return set.find((name) => name === "dim") ?? set[0];
}

/** `?` anywhere in a part of the tree. */
function hasHole(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(hasHole);
  if (typeof node !== "object" || node === null) return false;
  return (node as { kind?: unknown }).kind === "hole" || Object.values(node).some(hasHole);
}

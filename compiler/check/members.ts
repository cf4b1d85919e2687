import type { Name, Stmt } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { Scope } from "./scope.js";
import { usageOf } from "./usage.js";
import { kindOf, none, unknown, type Val } from "./values.js";

/** `embed.table`, `embed.parts`, `pattern.window`. A weight that the layer declares under a condition that did not hold is `none`. */
export function member(target: Val, name: Name, scope: Scope): Val {
  if (target.kind === "unknown" || target.kind === "hole") return unknown;
  if (target.kind !== "instance" && target.kind !== "record") {
    scope.tracer.report(
      "kind/no-members",
      {
        found: kindOf(target),
        name: name.text,
        usage: target.kind === "tensor" ? usageOf(scope.tracer.program, scope.file, name.text) : undefined,
      },
      name.span,
    );
    return unknown;
  }
  const { members } = target.kind === "instance" ? target.instance : target;
  const found = members.get(name.text);
  if (found) return found;
  const known = target.kind === "instance" ? target.instance.statics.get(name.text) : undefined;
  if (known) return known;
  // Reported, and what it lacks for that follows from it.
  if (target.kind === "instance" ? target.instance.failed : target.owner?.failed) return unknown;
  if (target.kind === "instance" && target.instance.runs === 0) {
    scope.tracer.report("layer/not-run-yet", { path: target.instance.path, name: name.text }, name.span);
    return unknown;
  }
  const body = target.kind === "instance" ? target.instance.recipe.decl.body : target.body;
  if (declaresWeight(body, name.text)) return none;
  const owner = target.kind === "instance" ? target.instance.recipe.decl.name.text : undefined;
  scope.tracer.report(
    "name/unknown-member",
    {
      name: name.text,
      layer: owner,
      near: nearest(name.text, [...members.keys()]),
      known: [...members.keys()],
      having: having(scope, name.text),
    },
    name.span,
  );
  return unknown;
}

/** Layers that have what is asked of another one. */
function having(scope: Scope, name: string): readonly string[] {
  const { program } = scope.tracer;
  return program.mentioning(name).flatMap((layer) => {
    const decl = program.lookup(scope.file, layer)?.decl;
    if (decl === scope.instance?.recipe.decl) return [];
    return decl?.kind === "layer" && declares(decl.body, name) ? [layer] : [];
  });
}

const declares = (body: readonly Stmt[], name: string): boolean =>
  body.some(
    (stmt) =>
      (stmt.kind === "weight" && stmt.names.some((n) => n.text === name)) ||
      (stmt.kind === "let" && stmt.value.kind === "for" && stmt.names.some((n) => n.text === name)),
  );

const declaresWeight = (body: readonly Stmt[], name: string): boolean =>
  body.some((stmt) =>
    stmt.kind === "if"
      ? declaresWeight(stmt.then, name) || declaresWeight(stmt.otherwise ?? [], name)
      : stmt.kind === "weight" && stmt.names.some((n) => n.text === name),
  );

import type { Expr, Let, RequireStmt, Stmt } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import { join } from "../ir/path.js";
import { conform } from "./conform.js";
import { collect } from "./declared-names.js";
import { decide, evaluate } from "./expressions.js";
import { flagHelps, toTensor } from "./operands.js";
import { groundsOf, sidesIn, valuesIn } from "./read-values.js";
import type { Scope } from "./scope.js";
import { declareWritten, restAxes } from "./shapes.js";
import { declareStates } from "./states.js";
import { bindInstance, dtypes, kindOf, none, show, tensorVal, unknown, type Val } from "./values.js";
import { declareRandom, declareWeights } from "./weights.js";

/** Runs statements in order; a `return` ends them. The value is the last line's expression, for blocks that have one. */
export function runBody(body: readonly Stmt[], scope: Scope): Val {
  let value: Val = none;
  for (const [i, stmt] of body.entries()) {
    if (scope.root.returned) break;
    value = scope.tracer.guard(stmt.span, () => run(stmt, scope)) ?? unknown;
    if (scope.root.blamed.size > 0) runRequirements(body.slice(i + 1), scope);
  }
  return value;
}

/** Only the requirements at the front of a body: what else is wrong with a layer's arguments, where one of them is. */
export function runRequirements(body: readonly Stmt[], scope: Scope): void {
  // Of what is known to be wrong, another requirement would only say so in other words.
  const isFresh = (condition: Expr) => !groundsOf(condition).some((name) => scope.root.blamed.has(name));
  for (const stmt of body) {
    if ((stmt.kind === "require" || stmt.kind === "if") && !isFresh(stmt.condition)) continue;
    if (stmt.kind === "require") scope.tracer.guard(stmt.span, () => requireThat(stmt, scope));
    else if (stmt.kind === "if" && !stmt.otherwise && stmt.then.every((s) => s.kind === "require")) {
      if (scope.tracer.guard(stmt.span, () => decide(scope, stmt.condition)) === true)
        runRequirements(stmt.then, scope);
    } else break;
  }
}

function run(stmt: Stmt, scope: Scope): Val {
  switch (stmt.kind) {
    case "weight":
      declareWeights(stmt, scope);
      return none;
    case "state":
      declareStates(stmt, scope);
      return none;
    case "random":
      declareRandom(stmt, scope);
      return none;
    case "next": {
      const slot = scope.states.get(stmt.name.text);
      if (!slot) {
        scope.tracer.report(
          "name/unknown-state",
          { name: stmt.name.text, near: nearest(stmt.name.text, [...scope.states.keys()]) },
          stmt.name.span,
        );
        return none;
      }
      scope.line = stmt.name.text;
      const val = evaluate(stmt.value, scope);
      const tensor = val.kind === "unknown" ? undefined : toTensor(scope, { val, span: stmt.value.span });
      if (tensor) slot.next = tensor;
      return none;
    }
    case "loss": {
      // A term of the training loss: checked in every graph, kept in one for training.
      const val = evaluate(stmt.value, scope);
      if (val.kind !== "unknown") {
        const tensor = toTensor(scope, { val, span: stmt.value.span });
        if (tensor && tensor.axes.length > 0)
          scope.tracer.report("loss/not-scalar", { axes: tensor.axes.length }, stmt.value.span);
        else if (tensor && scope.tracer.training) {
          if (scope.along) scope.tracer.untrainable.add("a `loss` within `for … along`");
          else scope.tracer.losses.push(scope.builder.use(tensor.value));
        }
      }
      return none;
    }
    case "require":
      requireThat(stmt, scope);
      return none;
    case "if": {
      const chosen = decide(scope, stmt.condition);
      if (chosen === undefined) return unknown;
      if (chosen) return runBody(stmt.then, scope);
      return stmt.otherwise ? runBody(stmt.otherwise, scope) : none;
    }
    case "return": {
      scope.line = "";
      scope.root.returned = stmt.values.map((e) => evaluate(e, scope));
      return none;
    }
    case "inverse":
      return none;
    case "instances":
      for (const name of stmt.names) {
        const val = evaluate(stmt.value, scope);
        if (val.kind === "recipe") {
          const instance: Val = {
            kind: "instance",
            instance: bindInstance(val.recipe, join(scope.path, name.text)),
          };
          scope.vars.set(name.text, instance);
          scope.members.set(name.text, instance);
        } else if (val.kind === "instance" || val.kind === "unknown") scope.vars.set(name.text, val);
        else {
          scope.tracer.report(
            "kind/expected",
            { expected: `a layer for \`${name.text}\``, found: `${kindOf(val)} ${show(val)}` },
            stmt.value.span,
          );
          scope.vars.set(name.text, unknown);
        }
      }
      return none;
    case "let":
      return bind(stmt, scope);
    case "fn":
      scope.vars.set(stmt.name.text, { kind: "fn", decl: stmt, scope });
      return none;
    case "expr":
      return evaluate(stmt.value, scope);
  }
}

function bind(stmt: Let, scope: Scope): Val {
  const [first] = stmt.names;
  scope.line = first?.text ?? "";
  if (first) scope.tracer.trial?.hold(first.text, stmt.value);
  const want = stmt.shape?.axes.flatMap((a) =>
    a.kind === "rest" ? restAxes(scope.axes.rest?.length ?? 0) : a.kind === "axis" ? [a.name.text] : [],
  );
  const twice = want?.find((a, i) => want.indexOf(a) !== i);
  if (twice !== undefined) {
    scope.tracer.report("shape/axis-twice", { axis: twice }, stmt.shape!.span);
    for (const name of stmt.names) scope.assign(name.text, unknown);
    return none;
  }
  let val = stmt.shape && !declareWritten(scope, stmt.shape) ? unknown : evaluate(stmt.value, scope, want);
  scope.line = "";
  if (val.kind === "unknown") loseAxes(stmt, scope);
  if (stmt.names.length > 1) {
    const items = val.kind === "tuple" || val.kind === "list" ? val.items : undefined;
    if (val.kind !== "unknown" && items?.length !== stmt.names.length) {
      scope.tracer.report("let/tuple", { names: stmt.names.length, values: items?.length ?? 1 }, stmt.span);
    }
    for (const [i, name] of stmt.names.entries()) scope.assign(name.text, items?.[i] ?? unknown);
    return none;
  }
  if (val.kind === "recipe" && first) {
    val = { kind: "instance", instance: bindInstance(val.recipe, join(scope.path, first.text)) };
    scope.members.set(first.text, val);
  }
  if (stmt.shape && val.kind !== "unknown") {
    const tensor = toTensor(
      scope,
      { val, span: stmt.value.span },
      stmt.dtype ? dtypes[stmt.dtype.name] : undefined,
    );
    const shaped = tensor && conform(scope, stmt.shape, tensor, stmt.value.span, `\`${first?.text}\``, true);
    val = shaped ? tensorVal(shaped.value, shaped.axes) : unknown;
  }
  if (val.kind === "tensor" && first && val.tensor.value.name === "")
    (val.tensor.value as { name: string }).name = first.text;
  if (first) scope.assign(first.text, val);
  return none;
}

/** The axes that a line would have brought, had it been right. */
function loseAxes(stmt: Let, scope: Scope): void {
  const names = new Set<string>();
  collect([stmt], names);
  for (const name of names) if (/^[A-Z]/.test(name) && !scope.axes.sizes.has(name)) scope.axes.lost.add(name);
}

/** A condition that does not hold is an error; one of run-time sizes is kept for the run. */
export function requireThat(stmt: RequireStmt, scope: Scope): void {
  const val = evaluate(stmt.condition, scope);
  const reason = stmt.message?.value;
  if (val.kind === "unknown" || val.kind === "hole") return;
  if (val.kind === "condition") {
    for (const c of val.all)
      scope.tracer.assume(
        c.left,
        c.relation,
        c.right,
        reason ?? `${c.left} ${c.relation} ${c.right}`,
        stmt.condition.span,
        () => valuesIn(stmt.condition, scope),
      );
    return;
  }
  if (val.kind !== "flag") {
    scope.tracer.report(
      "kind/expected",
      { expected: "a condition", found: kindOf(val), helps: flagHelps(val) },
      stmt.condition.span,
    );
    return;
  }
  if (val.value) return;
  for (const name of groundsOf(stmt.condition)) scope.root.blamed.add(name);
  scope.tracer.report(
    "require/failed",
    { reason, values: [...valuesIn(stmt.condition, scope), ...sidesIn(stmt.condition, scope)] },
    stmt.condition.span,
  );
  // What follows would only fail in other words.
  scope.root.returned = [unknown];
  if (scope.instance) scope.instance.failed = true;
}

import type { Expr, Let, RandomStmt, RequireStmt, StateStmt, Stmt, WeightStmt } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import { Dim } from "../dim/dim.js";
import type { DType, Init } from "../ir/graph.js";
import { toTensor } from "./arithmetic.js";
import { bindInstance, dtypes, join } from "./calls.js";
import { decide, evaluate } from "./expressions.js";
import type { Scope } from "./scope.js";
import { conform, declareAxis, resolveShape, restAxes, wholeCount } from "./shapes.js";
import { asNumber, kindOf, none, show, type Tensor, tensorVal, unknown, type Val } from "./values.js";

/** Runs statements in order; a `return` ends them. The value is the last line's expression, for blocks that have one. */
export function runBody(body: readonly Stmt[], scope: Scope): Val {
  let value: Val = none;
  for (const stmt of body) {
    if (root(scope).returned) break;
    value = run(stmt, scope);
  }
  return value;
}

/** `return` inside an `if` or a loop ends the layer. */
function root(scope: Scope): Scope {
  return scope.parent ? root(scope.parent) : scope;
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
      // A term of the training loss: checked here, collected when training graphs are built.
      const val = evaluate(stmt.value, scope);
      if (val.kind !== "unknown") {
        const tensor = toTensor(scope, { val, span: stmt.value.span });
        if (tensor && tensor.axes.length > 0)
          scope.tracer.report("loss/not-scalar", { axes: tensor.axes.length }, stmt.value.span);
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
      root(scope).returned = stmt.values.map((e) => evaluate(e, scope));
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
  const want = stmt.shape?.axes.flatMap((a) =>
    a.kind === "rest" ? restAxes(scope.axes.rest?.length ?? 0) : a.kind === "axis" ? [a.name.text] : [],
  );
  let val = evaluate(stmt.value, scope, want);
  scope.line = "";
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

/** `init normal(0.02)` and its kin; the default is normal with a deviation of 0.02. */
export function readInit(expr: Expr | undefined, scope: Scope): Init {
  if (!expr) return { kind: "normal", mean: 0, std: 0.02 };
  const name =
    expr.kind === "name"
      ? expr.name
      : expr.kind === "call" && expr.callee.kind === "name"
        ? expr.callee.name
        : "";
  const args = expr.kind === "call" ? expr.args.map((a) => asNumber(evaluate(a.value, scope))) : [];
  const ok = args.every((a) => a !== undefined);
  const n = args as number[];
  if (ok && name === "zeros" && n.length === 0) return { kind: "zeros" };
  if (ok && name === "ones" && n.length === 0) return { kind: "ones" };
  if (ok && name === "constant" && n.length === 1) return { kind: "constant", value: n[0]! };
  if (ok && name === "normal" && n.length <= 2) {
    const [a, b] = n;
    return b === undefined ? { kind: "normal", mean: 0, std: a ?? 1 } : { kind: "normal", mean: a!, std: b };
  }
  if (ok && name === "uniform" && n.length <= 2) {
    const [a, b] = n;
    return b === undefined
      ? { kind: "uniform", low: -(a ?? 1), high: a ?? 1 }
      : { kind: "uniform", low: a!, high: b };
  }
  if (expr.kind === "number") return { kind: "constant", value: expr.value };
  if (!scope.tracer.generic || !ok) {
    if (!["zeros", "ones", "constant", "normal", "uniform"].includes(name)) {
      scope.tracer.report(
        "weight/init",
        { name, near: nearest(name, ["zeros", "ones", "constant", "normal", "uniform"]) },
        expr.span,
      );
    }
  }
  return { kind: "normal", mean: 0, std: 0.02 };
}

function declareWeights(stmt: WeightStmt, scope: Scope): void {
  for (const name of stmt.names) {
    const shape = resolveShape(scope, stmt.shape, `weight \`${name.text}\``);
    if (!shape) {
      scope.vars.set(name.text, unknown);
      continue;
    }
    const given = scope.given.get(name.text);
    if (given) {
      const tensor = given.kind === "unknown" ? undefined : toTensor(scope, { val: given, span: name.span });
      const shaped = tensor && conform(scope, stmt.shape, tensor, name.span, `\`${name.text}\``, false);
      scope.assign(name.text, shaped ? tensorVal(shaped.value, shaped.axes) : unknown);
      if (tensor) scope.members.set(name.text, given);
      continue;
    }
    const changing = shape.sizes.find((d) => d.int === undefined);
    if (changing && !scope.tracer.generic) {
      scope.tracer.report("weight/size-unknown", { name: name.text, size: String(changing) }, name.span);
      scope.vars.set(name.text, unknown);
      continue;
    }
    const low = stmt.within && asNumber(evaluate(stmt.within.from, scope));
    const high = stmt.within?.to && asNumber(evaluate(stmt.within.to, scope));
    const value = scope.tracer.weight(join(scope.path, name.text), shape.sizes, "f32", {
      kind: "weight",
      init: readInit(stmt.init, scope),
      lookup: stmt.lookup,
      within: low !== undefined && high !== undefined ? [low, high] : undefined,
    });
    scope.vars.set(name.text, tensorVal(value, shape.axes));
    scope.members.set(name.text, tensorVal(value, shape.axes));
  }
}

/** Draws are fixed outside training, so a graph for inference keeps them with the weights. */
function declareRandom(stmt: RandomStmt, scope: Scope): void {
  for (const name of stmt.names) {
    const shape = resolveShape(scope, stmt.shape, `\`${name.text}\``);
    if (!shape) {
      scope.vars.set(name.text, unknown);
      continue;
    }
    const changing = shape.sizes.find((d) => d.int === undefined);
    if (changing && !scope.tracer.generic) {
      scope.tracer.report("weight/size-unknown", { name: name.text, size: String(changing) }, name.span);
      scope.vars.set(name.text, unknown);
      continue;
    }
    const distribution = stmt.distribution;
    const init =
      distribution.kind === "name" && distribution.name === "normal"
        ? ({ kind: "normal", mean: 0, std: 1 } as const)
        : readInit(distribution, scope);
    const value = scope.tracer.weight(join(scope.path, name.text), shape.sizes, "f32", {
      kind: "buffer",
      init,
      lookup: false,
      within: undefined,
    });
    scope.vars.set(name.text, tensorVal(value, shape.axes));
  }
}

/**
 * A state with `..` passes from step to step: a graph input where an earlier step left it, its initial value where
 * not. One without `..` (running statistics) is the model's, stored with the weights.
 */
function declareStates(stmt: StateStmt, scope: Scope): void {
  const { tracer } = scope;
  const carried = stmt.shape.axes.some((a) => a.kind === "rest");
  const dtype: DType = dtypes[stmt.dtype?.name ?? "float"]!;
  let grows: number | undefined;
  let bound: Dim | undefined;
  const restCount = scope.axes.rest?.length ?? 0;
  for (const [i, axis] of stmt.shape.axes.entries()) {
    if (axis.kind !== "axis" || axis.size || (!axis.bound && scope.axes.sizes.has(axis.name.text))) continue;
    if (!carried) continue;
    if (grows !== undefined) {
      tracer.report("state/grows-twice", { name: stmt.names[0]!.text }, axis.span);
      continue;
    }
    const rest = stmt.shape.axes.findIndex((a) => a.kind === "rest");
    grows = rest >= 0 && rest < i ? i - 1 + restCount : i;
    if (axis.bound) bound = wholeCount(scope, axis.bound, "the bound of a state");
    const law = bound ? (tracer.decoding ? Dim.symbol(`past_${bound}`, 0) : Dim.of(0)) : tracer.past;
    declareAxis(scope, axis.name, law);
  }
  for (const name of stmt.names) {
    const shape = resolveShape(scope, stmt.shape, `state \`${name.text}\``);
    if (!shape) {
      scope.vars.set(name.text, unknown);
      continue;
    }
    const path = join(scope.path, name.text);
    if (!carried) {
      const value = tracer.weight(path, shape.sizes, dtype, {
        kind: "buffer",
        init: stmt.init ? readInit(stmt.init, scope) : { kind: "zeros" },
        lookup: false,
        within: undefined,
      });
      const current = { value, axes: shape.axes };
      scope.states.set(name.text, {
        name: name.text,
        current,
        next: undefined,
        span: name.span,
        finish: undefined,
      });
      scope.vars.set(name.text, tensorVal(value, shape.axes));
      scope.members.set(name.text, tensorVal(value, shape.axes));
      continue;
    }
    if (scope.instance?.states.has(`${tracer.decoding}${path}`)) {
      tracer.report("state/twice", { name: name.text, path }, name.span);
      scope.vars.set(name.text, unknown);
      continue;
    }
    scope.instance?.states.add(`${tracer.decoding}${path}`);
    if (scope.along) tracer.report("state/in-loop", { name: name.text }, name.span);
    const type = { dtype, shape: shape.sizes };
    const input = tracer.decoding ? tracer.top.input(type, path) : undefined;
    const current: Tensor = input
      ? { value: input, axes: shape.axes }
      : initial(scope, shape.axes, shape.sizes, dtype, stmt);
    const slot = {
      name: name.text,
      current,
      next: undefined as Tensor | undefined,
      span: name.span,
      finish: () => {
        const next = slot.next ?? slot.current;
        const shaped = matchNext(scope, slot.current, next, grows, name.text, name.span);
        if (!shaped) return;
        tracer.states.push({
          info: { path: scope.path, name: name.text, grows, bound },
          shape: shape.sizes,
          dtype,
          input,
          output: scope.builder.use(shaped.value),
          span: name.span,
        });
      },
    };
    scope.states.set(name.text, slot);
    scope.vars.set(name.text, tensorVal(current.value, current.axes));
  }
}

function initial(
  scope: Scope,
  axes: readonly string[],
  sizes: readonly Dim[],
  dtype: DType,
  stmt: StateStmt,
): Tensor {
  const b = scope.builder;
  const init = stmt.init ? readInit(stmt.init, scope) : { kind: "zeros" as const };
  const fill = init.kind === "ones" ? 1 : init.kind === "constant" ? init.value : 0;
  const ones = b.op("reshape", [b.scalar(fill, dtype)], { shape: sizes.map(() => Dim.of(1)) });
  return { value: b.op("broadcast", [ones], { shape: sizes }), axes };
}

/** `next` has the state's axes in the state's order; only the growing one may differ in size (and in name). */
function matchNext(
  scope: Scope,
  current: Tensor,
  next: Tensor,
  grows: number | undefined,
  name: string,
  span: import("../../grammar/ast.js").Span,
): Tensor | undefined {
  const grown = grows === undefined ? undefined : current.axes[grows];
  const extra = next.axes.filter((a) => !current.axes.includes(a));
  const missing = current.axes.filter((a) => !next.axes.includes(a));
  const fits =
    next.axes.length === current.axes.length &&
    extra.length === missing.length &&
    (missing.length === 0 || missing.length === 1);
  if (!fits) {
    scope.tracer.report(
      "state/next-shape",
      {
        name,
        state: current.axes.filter((a) => !a.startsWith("..")).join(" "),
        next: next.axes.filter((a) => !a.startsWith("..")).join(" "),
      },
      span,
    );
    return undefined;
  }
  const renamed = { value: next.value, axes: next.axes.map((a) => (a === extra[0] ? missing[0]! : a)) };
  const perm = current.axes.map((a) => renamed.axes.indexOf(a));
  const value = perm.every((p, i) => p === i)
    ? renamed.value
    : scope.builder.op("transpose", [renamed.value], { perm });
  for (const [i, axis] of current.axes.entries()) {
    if (axis === grown) continue;
    if (value.shape[i]!.compare(current.value.shape[i]!) === "different") {
      scope.tracer.report(
        "state/next-size",
        { name, axis, state: String(current.value.shape[i]), next: String(value.shape[i]) },
        span,
      );
      return undefined;
    }
  }
  return { value, axes: current.axes };
}

function requireThat(stmt: RequireStmt, scope: Scope): void {
  const val = evaluate(stmt.condition, scope);
  const reason = stmt.message?.value;
  if (val.kind === "unknown" || val.kind === "hole") return;
  if (val.kind === "condition") {
    for (const c of val.all)
      scope.tracer.assume(c.left, c.relation, c.right, reason ?? `${c.left} ${c.relation} ${c.right}`);
    return;
  }
  if (val.kind !== "flag") {
    scope.tracer.report(
      "kind/expected",
      { expected: "a condition", found: kindOf(val) },
      stmt.condition.span,
    );
    return;
  }
  if (val.value) return;
  scope.tracer.report(
    "require/failed",
    { reason, values: valuesIn(stmt.condition, scope) },
    stmt.condition.span,
  );
  // What follows would only fail in other words.
  root(scope).returned = [unknown];
}

/** The values of the names in an expression, for messages: `T` as 100, `chunk` as 64. */
export function valuesIn(expr: Expr, scope: Scope): string[] {
  const names = new Set<string>();
  const visit = (e: Expr): void => {
    if (e.kind === "name") names.add(e.name);
    else if (e.kind === "binary") {
      visit(e.left);
      visit(e.right);
    } else if (e.kind === "unary") visit(e.operand);
    else if (e.kind === "call") for (const a of e.args) visit(a.value);
  };
  visit(expr);
  return [...names].flatMap((name) => {
    const val =
      scope.find(name) ??
      scope.outer?.(name, expr.span) ??
      (scope.axes.sizes.has(name)
        ? ({ kind: "count", dim: scope.axes.sizes.get(name)!.size } as const)
        : undefined);
    return val && (val.kind === "count" || val.kind === "number" || val.kind === "flag")
      ? [`\`${name}\` as ${show(val)}`]
      : [];
  });
}

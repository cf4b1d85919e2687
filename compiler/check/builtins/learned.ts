import type { Expr, Span } from "../../../grammar/ast.js";
import { Builder } from "../../ir/build.js";
import { join } from "../../ir/path.js";
import { symbolsIn } from "../../ir/traverse.js";
import { evaluate } from "../expressions.js";
import { decide, originOf, workOf } from "../learned.js";
import { toTensor } from "../operands.js";
import { namesIn } from "../read-values.js";
import type { Scope } from "../scope.js";
import { wholeCount } from "../shapes.js";
import { limits } from "../tracer.js";
import { count, show, unknown, type Val } from "../values.js";
import type { BuiltinCall } from "./context.js";

/**
 * `learned(value, most = n)`: a count that follows from the weights. Where a build reads them, the value is evaluated
 * and rounded up, and the graph is traced for it; else it is `n`.
 */
function learned(call: BuiltinCall): Val {
  if (!call.takes(1, 1, ["most"])) return unknown;
  const { scope, span } = call;
  const { tracer } = scope;
  const bound = call.named("most");
  if (!bound) {
    tracer.report("learned/bound", { given: undefined }, span);
    return unknown;
  }
  const most = wholeCount(scope, bound, "`most` of `learned`");
  if (!most) return unknown;
  const [value] = call.positional;
  // Alone, a layer has no weights of a known size; what is wrong with the expression is found all the same.
  const line = scope.line;
  const builder = new Builder(scope.builder);
  const val = evaluate(value!, scope.inner({ builder }));
  scope.line = line;
  if (tracer.generic && !tracer.rehearsing) return count(most);
  if (most.int === undefined) {
    tracer.report("learned/bound", { given: String(most) }, bound.span);
    return unknown;
  }
  const question =
    val.kind === "unknown" || val.kind === "hole" ? undefined : asked(scope, builder, val, value!);
  if (!question) return unknown;
  const { region, weights } = question;
  const decided = decide({ region, weights, most: most.int }, tracer.known);
  const path = pathOf(scope, span, decided.value);
  if (decided.number !== undefined && decided.value === undefined) {
    const { number } = decided;
    tracer.report("learned/beyond", { path, number, most: String(most.int), weights }, span);
    return unknown;
  }
  tracer.learned.push({ path, weights, region, most: most.int, value: decided.value, span });
  return count(decided.value ?? most.int);
}

/** What is to be evaluated, and from which weights; undefined (reported) where that cannot be. */
function asked(scope: Scope, builder: Builder, val: Val, expr: Expr) {
  const { tracer } = scope;
  const { span } = expr;
  if (val.kind === "count" || val.kind === "number") {
    const fixed = val.kind === "number" || val.dim.constant !== undefined;
    if (fixed) tracer.report("learned/no-weight", { value: show(val) }, span);
    else tracer.report("learned/not-weights", { reads: [show(val)] }, span);
    return undefined;
  }
  const tensor = toTensor(scope.inner({ builder }), { val, span });
  if (!tensor) return undefined;
  const flags = tensor.value.dtype === "bool";
  if (tensor.axes.length > 0 || flags) {
    tracer.report("learned/not-one-number", { axes: tensor.axes, flags }, span);
    return undefined;
  }
  const origin = originOf(tensor.value, builder, (v) => {
    const port = tracer.weights.get(v.name);
    return port?.value === v && port.weight.kind === "weight" ? v.name : undefined;
  });
  if ("foreign" in origin) {
    const names = origin.foreign.flatMap((v) => (v.name === "" ? [] : [v.name]));
    tracer.report("learned/not-weights", { reads: [...new Set(names)] }, span);
    return undefined;
  }
  const sizes = [...symbolsIn(origin.region)];
  if (sizes.length > 0) {
    tracer.report("learned/not-weights", { reads: sizes }, span);
    return undefined;
  }
  if (origin.weights.length === 0) {
    const read = [...namesIn(expr)].map((name) => `\`${name}\``).join(", ");
    tracer.report("learned/no-weight", { value: read === "" ? "fixed" : `made of ${read}` }, span);
    return undefined;
  }
  tracer.learning += workOf(origin.region).int ?? 0n;
  if (tracer.learning > limits.learning) {
    const work = String(tracer.learning);
    tracer.report("learned/too-much", { work, limit: limits.learning }, span);
    return undefined;
  }
  return origin;
}

/** The line's place; a second question of one line has a number, and an instance that runs again asks what it asked. */
function pathOf({ tracer, path, line }: Scope, span: Span, value: bigint | undefined): string {
  const base = line === "" ? path : join(path, line);
  const other = (name: string) =>
    tracer.learned.some((c) => c.path === name && (c.span.start !== span.start || c.value !== value));
  let name = base;
  for (let i = 2; other(name); i++) name = `${base}_${i}`;
  return name;
}

export const learnedRules: Readonly<Record<string, { rule: (call: BuiltinCall) => Val; usage: string }>> = {
  learned: { rule: learned, usage: "learned(value, most = count)" },
};

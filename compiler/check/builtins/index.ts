import type { Call } from "../../../grammar/ast.js";
import { evaluate } from "../expressions.js";
import type { Want } from "../operands.js";
import type { Scope } from "../scope.js";
import { tooLong, workOf } from "../static-arithmetic.js";
import { limits } from "../tracer.js";
import { unknown, type Val } from "../values.js";
import { BuiltinCall } from "./context.js";
import { elementwiseRules } from "./elementwise.js";
import { learnedRules } from "./learned.js";
import { reduceRules } from "./reduce.js";
import { structureRules } from "./structure.js";

/** Every built-in function, and how it is written. No declaration may take one of these names. */
export const builtins = { ...elementwiseRules, ...reduceRules, ...structureRules, ...learnedRules } as const;

export const isBuiltin = (name: string): boolean => Object.hasOwn(builtins, name);

export function callBuiltin(name: string, expr: Call, scope: Scope, want: Want): Val {
  const { rule, usage } = builtins[name]!;
  const call = new BuiltinCall(name, expr, scope, want, usage);
  // What could not be read was told; the other arguments are still looked at.
  if (call.positional.some((e) => e.kind === "missing")) {
    for (const e of call.positional)
      if (e.kind !== "pattern" && !(e.kind === "name" && /^[A-Z]/.test(e.name))) evaluate(e, scope);
    return unknown;
  }
  const result = rule(call);
  if (!scope.tracer.step(expr.span, workOf(result))) return unknown;
  if (!tooLong(result)) return result;
  scope.tracer.report("limit/count", limits, expr.span);
  return unknown;
}

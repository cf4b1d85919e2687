import type { Call } from "../../../grammar/ast.js";
import type { Want } from "../operands.js";
import type { Scope } from "../scope.js";
import type { Val } from "../values.js";
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
  return rule(new BuiltinCall(name, expr, scope, want, usage));
}

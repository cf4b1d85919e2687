import type { KindRef, Range, Span } from "../../grammar/ast.js";
import { bindInstance } from "./calls.js";
import { evaluate } from "./expressions.js";
import type { Scope } from "./scope.js";
import { asWhole } from "./shapes.js";
import { asNumber, kindOf, number, show, type Val } from "./values.js";

/**
 * A value as the declared kind wants it: counts are whole, a count serves as a number, a recipe becomes an instance
 * at `path`. Undefined where it does not fit (reported) or is unknown. `leaveOut` is the name of what need not be given.
 */
export function checkKind(
  scope: Scope,
  val: Val,
  type: KindRef | undefined,
  span: Span,
  what: string,
  within: Range | undefined,
  path: string,
  notes?: () => readonly string[],
  leaveOut?: string,
): Val | undefined {
  if (val.kind === "unknown" || val.kind === "hole") return undefined;
  if (val.kind === "none") return val;
  const wrong = (expected: string, written?: string): undefined => {
    scope.tracer.report(
      "kind/expected",
      { expected: `${expected} for ${what}`, found: `${kindOf(val)} ${show(val)}`.trim(), written },
      span,
    );
    return undefined;
  };
  switch (type?.name) {
    case "count": {
      if (val.kind !== "count") return wrong("a count");
      const dim = asWhole(scope, val, span, what, notes, leaveOut);
      return dim && inRange(scope, val, within, span, what) ? { kind: "count", dim } : undefined;
    }
    case "number": {
      if (val.kind === "tensor" && val.tensor.axes.length === 0) return val;
      const n = asNumber(val);
      if (n === undefined && val.kind !== "count") return wrong("a number");
      if (!inRange(scope, val, within, span, what)) return undefined;
      return n === undefined ? val : number(n);
    }
    case "flag":
      return val.kind === "flag" || val.kind === "condition" ? val : wrong("a flag (`true` or `false`)");
    case "layer":
      if (val.kind === "recipe") return { kind: "instance", instance: bindInstance(val.recipe, path) };
      return val.kind === "instance" || val.kind === "stack"
        ? val
        : wrong("a layer", val.kind === "text" ? val.value : undefined);
    case "list": {
      if (val.kind !== "list") return wrong("a list", isOne(val) ? `[${show(val)}]` : undefined);
      const items = val.items.map((v, i) =>
        checkKind(scope, v, type.of, span, `${what}[${i}]`, undefined, `${path}.${i}`),
      );
      return items.every((v) => v !== undefined) ? { kind: "list", items } : undefined;
    }
    default:
      return val;
  }
}

/** `in 0 .. 1` after a parameter. */
function inRange(scope: Scope, val: Val, within: Range | undefined, span: Span, what: string): boolean {
  if (!within) return true;
  const n = asNumber(val);
  const low = asNumber(evaluate(within.from, scope));
  const high = within.to ? asNumber(evaluate(within.to, scope)) : undefined;
  if (n === undefined) return true;
  const tooHigh = high !== undefined && (within.inclusive ? n > high : n >= high);
  if ((low !== undefined && n < low) || tooHigh) {
    scope.tracer.report(
      "kind/out-of-range",
      { what, value: String(n), low: String(low), high: String(high ?? "any"), inclusive: within.inclusive },
      span,
    );
    return false;
  }
  return true;
}

/** A single number, which a list may have been meant to hold. */
const isOne = (val: Val): boolean => val.kind === "count" || val.kind === "number";

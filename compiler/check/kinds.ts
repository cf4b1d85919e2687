import type { KindRef, Range, Span } from "../../grammar/ast.js";
import { evaluate } from "./expressions.js";
import type { Scope } from "./scope.js";
import { asWhole } from "./shapes.js";
import { asNumber, bindInstance, kindOf, number, show, type Val } from "./values.js";

/** What a value is given for, and where. */
export interface Place {
  readonly span: Span;
  /** In words: "`dim`", "slot `ffn`". */
  readonly what: string;
  /** Of the instance that a recipe becomes there. */
  readonly path: string;
  readonly within?: Range | undefined;
  /** What else a message says of a value that is not whole. */
  readonly notes?: (() => readonly string[]) | undefined;
  /** The name of a parameter that need not be given. */
  readonly leaveOut?: string | undefined;
  /** How the call reads with the usual value, for one out of its range. */
  readonly usual?: (() => string | undefined) | undefined;
  /** What a message about an argument says of the call. */
  readonly hint?: (() => Hint) | undefined;
}

/** Of the layer that is called: what it takes, and what may have been meant. */
export interface Hint {
  readonly signature: string;
  readonly helps: readonly string[];
}

/** A kind, as if it were written at `span`. */
export const kindNamed = (name: string, span: Span): KindRef => ({ name, of: undefined, span });

/** `80%`, whose place the grammar has an error at. */
const isPercentage = (text: string, { start, end }: Span): boolean =>
  text[end - 1] === "%" && /^[\d.]+%$/.test(text.slice(Math.max(start, end - 40), end));

/**
 * A value as the declared kind wants it: counts are whole and in range, a count serves as a number, a recipe becomes an
 * instance. Undefined where it does not fit (reported) or is unknown.
 */
export function checkKind(scope: Scope, val: Val, type: KindRef | undefined, place: Place): Val | undefined {
  const { span, what, path } = place;
  if (val.kind === "unknown" || val.kind === "hole") return undefined;
  if (val.kind === "none") return val;
  const wrong = (expected: string, written?: string, helps: readonly string[] = []): undefined => {
    // That a percentage is no number was told; which one was meant is not known where a share would be none.
    if (isPercentage(scope.tracer.program.source(span.file) ?? "", span)) return undefined;
    scope.tracer.report(
      "kind/expected",
      {
        expected: `${expected} for ${what}`,
        found: `${kindOf(val)} ${show(val)}`.trim(),
        written,
        ...place.hint?.(),
        ...(helps.length === 0 ? {} : { helps: [...helps, ...(place.hint?.().helps ?? [])] }),
      },
      span,
    );
    return undefined;
  };
  switch (type?.name) {
    case "count": {
      if (val.kind !== "count") {
        const whole = val.kind === "number" && Number.isSafeInteger(val.value);
        const helps =
          val.kind === "number" && !whole ? [`a count is a whole number: ${around(val.value)}`] : [];
        return wrong("a count", whole ? String(val.value) : undefined, helps);
      }
      const dim = asWhole(scope, val, span, what, place.notes, place.leaveOut);
      return dim && inRange(scope, val, place) ? { kind: "count", dim } : undefined;
    }
    case "number": {
      if (val.kind === "tensor" && val.tensor.axes.length === 0) return val;
      const n = asNumber(val);
      if (n === undefined && val.kind !== "count") return wrong("a number");
      if (!inRange(scope, val, place)) return undefined;
      return n === undefined ? val : number(n);
    }
    case "flag": {
      if (val.kind === "flag" || val.kind === "condition") return val;
      const bit = val.kind === "count" ? val.dim.int : undefined;
      return wrong("a flag (`true` or `false`)", bit === 0n ? "false" : bit === 1n ? "true" : undefined);
    }
    case "layer":
      if (val.kind === "recipe") return { kind: "instance", instance: bindInstance(val.recipe, path) };
      return val.kind === "instance" || val.kind === "stack"
        ? val
        : wrong("a layer", val.kind === "text" ? val.value : undefined);
    case "list": {
      if (val.kind !== "list") return wrong("a list", isOne(val) ? `[${show(val)}]` : undefined);
      const items = val.items.map((v, i) =>
        checkKind(scope, v, type.of, { span, what: `${what}[${i}]`, path: `${path}.${i}` }),
      );
      return items.every((v) => v !== undefined) ? { kind: "list", items } : undefined;
    }
    default:
      return val;
  }
}

/** `in 0 .. 1` after a parameter. */
function inRange(scope: Scope, val: Val, { within, span, what, usual }: Place): boolean {
  if (!within) return true;
  const n = asNumber(val);
  const low = asNumber(evaluate(within.from, scope));
  const high = within.to ? asNumber(evaluate(within.to, scope)) : undefined;
  if (n === undefined) return true;
  const tooHigh = high !== undefined && (within.inclusive ? n > high : n >= high);
  if ((low !== undefined && n < low) || tooHigh) {
    scope.tracer.report(
      "kind/out-of-range",
      {
        what,
        value: String(n),
        low: String(low),
        high: String(high ?? "any"),
        inclusive: within.inclusive,
        usual: usual?.(),
      },
      span,
    );
    return false;
  }
  return true;
}

/** The whole numbers beside one: `write 32 or 33`. */
function around(value: number): string {
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) return "none is near this one";
  return `write \`${Math.floor(value)}\` or \`${Math.ceil(value)}\``;
}

/** A single number, which a list may have been meant to hold. */
const isOne = (val: Val): boolean => val.kind === "count" || val.kind === "number";

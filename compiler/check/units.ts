import type { ModelDecl, Span } from "../../grammar/ast.js";
import { metricNames } from "../cost/metrics.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics } from "../diagnostics/sink.js";
import type { Meter } from "./limit.js";
import { inBytes, inFlop, rational, type Unit, unitless } from "./quantity.js";
import { sidesOf } from "./sides.js";

/** What a metric counts, which no model is needed to know. */
export function unitOfMetric(name: string): Unit {
  if (name.startsWith("flops.")) return inFlop;
  return name.startsWith("memory.") || name.startsWith("bytes.") || name === "params.bytes"
    ? inBytes
    : unitless;
}

/** A meter for a model that could not be built: every figure is 1, and only its unit means anything. */
const unitMeter: Meter = {
  names: metricNames,
  words: () => [],
  read: (name) => ({
    kind: "reading",
    reading: { quantity: { value: rational(1n), unit: unitOfMetric(name) }, terms: [], tokens: 1n },
  }),
};

/** Bytes against counts, in the budgets of a model that could not be built: told with its other problems, not after. */
export function unitProblems(
  decl: ModelDecl,
  read: { source(file: string): string | undefined; place(span: Span): string },
): readonly Diagnostic[] {
  const sink = new Diagnostics();
  const options = { ...read, meter: unitMeter, sink };
  for (const item of decl.items) {
    if (item.kind !== "budget" && item.kind !== "expect") continue;
    for (const constraint of item.constraints) sidesOf({ fields: [] }, constraint, new Map(), options, sink);
  }
  // Names that need the model's fields are not for this reading.
  return sink.list.filter((d) => d.code === "budget/unit");
}

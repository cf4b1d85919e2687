import type { ModelDecl, Span } from "../../grammar/ast.js";
import { metricNames, notYet, wordsOfMetric } from "../cost/metrics.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics, mostErrors } from "../diagnostics/sink.js";
import { inBytes, inFlop, rational, type Unit, unitless } from "../dim/quantity.js";
import { symbolNames } from "./forward.js";
import type { Meter } from "./limit.js";
import { fieldNames, modelChain } from "./model-names.js";
import type { Settings } from "./point.js";
import { profileSettings } from "./profile.js";
import type { Program } from "./program.js";
import { sidesOf } from "./sides.js";

/** What a metric counts, which no model is needed to know. */
export function unitOfMetric(name: string): Unit {
  if (name.startsWith("flops.")) return inFlop;
  return name.startsWith("memory.") || name.startsWith("bytes.") || name === "params.bytes"
    ? inBytes
    : unitless;
}

/** A meter for a model that could not be built: every figure is 1, and only its unit means anything. */
export const unitMeter = (sizes: readonly string[]): Meter => ({
  names: metricNames,
  words: (name) => wordsOfMetric(name, () => sizes),
  read: (name) => {
    const why = notYet(name);
    if (why !== undefined) return { kind: "not-yet", why };
    const quantity = { value: rational(1n), unit: unitOfMetric(name) };
    return { kind: "reading", reading: { quantity, terms: [], tokens: 1n } };
  },
});

/** Those that rest on a value, which a model that is not there does not have. */
export const ofValues: ReadonlySet<string> = new Set(["budget/divides-by-zero", "budget/no-data"]);
/** Those that rest on names of the model's base. */
const ofNames: ReadonlySet<string> = new Set([
  "budget/unknown-name",
  "budget/unknown-argument",
  "budget/profile-field",
]);

/** The sizes of run time that a model's text speaks of, with what it builds on. */
export function sizesOf(
  program: Program,
  decl: ModelDecl,
): { readonly names: readonly string[]; readonly chain: readonly ModelDecl[]; readonly hasForward: boolean } {
  const chain = modelChain(program, decl, program.path).map((link) => link.decl);
  const forward = chain.flatMap((d) => d.items.filter((i) => i.kind === "forward")).at(-1);
  const inputs = (forward?.params ?? []).flatMap((p) => {
    if (!p.shape) return p.type?.name === "count" ? [p.name.text] : [];
    return p.shape.axes.flatMap((a) =>
      a.kind === "axis" && !a.size ? [symbolNames[a.name.text] ?? a.name.text.toLowerCase()] : [],
    );
  });
  const names = [...new Set(["batch", "seq", "past", ...inputs])];
  return { names, chain, hasForward: forward !== undefined };
}

/**
 * What is wrong in the budgets of a model that could not be built, whatever it would cost: figures and names that are
 * not there, bytes against counts, the sizes of profiles. Told with its other problems, not after.
 */
export function unbuiltProblems(
  program: Program,
  decl: ModelDecl,
  read: { source(file: string): string | undefined; place(span: Span): string },
): readonly Diagnostic[] {
  const sink = new Diagnostics(mostErrors);
  const { names: sizes, chain, hasForward: isWhole } = sizesOf(program, decl);
  const settings: Settings = new Map(sizes.map((name) => [name, { value: 1n, span: undefined }]));
  const instance = {
    fields: [...fieldNames(chain)].map((name) => ({ name, value: 1n, span: decl.name.span })),
  };
  const options = { ...read, meter: unitMeter(sizes), sink };
  for (const item of decl.items) {
    if (item.kind !== "budget" && item.kind !== "expect") continue;
    const profile = item.profile && program.profile(program.path, item.profile.text);
    if (profile) profileSettings((name) => (name === "past" ? 0n : 1n), profile, settings, sink);
    for (const constraint of sink.halted ? [] : item.constraints)
      sidesOf(instance, constraint, settings, options, sink);
  }
  return sink.list.filter((d) => !ofValues.has(d.code) && (isWhole || !ofNames.has(d.code)));
}

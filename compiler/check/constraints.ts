import type { Constraint, ProfileDecl, Span } from "../../grammar/ast.js";
import { Diagnostics } from "../diagnostics/sink.js";
import {
  distinctTexts,
  exactText,
  order,
  quantityText,
  type Rational,
  sameUnit,
  unitless,
} from "../dim/quantity.js";
import type { ModelConstraint, ModelInstance } from "./instance.js";
import { brokenAssumption, defaultSettings, pointOf } from "./point.js";
import { circumstancesOf } from "./profile.js";
import {
  type ConstraintOptions,
  holds,
  type Sides,
  settingsOf,
  sidesOf,
  textOf,
  usedSizes,
} from "./sides.js";
import { ofValues } from "./unbuilt.js";
import { reportLoosened, reportViolation, settingsText } from "./violation.js";

/** The result of one `budget` or `expect` line. */
export interface Verdict {
  readonly model: string;
  readonly kind: "budget" | "expect";
  /** The model that declares it: `model` or one of its bases. */
  readonly statedBy: string;
  readonly profile: string | undefined;
  /** The line as written: `flops.forward <= 2 GFLOP / token`. */
  readonly text: string;
  readonly outcome: "held" | "violated" | "not checked";
  /** As text for people; undefined if it could not be computed. */
  readonly actual: string | undefined;
  readonly limit: string | undefined;
  /** Exact, in base units. */
  readonly exact: { readonly actual: Rational; readonly limit: Rational } | undefined;
  readonly at: Readonly<Record<string, bigint>>;
  readonly span: Span;
}

/** Evaluates every budget and expectation that applies to a model; problems and violations go to the sink. */
export function checkConstraints(instance: ModelInstance, options: ConstraintOptions): readonly Verdict[] {
  const loosened = reportLoosened(instance, options);
  return instance.constraints.map((stated) =>
    checkOne(instance, stated, forProfile(stated.profile, options), loosened),
  );
}

/** Figures as a profile's words have them. */
function forProfile(profile: ProfileDecl | undefined, options: ConstraintOptions): ConstraintOptions {
  const meter = profile && options.meter.under?.(circumstancesOf(profile));
  return meter === undefined ? options : { ...options, meter };
}

function checkOne(
  instance: ModelInstance,
  stated: ModelConstraint,
  options: ConstraintOptions,
  loosened: ReadonlySet<ModelConstraint>,
): Verdict {
  const { constraint, kind, profile } = stated;
  const base = {
    model: instance.name,
    kind,
    statedBy: stated.model.name.text,
    profile: profile?.name.text,
    text: textOf(constraint.span, options),
    span: constraint.span,
  };
  const unchecked: Verdict = {
    ...base,
    outcome: "not checked",
    actual: undefined,
    limit: undefined,
    exact: undefined,
    at: {},
  };
  if (options.meter.isSpent?.()) return unchecked;
  const settings = stated.isAdrift ? undefined : settingsOf(instance, profile, options);
  if (settings === undefined) {
    // The profile is wrong, which says nothing of the names and units of this line.
    const aside = new Diagnostics();
    sidesOf(instance, constraint, defaultSettings(instance), options, aside);
    for (const d of aside.list) if (!ofValues.has(d.code)) options.sink.take(d);
    return unchecked;
  }
  const sides = sidesOf(instance, constraint, settings, options, options.sink);
  if (sides === undefined) return unchecked;
  const at = pointOf(sides.settings);
  const broken = brokenAssumption(instance, at);
  if (broken !== undefined && sides.alone !== undefined) {
    const needs = `${broken.left} ${broken.relation} ${broken.right}`;
    const where = settingsText(sides.settings, usedSizes(instance, stated, sides, options), options).join(
      ", ",
    );
    options.sink.report(
      "budget/impossible-point",
      { at: where, reason: broken.reason, needs },
      { span: constraint.left.span },
    );
    return unchecked;
  }
  const held = holds(constraint.op, order(sides.actual.value, sides.limit.value));
  // Where the model loosens what it inherits, that is what is wrong, and the broken limit follows from it.
  if (!held && !loosened.has(stated)) reportViolation(instance, stated, sides, options);
  const [actual, limit] = verdictTexts(constraint.op, sides);
  return {
    ...base,
    outcome: held ? "held" : "violated",
    actual,
    limit,
    exact: { actual: sides.actual.value, limit: sides.limit.value },
    at,
  };
}

/** A figure that is to hold exactly is shown exactly. */
function verdictTexts(op: Constraint["op"], { actual, limit }: Sides): readonly [string, string] {
  if (op === "==" && sameUnit(actual.unit, unitless))
    return [exactText(actual.value), exactText(limit.value)];
  if (order(actual.value, limit.value) === 0) return [quantityText(actual), quantityText(limit)];
  return distinctTexts(actual, limit);
}

import type { Constraint, ProfileDecl, Span } from "../../grammar/ast.js";
import { Diagnostics } from "../diagnostics/sink.js";
import {
  combineUnits,
  inTokens,
  order,
  over,
  type Quantity,
  type Rational,
  rational,
  sameUnit,
  unitName,
} from "../dim/quantity.js";
import type { ModelConstraint, ModelInstance } from "./instance.js";
import { evaluateLimit, type LimitContext, type Meter, type Reading } from "./limit.js";
import { defaultSettings, leastOf, type Settings } from "./point.js";
import { profileSettings } from "./profile.js";

export interface ConstraintOptions {
  readonly meter: Meter;
  readonly sink: Diagnostics;
  source(file: string): string | undefined;
  /** `pkm.arch:5` for a note. */
  place(span: Span): string;
}

/** The two sides of a line, in one unit. */
export interface Sides {
  readonly actual: Quantity;
  readonly limit: Quantity;
  /** The one figure on the left, where it stands alone. */
  readonly alone: { readonly reading: Reading; readonly metric: string } | undefined;
  /** Sizes in force on the left. */
  readonly settings: Settings;
}

/** Both sides with one unit; undefined where a problem was reported to the sink. */
export function sidesOf(
  instance: Pick<ModelInstance, "fields">,
  constraint: Constraint,
  settings: Settings,
  options: ConstraintOptions,
  sink: Diagnostics,
): Sides | undefined {
  const readings: { reading: Reading; settings: Settings; metric: string }[] = [];
  const context: LimitContext = {
    meter: options.meter,
    settings,
    field: (name) => fieldValue(instance, name),
    fieldNames: instance.fields.map((f) => f.name),
    report: (code, data, place) => sink.report(code, data, place),
  };
  const left = evaluateLimit(constraint.left, {
    ...context,
    onReading: (reading, at, metric) => readings.push({ reading, settings: at, metric }),
  });
  const limit = evaluateLimit(constraint.right, context);
  if (left === undefined || limit === undefined) return undefined;
  const single = readings.length === 1 ? readings[0] : undefined;
  const alone = constraint.left.kind === "member" || constraint.left.kind === "call" ? single : undefined;
  let actual: Quantity = { ...left, ...(limit.decimal === undefined ? {} : { decimal: limit.decimal }) };
  // `flops.forward <= 2 GFLOP / token`: a figure for a number of tokens meets a limit for one.
  const perToken = combineUnits(actual.unit, inTokens, -1);
  if (single !== undefined && sameUnit(perToken, limit.unit)) {
    actual = { ...actual, value: over(actual.value, [single.reading.tokens, 1n]), unit: perToken };
  }
  if (!sameUnit(actual.unit, limit.unit)) {
    const text = (span: Span) => textOf(span, options);
    sink.report(
      "budget/unit",
      {
        left: text(constraint.left.span),
        leftUnit: unitName(actual.unit),
        right: text(constraint.right.span),
        rightUnit: unitName(limit.unit),
        help: unitHelp(actual),
      },
      { span: constraint.left.span, labels: [{ span: constraint.right.span, text: unitName(limit.unit) }] },
    );
    return undefined;
  }
  return { actual, limit, alone, settings: single?.settings ?? settings };
}

/** Both sides at other sizes: those of the call's own arguments are replaced too. */
export function sidesAt(
  instance: ModelInstance,
  stated: ModelConstraint,
  settings: Settings,
  options: ConstraintOptions,
): Sides | undefined {
  const { constraint } = stated;
  const left = constraint.left;
  const bare =
    left.kind === "call"
      ? { ...left, args: left.args.filter((a) => a.name === undefined || !settings.has(a.name.text)) }
      : left;
  return sidesOf(instance, { ...constraint, left: bare }, settings, options, new Diagnostics());
}

/** The sizes that change the left side, so that a note names no others. */
export function usedSizes(
  instance: ModelInstance,
  stated: ModelConstraint,
  sides: Sides,
  options: ConstraintOptions,
): readonly string[] {
  return [...sides.settings].flatMap(([name, setting]) => {
    // Nothing is past unless someone says so.
    if (name === "past" && setting.value === 0n && setting.span === undefined) return [];
    const other = new Map(sides.settings).set(name, { ...setting, value: setting.value + 1n });
    const next = sidesAt(instance, stated, other, options);
    return next !== undefined && order(next.actual.value, sides.actual.value) !== 0 ? [name] : [];
  });
}

/** The sizes of a profile, or the model's own; undefined where a problem was reported. */
export function settingsOf(
  instance: ModelInstance,
  profile: ProfileDecl | undefined,
  options: ConstraintOptions,
): Settings | undefined {
  const defaults = defaultSettings(instance);
  return profile === undefined
    ? defaults
    : profileSettings((name) => leastOf(instance, name), profile, defaults, options.sink);
}

/** Whether a comparison holds, by the order of its sides: negative, 0 or positive. */
export function holds(op: Constraint["op"], sign: number): boolean {
  if (op === "<=") return sign <= 0;
  if (op === "<") return sign < 0;
  if (op === ">=") return sign >= 0;
  if (op === ">") return sign > 0;
  return sign === 0;
}

/** What the file says there, on one line. */
export function textOf(span: Span, options: ConstraintOptions): string {
  return (options.source(span.file) ?? "").slice(span.start, span.end).replace(/\s+/g, " ");
}

function fieldValue(instance: Pick<ModelInstance, "fields">, name: string): Rational | undefined {
  const value = instance.fields.find((f) => f.name === name)?.value;
  if (typeof value === "bigint") return [value, 1n];
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  // To a millionth, as decimals in a spec have no exact double anyway.
  return rational(BigInt(Math.round(value * 1e6)), 1_000_000n);
}

function unitHelp(actual: Quantity): string | undefined {
  if (actual.unit.bytes === 1)
    return "write bytes with a spaced unit: `16 GiB`, `16 GB`; `B` glued to a number means billions";
  if (actual.unit.flop === 1) return "write `2 GFLOP` for the whole pass, or `2 GFLOP / token`";
  if (actual.unit.seconds === 1) return "write a time: `3 ms`";
  return "write a count: `400M`, `1.3B`";
}

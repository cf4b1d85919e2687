import type { Constraint, ProfileDecl, Span } from "../../grammar/ast.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { fittingHelp } from "./fit.js";
import type { ModelConstraint, ModelInstance } from "./instance.js";
import { evaluateLimit, type LimitContext, type Meter, type Reading } from "./limit.js";
import { brokenAssumption, defaultSettings, pointOf, type Settings } from "./point.js";
import { profileSettings, profileStored } from "./profile.js";
import {
  breakdownText,
  combineUnits,
  distinctTexts,
  exactText,
  inTokens,
  minus,
  order,
  over,
  type Quantity,
  quantityText,
  type Rational,
  rational,
  sameUnit,
  unitless,
  unitName,
} from "./quantity.js";

/** What became of one `budget` or `expect` line. */
export interface Verdict {
  readonly model: string;
  readonly kind: "budget" | "expect";
  /** The model that states it: `model` or a base of it. */
  readonly statedBy: string;
  readonly profile: string | undefined;
  /** The line as written: `flops.forward <= 2 GFLOP / token`. */
  readonly text: string;
  readonly outcome: "held" | "violated" | "not checked";
  /** For a person; undefined where it could not be worked out. */
  readonly actual: string | undefined;
  readonly limit: string | undefined;
  /** Exact, in base units. */
  readonly exact: { readonly actual: Rational; readonly limit: Rational } | undefined;
  readonly at: Readonly<Record<string, bigint>>;
  readonly span: Span;
}

export interface ConstraintOptions {
  readonly meter: Meter;
  readonly sink: Diagnostics;
  source(file: string): string | undefined;
  /** `pkm.arch:5` for a note. */
  place(span: Span): string;
}

/** Evaluates every budget and expectation that holds for a model; problems and violations go to the sink. */
export function checkConstraints(instance: ModelInstance, options: ConstraintOptions): readonly Verdict[] {
  const loosened = reportLoosened(instance, options);
  return instance.constraints.map((stated) =>
    checkOne(instance, stated, forProfile(stated.profile, options), loosened),
  );
}

/** Figures as a profile's `dtype` has them. */
function forProfile(profile: ProfileDecl | undefined, options: ConstraintOptions): ConstraintOptions {
  const stored = profile && profileStored(profile);
  const meter = stored && options.meter.keptAs?.(stored);
  return meter === undefined ? options : { ...options, meter };
}

interface Sides {
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
  const settings = settingsOf(instance, profile, options);
  if (settings === undefined) return unchecked;
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

function reportViolation(
  instance: ModelInstance,
  stated: ModelConstraint,
  sides: Sides,
  options: ConstraintOptions,
): void {
  const { constraint } = stated;
  const { actual, limit } = sides;
  const metric = sides.alone?.metric.replace(/\(.*/s, "") ?? textOf(constraint.left.span, options);
  const used = usedSizes(instance, stated, sides, options);
  const at = settingsText(sides.settings, used, options);
  const because = constraint.message?.value;
  const inherited =
    stated.model === instance.decl
      ? undefined
      : `\`${instance.name}\` has this from its base \`${stated.model.name.text}\``;
  const labels = [
    { span: constraint.right.span, text: stated.kind === "expect" ? "the figure expected" : "the limit" },
    ...(inherited === undefined ? [] : [{ span: instance.decl.name.span, text: "for this model" }]),
  ];
  const [actualText, limitText] = distinctTexts(actual, limit);
  const distance = absolute(minus(actual.value, limit.value));
  const gap = quantityText({ ...actual, value: distance });
  const [tight, rest] = [constraint.left.span, { labels }] as const;
  if (constraint.op === "==") {
    const exactly = (q: Quantity) => (sameUnit(q.unit, unitless) ? exactText(q.value) : quantityText(q));
    const differs = exactly(actual) !== exactly(limit);
    const data = {
      metric,
      actual: differs ? exactly(actual) : actualText,
      expected: differs ? exactly(limit) : limitText,
      off: `${exactly({ ...actual, value: distance })} ${order(actual.value, limit.value) > 0 ? "more" : "less"} than expected`,
      at,
      because,
      inherited,
    };
    options.sink.report("budget/expectation", data, { span: tight, ...rest });
    return;
  }
  const upper = constraint.op === "<=" || constraint.op === "<";
  const word = stated.kind === "expect" ? "what is expected" : "its budget";
  const touches = distance[0] === 0n;
  const outcome = touches
    ? `which is not ${upper ? "under" : "over"} ${word}`
    : `${gap} ${upper ? "over" : "under"} ${word}`;
  const terms = sides.alone?.reading.terms ?? [];
  const scale = actual.unit.token === -1 && sides.alone !== undefined ? sides.alone.reading.tokens : 1n;
  const scaled = terms.map((t) => ({ label: t.label, value: over(t.value, [scale, 1n]) }));
  const retry = (settings: Settings) => {
    const next = sidesAt(instance, stated, settings, options);
    if (next === undefined || brokenAssumption(instance, pointOf(next.settings)) !== undefined)
      return undefined;
    return {
      holds: holds(constraint.op, order(next.actual.value, next.limit.value)),
      text: quantityText(next.actual),
    };
  };
  options.sink.report(
    "budget/exceeded",
    {
      metric,
      actual: actualText,
      over: outcome,
      terms: scaled.length > 1 ? breakdownText(actual, scaled) : undefined,
      at,
      because,
      inherited,
      helps: upper ? fittingHelp(instance, sides.settings, used, retry) : [],
    },
    { span: tight, ...rest, notes: sides.alone?.reading.why === undefined ? [] : [sides.alone.reading.why] },
  );
}

/** Both sides at other sizes: those of the call's own arguments are replaced too. */
function sidesAt(
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
function usedSizes(
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

function settingsText(
  settings: Settings,
  names: readonly string[],
  options: ConstraintOptions,
): readonly string[] {
  return names.map((name) => {
    const setting = settings.get(name)!;
    const where = setting.span === undefined ? "" : ` (${options.place(setting.span)})`;
    return `\`${name}\` as ${setting.value}${where}`;
  });
}

function settingsOf(
  instance: ModelInstance,
  profile: ProfileDecl | undefined,
  options: ConstraintOptions,
): Settings | undefined {
  const defaults = defaultSettings(instance);
  return profile === undefined ? defaults : profileSettings(instance, profile, defaults, options.sink);
}

/** A variant's own budget that allows more than one it inherited, for the same figure in the same use: the latter. */
function reportLoosened(instance: ModelInstance, options: ConstraintOptions): ReadonlySet<ModelConstraint> {
  const loosened = new Set<ModelConstraint>();
  const budgets = instance.constraints.filter((c) => c.kind === "budget" && c.constraint.op !== "==");
  const direction = (c: ModelConstraint) => (c.constraint.op.startsWith("<") ? 1 : -1);
  const subject = (c: ModelConstraint) =>
    `${textOf(c.constraint.left.span, options).replace(/\s+/g, "")}|${c.profile?.name.text ?? ""}`;
  for (const own of budgets.filter((c) => c.model === instance.decl)) {
    for (const other of budgets.filter((c) => c.model !== instance.decl)) {
      if (direction(own) !== direction(other) || subject(own) !== subject(other)) continue;
      const settings = settingsOf(instance, own.profile, { ...options, sink: new Diagnostics() });
      if (settings === undefined) continue;
      const [a, b] = [own, other].map((c) =>
        sidesOf(instance, c.constraint, settings, options, new Diagnostics()),
      );
      if (a === undefined || b === undefined || order(a.limit.value, b.limit.value) * direction(own) <= 0)
        continue;
      loosened.add(other);
      const [ownText, inherited] = distinctTexts(a.limit, b.limit);
      options.sink.report(
        "budget/loosened",
        {
          metric: textOf(own.constraint.left.span, options),
          own: ownText,
          inherited,
          base: other.model.name.text,
          strictest: `${own.constraint.op} ${textOf(other.constraint.right.span, options)}`,
        },
        {
          span: own.constraint.right.span,
          labels: [{ span: other.constraint.right.span, text: `the limit of \`${other.model.name.text}\`` }],
        },
      );
    }
  }
  return loosened;
}

function fieldValue(instance: Pick<ModelInstance, "fields">, name: string): Rational | undefined {
  const value = instance.fields.find((f) => f.name === name)?.value;
  if (typeof value === "bigint") return [value, 1n];
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  // To a millionth, as decimals in a spec have no exact double anyway.
  return rational(BigInt(Math.round(value * 1e6)), 1_000_000n);
}

function holds(op: Constraint["op"], sign: number): boolean {
  if (op === "<=") return sign <= 0;
  if (op === "<") return sign < 0;
  if (op === ">=") return sign >= 0;
  if (op === ">") return sign > 0;
  return sign === 0;
}

function absolute(value: Rational): Rational {
  return value[0] < 0n ? [-value[0], value[1]] : value;
}

function textOf(span: Span, options: ConstraintOptions): string {
  return (options.source(span.file) ?? "").slice(span.start, span.end).replace(/\s+/g, " ");
}

function unitHelp(actual: Quantity): string | undefined {
  if (actual.unit.bytes === 1)
    return "write bytes with a spaced unit: `16 GiB`, `16 GB`; `B` glued to a number means billions";
  if (actual.unit.flop === 1) return "write `2 GFLOP` for the whole pass, or `2 GFLOP / token`";
  if (actual.unit.seconds === 1) return "write a time: `3 ms`";
  return "write a count: `400M`, `1.3B`";
}

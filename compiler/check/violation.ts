import { Diagnostics } from "../diagnostics/sink.js";
import {
  breakdownText,
  distinctTexts,
  exactText,
  minus,
  order,
  over,
  type Quantity,
  quantityText,
  type Rational,
  sameUnit,
  unitless,
} from "../dim/quantity.js";
import { fittingHelp } from "./fit.js";
import type { ModelConstraint, ModelInstance } from "./instance.js";
import { brokenAssumption, pointOf, type Settings } from "./point.js";
import {
  type ConstraintOptions,
  holds,
  type Sides,
  settingsOf,
  sidesAt,
  sidesOf,
  textOf,
  usedSizes,
} from "./sides.js";

/** Reports a line that does not hold, with what would make it hold. */
export function reportViolation(
  instance: ModelInstance,
  stated: ModelConstraint,
  sides: Sides,
  options: ConstraintOptions,
): void {
  if (options.sink.halted) return;
  const { constraint } = stated;
  const { actual, limit } = sides;
  const metric = sides.alone?.metric.replace(/\(.*/s, "") ?? textOf(constraint.left.span, options);
  const trying = { ...options, meter: options.meter.aside ?? options.meter };
  const used = usedSizes(instance, stated, sides, trying);
  const at = settingsText(sides.settings, used, options);
  const because = constraint.message?.value;
  const inherited =
    stated.model === instance.decl
      ? undefined
      : `\`${instance.name}\` inherits this from \`${stated.model.name.text}\``;
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
    const next = sidesAt(instance, stated, settings, trying);
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

/** `batch` as 8 (small.arch:16) */
export function settingsText(
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

/** A variant's own budget that allows more than one it inherited, for the same figure in the same use: the latter. */
export function reportLoosened(
  instance: ModelInstance,
  options: ConstraintOptions,
): ReadonlySet<ModelConstraint> {
  const loosened = new Set<ModelConstraint>();
  const budgets = instance.constraints.filter(
    (c) => c.kind === "budget" && c.constraint.op !== "==" && !c.isAdrift,
  );
  const direction = (c: ModelConstraint) => (c.constraint.op.startsWith("<") ? 1 : -1);
  const subject = (c: ModelConstraint) =>
    `${textOf(c.constraint.left.span, options).replace(/\s+/g, "")}|${c.profile?.name.text ?? ""}|${direction(c)}`;
  if (options.meter.isSpent?.() || !budgets.some((c) => c.model === instance.decl)) return loosened;
  const inherited = new Map<string, ModelConstraint[]>();
  for (const other of budgets) {
    if (other.model === instance.decl) continue;
    const alike = inherited.get(subject(other));
    if (alike) alike.push(other);
    else inherited.set(subject(other), [other]);
  }
  if (inherited.size === 0) return loosened;
  const stricter = new Map<string, Limited[]>();
  for (const own of budgets) {
    if (own.model !== instance.decl || options.sink.halted) continue;
    const about = subject(own);
    const alike = inherited.get(about);
    const settings = alike && settingsOf(instance, own.profile, { ...options, sink: new Diagnostics() });
    if (alike === undefined || settings === undefined) continue;
    const limited = (stated: ModelConstraint): Limited[] => {
      const limit = sidesOf(instance, stated.constraint, settings, options, new Diagnostics())?.limit;
      return limit === undefined ? [] : [{ stated, limit }];
    };
    const isStricter = (a: Limited, b: Limited) => order(b.limit.value, a.limit.value) * direction(own) > 0;
    const [mine] = limited(own);
    // The strictest last: it is the one to name.
    const left =
      stricter.get(about) ??
      alike.flatMap(limited).sort((a, b) => order(b.limit.value, a.limit.value) * direction(own));
    stricter.set(about, left);
    const strictest = left.at(-1);
    if (mine === undefined || strictest === undefined || !isStricter(strictest, mine)) continue;
    // Those behind the first that is not loosened yet are.
    for (
      let i = left.findLastIndex((o) => !loosened.has(o.stated));
      i >= 0 && isStricter(left[i]!, mine);
      i--
    )
      loosened.add(left[i]!.stated);
    const [ownText, othersText] = distinctTexts(mine.limit, strictest.limit);
    const { stated: other } = strictest;
    options.sink.report(
      "budget/loosened",
      {
        metric: textOf(own.constraint.left.span, options),
        own: ownText,
        inherited: othersText,
        base: other.model.name.text,
        strictest: `${own.constraint.op} ${textOf(other.constraint.right.span, options)}`,
      },
      {
        span: own.constraint.right.span,
        labels: [{ span: other.constraint.right.span, text: `the limit of \`${other.model.name.text}\`` }],
      },
    );
  }
  return loosened;
}

/** A budget with what its limit is. */
interface Limited {
  readonly stated: ModelConstraint;
  readonly limit: Quantity;
}

function absolute(value: Rational): Rational {
  return value[0] < 0n ? [-value[0], value[1]] : value;
}

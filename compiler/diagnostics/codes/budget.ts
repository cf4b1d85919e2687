import { code } from "../code.js";
import { didYouMeanText, orList } from "../did-you-mean.js";

/** What is often called so, under the names of our figures. */
const figures: Readonly<Record<string, string>> = {
  parameters: "params",
  param: "params",
  size: "params",
  flop: "flops",
  macs: "flops",
  compute: "flops",
  ram: "memory",
  vram: "memory",
  mem: "memory",
  kv_cache: "cache",
};

/** `params` is no figure, `params.total` is one: all that begin with the name. */
function figuresOf(name: string, known: readonly string[]): string | undefined {
  if (/latency|time|speed|throughput|tokens_per/i.test(name))
    return "what a machine takes is measured by `archc run`, not counted; a budget bounds `flops.forward` or `flops.decode`";
  const [first = "", ...rest] = name.toLowerCase().split(".");
  const stem = known.some((k) => k.startsWith(`${first}.`)) ? first : figures[first];
  const all = known.filter((k) => stem !== undefined && k.startsWith(`${stem}.`));
  if (all.length === 0 || (rest.length > 0 && stem === first)) return undefined;
  return `it is ${orList(all.map((k) => `\`${k}\``))}`;
}

/** Budgets and expectations: what they ask, and where they do not hold. */
export const budgetCodes = {
  /** `over` is "12.0 GiB over its budget"; `terms` the breakdown, `at` "`seq` as 1024 (pkm.arch:5)". */
  "budget/exceeded": code<{
    metric: string;
    actual: string;
    over: string;
    terms: string | undefined;
    at: readonly string[];
    because: string | undefined;
    inherited: string | undefined;
    helps: readonly string[];
  }>("error", ({ metric, actual, over, terms, at, because, inherited, helps }) => ({
    message: `\`${metric}\` is ${actual}, ${over}`,
    ...(terms === undefined ? {} : { label: terms }),
    notes: [
      ...(at.length === 0 ? [] : [`with ${at.join(", ")}`]),
      ...(inherited === undefined ? [] : [inherited]),
      ...(because === undefined ? [] : [because]),
    ],
    helps,
  })),
  "budget/expectation": code<{
    metric: string;
    actual: string;
    expected: string;
    off: string;
    at: readonly string[];
    because: string | undefined;
    inherited: string | undefined;
  }>("error", ({ metric, actual, expected, off, at, because, inherited }) => ({
    message: `\`${metric}\` is ${actual}, but ${expected} is expected`,
    label: off,
    notes: [
      ...(at.length === 0 ? [] : [`with ${at.join(", ")}`]),
      ...(inherited === undefined ? [] : [inherited]),
      ...(because === undefined ? [] : [because]),
    ],
    helps: [
      "if the spec is right, correct the figure; a published figure that differs shows a spec that differs",
    ],
  })),
  "budget/not-yet": code<{ metric: string; why: string }>("warning", ({ metric, why }) => ({
    message: `\`${metric}\` is not available yet, so this line is not checked`,
    notes: [why, "it counts neither as held nor as violated"],
  })),
  "budget/no-data": code<{ metric: string; why: string }>("error", ({ metric, why }) => ({
    message: `there is no data for \`${metric}\`: ${why}`,
  })),
  "budget/unknown-metric": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `there is no figure \`${name}\``,
    helps: [
      figuresOf(name, known) ??
        didYouMeanText(name, known) ??
        `figures: ${known.map((k) => `\`${k}\``).join(", ")}`,
    ],
  })),
  "budget/unknown-argument": code<{ name: string; metric: string; known: readonly string[] }>(
    "error",
    ({ name, metric, known }) => ({
      message: `\`${metric}\` takes no \`${name}\``,
      helps: [didYouMeanText(name, known) ?? `it takes ${known.map((k) => `\`${k}\``).join(", ")}`],
    }),
  ),
  "budget/unit": code<{
    left: string;
    leftUnit: string;
    right: string;
    rightUnit: string;
    help: string | undefined;
  }>("error", ({ left, leftUnit, right, rightUnit, help }) => ({
    message: `\`${left}\` and \`${right}\` cannot be compared: ${leftUnit} against ${rightUnit}`,
    label: leftUnit,
    helps: help === undefined ? [] : [help],
  })),
  "budget/arithmetic-units": code<{ op: string; left: string; right: string }>(
    "error",
    ({ op, left, right }) => ({
      message: `\`${op}\` cannot join ${left} and ${right}`,
      helps: ["both sides of `+` and `-` need one unit; an exponent is a whole count"],
    }),
  ),
  "budget/not-a-quantity": code<{ what: string }>("error", ({ what }) => ({
    message: `${what} cannot stand in a budget or an expectation`,
    helps: [
      "it compares figures (`params.active`) and fields with numbers (`400M`) and quantities (`16 GiB`, `2 GFLOP / token`)",
    ],
  })),
  "budget/unknown-name": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `\`${name}\` is neither a figure, nor a unit, nor a field of the model`,
    helps: [
      figuresOf(name, known) ??
        didYouMeanText(name, known) ??
        "a limit may use the model's fields, `batch`, `seq`, `past` and `token`",
    ],
  })),
  "budget/divides-by-zero": code<Record<never, never>>("error", () => ({ message: "this divides by zero" })),
  "budget/loosened": code<{
    metric: string;
    own: string;
    inherited: string;
    base: string;
    strictest: string;
  }>("error", ({ metric, own, inherited, base, strictest }) => ({
    message: `the budget for \`${metric}\` loosens the one inherited from \`${base}\``,
    label: `allows ${own}, where \`${base}\` allows ${inherited}`,
    helps: [`a variant may only tighten: remove this line, or write \`${strictest}\` or stricter`],
  })),
  "budget/unknown-profile": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `there is no profile \`${name}\``,
    helps: [didYouMeanText(name, known) ?? `declare it: \`profile ${name} { batch = 8 }\``],
  })),
  "budget/profile-field": code<{ name: string; profile: string; known: readonly string[] }>(
    "error",
    ({ name, profile, known }) => ({
      message: `a profile has no field \`${name}\``,
      helps: [
        didYouMeanText(name, known) ?? `fields of \`${profile}\`: ${known.map((k) => `\`${k}\``).join(", ")}`,
      ],
    }),
  ),
  "budget/profile-value": code<{ name: string; value: string; want: string }>(
    "error",
    ({ name, value, want }) => ({
      message: `\`${name}\` cannot be \`${value}\`: ${want}`,
    }),
  ),
  "budget/profile-word": code<{ name: string; value: string; known: readonly string[] }>(
    "error",
    ({ name, value, known }) => ({
      message: `${name === "dtype" ? "memory" : "a step of training"} cannot be counted for \`${name} = ${value}\``,
      helps: [didYouMeanText(value, known) ?? `it is one of ${known.map((k) => `\`${k}\``).join(", ")}`],
    }),
  ),
  "budget/impossible-point": code<{ at: string; reason: string; needs: string }>(
    "error",
    ({ at, reason, needs }) => ({
      message: `the model does not run with ${at}: ${reason}`,
      notes: [`it needs \`${needs}\``],
    }),
  ),
};

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
    return "time depends on the machine, so `archc run` measures it; a budget can limit `flops.forward` or `flops.decode` instead";
  const [first = "", ...rest] = name.toLowerCase().split(".");
  const stem = known.some((k) => k.startsWith(`${first}.`)) ? first : figures[first];
  const all = known.filter((k) => stem !== undefined && k.startsWith(`${stem}.`));
  if (all.length === 0 || (rest.length > 0 && stem === first)) return undefined;
  return `write ${orList(all.map((k) => `\`${k}\``))}`;
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
    message: `\`${metric}\` is ${actual}, but the spec expects ${expected}`,
    label: off,
    notes: [
      ...(at.length === 0 ? [] : [`with ${at.join(", ")}`]),
      ...(inherited === undefined ? [] : [inherited]),
      ...(because === undefined ? [] : [because]),
    ],
    helps: [
      "if this is a published number, the spec differs from the published model; if the spec is right, correct the number",
    ],
  })),
  "budget/not-yet": code<{ metric: string; why: string }>("warning", ({ metric, why }) => ({
    message: `\`${metric}\` is not available yet, so this line is not checked`,
    notes: [why, "the line neither passes nor fails"],
  })),
  "budget/no-data": code<{ metric: string; why: string }>("error", ({ metric, why }) => ({
    message: `no data for \`${metric}\`: ${why}`,
  })),
  "budget/unknown-metric": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `there is no metric \`${name}\``,
    helps: [
      figuresOf(name, known) ??
        didYouMeanText(name, known) ??
        `metrics: ${known.map((k) => `\`${k}\``).join(", ")}`,
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
    message: `cannot compare \`${left}\` with \`${right}\`: one is ${leftUnit}, the other ${rightUnit}`,
    label: leftUnit,
    helps: help === undefined ? [] : [help],
  })),
  "budget/arithmetic-units": code<{ op: string; left: string; right: string }>(
    "error",
    ({ op, left, right }) => ({
      message: `\`${op}\` does not work between ${left} and ${right}`,
      helps: ["both sides of `+` and `-` need the same unit; an exponent must be a whole number"],
    }),
  ),
  "budget/not-a-quantity": code<{ what: string }>("error", ({ what }) => ({
    message: `${what} cannot be used in a budget or an expectation`,
    helps: [
      "compare a metric (`params.active`) or a field with a number (`400M`) or a quantity (`16 GiB`, `2 GFLOP / token`)",
    ],
  })),
  "budget/unknown-name": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `\`${name}\` is not a metric, a unit or a field of the model`,
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
    message: `this budget for \`${metric}\` is looser than the one inherited from \`${base}\``,
    label: `allows ${own}, but \`${base}\` allows only ${inherited}`,
    helps: [`a variant can only tighten a budget: remove this line, or write \`${strictest}\` or stricter`],
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
      message: `archc cannot count ${name === "dtype" ? "memory" : "a training step"} for \`${name} = ${value}\``,
      helps: [didYouMeanText(value, known) ?? `use one of ${known.map((k) => `\`${k}\``).join(", ")}`],
    }),
  ),
  "budget/impossible-point": code<{ at: string; reason: string; needs: string }>(
    "error",
    ({ at, reason, needs }) => ({
      message: `the model cannot run with ${at}: ${reason}`,
      notes: [`it requires \`${needs}\``],
    }),
  ),
};

import { z } from "zod";
import type { Span } from "../../grammar/ast.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { type LintSettings, lintRules } from "./index.js";
import { type JsonKey, scanJson } from "./json.js";

const levels = ["off", "warn", "error"] as const;
const count = /^(\d+(?:\.\d+)?)([KMBT]?)$/;

const level = z.enum(levels);
const rules = z.strictObject(Object.fromEntries(lintRules.map(({ name }) => [name, level.optional()])));
const lintPart = z.strictObject({ rules: rules.optional(), maxWarnings: z.int().min(0).optional() });
const dataPart = z.strictObject({
  tokens: z.union([z.int().min(1), z.string().refine(isCount)]).optional(),
});
const schema = z.strictObject({
  $schema: z.string().optional(),
  lint: lintPart.optional(),
  data: dataPart.optional(),
});

/** The keys of each part, to name those near a wrong one. */
const keys: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(schema.shape),
  lint: Object.keys(lintPart.shape),
  "lint.rules": Object.keys(rules.shape),
  data: Object.keys(dataPart.shape),
};

const wants: Readonly<Record<string, string>> = {
  "lint.maxWarnings": "a whole number of at least 0",
  "data.tokens": 'a count of at least 1: `300000000000`, `"300B"`',
};

export interface Config extends LintSettings {
  readonly maxWarnings?: number | undefined;
}

/** Reads a configuration; undefined where it is wrong, with every problem in the sink, each at its place in the text. */
export function parseConfig(text: string, file: string, sink: Diagnostics): Config | undefined {
  const { keys: written, faults } = scanJson(text);
  for (const { start, end, why } of faults)
    sink.report("config/not-json", { why }, { span: { file, start, end } });
  if (faults.length > 0) return undefined;
  const found = new Diagnostics();
  const config = configIn(text, file, written, found);
  for (const d of [...found.list].sort((a, b) => a.span!.start - b.span!.start)) sink.take(d);
  return config;
}

/** Problems come in the order of the checks, not of the lines. */
function configIn(
  text: string,
  file: string,
  known: readonly JsonKey[],
  sink: Diagnostics,
): Config | undefined {
  const body: unknown = JSON.parse(text);
  // The first of each path: a key may stand twice.
  const places = new Map([...known].reverse().map((key) => [JSON.stringify(key.path), key]));
  const placeOf = (path: readonly string[]): Span => {
    const key = places.get(JSON.stringify(path));
    return { file, start: key?.start ?? 0, end: key?.end ?? Math.min(1, text.length) };
  };
  const twice = keysSaidTwice(known, file);
  for (const { key, within, first, span } of twice)
    sink.report(
      "config/key-twice",
      { key, within },
      { span, labels: [{ span: first, text: "first set here" }] },
    );
  const parsed = schema.safeParse(body);
  if (parsed.success) {
    if (twice.length > 0) return undefined;
    const { lint = {}, data } = parsed.data;
    const set = Object.entries(lint.rules ?? {}).filter(([, l]) => l !== undefined);
    return {
      levels: Object.fromEntries(set) as NonNullable<Config["levels"]>,
      maxWarnings: lint.maxWarnings,
      dataTokens: data?.tokens === undefined ? undefined : tokensOf(data.tokens),
    };
  }
  for (const issue of parsed.error.issues) {
    const path = issue.path.map(String);
    const within = path.join(".");
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        const span = placeOf([...path, key]);
        sink.report("config/unknown-key", { key, within, known: keys[within] ?? [] }, { span });
      }
      continue;
    }
    const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], body);
    const isLevel = within.startsWith("lint.rules.");
    const want =
      wants[within] ??
      (isLevel ? '`"off"`, `"warn"` or `"error"`' : within === "$schema" ? "a string" : "an object");
    sink.report(
      "config/bad-value",
      {
        key: within,
        value: (JSON.stringify(value) ?? "nothing").slice(0, 60),
        want,
        known: isLevel ? levels : [],
      },
      { span: placeOf(path) },
    );
  }
  return undefined;
}

/** Whether a text is a whole number of tokens, at least one and no more than a trillion trillions. */
function isCount(said: string): boolean {
  const [, digits = "", suffix = ""] = count.exec(said) ?? [];
  const decimals = digits.split(".")[1]?.length ?? 0;
  return digits.length > 0 && digits.length <= 24 && decimals <= zerosOf(suffix) && tokensOf(said) >= 1n;
}

function zerosOf(suffix: string): number {
  return { K: 3, M: 6, B: 9, T: 12 }[suffix] ?? 0;
}

/** `300B` as a number of tokens. */
function tokensOf(said: number | string): bigint {
  if (typeof said === "number") return BigInt(said);
  const [, digits = "0", suffix = ""] = count.exec(said) ?? [];
  const [whole = "0", rest = ""] = digits.split(".");
  const zeros = zerosOf(suffix);
  return BigInt(whole + rest.slice(0, zeros).padEnd(zeros, "0"));
}

interface SaidTwice {
  readonly key: string;
  readonly within: string;
  readonly first: Span;
  readonly span: Span;
}

/** Keys that one object of a JSON text says again: a reader keeps the last of them and drops the others unseen. */
function keysSaidTwice(known: readonly JsonKey[], file: string): readonly SaidTwice[] {
  const firsts = new Map<string, Span>();
  return known.flatMap(({ path, start, end }) => {
    const name = JSON.stringify(path);
    const span = { file, start, end };
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, span);
    return first === undefined
      ? []
      : [{ key: path.at(-1)!, within: path.slice(0, -1).join("."), first, span }];
  });
}

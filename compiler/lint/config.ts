import { z } from "zod";
import type { Span } from "../../grammar/ast.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { type LintSettings, lintRules } from "./index.js";

const levels = ["off", "warn", "error"] as const;
const count = /^(\d+(?:\.\d+)?)([KMBT]?)$/;

const level = z.enum(levels);
const rules = z.strictObject(Object.fromEntries(lintRules.map(({ name }) => [name, level.optional()])));
const lintPart = z.strictObject({ rules: rules.optional(), maxWarnings: z.int().min(0).optional() });
const dataPart = z.strictObject({
  tokens: z.union([z.int().min(1), z.string().regex(count)]).optional(),
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
  "data.tokens": 'a count: `300000000000`, `"300B"`',
};

export interface Config extends LintSettings {
  readonly maxWarnings?: number | undefined;
}

/** Reads a configuration; undefined where it is wrong, with every problem in the sink, each at its place in the text. */
export function parseConfig(text: string, file: string, sink: Diagnostics): Config | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    const why = (error instanceof Error ? error.message : "").replace(/\s+/g, " ");
    const at = Math.min(text.length, Number(/position (\d+)/.exec(why)?.[1] ?? 0));
    sink.report(
      "config/not-json",
      { why },
      { span: { file, start: at, end: Math.min(text.length, at + 1) } },
    );
    return undefined;
  }
  const twice = keysSaidTwice(text, file);
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
        const span = placeOf(text, file, [...path, key]);
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
      { span: placeOf(text, file, path) },
    );
  }
  return undefined;
}

/** `300B` as a number of tokens. */
function tokensOf(said: number | string): bigint {
  if (typeof said === "number") return BigInt(said);
  const [, digits = "0", suffix = ""] = count.exec(said) ?? [];
  const [whole = "0", rest = ""] = digits.split(".");
  const zeros = { K: 3, M: 6, B: 9, T: 12 }[suffix] ?? 0;
  return BigInt(whole + rest.slice(0, zeros).padEnd(zeros, "0"));
}

interface SaidTwice {
  readonly key: string;
  readonly within: string;
  readonly first: Span;
  readonly span: Span;
}

/** Keys that one object of a JSON text says again: a reader keeps the last of them and drops the others unseen. */
function keysSaidTwice(text: string, file: string): readonly SaidTwice[] {
  const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)];
  const found: SaidTwice[] = [];
  const open: { readonly keys: Map<string, Span>; readonly within: string; last: string }[] = [];
  for (const [i, { 0: token, index: start }] of tokens.entries()) {
    const around = open.at(-1);
    if (token === "{" || token === "[") {
      const within = [around?.within ?? "", around?.last ?? ""].filter((part) => part !== "").join(".");
      open.push({ keys: new Map(), within, last: "" });
    } else if (token === "}" || token === "]") open.pop();
    else if (around && token !== ":" && tokens[i + 1]?.[0] === ":") {
      const key = String(JSON.parse(token));
      const span = { file, start, end: start + token.length };
      const first = around.keys.get(key);
      if (first) found.push({ key, within: around.within, first, span });
      else around.keys.set(key, span);
      around.last = key;
    }
  }
  return found;
}

/** Where a key stands: each name of the path after the one before it. The whole text begins where one is not found. */
function placeOf(text: string, file: string, path: readonly string[]): Span {
  let at = 0;
  let span: Span = { file, start: 0, end: Math.min(1, text.length) };
  for (const key of path) {
    const name = JSON.stringify(key);
    const found = text.indexOf(name, at);
    if (found < 0) return span;
    at = found + name.length;
    span = { file, start: found, end: at };
  }
  return span;
}

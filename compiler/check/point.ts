import type { Span } from "../../grammar/ast.js";
import type { Stored } from "../cost/stored.js";
import { order } from "../dim/quantity.js";
import type { Assumption } from "../ir/graph.js";
import type { Optimizer } from "../train/optimizer-names.js";
import type { ModelInstance } from "./instance.js";

/** Run-time sizes that a figure is taken at. */
export type Point = Readonly<Record<string, bigint>>;

/** One size with where it was said; no span for a default. */
export interface Setting {
  readonly value: bigint;
  readonly span: Span | undefined;
}

export type Settings = ReadonlyMap<string, Setting>;

/** What figures are taken under beside sizes, as far as a profile says. */
export interface Circumstances {
  /** What weights and values are kept as. */
  readonly stored?: Stored | undefined;
  /** What trains, where a figure of training does not say. */
  readonly optimizer?: Optimizer | undefined;
}

/** What a profile may say besides sizes. */
export const PROFILE_WORDS = ["dtype", "device", "optimizer", "data"] as const;

/** The names of all sizes that a figure of the model can depend on; what states keep follows from them. */
export function sizesOf(instance: ModelInstance): readonly string[] {
  const own = [...instance.start.symbols, ...instance.step.symbols].flatMap((s) => (s.left ? [] : [s.name]));
  return [...new Set(["batch", "seq", ...own])];
}

/** The least value of a size: 0 for `past`. */
export function leastOf(instance: ModelInstance, name: string): bigint {
  const symbol = [...instance.step.symbols, ...instance.start.symbols].find((s) => s.name === name);
  return symbol?.least ?? (name === "past" ? 0n : 1n);
}

/**
 * Where nothing else is said: one sequence, as long as the model's field `seq` says, nothing before it; counts of
 * `forward` as their defaults say.
 */
export function defaultSettings(instance: ModelInstance): Settings {
  const settings = new Map<string, Setting>();
  for (const name of sizesOf(instance)) {
    const field = name === "past" ? undefined : instance.fields.find((f) => f.name === name);
    const usual = instance.start.symbols.find((s) => s.name === name)?.usual;
    const said = field !== undefined && typeof field.value === "bigint" ? field.value : undefined;
    const value = usual ?? said ?? leastOf(instance, name);
    settings.set(name, { value, span: field?.span });
  }
  return settings;
}

export function pointOf(settings: Settings): Point {
  return Object.fromEntries([...settings].map(([name, { value }]) => [name, value]));
}

/** A point without the sizes that nobody set and no graph of the model has, such as the `seq` of an image classifier. */
export function shownPoint(instance: ModelInstance, point: Point): Point {
  const own = new Set([...instance.start.symbols, ...instance.step.symbols].map((s) => s.name));
  return Object.fromEntries(Object.entries(point).filter(([name, size]) => own.has(name) || size !== 1n));
}

/** The first assumption of the model's graphs that does not hold at a point, with nothing left open. */
export function brokenAssumption(instance: ModelInstance, point: Point): Assumption | undefined {
  const graphs = (point.past ?? 0n) === 0n ? [instance.start] : [instance.step];
  for (const assumption of graphs.flatMap((g) => g.assumptions)) {
    if (holdsAt(assumption, point) === false) return assumption;
  }
  return undefined;
}

/** Whether a relation of sizes holds at a point; undefined where a size is left open. */
export function holdsAt(
  { left, relation, right }: Omit<Assumption, "reason">,
  point: Point,
): boolean | undefined {
  if (![...left.symbols, ...right.symbols].every((s) => point[s] !== undefined)) return undefined;
  const sign = order(left.evaluate(point), right.evaluate(point));
  return relation === "==" ? sign === 0 : relation === "<" ? sign < 0 : sign <= 0;
}

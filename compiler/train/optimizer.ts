import { Builder } from "../ir/build.js";
import type { Region, Type, Value } from "../ir/graph.js";
import type { Optimizer } from "./optimizer-names.js";

/** What an optimizer keeps for each number of a weight, by name. */
export const slotsOf: Readonly<Record<Optimizer, readonly string[]>> = {
  adam: ["mean", "square"],
  adamw: ["mean", "square"],
  sgd: [],
};

/** The usual constants of Adam (Kingma and Ba, arXiv 1412.6980) and of its decoupled decay (arXiv 1711.05101). */
const beta = { mean: 0.9, square: 0.999 };
const epsilon = 1e-8;
const decay = 0.01;

/** Scalars that all weights' updates share. */
export interface Schedule {
  /** f32 */
  readonly rate: Value;
  /** 1 − βᵗ of both averages, for the t-th update; undefined where there are none. */
  readonly corrections: readonly Value[];
}

/** The scalars of update number `updates` + 1 (i32, from 0). */
export function schedule(
  b: Builder,
  optimizer: Optimizer,
  rate: Value,
  updates: Value | undefined,
): Schedule {
  if (!updates) return { rate, corrections: [] };
  const t = b.op("add", [b.op("cast", [updates], { to: "f32" }), b.scalar(1)], {});
  const correction = (of: number) => b.op("sub", [b.scalar(1), b.op("pow", [b.scalar(of), t], {})], {});
  return { rate, corrections: slotsOf[optimizer].map((slot) => correction(beta[slot as keyof typeof beta])) };
}

/** Adds updates of weights, each shape's body once. */
export class Updates {
  private readonly bodies = new Map<string, Region>();

  constructor(
    private readonly b: Builder,
    private readonly optimizer: Optimizer,
    private readonly shared: Schedule,
  ) {}

  /** A weight and its slots after one step against its gradient. */
  of(weight: Value, gradient: Value, slots: readonly Value[]): { weight: Value; slots: readonly Value[] } {
    const key = weight.shape.map((d) => d.key).join();
    const body = this.bodies.get(key) ?? bodyOf(this.optimizer, weight, slots.length);
    this.bodies.set(key, body);
    const { rate, corrections } = this.shared;
    const operands = [weight, gradient, ...slots, rate, ...corrections];
    const attrs = { name: this.optimizer, path: "", args: {}, body };
    const [updated, ...next] = this.b.node("call", operands, attrs);
    return { weight: updated!, slots: next };
  }
}

function bodyOf(optimizer: Optimizer, like: Type, slots: number): Region {
  const b = new Builder();
  const scalar = { dtype: "f32", shape: [] } as const;
  const weight = b.input(like, "weight");
  const gradient = b.input(like, "gradient");
  const old = Array.from({ length: slots }, (_, i) => b.input(like, slotsOf[optimizer][i]!));
  const rate = b.input(scalar, "rate");
  const corrections = old.map((slot) => b.input(scalar, `${slot.name}_correction`));
  const times = (x: Value, y: Value | number) =>
    b.op("mul", [x, typeof y === "number" ? b.scalar(y) : y], {});
  if (optimizer === "sgd") return b.region([b.op("sub", [weight, times(gradient, rate)], {})]);
  const blend = (average: Value, x: Value, kept: number) =>
    b.op("add", [times(average, kept), times(x, 1 - kept)], {});
  const mean = blend(old[0]!, gradient, beta.mean);
  const square = blend(old[1]!, times(gradient, gradient), beta.square);
  const [m, v] = [mean, square].map((x, i) => b.op("div", [x, corrections[i]!], {}));
  const step = b.op("div", [m!, b.op("add", [b.op("sqrt", [v!], {}), b.scalar(epsilon)], {})], {});
  const whole = optimizer === "adamw" ? b.op("add", [step, times(weight, decay)], {}) : step;
  return b.region([b.op("sub", [weight, times(whole, rate)], {}), mean, square]);
}

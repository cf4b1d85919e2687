import { metric, metricNames, metricWords, metricWork } from "../cost/metrics.js";
import { inBytes, inFlop, rational, unitless } from "../dim/quantity.js";
import type { ModelInstance } from "./instance.js";
import type { Meter } from "./limit.js";
import type { Circumstances } from "./point.js";

/**
 * What the figures of a spec's budgets may still take, in nodes and inputs of graphs that are run: the real ones of a
 * file take some ten thousand. `aside` is for figures that only make a message more helpful.
 */
export class Effort {
  private left = 250_000;
  private leftAside = 60_000;
  private told = false;

  spend(work: number, aside: boolean): boolean {
    if (aside) this.leftAside -= work;
    else this.left -= work;
    return (aside ? this.leftAside : this.left) >= 0;
  }

  get isSpent(): boolean {
    return this.left < 0;
  }

  /** True once. */
  get first(): boolean {
    const first = !this.told;
    this.told = true;
    return first;
  }
}

const units = { count: unitless, bytes: inBytes, flop: inFlop } as const;

/** Reads the figures of one model from the cost analysis. */
export function meterOf(instance: ModelInstance, effort = new Effort()): Meter {
  return meterUnder(instance, effort, {}, false);
}

function meterUnder(
  instance: ModelInstance,
  effort: Effort,
  circumstances: Circumstances,
  isAside: boolean,
): Meter {
  const { stored, optimizer } = circumstances;
  return {
    ...(isAside ? {} : { aside: meterUnder(instance, effort, circumstances, true) }),
    isSpent: () => effort.isSpent,
    under: (others) => meterUnder(instance, effort, others, isAside),
    names: metricNames,
    words: (name) => metricWords(instance, name),
    read(name, words, point) {
      if (!effort.spend(metricWork(instance, name), isAside))
        return { kind: "too-much", first: !isAside && effort.first };
      const takes =
        words.length === 0 && optimizer !== undefined && metricWords(instance, name).includes(optimizer);
      const measured = metric(instance, name, takes ? [optimizer] : words, point, stored);
      if (measured.kind !== "value") return measured;
      const { value, unit, terms, tokens, why } = measured;
      return {
        kind: "reading",
        reading: {
          quantity: { value: rational(...value), unit: units[unit] },
          terms,
          tokens,
          ...(why === undefined ? {} : { why }),
        },
      };
    },
  };
}

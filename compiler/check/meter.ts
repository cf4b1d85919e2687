import { metric, metricNames, metricWords } from "../cost/metrics.js";
import type { Stored } from "../cost/stored.js";
import type { ModelInstance } from "./instance.js";
import type { Meter } from "./limit.js";
import { inBytes, inFlop, rational, unitless } from "./quantity.js";

const units = { count: unitless, bytes: inBytes, flop: inFlop } as const;

/** Reads the figures of one model from the cost analysis. */
export function meterOf(instance: ModelInstance, stored?: Stored): Meter {
  return {
    keptAs: (other) => meterOf(instance, other),
    names: metricNames,
    words: (name) => metricWords(instance, name),
    read(name, words, point) {
      const measured = metric(instance, name, words, point, stored);
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

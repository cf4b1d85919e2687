import { metric, metricNames, metricWords } from "../cost/metrics.js";
import { inBytes, inFlop, rational, unitless } from "../dim/quantity.js";
import type { ModelInstance } from "./instance.js";
import type { Meter } from "./limit.js";
import type { Circumstances } from "./point.js";

const units = { count: unitless, bytes: inBytes, flop: inFlop } as const;

/** Reads the figures of one model from the cost analysis. */
export function meterOf(instance: ModelInstance, { stored, optimizer }: Circumstances = {}): Meter {
  return {
    under: (circumstances) => meterOf(instance, circumstances),
    names: metricNames,
    words: (name) => metricWords(instance, name),
    read(name, words, point) {
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

import { inBytes, inFlop, quantityText, rational, type Unit, unitless } from "../dim/quantity.js";
import type { Exact } from "./metrics.js";

const units: Readonly<Record<"count" | "bytes" | "flop", Unit>> = {
  count: unitless,
  bytes: inBytes,
  flop: inFlop,
};

/** A figure as a person reads it: `12.6M`, `4.00 MiB`. */
export function human(value: bigint | Exact, unit: "count" | "bytes" | "flop"): string {
  const exact = typeof value === "bigint" ? rational(value) : value;
  return quantityText({ value: exact, unit: units[unit] });
}

/** `human` for a table, where nothing is a dash. */
export function cell(value: bigint | Exact, unit: "count" | "bytes" | "flop"): string {
  return value === 0n || (typeof value !== "bigint" && value[0] === 0n) ? "-" : human(value, unit);
}

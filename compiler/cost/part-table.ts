import { columns } from "../columns.js";
import { plus, rational, times } from "../dim/quantity.js";
import type { Exact } from "./metrics.js";
import type { PartCost } from "./report.js";
import { cell, human } from "./text.js";

type Figures = Pick<PartCost, "params" | "active" | "flops" | "activationBytes" | "cacheBytes">;

/** Blocks in a row with the same figures and slots. */
interface Group {
  readonly first: PartCost;
  last: PartCost;
  count: bigint;
}

/**
 * What each part costs, and all of them. Blocks in a row that are alike share a line, `blocks.0 .. 4`: its figures are
 * those of all of them, and `5 x 12.6M` beside it says how many they are and what one holds, so every column adds up.
 */
export function partTable(parts: readonly PartCost[]): string {
  const groups: Group[] = [];
  for (const part of parts) {
    const before = groups.at(-1);
    if (before && alike(before.last, part)) {
      before.last = part;
      before.count++;
    } else groups.push({ first: part, last: part, count: 1n });
  }
  const rows = groups.map(({ first, last, count }) => {
    const name = first.path === "" ? "(model)" : first.path;
    const slots = Object.entries(first.slots).map(([slot, layer]) => `${slot} ${layer}`);
    return [
      count === 1n ? name : `${name} .. ${last.path.split(".").at(-1)}`,
      count === 1n ? "" : `${count} x ${human(first.params, "count")}`,
      slots.join(", "),
      ...cells(repeated(first, count)),
    ];
  });
  const head = ["part", "params each", "", "params", "active", "flops", "activations", "cache"];
  const table = [head, ...rows, ["total", "", "", ...cells(sum(parts))]];
  if (groups.some(({ count }) => count > 1n)) return columns(table, [1, 3, 4, 5, 6, 7]);
  return columns(
    table.map(([name = "", , ...rest]) => [name, ...rest]),
    [2, 3, 4, 5, 6],
  );
}

/** Are these two blocks of one stack with the same figures? */
function alike(a: PartCost, b: PartCost): boolean {
  const stack = (path: string) => path.slice(0, path.lastIndexOf("."));
  const facts = ({ slots, ...part }: PartCost) => [
    ...Object.entries(slots).flat(),
    ...[part.params, ...part.active, part.flops, part.activationBytes, part.cacheBytes].map(String),
  ];
  return b.path.includes(".") && stack(a.path) === stack(b.path) && facts(a).join("|") === facts(b).join("|");
}

function repeated(part: PartCost, count: bigint): Figures {
  return {
    params: count * part.params,
    active: times(part.active, rational(count)),
    flops: count * part.flops,
    activationBytes: count * part.activationBytes,
    cacheBytes: count * part.cacheBytes,
  };
}

function sum(parts: readonly PartCost[]): Figures {
  const all = (of: (part: PartCost) => bigint) => parts.reduce((total, part) => total + of(part), 0n);
  return {
    params: all((p) => p.params),
    active: parts.reduce<Exact>((total, { active }) => plus(total, active), [0n, 1n]),
    flops: all((p) => p.flops),
    activationBytes: all((p) => p.activationBytes),
    cacheBytes: all((p) => p.cacheBytes),
  };
}

function cells({ params, active, flops, activationBytes, cacheBytes }: Figures): string[] {
  return [
    cell(params, "count"),
    cell(active, "count"),
    cell(flops, "flop"),
    cell(activationBytes, "bytes"),
    cell(cacheBytes, "bytes"),
  ];
}

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { costOf, eachNode, type GraphCost, sizesAt } from "../../compiler/cost/analyse.js";
import { countWeights } from "../../compiler/cost/params.js";
import { Dim } from "../../compiler/dim/dim.js";
import type { Graph } from "../../compiler/ir/graph.js";
import { inline, optimize } from "../../compiler/ir/passes/optimize.js";
import { openSpec } from "../../compiler/node-host.js";
import { costKeys } from "../../compiler/ops/cost-vector.js";
import { createService } from "../../compiler/service.js";

const specs = fileURLToPath(new URL("../../specs/", import.meta.url));
const files = readdirSync(specs).filter((f) => f.startsWith("small") && f.endsWith(".arch"));
const fixtures = fileURLToPath(new URL("../check/fixtures/hard-models.arch", import.meta.url));

/** All that is known of a graph's cost, as text. */
function facts(graph: Graph): readonly string[] {
  const cost: GraphCost = costOf(graph);
  const sizes = Object.fromEntries(graph.symbols.map((s, i) => [s.name, BigInt(i * 2 + 3)]));
  const useful = cost.flopsUseful.evaluate(sizesAt(cost, sizes).sizes);
  const weights = countWeights(cost, Dim.symbol("batch").times(Dim.symbol("seq")));
  const ops = new Map<string, number>();
  eachNode(cost, ({ op }) => {
    ops.set(op, (ops.get(op) ?? 0) + 1);
  });
  return [
    ...costKeys.map((key) => `${key}: ${cost.total[key]}`),
    `useful: ${useful}`,
    ...weights.map((w) => `${w.name}: ${w.active}`),
    ...[...ops].map(([op, n]) => `${n} ${op}`).sort(),
  ];
}

/** Bodies that many calls share are counted once each; with every call expanded, nothing is shared. */
describe("a graph costs what it costs with every call expanded", () => {
  const paths = [...files.map((f) => specs + f), fixtures];
  const instances = paths.flatMap((file) => {
    const { host, path } = openSpec(file);
    return createService(host).instances(path).value ?? [];
  });

  test.each(instances.map((m) => [m.name, m] as const))("%s", (_, { start, step }) => {
    for (const graph of new Set([start, step])) {
      for (const form of [graph, optimize(graph)]) expect(facts(form)).toEqual(facts(inline(form).graph));
    }
  });

  test("there are such models", () => {
    expect(instances.length).toBeGreaterThan(8);
  });
});

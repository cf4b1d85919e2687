import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { meterOf } from "../../compiler/check/meter.js";
import { unitOfMetric } from "../../compiler/check/unbuilt.js";
import { metricNames } from "../../compiler/cost/metrics.js";
import { unitName } from "../../compiler/dim/quantity.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { model } from "./support.js";

it("every metric has the unit that it is said to have without a model", () => {
  const meter = meterOf(model(readFileSync(new URL("../../specs/small.arch", import.meta.url), "utf8")));
  let read = 0;
  for (const name of metricNames) {
    const measured = meter.read(name, meter.words(name).slice(0, 1), { batch: 1n, seq: 8n, past: 4n });
    if (measured.kind !== "reading") continue;
    read++;
    expect(`${name} ${unitName(unitOfMetric(name))}`).toBe(
      `${name} ${unitName(measured.reading.quantity.unit)}`,
    );
  }
  expect(read).toBeGreaterThan(8);
});

it("a wrong unit is told beside the other faults of its file", () => {
  const std = createNodeHost(".");
  const text = `import { decoder } from "std"
model M : decoder { vocab = 8
  seq = 8
  dim = 8
  heads = 2
  blocks 2 { attn = atention(heads)
    ffn = mlp() }
  budget {
    params.total <= 1 GiB
    memory.inference <= 4 * dim
  }
}`;
  const host = { read: (p: string) => (p === "m.arch" ? text : std.read(p)), std: () => std.std() };
  expect(
    createService(host)
      .diagnostics("m.arch")
      .map((d) => d.code),
  ).toEqual(["name/unknown-layer", "budget/unit", "budget/unit"]);
});

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { onnx } from "onnx-proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluateGraph } from "../../../compiler/ir/evaluate.js";
import { arrayOf } from "../../../compiler/ops/array.js";
import type { NdArray } from "../../../compiler/ops/define.js";
import { fill } from "../../../compiler/weights/fill.js";
import { layOut, storedTensors } from "../../../compiler/weights/layout.js";
import { writeSafetensors } from "../../../compiler/weights/write.js";
import { expectGolden } from "../../support/golden.js";
import { miniGpt, VOCAB } from "./mini.js";
import { bytesOf, decode, distance, runOnnx } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "archc-mini-"));
const graph = miniGpt();
const layout = layOut(storedTensors(graph), {});
const weights = new Map(layout.placed.map((p) => [p.tensor.name, p]));
const profiles = ["default", "modern"] as const;
const fileOf = (profile: string): string => join(folder, `${profile}.onnx`);

beforeAll(async () => {
  for (const profile of profiles) writeFileSync(fileOf(profile), bytesOf(graph, { profile, weights }));
  await writeSafetensors(join(folder, "weights.safetensors"), layout, 5);
});
afterAll(() => rmSync(folder, { recursive: true }));

const own = graph.inputPorts.filter((p) => p.role !== "weight").map((p) => p.name);
const given: Record<string, NdArray> = Object.fromEntries(
  storedTensors(graph).map((tensor) => {
    const data = new Float32Array(tensor.shape.reduce((a, b) => a * b, 1));
    fill(tensor, 5, 0, data);
    return [tensor.name, arrayOf("f32", tensor.shape, data)];
  }),
);

function tokens(batch: number, count: number, from = 0): NdArray {
  return arrayOf(
    "i32",
    [batch, count],
    Array.from({ length: batch * count }, (_, i) => (5 * (i % count) + 3 * from + i) % VOCAB),
  );
}

const empty = (batch: number): NdArray => arrayOf("f32", [batch, 2, 0, 4], []);

async function both(profile: string, inputs: readonly NdArray[]): Promise<NdArray[]> {
  const got = await runOnnx(fileOf(profile), graph, inputs);
  const named = Object.fromEntries(own.map((name, i) => [name, inputs[i]!]));
  const expected = evaluateGraph(graph, { ...given, ...named }, { past: inputs[1]!.shape[2]! });
  graph.outputPorts.forEach((port, i) => expect(distance(got[i]!, expected[port.name]!)).toBeLessThan(1e-5));
  return got;
}

describe.each(profiles)("a decoder written by hand, profile %s", (profile) => {
  it("agrees with the reference from nothing and from its cache", async () => {
    const first = await both(profile, [tokens(2, 5), empty(2), empty(2)]);
    expect(first[1]!.shape).toEqual([2, 2, 5, 4]);
    await both(profile, [tokens(2, 3, 5), first[1]!, first[2]!]);
  });

  it("gives the same logits step by step as in one pass", async () => {
    const ids = tokens(1, 7);
    const [whole] = await both(profile, [ids, empty(1), empty(1)]);
    let states = [empty(1), empty(1)];
    for (let t = 0; t < 7; t++) {
      const [logits, ...next] = await both(profile, [arrayOf("i32", [1, 1], [ids.data[t]!]), ...states]);
      const row = arrayOf("f32", [1, 1, VOCAB], whole!.data.slice(t * VOCAB, (t + 1) * VOCAB));
      expect(distance(logits!, row)).toBeLessThan(1e-5);
      states = next;
    }
  });
});

describe("the file", () => {
  it("has the same bytes every time", () => {
    expect(bytesOf(miniGpt(), { weights })).toEqual(bytesOf(graph, { weights }));
  });

  it("reads like this", () => {
    const bytes = bytesOf(graph, { weights });
    const hash = createHash("sha256").update(bytes).digest("hex");
    const text = `${listing(decode(bytes).graph!)}\nsha256 ${hash}\n`;
    expectGolden(text, fileURLToPath(new URL("golden/mini.txt", import.meta.url)));
  });
});

function listing(model: onnx.IGraphProto): string {
  const shape = (info: onnx.IValueInfoProto): string =>
    info.type!.tensorType!.shape!.dim!.map((d) => d.dimParam || String(d.dimValue)).join(", ");
  const lines = [
    ...model.input!.map((i) => `input ${i.name} [${shape(i)}]`),
    ...model.initializer!.map((t) => {
      const place = t.externalData!.map((e) => e.value).join(" ");
      return `${place === "" ? "constant" : "weight"} ${t.name} [${t.dims!.join(", ")}] ${place}`.trimEnd();
    }),
    ...model.node!.map((n) => `${n.output!.join(", ")} = ${n.opType}(${n.input!.join(", ")})`),
    ...model.output!.map((o) => `output ${o.name} [${shape(o)}]`),
  ];
  return lines.join("\n");
}

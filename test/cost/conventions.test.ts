import { describe, expect, test } from "vitest";
import { conventionNames, conventions } from "../../compiler/cost/conventions.js";
import { costReport } from "../../compiler/cost/report.js";
import { costJson, costText } from "../../compiler/cost/report-text.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { model } from "../check/support.js";

const service = createService(createNodeHost(new URL("../../specs", import.meta.url).pathname));
const gpt2 = service.cost("gpt2.arch", { model: "Gpt2Small", conventions: conventionNames }).value!;
const pkm = service.instance("pkm-lm.arch", "PkmLM").value!;

/** In units of 10^9, as the sheet prints them. */
const counted = (report: typeof gpt2) =>
  Object.fromEntries(report.conventions.map((c) => [c.name, (Number(c.value[0]) / 1e9).toFixed(1)]));

describe("conventions", () => {
  test("GPT-2 small at 1 x 1024: the sheet's table 2.1", () => {
    expect(counted(gpt2)).toEqual({
      torch: "291.6",
      fvcore: "126.6",
      palm: "293.5",
      megatron: "272.3",
      kaplan: "173.9",
      chinchilla: "371.1",
      calflops: "253.1",
      deepspeed: "291.8",
    });
  });

  test("closed forms, exactly", () => {
    const [T, L, d, V, H] = [1024n, 12n, 768n, 50257n, 12n];
    const value = (name: string) => gpt2.conventions.find((c) => c.name === name)!.value;
    const dense = 12n * L * T * d * d;
    const norms = 5n * (2n * L + 1n) * T * d;
    expect(value("torch")).toEqual([2n * dense + 4n * L * T * T * d + 2n * T * d * V, 1n]);
    expect(value("kaplan")).toEqual([2n * dense, 1n]);
    expect(value("megatron")).toEqual([2n * dense + 2n * L * T * T * d + 2n * T * d * V, 1n]);
    expect(value("palm")).toEqual([2n * 124_439_808n * T + 4n * L * T * T * d, 1n]);
    expect(value("fvcore")).toEqual([dense + T * d * V + norms, 1n]);
    expect(value("calflops")).toEqual([2n * dense + 2n * T * d * V + norms + L * T * 4n * d, 1n]);
    expect(value("chinchilla")).toEqual([
      2n * dense + 4n * L * T * T * d + 4n * T * d * V + 3n * L * H * T * T,
      1n,
    ]);
  });

  test("`torch` is `flops.forward`, in every model and at every point", () => {
    for (const at of [
      { batch: 1n, seq: 512n },
      { batch: 3n, seq: 7n, past: 5n },
    ]) {
      const report = costReport(pkm, at, { conventions: ["torch", "palm"] });
      const forward = report.metrics.get("flops.forward");
      expect(forward).toMatchObject({ kind: "value", value: report.conventions[0]!.value });
      expect(report.conventions[0]!.polynomial.evaluate({ past: 0n, ...at })).toEqual(
        report.conventions[0]!.value,
      );
    }
  });

  test("a sparse table counts the rows that a token uses", () => {
    const at = { batch: 1n, seq: 512n };
    const [palm] = costReport(pkm, at, { conventions: ["palm"] }).conventions;
    const active = costReport(pkm, at).metrics.get("params.active");
    const attention = 4n * 12n * 512n * 512n * 1024n;
    expect(active?.kind === "value" && 2n * active.value[0] * 512n + attention).toBe(palm!.value[0]);
  });

  test("a model without blocks counts all its products", () => {
    const plain = model(`
model Plain {
  forward(x: [B T, D = 8]) -> (y: [B T, E = 4]) {
    weight w: [D = 8, E = 4] init normal(0.02)
    return einsum[.. D, D E -> .. E](x, w)
  }
}`);
    const point = { batch: 1n, seq: 3n };
    const report = costReport(plain, point, { conventions: ["kaplan", "torch"] });
    expect(report.conventions.map((c) => c.value[0])).toEqual([2n * 3n * 8n * 4n, 2n * 3n * 8n * 4n]);
  });

  test("are printed with what they are, and as data", () => {
    expect(costText(gpt2)).toMatch(/^flops \(kaplan\) +173\.9 GFLOP +173,946,175,488 +Kaplan/m);
    expect(costJson(gpt2).conventions).toMatchObject({ kaplan: 173_946_175_488n });
    expect(costJson(costReport(pkm, { batch: 1n, seq: 8n }))).not.toHaveProperty("conventions");
    for (const { about } of Object.values(conventions)) expect(about).not.toBe("");
  });
});

describe("memory of other types", () => {
  const at = (stored: "f32" | "f16" | "bf16" | "int8") =>
    service.cost("gpt2.arch", { model: "Gpt2Small", stored }).value!;
  const figure = (stored: Parameters<typeof at>[0], name: string) => {
    const found = at(stored).metrics.get(name);
    return found?.kind === "value" ? found.value[0] : undefined;
  };

  test.each([
    ["f32", 4n, 4n],
    ["f16", 2n, 2n],
    ["bf16", 2n, 2n],
    ["int8", 1n, 4n],
  ] as const)("%s: %d bytes a weight, %d a value", (stored, weight, value) => {
    expect(figure(stored, "params.bytes")).toBe(124_439_808n * weight);
    expect(figure(stored, "memory.weights")).toBe(124_439_808n * weight);
    expect(figure(stored, "memory.cache")).toBe(2n * 12n * 768n * 1024n * value);
    const { memory } = at(stored);
    expect(memory.weights).toBe(124_439_808n * weight);
    expect(memory.total).toBe(
      memory.weights + memory.buffers + memory.states + memory.activations + memory.workspace,
    );
    expect(figure(stored, "flops.forward")).toBe(291_648_307_200n);
  });

  test("activations halve, but ids stay whole", () => {
    const [full, half] = [at("f32").memory, at("f16").memory];
    expect(half.activations < full.activations).toBe(true);
    expect(half.activations * 2n >= full.activations).toBe(true);
  });
});

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { figure, modelOf } from "./models.js";
import { expectNear } from "./near.js";
import { fullPass } from "./passes.js";
import { buildWith, on, readTensors, targets, toleranceOf } from "./targets.js";

const spec = "test/parity/fixtures/pkm.arch";
const peer = await readTensors(fileURLToPath(new URL("./fixtures/pkm.safetensors", import.meta.url)));

const f32 = (shape: readonly number[], data: Iterable<number>): HostTensor => ({
  dtype: "f32",
  shape,
  data: Float32Array.from(data),
});

/** The sheet's filling: a · sin(1.3 i + p), i counting in row-major order of PyTorch's layout. */
const filled = (count: number, a: number, p: number, base = 0) =>
  Float32Array.from({ length: count }, (_, i) => base + a * Math.sin(1.3 * i + p));

/** PyTorch keeps a linear map as [out, in], we as [in, out]. */
const transposed = (data: Float32Array, rows: number, columns: number) =>
  Float32Array.from({ length: rows * columns }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);

/** Golden G1 of the fact sheet: the official code's numbers, in float64. */
const golden: Readonly<Record<string, Float32Array>> = {
  "memory.query": transposed(filled(32, 1, 0.1), 8, 4),
  "memory.shift": filled(8, 0.5, 0.2),
  "memory.norm.scale": filled(8, 0.1, 0.3, 1),
  "memory.norm.shift": filled(8, 0.1, 0.4),
  "memory.norm.running_mean": filled(8, 0.2, 0.5),
  "memory.norm.running_var": filled(8, 0.3, 0.6, 1),
  "memory.sub": filled(32, 1, 0.7),
  "memory.table": filled(48, 1, 0.8),
};
const goldenX = f32([2, 4], filled(8, 1, 0.9));
const goldenY = f32([2, 3], [-1.32958965, -0.09632902, 1.27805385, 0.48836818, -1.10149725, -1.07766663]);

describe("a product-key memory", () => {
  it.each(targets)("holds golden G1 of the official code to 1e-5: %s", async (target) => {
    const built = await buildWith(modelOf(spec, "G1"), (name) => golden[name]!);
    const { outputs } = await on(built, target, (model) => fullPass(model, { x: goldenX }));
    expectNear(outputs.y, goldenY, Math.min(1e-5, toleranceOf(target)), "y");
  });

  it.each(targets)(
    "gives what its equations in PyTorch give, batch norm in evaluation included: %s",
    async (target) => {
      const built = await buildWith(modelOf(spec, "Peer"), (name) => peer[name]!.data);
      const { outputs } = await on(built, target, (model) => fullPass(model, { x: peer["expected.x"]! }));
      expectNear(outputs.y, peer["expected.y"]!, Math.min(1e-5, toleranceOf(target)), "y");
    },
  );

  it("has the 26,503,680 parameters of the official notebook's, its parts as printed there", () => {
    const { start } = modelOf(spec, "Notebook");
    const count = (names: readonly string[]) =>
      start.inputPorts
        .filter((p) => p.role === "weight" && p.weight.kind === "weight" && names.includes(p.name))
        .reduce((sum, p) => sum + p.value.shape.reduce((n, d) => n * Number(d.int), 1), 0);
    expect(count(["memory.sub"])).toBe(262_144);
    expect(count(["memory.table"])).toBe(26_214_400);
    expect(count(["memory.query", "memory.shift"])).toBe(26_112);
    expect(count(["memory.norm.scale", "memory.norm.shift"])).toBe(1024);
    expect(figure(spec, "Notebook", "params.total")).toBe(26_503_680n);
    expect(figure(spec, "Notebook", "params.buffers")).toBe(1024n);
    expect(start.outputPorts[0]!.value.shape.map((d) => `${d}`).at(-1)).toBe("100");
  });
});

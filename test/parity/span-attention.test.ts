import { describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import { stirred } from "./stirred.js";
import { type Built, buildWith, on, SLOW, targets, toleranceOf } from "./targets.js";

const spec = "test/parity/fixtures/span-attention.arch";
const f32 = (shape: readonly number[], data: Iterable<number>): HostTensor => ({
  dtype: "f32",
  shape,
  data: Float32Array.from(data),
});

/** The sheet's filling: a · sin(1.3 i + p), i counting in row-major order of PyTorch's layout. */
const wave = (count: number, a: number, p: number) =>
  Float32Array.from({ length: count }, (_, i) => a * Math.sin(1.3 * i + p));

/** PyTorch keeps a linear map as [out, in], we as [in, out]. */
const turned = (rows: number, columns: number, a: number, p: number) => {
  const data = wave(rows * columns, a, p);
  return Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
};

const golden: Readonly<Record<string, Float32Array>> = {
  places: wave(12, 1, 1.3),
  query: turned(4, 4, 1, 0.1),
  key: turned(4, 4, 1, 0.2),
  value: turned(4, 4, 1, 0.3),
  out: turned(4, 4, 1, 0.4),
  reach: Float32Array.of(0, 0.5),
  "memory.keys": wave(12, 1, 0.5),
  "memory.values": wave(12, 1, 0.6),
  up: turned(5, 4, 1, 0.7),
  up_shift: wave(5, 0.5, 0.8),
  down: turned(4, 5, 1, 0.9),
  down_shift: wave(4, 0.5, 1),
  scale: new Float32Array(4).fill(1),
  shift: new Float32Array(4),
};
const goldenOf = (name: string) => golden[name.replace(/^(mix|attn|ffn|wiring\.norm_[ab])\./, "")]!;
/** The cache, then the three positions that come after it. */
const goldenX = f32([1, 9, 4], [...wave(24, 1, 1.2), ...wave(12, 1, 1.1)]);
const goldenY: Readonly<Record<string, readonly number[]>> = {
  G2: [
    -0.52687725, -1.82683951, -1.18493228, 0.71651846, 0.63394612, -3.43579671, -3.8534022, -0.17496963,
    0.82888333, 0.86893036, -0.01466661, -0.88267346,
  ],
  G2Layer: [
    1.07642452, -0.49872137, -1.39013916, 0.81243601, 1.20532047, -0.56110506, -1.32829019, 0.68407477,
    0.16915343, 1.09593255, 0.35994884, -1.62503482,
  ],
  G3: [
    -0.12989662, -0.84013538, -0.65733824, 0.22418753, 0.469399, -2.6462184, -2.94899387, -0.11708718,
    0.89898338, 1.33970767, 0.35636737, -1.00577956,
  ],
  G3Layer: [
    1.50194496, 0.22907415, -1.17647353, -0.55454559, 1.4691744, -0.51777249, -1.2243069, 0.27290499,
    -0.5725012, 1.07318237, 0.8439939, -1.34467507,
  ],
};

describe.each(Object.entries(goldenY))("golden %s of the official code", (name, due) => {
  it.each(targets)("holds after its cache: %s", { timeout: SLOW }, async (target) => {
    const built = await buildWith(modelOf(spec, name), goldenOf);
    const { parts } = await on(built, target, (model) => inPieces(model, { x: goldenX }, [6, 3]));
    expectNear(parts[1]!.outputs.y, f32([1, 3, 4], due), toleranceOf(target), "y");
  });
});

const [BATCH, LENGTH, WIDTH] = [2, 21, 16];
const x = f32(
  [BATCH, LENGTH, WIDTH],
  Array.from({ length: BATCH * LENGTH * WIDTH }, (_, i) => Math.sin(1.3 * i + 0.01 * i * i)),
);
/** How far each head looks: 12 · reach + ramp is 4, 3, 9 and 6 positions. */
const reach = Float32Array.of(1 / 12, 0, 6 / 12, 3 / 12);
const same = (name: string, drawn: HostTensor) => (name === "mix.reach" ? reach : stirred(name, drawn));

describe.each([
  ["Whole", ["Whole", "Blocks", "Projected", "Trimmed", "TrimmedGroups", "TrimmedHeads"]],
  ["WholeMemory", ["WholeMemory", "HeadsMemory"]],
] as const)("what %s gives", (whole, forms) => {
  const build = (name: string): Promise<Built> => buildWith(modelOf(spec, name), same);
  const due = build(whole).then((built) => on(built, "reference", (model) => fullPass(model, { x })));

  // The sum of all weights has 1e-8 added: that is what trimming changes.
  const tolerance = (target: string) => (target === "reference" ? 1e-6 : toleranceOf(target));

  describe.each(forms)("%s", (name) => {
    it.each(targets)("gives as well, at once and in pieces: %s", { timeout: SLOW }, async (target) => {
      const built = await build(name);
      const all = (await due).outputs.y!;
      const { outputs } = await on(built, target, (model) => fullPass(model, { x }));
      expectNear(outputs.y, all, tolerance(target), "y");
      for (const pieces of [
        [10, 1, 1, 6, 3],
        [1, 2, 18],
      ]) {
        const { parts } = await on(built, target, (model) => inPieces(model, { x }, pieces));
        for (const { begin, length, outputs } of parts) {
          expectNear(outputs.y, slice(all, 1, begin, length), tolerance(target), `y from ${begin}`);
        }
      }
    });
  });

  it("does not depend on its own position or a later one, and on every earlier one within the span", async () => {
    const built = await build(whole);
    const at = 7;
    const changed = { ...x, data: Float32Array.from(x.data) };
    for (let d = 0; d < WIDTH; d++) changed.data[at * WIDTH + d]! += 1;
    const other = await on(built, "reference", (model) => fullPass(model, { x: changed }));
    const row = (t: HostTensor, position: number) => [...slice(t, 1, position, 1).data.slice(0, WIDTH)];
    const [a, b] = [(await due).outputs.y!, other.outputs.y!];
    for (let position = 0; position < LENGTH; position++) {
      // The query of a position is its own; its keys and values are not.
      if (position === at) continue;
      const differs = row(a, position).some((v, i) => Math.abs(v - row(b, position)[i]!) > 1e-6);
      expect(differs, `position ${position}`).toBe(position > at && position <= at + 9);
    }
  });
});

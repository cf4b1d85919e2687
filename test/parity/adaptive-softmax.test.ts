import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { figure, modelOf } from "./models.js";
import { expectNear } from "./near.js";
import { fullPass } from "./passes.js";
import type { Tensors } from "./reference.js";
import { stirred } from "./stirred.js";
import { buildWith, on, readTensors, targets, toleranceOf } from "./targets.js";

const spec = "test/parity/fixtures/adaptive-softmax.arch";
const peer = await readTensors(
  fileURLToPath(new URL("./fixtures/adaptive-softmax.safetensors", import.meta.url)),
);
const [DIM, VOCAB] = [64, 90];
const ends = [0, 11, 31, 70, VOCAB];
const ids = peer["expected.ids"]!;

/** Embeddings and logarithms of probabilities, written out id by id as the authors' code has them. */
function written(weights: Tensors, own: number, reversed: boolean): { embedded: number[]; logits: number[] } {
  const at = (name: string, i: number) => Number(weights[name]!.data[i]);
  const [embedded, logits]: [number[], number[]] = [[], []];
  const clusters = ends.length - 1;
  for (const id of ids.data) {
    const own0 = ends.findIndex((_, c) => id < ends[c + 1]!);
    const width = weights[`embed.clusters.${own0}.table`]!.shape[1]!;
    const row = (d: number) => {
      const table = `embed.clusters.${own0}.table`;
      const first = (id - ends[own0]!) * width;
      if (!weights[`embed.clusters.${own0}.project`]) return at(table, first + d);
      let sum = 0;
      for (let e = 0; e < width; e++)
        sum += at(table, first + e) * at(`embed.clusters.${own0}.project`, e * DIM + d);
      return sum;
    };
    const x = Array.from({ length: DIM }, (_, d) => row(d) * Math.sqrt(DIM));
    embedded.push(...x);
    const scores = Array.from({ length: clusters }, (_, c) => {
      const [size, e] = weights[`embed.clusters.${c}.table`]!.shape as [number, number];
      const project = `${c < own ? "head" : "embed"}.clusters.${c}.project`;
      const h = Array.from({ length: e }, (_, k) =>
        weights[project] ? x.reduce((sum, v, d) => sum + (v / 8) * at(project, k * DIM + d), 0) : x[k]! / 8,
      );
      const against = (matrix: string, shift: string, rows: number) =>
        Array.from({ length: rows }, (_, r) =>
          h.reduce((sum, v, k) => sum + v * at(matrix, r * e + k), at(shift, r)),
        );
      const words = against(`embed.clusters.${c}.table`, `head.clusters.${c}.shift`, size);
      return c > 0
        ? words
        : [...words, ...against("head.clusters.0.gate", "head.clusters.0.gate_shift", clusters - 1)];
    });
    const [first, ...later] = scores.map((row) => {
      const mass = Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
      return row.map((v) => v - mass);
    }) as [number[], ...number[][]];
    logits.push(...first.slice(0, ends[1]));
    // `head_logprob[:, -i]` of the i-th later cluster, counted from 1.
    for (const [i, tail] of later.entries()) {
      const gate = first.at(reversed ? -(i + 1) : ends[1]! + i)!;
      logits.push(...tail.map((v) => gate + v));
    }
  }
  return { embedded, logits };
}

const tensor = (width: number, data: readonly number[]): HostTensor => ({
  dtype: "f32",
  shape: [...ids.shape, width],
  data: Float32Array.from(data),
});

describe("an adaptive embedding and its softmax", () => {
  it.each(targets)("give what PyTorch's AdaptiveLogSoftmaxWithLoss gives: %s", async (target) => {
    const built = await buildWith(modelOf(spec, "Peer"), (name) => peer[name]!.data);
    const { outputs } = await on(built, target, (model) => fullPass(model, { input_ids: ids }));
    expectNear(outputs.embedded, peer["expected.embedded"]!, toleranceOf(target), "embedded");
    expectNear(outputs.logits, peer["expected.logits"]!, toleranceOf(target), "logits");
  });

  const forms = [
    ["Peer", 0, false],
    ["Reversed", 0, true],
    ["Even", 0, false],
    ["Own", 2, false],
  ] as const;
  describe.each(forms)("%s", (name, own, reversed) => {
    it.each(targets)("gives what its equations give, written out: %s", async (target) => {
      const built = await buildWith(modelOf(spec, name), stirred);
      const due = written(built.weights, own, reversed);
      const { outputs } = await on(built, target, (model) => fullPass(model, { input_ids: ids }));
      expectNear(outputs.embedded, tensor(DIM, due.embedded), toleranceOf(target), "embedded");
      expectNear(outputs.logits, tensor(VOCAB, due.logits), toleranceOf(target), "logits");
      const shares = due.logits.slice(0, VOCAB).reduce((sum, v) => sum + Math.exp(v), 0);
      expect(shares).toBeCloseTo(1, 9);
    });
  });

  it("has the parameters of the closed form: tables, projections, a bias for each token, gates", () => {
    const sizes = ends.slice(1).map((end, i) => BigInt(end - ends[i]!));
    const [d, widths] = [64n, [64n, 16n, 4n, 1n]];
    const tables = sizes.reduce((sum, n, i) => sum + n * widths[i]!, 0n);
    const projections = widths.reduce((sum, w) => sum + w * d, 0n);
    expect(figure(spec, "Peer", "params.total")).toBe(tables + projections + 90n + 3n * d + 3n);
    expect(figure(spec, "Even", "params.total")).toBe(90n * d + 90n + 3n * d + 3n);
  });
});

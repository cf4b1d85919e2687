import { describe, expect, it } from "vitest";
import { filled, model, wave } from "../check/support.js";
import { figure } from "../parity/models.js";
import { expectNear } from "../parity/near.js";
import { fullPass } from "../parity/passes.js";
import type { Tensors } from "../parity/reference.js";
import { buildWith, on, targets, toleranceOf } from "../parity/targets.js";

const [B, T, D, F, E] = [2, 5, 4, 6, 4];
const silu = (v: number) => v / (1 + Math.exp(-v));
const tensor = (shape: number[], of: (i: number) => number): Tensors[string] => ({
  dtype: "f32",
  shape,
  data: Float32Array.from(filled(shape, of).data),
});

/** A mixture alone, its weights waves, its router as told. */
const layerOf = (k: number, options = "") =>
  model(
    `model M {\n  slot f: layer = experts(experts = ${E}, k = ${k}, hidden = ${F}${options})\n` +
      `  forward(x: [B T D = ${D}]) -> (y: [B T D]) { return f(x) }\n}`,
  );

/** What one token's chosen experts give: plain loops, lowest expert first among equal scores. */
function due(weights: Tensors, x: readonly number[], k: number, normalized: boolean): number[] {
  const [router, gate, up, down] = ["router", "gate", "up", "down"].map((name) => weights[`f.${name}`]!.data);
  const scores = Array.from({ length: E }, (_, e) =>
    x.reduce((sum, v, d) => sum + v * router![d * E + e]!, 0),
  );
  const all = scores.reduce((sum, s) => sum + Math.exp(s), 0);
  const chosen = scores.map((s, e) => ({ e, share: Math.exp(s) / all }));
  chosen.sort((a, b) => b.share - a.share || a.e - b.e);
  const taken = chosen.slice(0, k);
  const sum = normalized ? taken.reduce((s, { share }) => s + share, 0) : 1;
  const y = new Array<number>(D).fill(0);
  for (const { e, share } of taken) {
    for (let f = 0; f < F; f++) {
      const side = (w: Tensors[string]["data"]) => x.reduce((s, v, d) => s + v * w[(e * D + d) * F + f]!, 0);
      const h = silu(side(gate!)) * side(up!) * (share / sum);
      for (let d = 0; d < D; d++) y[d]! += h * down![(e * F + f) * D + d]!;
    }
  }
  return y;
}

/** Which expert a token of place t prefers is up to the router's columns. */
const routers: Readonly<Record<string, (i: number) => number>> = {
  "each token its own": wave(1.5, 0.2),
  "ties everywhere: the first experts": () => 0,
  "one expert for all, the others idle": (i) => (i % E === 2 ? 1 : -1),
};

describe("experts", () => {
  const cases = Object.entries(routers).flatMap(([title, router]) =>
    [1, 2, E].map((k) => [`${k} of ${E}, ${title}`, k, router] as const),
  );
  it.each(cases)("gives what its equations say on every target: %s", async (_, k, router) => {
    for (const normalized of [true, false]) {
      const instance = layerOf(k, normalized ? "" : ", normalized = false");
      const built = await buildWith(
        instance,
        (name, { shape }) => tensor([...shape], name === "f.router" ? router : wave(0.6, name.length)).data,
      );
      for (const [b, t] of [
        [B, T],
        [1, 1],
      ] as const) {
        // Positive, so that a router of one sign decides.
        const x = tensor([b, t, D], (i) => 0.6 + 0.5 * Math.sin(1.7 * i));
        const rows = Array.from({ length: b * t }, (_row, i) => Array.from(x.data.slice(i * D, (i + 1) * D)));
        const wanted = rows.flatMap((row) => due(built.weights, row, k, normalized));
        for (const target of targets) {
          const { outputs } = await on(built, target, (m) => fullPass(m, { x }));
          const y = { ...x, data: Float32Array.from(wanted) };
          expectNear(outputs.y, y, Math.min(1e-5, toleranceOf(target)), `y of ${b} x ${t} on ${target}`);
        }
      }
    }
  });

  it("multiplies each token with its own experts alone, and never holds a matrix for each token", () => {
    const at = { batch: 1n, seq: 512n };
    const held = (what: string) => figure("specs/moe.arch", "Mixtral8x7B", what, at)!;
    const beside = held("memory.inference") - held("memory.weights");
    // A matrix for each token and expert would be 512 * 2 * 4096 * 14336 * 4 bytes.
    expect(beside).toBeLessThan(held("memory.weights") / 100n);
  });
});

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import { arrayOf } from "../../compiler/ops/array.js";
import { modelOf, root } from "../parity/models.js";
import { tensorsOf, weightsFrom } from "./stored.js";
import { gradientsOf, lossOf, stepOf } from "./support.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("about.json"), "utf8")) as {
  losses: Readonly<Record<string, number>>;
};

interface Peer {
  readonly spec: string;
  readonly model: string;
  readonly weights: string;
}
const parity = "test/parity/fixtures";
const stored = "test/weights/fixtures";
const of = (spec: string, model: string, weights: string): Peer => ({ spec, model, weights });
const reformer = (model: string, file = model.toLowerCase()): Peer =>
  of(`${parity}/reformer/models.arch`, model, `${parity}/reformer/${file}.safetensors`);
const x = (model: string): Peer =>
  of(
    `${parity}/x-transformers/models.arch`,
    model,
    `${parity}/x-transformers/${model.toLowerCase()}.safetensors`,
  );

/** What tools/fixtures/gradients.py took the derivatives of. */
const peers: Readonly<Record<string, Peer>> = {
  gpt2: of(
    `${stored}/gpt2-checkpoint/small.arch`,
    "Tiny",
    `${stored}/gpt2-checkpoint/whole/model.safetensors`,
  ),
  bert: of("test/train/fixtures/models.arch", "TinyBert", "test/train/fixtures/bert-weights.safetensors"),
  llama: of(`${stored}/llama-checkpoint/small.arch`, "Small", `${stored}/llama-checkpoint/model.safetensors`),
  mixtral: of(`${parity}/mixtral.arch`, "SmallMixtral", `${parity}/mixtral.weights.safetensors`),
  opt: of(`${parity}/opt.arch`, "SmallOpt", `${parity}/opt.weights.safetensors`),
  marian: of(`${parity}/marian.arch`, "SmallMarian", `${parity}/marian.weights.safetensors`),
  xlnet: of(`${parity}/xlnet.arch`, "SmallXLNetLM", `${parity}/xlnet-peer.safetensors`),
  "reformer-local": reformer("Local"),
  "reformer-lsh": reformer("Lsh"),
  "reformer-factored": reformer("Factored"),
  "reformer-mixed": reformer("Mixed"),
  "reformer-encoder": reformer("Encoder"),
  lucidrains: reformer("Lucidrains"),
  "x-grouped": x("Grouped"),
  "x-persistent": x("Persistent"),
  "x-only": x("Only"),
};

describe.each(Object.entries(peers))("%s in PyTorch", async (name, { spec, model, weights }) => {
  const instance = modelOf(spec, model);
  const step = stepOf(instance);
  const given = await tensorsOf(fixture("given.safetensors"), `${name}.`);
  const inputs = {
    ...given,
    ...(await weightsFrom(instance, `${root}${weights}`)),
    learning_rate: arrayOf("f32", [], [1]),
  };
  const sizes = { past: 0 };

  it("has the same loss", () => {
    const loss = evaluateGraph(lossOf(step), inputs, sizes).loss!.data[0]!;
    expect(Math.abs(loss / about.losses[name]! - 1)).toBeLessThan(1e-5);
  });

  it("has the same derivative by every weight", async () => {
    const due = await weightsFrom(instance, fixture(`${name}.safetensors`));
    const found = gradientsOf(step, inputs, sizes);
    const learned = instance.start.inputPorts.flatMap((port) =>
      port.role === "weight" && port.weight.kind === "weight" ? [port.name] : [],
    );
    let seen = 0;
    for (const weight of learned) {
      const theirs = Float64Array.from(due[weight]!.data);
      const most = theirs.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
      const ours = found.get(weight) ?? new Float64Array(theirs.length);
      const off = ours.reduce((top, value, i) => Math.max(top, Math.abs(value - theirs[i]!)), 0);
      // One shift of all keys moves no share: its derivative is 0, and what rounding leaves of it.
      expect(off, `${weight}, of at most ${most}`).toBeLessThanOrEqual(1e-5 * most + 1e-8);
      if (most > 1e-6) seen++;
    }
    expect(seen).toBeGreaterThan(0.8 * learned.length);
  });
});

it("holds every peer that there is", () => {
  expect(Object.keys(peers)).toEqual(Object.keys(about.losses));
});

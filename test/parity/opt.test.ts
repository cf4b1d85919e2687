import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { exported } from "./exported.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass } from "./passes.js";
import { buildFrom, on, readTensors, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("opt.json"), "utf8")) as { parameters: number };
const due = await readTensors(fixture("opt.expected.safetensors"));
const file = fixture("opt.weights.safetensors");
const spec = "test/parity/fixtures/opt.arch";
const built = await buildFrom(modelOf(spec, "SmallOpt"), file);
const POSITIONS = "model.decoder.embed_positions.weight";

describe("an OPT of Python's transformers, its file read by the checkpoint", () => {
  it("has as many parameters but the two rows that no position has", () => {
    expect(figure(spec, "SmallOpt", "params.total")).toBe(BigInt(about.parameters) - 2n * 32n);
  });

  it.each(targets)("gives the same logits: %s", async (target) => {
    const { outputs } = await on(built, target, (model) => fullPass(model, { input_ids: due.input_ids! }));
    expectNear(outputs.logits, due.logits!, Math.max(toleranceOf(target), 1e-5), "logits");
  });

  it("comes back as it was, with zeros where it has nothing of the model's", async () => {
    const { [POSITIONS]: ours, ...rest } = await exported(built);
    const { [POSITIONS]: theirs, ...others } = await readTensors(file);
    expect(rest).toEqual(others);
    expect(ours!.shape).toEqual([26, 32]);
    expect(slice(ours!, 0, 2, 24)).toEqual(slice(theirs!, 0, 2, 24));
    expect(slice(theirs!, 0, 0, 2).data.every((x) => x !== 0)).toBe(true);
    expect(slice(ours!, 0, 0, 2).data.every((x) => x === 0)).toBe(true);
  });
});

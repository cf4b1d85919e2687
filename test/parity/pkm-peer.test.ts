import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { exported } from "./exported.js";
import { figure, modelOf } from "./models.js";
import { expectNear } from "./near.js";
import { fullPass } from "./passes.js";
import { buildFrom, on, readTensors, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/pkm-peer/${name}`, import.meta.url));
const spec = "test/parity/fixtures/pkm-peer/models.arch";
const due = await readTensors(fixture("expected.safetensors"));
const about = JSON.parse(readFileSync(fixture("about.json"), "utf8")) as {
  parameters: Readonly<Record<string, number>>;
};

describe.each([
  ["Normed", "normed"],
  ["Framed", "framed"],
] as const)("%s: a memory of product-key-memory, its file read by the checkpoint", async (model, peer) => {
  const file = fixture(`${peer}.safetensors`);
  const built = await buildFrom(modelOf(spec, model), file);

  it("has as many parameters", () => {
    expect(figure(spec, model, "params.total")).toBe(BigInt(about.parameters[peer]!));
  });

  it.each(targets)("reads the same: %s", async (target) => {
    const { outputs } = await on(built, target, (loaded) => fullPass(loaded, { x: due[`${peer}.x`]! }));
    expectNear(outputs.y, due[`${peer}.y`]!, toleranceOf(target), "y");
  });

  it("comes back as it was", async () => {
    const names = Object.entries(await exported(built)).map(([name, t]) => [name.replace("memory.", ""), t]);
    expect(Object.fromEntries(names)).toEqual(await readTensors(file));
  });
});

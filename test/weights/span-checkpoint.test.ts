import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { readManifest } from "../../runtime/folder.js";
import { loadOnnx } from "../../runtime/onnx.js";
import { loadTfjs } from "../../runtime/tfjs.js";
import { archc } from "../cli/archc.js";
import { expectNear, slice } from "../parity/near.js";
import { fullPass, inPieces } from "../parity/passes.js";
import { readTensors } from "../parity/targets.js";

const scratch = mkdtempSync(join(tmpdir(), "archc-span-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const fixture = (name: string) =>
  fileURLToPath(new URL(`./fixtures/span-checkpoint/${name}`, import.meta.url));
const expected = await readTensors(fixture("expected.safetensors"));

/** What tools/fixtures/span.py computes position by position, through the checkpoint's lines of the published specs. */
describe("weights of the adaptive-span code", () => {
  const cases = [
    ["Span", "span"],
    ["SpanTrimmed", "span"],
    ["SpanLearned", "span"],
    ["Memory", "memory"],
    ["Words", "words"],
  ] as const;

  it.each(cases)("give the logits of their equations, at once and in segments: %s", async (name, file) => {
    const out = join(scratch, name);
    const { code, stderr } = await archc(
      ...["build", fixture("small.arch"), "--model", name, "-o", out],
      ...["--weights", fixture(`${file}.safetensors`)],
    );
    expect([code, stderr]).toEqual([0, ""]);
    const inputs = { input_ids: expected[`${file}.input_ids`]! };
    const due = expected[`${file}.logits`]!;
    for (const load of [loadOnnx, (folder: string) => loadTfjs(folder, { backend: "cpu" })]) {
      const model = await load(out);
      const { outputs } = await fullPass(model, inputs);
      expectNear(outputs.logits, due, 1e-4, `logits on ${model.backend}`);
      const { parts } = await inPieces(model, inputs, [9, 1, 1, 10]);
      for (const { begin, length, outputs } of parts) {
        const what = `logits from ${begin} on ${model.backend}`;
        expectNear(outputs.logits, slice(due, 1, begin, length), 1e-4, what);
      }
      await model.dispose();
    }
  });

  it("are refused by a model that keeps less than their heads reach", async () => {
    const { code, stderr } = await archc(
      ...["build", fixture("small.arch"), "--model", "SpanTooShort", "-o", join(scratch, "short")],
      ...["--weights", fixture("span.safetensors")],
    );
    expect(code).toBe(2);
    // 0.7 of 24 positions, and a ramp of 4: 21 of them; 12 leave room for (12 - 4) / 24.
    expect(stderr).toContain(
      "blocks.1.attn.reach: has values from 0 to 0.7, but this model allows 0 to 0.333333",
    );
  });

  it("decide what is kept, where a spec leaves it to them", async () => {
    const manifestOf = async (name: string, ...more: string[]) => {
      const out = join(scratch, `manifest-${name}-${more.length}`);
      const told = await archc("build", fixture("small.arch"), "--model", name, "-o", out, ...more);
      expect([told.code, told.stderr]).toEqual([0, ""]);
      return { manifest: await readManifest(out), told: told.stdout, out };
    };
    const weights = ["--weights", fixture("span.safetensors")];
    const { manifest, told, out } = await manifestOf("SpanLearned", ...weights);
    const decided = (block: number) =>
      [0, 1, 2, 3].map((i) => manifest.learned?.find((c) => c.path === `blocks.${block}.attn.needs.${i}`));
    // The numbers that `SpanTrimmed` has by hand.
    expect(decided(0).map((c) => c?.value)).toEqual([4, 12, 24, 18]);
    expect(decided(1).map((c) => c?.value)).toEqual([7, 21, 5, 4]);
    expect(decided(1).map((c) => c?.most)).toEqual([24, 24, 24, 24]);
    expect(told).toContain("learned  blocks.*.attn.needs.*  8 counts, 4 to 24, mean 11.9; at most 24");
    const byHand = (await manifestOf("SpanTrimmed", ...weights)).manifest;
    expect(manifest.states).toEqual(byHand.states);
    expect(manifest.cost).toEqual(byHand.cost);
    expect(byHand.learned).toBeUndefined();
    // Without weights nothing is decided, and all is kept.
    expect((await manifestOf("SpanLearned")).manifest.learned).toBeUndefined();
    const ran = await archc("run", out, "--tokens", "2", "--greedy", "--prompt", "\u0001\u0002");
    expect(ran.stderr).toContain("learned  blocks.*.attn.needs.*  8 counts, 4 to 24");
    expect(ran.code).toBe(0);
    // The whole weights are in the build, whatever is trimmed.
    const back = join(scratch, "learned-back.safetensors");
    expect((await archc("export", out, "-o", back)).code).toBe(0);
    const [theirs, ours] = [await readTensors(fixture("span.safetensors")), await readTensors(back)];
    const same = (name: string) => name.replace(/^module\./, "");
    const kept = Object.entries(theirs).filter(([name]) => !name.endsWith("mask_template"));
    for (const [name, tensor] of kept) {
      const again = Object.entries(ours).find(([other]) => same(other) === same(name));
      expect(again?.[1], name).toEqual(tensor);
    }
  });

  it("come back under the names that they had", async () => {
    const out = join(scratch, "Words");
    const file = join(scratch, "back.safetensors");
    const { code } = await archc("export", out, "-o", file);
    expect(code).toBe(0);
    const [theirs, ours] = [await readTensors(fixture("words.safetensors")), await readTensors(file)];
    for (const [name, tensor] of Object.entries(ours)) {
      const there = theirs[name] ?? theirs[`module.${name}`] ?? theirs[name.replace(/^module\./, "")];
      // Tied tensors are written under both names, and were stored under the first alone.
      if (there) expect({ ...tensor, name }, name).toEqual({ ...there, name });
      else expect(name).toMatch(/out_emb\.(out_layers\.\d\.weight|out_projs\.\d)$/);
    }
  });
});

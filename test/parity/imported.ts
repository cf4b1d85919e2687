import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { build } from "../../compiler/emit/build.js";
import { type Built, readTensors } from "./targets.js";

/** Builds of one test file; they go when it has run. */
const base = mkdtempSync(join(tmpdir(), "archc-imported-"));
let builds = 0;
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A build for all targets whose weights come from a peer's own file, as `archc build --weights` reads it. */
export async function imported(instance: ModelInstance, file: string): Promise<Built> {
  const folder = join(base, `${builds++}`);
  const { value, diagnostics } = await build(instance, {
    out: folder,
    seed: 1,
    targets: ["onnx", "tfjs"],
    profile: "default",
    spec: { file: "test.arch", text: "" },
    weights: { file },
  });
  if (!value) throw new Error(diagnostics.map((d) => [d.message, ...d.notes].join("\n")).join("\n"));
  const weights = await readTensors(join(folder, "weights.safetensors"));
  return { folder, instance, manifest: value.manifest, weights };
}

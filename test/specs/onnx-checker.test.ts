import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { emitOnnx, type Profile } from "../../compiler/emit/onnx/index.js";
import { layOut, storedTensors } from "../../compiler/weights/layout.js";
import { modelOf, root, service } from "../parity/models.js";

/** A Python that has `onnx`; set in CI. */
const python = process.env.ARCHC_PYTHON;

const specs = ["specs/small.arch", "specs/gpt2.arch", "specs/pkm.arch", "specs/pkm-lm.arch"];
const own = ["test/parity/fixtures/own-layer.arch", "test/parity/fixtures/pkm.arch"];

/** Models that cannot be built by themselves: a base without sizes, and one with a hole that nothing solves yet. */
const open = ["PkmBase", "PkmWide"];

const folder = mkdtempSync(join(tmpdir(), "archc-onnx-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * The ONNX files of a build and a weight file of the right size, full of holes: the checker looks for it, and 8 GB of
 * random numbers would tell it nothing more.
 */
function write(instance: ModelInstance, profile: Profile): string[] {
  const weightsFile = `${instance.name}-${profile}.safetensors`;
  const layout = layOut(storedTensors(instance.start), {});
  const weights = new Map(layout.placed.map((p) => [p.tensor.name, p]));
  writeFileSync(join(folder, weightsFile), "");
  truncateSync(join(folder, weightsFile), layout.size);
  const graphs = instance.separateStep ? [instance.start, instance.step] : [instance.step];
  return graphs.map((graph, i) => {
    const path = join(folder, `${instance.name}-${profile}-${i}.onnx`);
    writeFileSync(path, emitOnnx(graph, { profile, weights, weightsFile, version: "test" }));
    return path;
  });
}

function check(files: readonly string[]): string {
  try {
    return execFileSync(python!, ["tools/check-onnx.py", ...files], { cwd: root, encoding: "utf8" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ""}${stderr ?? error}`;
  }
}

describe("Python's onnx.checker with full and strict shape inference", () => {
  if (python === undefined) {
    const why = "ARCHC_PYTHON does not name a Python that has the package `onnx`";
    console.warn(`the checks by onnx.checker are left out: ${why}`);
    it(`is left out: ${why}`, () => expect(process.env.ARCHC_PYTHON).toBeUndefined());
    return;
  }

  it.each(
    [...specs, ...own].flatMap((spec) => (["default", "modern"] as const).map((p) => [spec, p] as const)),
  )("passes on every model of %s, profile %s", { timeout: 600_000 }, (spec, profile) => {
    const models = service.models(spec).filter((name) => !open.includes(name));
    const files = models.flatMap((name) => write(modelOf(spec, name), profile));
    expect(files.length).toBeGreaterThanOrEqual(models.length);
    expect(check(files)).toContain(`${files.length} passed, 0 failed`);
  });

  it("fails on a file that is not a model", () => {
    const path = join(folder, "broken.onnx");
    writeFileSync(path, "not a model");
    expect(check([path])).toContain("0 passed, 1 failed");
  });
});

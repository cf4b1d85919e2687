import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { emitOnnx } from "../../../compiler/emit/onnx/index.js";
import { createNodeHost } from "../../../compiler/node-host.js";
import { createService } from "../../../compiler/service.js";
import { layOut, storedTensors } from "../../../compiler/weights/layout.js";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const script = join(repository, "tools/check-onnx.py");

/** A Python that has `onnx`: the one named by ARCHC_PYTHON, or the usual one. */
const python = [process.env.ARCHC_PYTHON, "python3"].find(
  (path) => path !== undefined && spawnSync(path, ["-c", "import onnx"]).status === 0,
);
if (!python) {
  console.warn(
    "tests with onnx.checker are left out: no Python with `onnx` (set ARCHC_PYTHON, or pip install onnx)",
  );
}

const root = mkdtempSync(join(tmpdir(), "archc-checker-"));
afterAll(() => rmSync(root, { recursive: true }));

const published = readdirSync(join(repository, "specs")).filter((name) => name.endsWith(".arch"));
/** The published specs, and layers of users: floats as input, states of their own, a step written apart. */
const specs = [
  ...published.map((name) => `specs/${name}`),
  "test/parity/fixtures/own-layer.arch",
  "test/parity/fixtures/pkm.arch",
];
/** Models that cannot be built by themselves: a base without sizes, and one with a hole that nothing solves yet. */
const open = ["PkmBase", "PkmWide"];
const service = createService(createNodeHost(repository));

describe.runIf(python)("onnx.checker with full, strict shape inference", () => {
  it.each(specs)(
    "passes on every model of %s",
    (spec) => {
      const files: string[] = [];
      for (const name of service.models(spec)) {
        if (open.includes(name)) continue;
        const instance = service.instance(spec, name).value!;
        const layout = layOut(storedTensors(instance.start), {});
        const weights = new Map(layout.placed.map((p) => [p.tensor.name, p]));
        const weightsFile = `${name}.safetensors`;
        // A hole of the right size: the checker looks at how long the file is, not at what it holds.
        writeFileSync(join(root, weightsFile), "");
        truncateSync(join(root, weightsFile), layout.size);
        const graphs = instance.separateStep ? [instance.start, instance.step] : [instance.step];
        for (const [i, graph] of graphs.entries()) {
          for (const profile of ["default", "modern"] as const) {
            const file = join(root, `${name}-${i}-${profile}.onnx`);
            writeFileSync(file, emitOnnx(graph, { profile, weights, weightsFile, version: "test" }));
            files.push(file);
          }
        }
      }
      const { stdout, stderr, status } = spawnSync(python!, [script, ...files], { encoding: "utf8" });
      expect(`${stdout.trim().split("\n").at(-1)}${stderr}`).toBe(`${files.length} passed, 0 failed`);
      expect(status).toBe(0);
      expect(files.length).toBeGreaterThan(0);
    },
    300_000,
  );
});

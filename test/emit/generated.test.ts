import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { emitOnnx } from "../../compiler/emit/onnx/index.js";
import { emitTfjs } from "../../compiler/emit/tfjs/emit.js";
import { graphText } from "../../compiler/ir/text.js";
import { openSpec } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { layOut, storedTensors } from "../../compiler/weights/layout.js";
import { expectGolden } from "../support/golden.js";
import { onnxText } from "../support/onnx-text.js";

/*
 * What is generated for every model of every spec: of the small ones in full, of the others as hashes, a file for each
 * spec. A refactor shows as no difference; a change shows as what it changes. `UPDATE=1` rewrites them.
 */

const specs = fileURLToPath(new URL("../../specs/", import.meta.url));
const at = (name: string) => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));

interface Generated {
  readonly graph: string;
  readonly js: string;
  readonly onnx: string;
}

function generate(model: ModelInstance): Generated {
  const layout = layOut(storedTensors(model.start), {});
  const options = {
    profile: "default" as const,
    weights: new Map(layout.placed.map((p) => [p.tensor.name, p])),
    weightsFile: "weights.safetensors",
    version: "test",
  };
  const graphs = model.separateStep ? [model.start, model.step] : [model.step];
  return {
    graph: `${graphText(model.start)}\n${graphText(model.step)}`,
    js: emitTfjs(model.start, model.step).module,
    onnx: graphs.map((g) => onnxText(emitOnnx(g, options))).join("\n"),
  };
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
const lines = (text: string) => text.split("\n").length;
/** Kept in full: all of the small models, and of the small family what the targets run. */
const whole = (file: string, kind: string) =>
  file === "small.arch" || (file === "small-family.arch" && kind !== "graph");

describe("generated code", () => {
  for (const file of readdirSync(specs)
    .filter((name) => name.endsWith(".arch"))
    .sort()) {
    it(`of ${file}`, { timeout: 300_000 }, () => {
      const { host, path } = openSpec(`${specs}${file}`);
      const service = createService(host);
      const rows: string[] = [];
      for (const name of service.models(path)) {
        const { value } = service.instance(path, name);
        if (value === undefined) {
          // A model whose fields are left to its variants, or to a solver.
          rows.push(`${name}: no instance`);
          continue;
        }
        const made = generate(value);
        for (const [kind, text] of Object.entries(made)) {
          rows.push(`${name} ${kind} ${hash(text)} ${lines(text)} lines`);
          if (whole(file, kind)) expectGolden(text, at(`${file.replace(".arch", "")}/${name}.${kind}.txt`));
        }
      }
      expectGolden(`${rows.join("\n")}\n`, at(`hashes/${file.replace(".arch", "")}.txt`));
      expect(rows.length).toBeGreaterThan(0);
    });
  }
});

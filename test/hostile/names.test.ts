import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadOnnx, loadTfjs, readManifest, Session } from "../../runtime/index.js";
import { archc } from "../cli/archc.js";
import { ground } from "./project.js";

const here = ground();
afterAll(() => here.remove());

/** Words that mean something in JavaScript, to every object, or to the generated code itself. */
const words = (
  "__proto__ constructor toString hasOwnProperty then prototype await yield eval arguments class static null NaN " +
  "undefined delete new this tf w inputs given model start step largest Math Object globalThis"
).split(" ");
const kinds = ["model", "layer", "weight", "input", "output", "local", "slot"] as const;

/** y = 2 (x + 1), with some of its names given. */
function spec(names: Partial<Record<(typeof kinds)[number], string>>): string {
  const of = (kind: (typeof kinds)[number]) => names[kind] ?? `a_${kind}`;
  return `layer ${of("layer")}(x: [.. D]) -> [.. D] {
  weight ${of("weight")}: [D]  init ones
  ${of("local")} = x + ${of("weight")}
  return ${of("local")} * 2
}
model ${of("model")} {
  slot ${of("slot")}: layer = ${of("layer")}()
  forward(${of("input")}: [B T D = 2]) -> (${of("output")}: [B T D]) { return ${of("slot")}(${of("input")}) }
}
`;
}

/** Runs the build on both targets: what the outputs are, by target. */
async function run(out: string): Promise<readonly (readonly number[])[]> {
  const manifest = await readManifest(out);
  const [input, output] = [manifest.inputs[0]!.name, manifest.outputs[0]!.name];
  const given = Object.fromEntries([
    [input, { dtype: "f32" as const, shape: [1, 1, 2], data: Float32Array.of(0, 1) }],
  ]);
  const results: number[][] = [];
  for (const model of [await loadTfjs(out, { backend: "cpu" }), await loadOnnx(out)]) {
    const session = new Session(model, manifest);
    const outputs = await session.start(given);
    results.push([...(Object.getOwnPropertyDescriptor(outputs, output)!.value.data as Float32Array)]);
    await session.dispose();
  }
  return results;
}

describe("a name stays a name in generated code", () => {
  it.each(words)("%s", async (word) => {
    const halves = [
      ["model", "layer", "input", "local"],
      ["weight", "output", "slot"],
    ] as const;
    for (const [i, half] of halves.entries()) {
      const text = spec(Object.fromEntries(half.map((kind) => [kind, word])));
      const out = join(here.root, `${words.indexOf(word)}-${i}`);
      const { code, stderr } = await archc("build", here.put("names.arch", text), "-o", out);
      // Refused in words is as good as built right.
      if (code === 2) expect(stderr).toMatch(/^error\[(syntax|name)\//);
      else
        expect([code, await run(out)]).toEqual([
          0,
          [
            [2, 4],
            [2, 4],
          ],
        ]);
    }
  });
});

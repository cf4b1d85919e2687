/**
 * A step of training that really runs: forwards, loss and the derivative by every weight, in ONNX Runtime, which has no
 * gradients of its own, or on a tfjs backend, without its (`--target tensorflow`). `npm run build && node bench/train.mjs [SPEC:MODEL@BATCHxSEQ …]` (`--foresee` runs nothing, `--step` no forward pass alone). For each it prints the peak of
 * the resident set of a process that loads and runs it, what the cost model foresees of that process, and the same of
 * the forward pass alone; seconds, and operations a second. Builds go to a folder of `--folder` and are removed.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { costOf } from "../dist/compiler/cost/analyse.js";
import { processMemory } from "../dist/compiler/cost/runtimes.js";
import { build } from "../dist/compiler/emit/build.js";
import { createService, openSpec } from "../dist/compiler/index.js";
import { Builder } from "../dist/compiler/ir/build.js";
import { inlineRegion } from "../dist/compiler/ir/grad.js";
import { dropStates, eliminateDeadCode, optimize } from "../dist/compiler/ir/passes/optimize.js";
import { trainingStep } from "../dist/compiler/train/step.js";
import { loadOnnx, loadTfjs } from "../dist/runtime/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: "string", default: tmpdir() },
    child: { type: "boolean", default: false },
    target: { type: "string", default: "onnx" },
    step: { type: "boolean", default: false },
    foresee: { type: "boolean", default: false },
  },
});

if (values.child) {
  const [folder, batch, seq, most] = positionals;
  await child(folder, [Number(batch), Number(seq)], Number(most));
} else {
  const asked =
    positionals.length > 0
      ? positionals
      : ["specs/gpt2.arch:Gpt2Small@1x512", "specs/reformer.arch:ReformerEnwik8@1x4096"];
  for (const one of asked) await compare(/^(.+):(\w+)@(\d+)x(\d+)$/.exec(one));
}

/** Runs a build once on ids and labels, and prints what it gives, the peak in bytes, and seconds. */
async function child(folder, shape, most) {
  const { target } = values;
  const model = target === "onnx" ? await loadOnnx(folder) : await loadTfjs(folder, { backend: target });
  const { inputs } = JSON.parse(readFileSync(`${folder}/manifest.json`, "utf8"));
  let seed = 1;
  const ids = () =>
    Int32Array.from({ length: shape[0] * shape[1] }, () => (seed = (seed * 48_271) % 2_147_483_647) % most);
  const given = Object.fromEntries(inputs.map(({ name }) => [name, { dtype: "i32", shape, data: ids() }]));
  const began = performance.now();
  const { outputs } = await model.run("start", given);
  const seconds = (performance.now() - began) / 1000;
  const peak = 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  const told = Object.fromEntries(
    Object.entries(outputs).flatMap(([name, { data }]) => (data.length === 1 ? [[name, data[0]]] : [])),
  );
  console.log(JSON.stringify({ seconds, peak, told }));
}

async function compare([, file, name, batch, seq]) {
  const { host, path } = openSpec(join(root, file));
  const { value: instance } = createService(host).instance(path, name);
  const vocab = Number(instance.fields.find((field) => field.name === "vocab").value);
  const at = { batch: BigInt(batch), seq: BigInt(seq), past: 0n };
  console.log(`${name} at ${batch} x ${seq}`);
  for (const [what, graph] of [
    ["forward pass", forwardOf(instance)],
    ["training step", derivativesOf(instance)],
  ]) {
    if (values.step && what === "forward pass") continue;
    const foreseen = Number(processMemory(optimize(graph), at, values.target).total);
    if (values.foresee) {
      console.log(`  ${what.padEnd(13)}  foreseen ${GB(foreseen)}`);
      continue;
    }
    const folder = mkdtempSync(join(values.folder, "archc-train-"));
    try {
      const model = { ...instance, start: graph, step: graph, separateStep: false };
      const spec = { file, text: "" };
      await build(model, {
        out: join(folder, "out"),
        seed: 1,
        targets: [values.target === "onnx" ? "onnx" : "tfjs"],
        profile: "default",
        spec,
      });
      const args = [
        "bench/train.mjs",
        "--target",
        values.target,
        "--child",
        join(folder, "out"),
        batch,
        seq,
        `${vocab}`,
      ];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      const { seconds, peak, told } = JSON.parse(stdout.trim().split("\n").at(-1));
      const [flops] = costOf(graph).flops.evaluate(at);
      const figures = Object.entries(told).map(([key, x]) => `${key} ${x.toPrecision(5)}`);
      console.log(
        `  ${what.padEnd(13)}  measured ${GB(peak)}, foreseen ${GB(foreseen)} (${(foreseen / peak).toFixed(2)});  ` +
          `${seconds.toFixed(1)} s, ${(Number(flops) / 1e12).toFixed(2)} TFLOP, ${(Number(flops) / 1e9 / seconds).toFixed(0)} GFLOP/s  ${figures.join(", ")}`,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** The pass of inference, giving the sum of its logits alone, so that reading them back costs neither side. */
function forwardOf(instance) {
  const forward = dropStates(instance.start);
  return withOutputs(forward, forward.outputs, (b, [logits]) => [["sum", sumOf(b, logits)]]);
}

/** The step without its updates: the loss, and the sum of the squares of all derivatives, which are there together. */
function derivativesOf(instance) {
  const { graph, gradients } = trainingStep(instance, "sgd");
  const inputPorts = graph.inputPorts.filter((port) => port.name !== "learning_rate");
  const step = { ...graph, inputPorts, inputs: inputPorts.map((port) => port.value) };
  return withOutputs(step, [graph.outputs[0], ...gradients.values()], (b, [loss, ...found]) => {
    // ONNX Runtime computes what is asked for in the order in which it is: the derivatives that are there first, first.
    const squares = found.reverse().map((g) => sumOf(b, b.op("mul", [g, g], {})));
    return [
      ["loss", loss],
      ["squares", squares.reduce((sum, x) => b.op("add", [sum, x], {}))],
    ];
  });
}

function sumOf(b, x) {
  return b.op("reduce_sum", [x], { axes: x.shape.map((_, i) => i) });
}

/** The graph with results that are made of some of its values, and no more than these need. */
function withOutputs(graph, given, outputsOf) {
  const b = new Builder();
  for (const value of graph.inputs) b.take(value);
  const region = {
    inputs: graph.inputs,
    nodes: eliminateDeadCode({ ...graph, outputs: given, outputPorts: [] }).nodes,
    outputs: given,
  };
  const outputs = outputsOf(b, inlineRegion(b, region, graph.inputs, "").outputs);
  return optimize({
    ...graph,
    nodes: b.nodes,
    outputs: outputs.map(([, value]) => value),
    outputPorts: outputs.map(([name, value]) => ({ role: "data", name, value })),
  });
}

function GB(bytes) {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

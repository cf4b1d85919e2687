import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { instantiateModel } from "../../compiler/check/instantiate.js";
import { loadProgram } from "../../compiler/check/program.js";
import { costReport } from "../../compiler/cost/report.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import type { Graph, Region } from "../../compiler/ir/graph.js";
import { bodyOf } from "../../compiler/ir/traverse.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { arrayOf } from "../../compiler/ops/array.js";
import type { HostTensor } from "../../runtime/model.js";
import { archc } from "../cli/archc.js";
import { modelOf, root, service } from "../parity/models.js";
import { expectNear, slice } from "../parity/near.js";
import { fullPass, inPieces } from "../parity/passes.js";
import type { Tensors } from "../parity/reference.js";
import { stirred } from "../parity/stirred.js";
import { type Built, buildWith, on, readTensors, SLOW, targets } from "../parity/targets.js";

const spec = "test/weights/fixtures/learned.arch";
const file = fileURLToPath(new URL("./fixtures/learned.arch", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "archc-learned-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const f32 = (data: Iterable<number>, ...shape: number[]): HostTensor => {
  const values = Float32Array.from(data);
  return { dtype: "f32", shape: shape.length === 0 ? [values.length] : shape, data: values };
};

/** A weight file of float tensors. */
function writeTensors(name: string, tensors: Tensors): string {
  const table: Record<string, unknown> = {};
  let end = 0;
  for (const [key, { shape, data }] of Object.entries(tensors))
    table[key] = { dtype: "F32", shape, data_offsets: [end, (end += data.byteLength)] };
  const json = new TextEncoder().encode(JSON.stringify(table));
  const bytes = new Uint8Array(8 + json.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  let at = 8 + json.length;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  const path = join(scratch, name);
  writeFileSync(path, bytes);
  return path;
}

/** The model as the weights of a file make it, built for all targets. */
async function fittedBuild(model: string, weights: string): Promise<Built> {
  const { value: instance, diagnostics } = await service.fitted(spec, { model, weights: { file: weights } });
  const folder = join(scratch, `built-${builds++}`);
  const built = await service.build(spec, {
    ...{ model, out: folder, seed: 1, targets: ["onnx", "tfjs"], profile: "default" },
    weights: { file: weights },
  });
  if (!instance || !built.value)
    throw new Error([...diagnostics, ...built.diagnostics].map((d) => d.message).join("\n"));
  const { manifest } = built.value;
  return { folder, instance, manifest, weights: await readTensors(join(folder, "weights.safetensors")) };
}
let builds = 0;

const decided = ({ learned }: ModelInstance) => Object.fromEntries(learned.map((c) => [c.path, c.value]));

/** Spans as training leaves them: many heads look at their neighbours, few look far. */
function trained(seed: number, heads: number): number[] {
  let at = seed;
  return Array.from({ length: heads }, () => {
    at = (Math.imul(at, 1103515245) + 12345) >>> 0;
    return (at / 2 ** 32) ** 3;
  });
}

const [BATCH, LENGTH, WIDTH] = [2, 21, 16];
const x = f32(
  Array.from({ length: BATCH * LENGTH * WIDTH }, (_, i) => Math.sin(1.3 * i + 0.01 * i * i)),
  ...[BATCH, LENGTH, WIDTH],
);
const STEPS = [9, ...Array.from({ length: LENGTH - 9 }, () => 1)];

describe.each([
  ["Whole", ["Learned", "LearnedPairs", "LearnedHeads"]],
  ["WholeMemory", ["LearnedMemory"]],
] as const)("spans that the weights of %s decide", (whole, forms) => {
  describe.each([1, 7, 12, 34])("draw %i", (seed) => {
    const reach = trained(seed, 4);
    let weights: string;
    let due: Tensors;
    beforeAll(async () => {
      const same = (name: string, drawn: HostTensor) =>
        name === "mix.reach" ? Float32Array.from(reach) : stirred(name, drawn);
      const built = await buildWith(modelOf(spec, whole), same);
      weights = writeTensors(`${whole}-${seed}.safetensors`, built.weights);
      due = (await on(built, "reference", (model) => fullPass(model, { x }))).outputs;
    });

    describe.each(forms)("%s", (form) => {
      let built: Built;
      beforeAll(async () => {
        built = await fittedBuild(form, weights);
      }, SLOW);

      it("are what each group of heads needs, in the states and in the manifest", () => {
        const parts = { Learned: 1, LearnedPairs: 2, LearnedHeads: 4, LearnedMemory: 4 }[form];
        const needs = Array.from({ length: parts }, (_, i) => {
          const own = reach.slice((i * 4) / parts, ((i + 1) * 4) / parts);
          return Math.min(12, Math.ceil(12 * Math.max(...own) - 1e-6) + 3);
        });
        expect(built.manifest.learned).toEqual(
          needs.map((value, i) => ({ path: `mix.needs.${i}`, value, most: 12 })),
        );
        const kept = built.manifest.states.map(({ shape }) => shape.at(-2));
        const projected = form === "LearnedHeads" || form === "LearnedMemory";
        expect(kept).toEqual(projected ? needs.flatMap((n) => [n, n]) : [Math.max(...needs)]);
      });

      // Every backend once; the others where they are quick.
      const run = targets.filter((t) => seed === 1 || ["reference", "onnx", "cpu"].includes(t));
      it.each(run)("leave results as they are, step by step too: %s", { timeout: SLOW }, async (target) => {
        // 1e-8 is added to the sum of all weights, those beyond the mask included.
        const near = target === "reference" ? 1e-6 : 1e-5;
        const { outputs } = await on(built, target, (model) => fullPass(model, { x }));
        expectNear(outputs.y, due.y!, near, "y");
        const { parts } = await on(built, target, (model) => inPieces(model, { x }, STEPS));
        for (const { begin, length, outputs } of parts)
          expectNear(outputs.y, slice(due.y!, 1, begin, length), near, `y from ${begin}`);
      });
    });
  });
});

describe("blocks whose weights decide alike", () => {
  const blocks = (graph: Graph): (Region | undefined)[] =>
    graph.nodes.flatMap((n) => (n.op === "call" && n.attrs.path.startsWith("blocks.") ? [bodyOf(n)] : []));
  const rows = [
    [0, 0.1, 0.2, 0.3],
    [0.6, 0, 0, 0],
    [0.01, 0.11, 0.13, 0.26],
    [0.59, 0, 0, 0],
    [0, 0, 0, 0.6],
    [1, 1, 1, 1],
  ];
  let weights: string;
  beforeAll(async () => {
    const built = await buildWith(modelOf(spec, "Six"), (name, drawn) => {
      const block = /^blocks\.(\d)\.attn\.reach$/.exec(name)?.[1];
      return block === undefined ? stirred(name, drawn) : Float32Array.from(rows[Number(block)]!);
    });
    weights = writeTensors("six.safetensors", built.weights);
  }, SLOW);

  it("share one body; others have their own", async () => {
    const { value } = await service.fitted(spec, { model: "Six", weights: { file: weights } });
    const needs = decided(value!);
    expect([0, 1, 2, 3].map((i) => needs[`blocks.2.attn.needs.${i}`])).toEqual([4n, 4n, 5n, 6n]);
    for (const graph of [value!.start, value!.step]) {
      const [a, b, c, d, e, f] = blocks(graph);
      expect(blocks(graph)).toHaveLength(6);
      // 0.3 of 8 and 0.26 of 8 both need three positions and a ramp; 0 and 0.01 of 8 do not need the same.
      expect(new Set([a, b, c, e, f]).size).toBe(5);
      expect(d).toBe(b);
    }
    expect(value!.learned).toHaveLength(24);
    // Without weights all are alike.
    expect(new Set(blocks(modelOf(spec, "Six").start)).size).toBe(1);
  });

  it("cost what they compute and keep, and meet budgets that the untrained model breaks", async () => {
    const figures = async (...more: string[]) => {
      const { code, stdout } = await archc("cost", file, "--model", "Six", "--format", "json", ...more);
      expect(code).toBe(0);
      return JSON.parse(stdout) as Record<string, number> & {
        learned: { path: string; value: number | null }[];
      };
    };
    const [most, fitted] = [await figures(), await figures("--weights", weights)];
    // 32 numbers wide in 4 heads, keys and values of f32: 64 bytes a head and position.
    const needs = fitted.learned.reduce((sum, { value }) => sum + value!, 0);
    expect(most["memory.cache"]).toBe(6 * 4 * 8 * 64);
    expect(fitted["memory.cache"]).toBe(needs * 64);
    // A step's products with keys, distances and values: 2 · 3 · 8 for each position that a head sees, and its own twice.
    expect(most["flops.decode"]! - fitted["flops.decode"]!).toBe((6 * 4 * 8 - needs) * 2 * 3 * 8);
    expect(most.learned.every(({ value }) => value === null)).toBe(true);
    const told = await archc("cost", file, "--model", "Six");
    expect(told.stdout).toContain("at most 8; the exact counts come from a weight file (`--weights FILE`)");

    const budget = fileURLToPath(new URL("./fixtures/learned-budget.arch", import.meta.url));
    const untrained = await archc("check", budget);
    expect([untrained.code, untrained.stderr]).toEqual([
      1,
      expect.stringContaining("error[budget/exceeded]"),
    ]);
    const checked = await archc("check", budget, "--weights", weights);
    expect([checked.code, checked.stderr]).toEqual([0, ""]);
    const graph = await archc("graph", file, "--model", "Six", "--weights", weights, "--part", "step");
    expect(graph.stdout).not.toBe((await archc("graph", file, "--model", "Six", "--part", "step")).stdout);
    expect(graph.code).toBe(0);
  });
});

describe("the paper's model, its spans at the published mean", () => {
  const host = createNodeHost(root);
  const make = (model: string, reach: number) => {
    const sink = new Diagnostics();
    const program = loadProgram(host, "specs/adaptive-span.arch", sink);
    const all = Array.from({ length: 12 }, (_, i) => `blocks.${i}.attn.reach`);
    const known = new Map(all.map((name) => [name, arrayOf("f32", [8], new Array<number>(8).fill(reach))]));
    const instance = instantiateModel(program, model, sink, "reject", known);
    expect(sink.list.map((d) => d.message)).toEqual([]);
    return costReport(instance!, { batch: 1n, seq: 1n, past: 0n });
  };

  it("costs what the spec with 314 positions by hand costs, a step and its cache", () => {
    const [learned, stated] = [make("Text8Span12Learned", (314 - 32) / 8192), make("Text8Span12Trimmed", 0)];
    expect(learned.metrics.get("flops.decode")).toMatchObject({ value: [87_126_016n, 1n] });
    for (const name of ["flops.decode", "memory.cache"] as const)
      expect(learned.metrics.get(name)).toEqual(stated.metrics.get(name));
    expect(learned.learned.map((c) => c.value)).toEqual(new Array(96).fill(314n));
  });
});

describe("other layers that leave a count to their weights", () => {
  it("a feed-forward computes no unit beyond the last that is on", async () => {
    const drawn = await buildWith(modelOf(spec, "Pruned"), (name, tensor) =>
      name === "mix.gate"
        ? Float32Array.from(tensor.data, (_, i) => (i > 12 || i === 3 ? 0.001 * (i % 2) : 0.5 + i))
        : stirred(name, tensor),
    );
    const exact = drawn.weights["mix.gate"]!.data;
    // What is off is left out: 0 in the whole model, so that both give the same.
    const off = Float32Array.from(exact, (v) => (Math.abs(v) > 0.01 ? v : 0));
    const weights = { ...drawn.weights, "mix.gate": f32(off) };
    const built = await fittedBuild("Pruned", writeTensors("pruned.safetensors", weights));
    expect(built.manifest.learned).toEqual([{ path: "mix.used", value: 13, most: 24 }]);
    const input = {
      x: f32(
        Array.from({ length: 40 }, (_, i) => Math.sin(i)),
        1,
        5,
        8,
      ),
    };
    const whole: Built = { ...drawn, weights };
    const due = (await on(whole, "reference", (model) => fullPass(model, input))).outputs.y!;
    for (const target of targets.filter((t) => ["reference", "onnx", "cpu", "tensorflow"].includes(t))) {
      const { outputs } = await on(built, target, (model) => fullPass(model, input));
      expectNear(outputs.y, due, 1e-5, target);
    }
    const macs = (instance: ModelInstance) =>
      costReport(instance, { batch: 1n, seq: 1n }).metrics.get("macs");
    expect(macs(built.instance)).toMatchObject({ value: [BigInt(2 * 13 * 8), 1n] });
    expect(macs(drawn.instance)).toMatchObject({ value: [BigInt(2 * 24 * 8), 1n] });
  });

  it("within a layer that has an inverse, each instance by its own weights", async () => {
    const gates: Readonly<Record<string, number>> = { "mix.f.gate": 5, "mix.g.gate": 9 };
    const drawn = await buildWith(modelOf(spec, "Coupled"), (name, tensor) => {
      const on = gates[name];
      return on === undefined
        ? stirred(name, tensor)
        : Float32Array.from(tensor.data, (_, i) => (i < on ? 1 : 0));
    });
    const built = await fittedBuild("Coupled", writeTensors("coupled.safetensors", drawn.weights));
    expect(decided(built.instance)).toEqual({ "mix.f.used": 5n, "mix.g.used": 9n });
    const wave = (p: number) =>
      f32(
        Array.from({ length: 24 }, (_, i) => Math.sin(i + p)),
        ...[1, 3, 8],
      );
    const input = { x: wave(0), z: wave(2) };
    const due = (await on(drawn, "reference", (model) => fullPass(model, input))).outputs;
    for (const target of ["reference", "onnx", "cpu"]) {
      const { outputs } = await on(built, target, (model) => fullPass(model, input));
      for (const name of ["y", "w"]) expectNear(outputs[name], due[name]!, 1e-5, `${name} on ${target}`);
    }
  });

  it.each([
    // n = 2: m = 2 + 3.
    [[1.5, 2], [3, 0], [0, 0], { "mix.n": 2n, "mix.m": 5n }],
    // n = 5, so that other weights decide m; they were not known to matter before.
    [[4.2, 2], [3, 0], [0.5, 0.25], { "mix.n": 5n, "mix.m": 1n }],
  ])("a count that depends on another is decided after it: %j", async (a, b, c, due) => {
    const weights = { "mix.a": f32(a), "mix.b": f32(b), "mix.c": f32(c) };
    const path = writeTensors("chained.safetensors", weights);
    const { value } = await service.fitted(spec, { model: "Chained", weights: { file: path } });
    expect(decided(value!)).toEqual(due);
  });
});

describe("weights that decide nothing good", () => {
  const chained = (...a: number[]) =>
    writeTensors("bad.safetensors", { "mix.a": f32(a), "mix.b": f32([0, 0]), "mix.c": f32([0, 0]) });
  const refused = async (model: string, weights: string) => {
    const out = join(scratch, "refused");
    const all = await Promise.all([
      archc("build", file, "--model", model, "-o", out, "--weights", weights),
      archc("cost", file, "--model", model, "--weights", weights),
      archc("run", file, "--model", model, "--weights", weights),
    ]);
    for (const { code, stdout } of all) expect([code, stdout]).toEqual([2, ""]);
    expect(new Set(all.map((told) => told.stderr.replace(/^building .*\n/, ""))).size).toBe(1);
    return all[0].stderr;
  };

  it.each([
    [[Number.NaN, Number.NaN], "the weights give `mix.n` no finite value: NaN"],
    [[Number.POSITIVE_INFINITY, 0], "the weights give `mix.n` no finite value: Infinity"],
    [[-1.5, -2], "the weights give `mix.n` the value -1.5, but it must be from 0 to 6"],
    [[6.5, 0], "the weights give `mix.n` the value 6.5, but it must be from 0 to 6"],
    [[3e38, 0], "the weights give `mix.n` the value 3e+38, but it must be from 0 to 6"],
  ])("%j is refused by every command", async (a, words) => {
    const stderr = await refused("Chained", chained(...a));
    expect(stderr).toContain(`error[learned/beyond]: ${words}`);
    expect(stderr).toContain("computed from `mix.a` in the weight file");
    // The recipe is the user's, and so is the line.
    expect(stderr).toContain("learned.arch:");
  });

  it("beyond a whole number by the last digits of single precision is that number", async () => {
    const path = chained(Math.fround(4.0000005), 0);
    const { value } = await service.fitted(spec, { model: "Chained", weights: { file: path } });
    expect(decided(value!)["mix.n"]).toBe(4n);
  });

  it("may not decide which weights there are", async () => {
    const weights = { "mix.size": f32([2]), "mix.table": f32([1, 2, 3, 4]) };
    const stderr = await refused("Grows", writeTensors("grows.safetensors", weights));
    expect(stderr).toContain(
      "error[learned/changes-weights]: the shape of the weight `mix.table` depends on trained weights: [4] without them, [2] with them",
    );
  });

  it("beyond a range are refused as the range says, before they decide", async () => {
    const own = (reach: number[]) => {
      const zeros = (...shape: number[]) => f32(new Float32Array(shape.reduce((a, b) => a * b)), ...shape);
      return writeTensors("reach.safetensors", {
        places: zeros(4, 12),
        "mix.query": zeros(16, 4, 4),
        "mix.key": zeros(16, 4, 4),
        "mix.value": zeros(16, 4, 4),
        "mix.out": zeros(4, 4, 16),
        "mix.reach": f32(reach),
      });
    };
    for (const [reach, has] of [
      [[0, 1.5, 0, 0], "0 to 1.5"],
      [[0, -0.5, 0, 0], "-0.5 to 0"],
      [[0, Number.NaN, 0, 0], "NaN to NaN"],
    ] as const) {
      const stderr = await refused("LearnedHeads", own([...reach]));
      expect(stderr).toContain(`mix.reach: has values from ${has}, but this model allows 0 to 1`);
    }
  });

  it("are told where they are not there", async () => {
    const { code, stderr } = await archc(
      "cost",
      file,
      "--model",
      "Chained",
      "--weights",
      "nowhere.safetensors",
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining("error[checkpoint/unreadable]")]);
    const alone = await archc("check", file, "--model", "Chained");
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("error[usage/bad-value]")]);
  });
});

/**
 * The tfjs module of a GPT-2 against gpt-tfjs (npm, by zemlyansky), with the same weights, in one process, on one
 * backend after another. `npm run build && node bench/tfjs.mjs [--models mini,gpt2] [--backends wasm,cpu] [--rounds 30]`
 * - `all logits`: one pass over a sequence, logits of every position read back;
 * - `last logits`: as generation needs, those of the last position alone: a build with `read = last_position()` against
 *   what gpt-tfjs does for each token, all logits and the last of them read back;
 * - `per token`: generation as users run it, prompt included (gpt-tfjs has no cache and computes all positions anew).
 * - on webgpu, of both: the kernels that are started and the megabytes that these read and write, which hold on any GPU.
 * `--clock cpu` counts the processor's time in place of the wall's, for a machine that others use as well.
 * Installs gpt-tfjs into a temporary folder (or uses that of `--peer`), checks that both give the same logits, prints a table of ratios.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const peer = ["gpt-tfjs@0.0.5", "@tensorflow/tfjs@4.22.0"];
const backends = ["tensorflow", "wasm", "cpu", "webgpu"];
const seconds = 1000;

/** gpt-tfjs's own sizes; bytes as tokens where it names none. */
const models = {
  nano: { layers: 3, heads: 3, dim: 48, vocab: 256, context: 256 },
  mini: { layers: 6, heads: 6, dim: 192, vocab: 256, context: 256 },
  gpt2: { layers: 12, heads: 12, dim: 768, vocab: 50257, context: 1024 },
};

/** What each backend can do in a few seconds: positions of a pass, and of a prompt with tokens after it. */
const work = {
  tensorflow: { nano: [128, 32, 32], mini: [128, 32, 32], gpt2: [128, 32, 8] },
  wasm: { nano: [128, 32, 32], mini: [128, 32, 16], gpt2: [32, 8, 2] },
  cpu: { nano: [64, 32, 16], mini: [64, 32, 4] },
  webgpu: { nano: [32, 8, 4], mini: [32, 8, 4] },
};

/**
 * Rounds of a race begin until this has gone by, or there are `--rounds`; all rows together then take about 5 minutes. A
 * row that hangs is ended and says so. On webgpu the first round compiles shaders that both use, for whoever comes first:
 * it must not count.
 */
const limit = { race: { webgpu: 40 * seconds, others: 10 * seconds }, row: 150 * seconds };

const { values: flags } = parseArgs({
  options: {
    models: { type: "string", default: Object.keys(models).join() },
    backends: { type: "string", default: backends.join() },
    rounds: { type: "string", default: "30" },
    peer: { type: "string" },
    clock: { type: "string", default: "wall" },
    // Of the process of one row.
    row: { type: "string" },
  },
});

if (flags.clock !== "wall" && flags.clock !== "cpu") throw new Error("--clock is `wall` or `cpu`");
if (flags.row === undefined) table();
else console.log(JSON.stringify(await row(JSON.parse(flags.row))));

function table() {
  const folder = mkdtempSync(join(tmpdir(), "archc-tfjs-"));
  try {
    if (flags.peer === undefined)
      command("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", ...peer]);
    console.log(`milliseconds of ${flags.clock} time, medians (archc / gpt-tfjs): under 0.5 is the target\n`);
    console.log(
      "backend     model  positions  all logits               last logits              per token                rounds      logits differ by",
    );
    for (const model of names(flags.models, models)) {
      const build = join(folder, model);
      let built = false;
      for (const backend of names(flags.backends, work)) {
        const sizes = work[backend][model];
        if (!sizes) continue;
        if (!built) {
          compile(folder, model, build);
          compile(folder, model, `${build}-last`, "  read  = last_position()\n");
        }
        built = true;
        const given = JSON.stringify({ folder: flags.peer ?? folder, build, backend, model, sizes });
        const { status, stdout, stderr, error } = spawnSync(
          process.execPath,
          [fileURLToPath(import.meta.url), "--row", given, "--rounds", flags.rounds, "--clock", flags.clock],
          { encoding: "utf8", timeout: limit.row },
        );
        const head = `${backend.padEnd(11)} ${model.padEnd(6)}`;
        if (status === 0) console.log(`${head} ${line(sizes, JSON.parse(stdout.trim().split("\n").at(-1)))}`);
        else console.log(`${head} ${error ?? /(?:BackendError|Error): .*/.exec(stderr)?.[0] ?? stderr}`);
      }
      for (const made of [build, `${build}-last`]) rmSync(made, { recursive: true, force: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function names(list, known) {
  const asked = list.split(",");
  const wrong = asked.find((name) => !Object.hasOwn(known, name));
  if (wrong !== undefined)
    throw new Error(`there is no \`${wrong}\`; there are ${Object.keys(known).join(", ")}`);
  return asked;
}

function command(name, args) {
  const { status, stderr } = spawnSync(name, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${name} ${args.join(" ")} ended with ${status}: ${stderr}`);
}

function compile(folder, model, out, more = "") {
  const { layers, heads, dim, vocab, context } = models[model];
  const spec = join(folder, `${model}.arch`);
  writeFileSync(
    spec,
    `import { decoder } from "std"

model Peer : decoder {
  vocab = ${vocab}
  seq   = ${context}
  dim   = ${dim}
  heads = ${heads}
${more}  blocks ${layers} {
    attn = attention(heads, causal = true)
    ffn  = mlp(act = gelu_tanh)
  }
}
`,
  );
  command(process.execPath, [join(root, "dist/bin/archc.js"), "build", spec, "--target", "tfjs", "-o", out]);
}

function line([positions, prompt, tokens], { pass, last, token, rounds, differ, kernels }) {
  const pair = ([ours, theirs]) =>
    `${ours.toFixed(1)} / ${theirs.toFixed(1)}`.padEnd(18) + (ours / theirs).toFixed(2).padEnd(7);
  return `${`${positions}; ${prompt}+${tokens}`.padEnd(10)} ${pair(pass)}${pair(last)}${pair(token)}${rounds.padEnd(12)}${differ.toExponential(0)}${kernels ? `\n${kernelLines(kernels)}` : ""}`;
}

function kernelLines(columns) {
  const pair = ([ours, theirs], digits) =>
    `${ours.toFixed(digits)} / ${theirs.toFixed(digits)}`.padEnd(18) + (ours / theirs).toFixed(2).padEnd(7);
  const all = (count, digits) => columns.map((both) => pair(both.map(count), digits)).join("");
  return [
    `${"".padEnd(19)}kernels    ${all((c) => c.kernels, 0)}`,
    `${"".padEnd(19)}megabytes  ${all((c) => c.bytes / 2 ** 20, 2)}`,
  ].join("\n");
}

/** Times both models on one backend, turn by turn. */
async function row({ folder, build, backend, model: name, sizes }) {
  const runtime = await import("../dist/runtime/index.js");
  const { tf } = await runtime.openBackend(backend);
  const manifest = await runtime.readManifest(build);
  const open = async (path) => new runtime.Session(await runtime.loadTfjs(path, { backend }), manifest);
  const session = await open(build);
  const theirs = await gptTfjs(folder, build, models[name]);
  const [positions, prompt, tokens] = sizes;
  const ids = Int32Array.from({ length: positions }, (_, i) => (i * 31 + 7) % 251);

  const passOf = (from) => async () =>
    (await from.start({ input_ids: { dtype: "i32", shape: [1, positions], data: ids } })).logits.data;
  const theirPass = async () => {
    const given = tf.tensor(ids, [1, positions], "int32");
    const logits = theirs.model.predict(given);
    const data = await logits.data();
    tf.dispose([given, logits]);
    return data;
  };
  const theirLast = async () => {
    const given = tf.tensor(ids, [1, positions], "int32");
    const logits = theirs.model.predict(given);
    const last = tf.slice(logits, [0, positions - 1, 0], [1, 1, -1]);
    const data = await last.data();
    tf.dispose([given, logits, last]);
    return data;
  };
  const begin = [...ids.subarray(0, prompt)];
  const ourTokens = async () => {
    const made = [];
    for await (const id of runtime.generate(session, { prompt: begin, tokens })) made.push(id);
    return made;
  };
  const theirTokens = async () => {
    const given = tf.tensor([begin], [1, prompt], "int32");
    const [all] = await theirs.generate(given, { maxNewTokens: tokens });
    given.dispose();
    return all.slice(prompt);
  };

  const most = limit.race[backend] ?? limit.race.others;
  const differ = (ours, theirs) => {
    if (ours.length !== theirs.length) throw new Error(`${ours.length} logits, not ${theirs.length}`);
    const most = ours.reduce((most, x, i) => Math.max(most, Math.abs(x - theirs[i])), 0);
    if (!(most < 1e-2)) throw new Error(`the logits differ by ${most}`);
    return most;
  };
  const pass = await race(most, passOf(session), theirPass, differ);
  const token = await race(most, ourTokens, theirTokens, (ours, theirs) => {
    if (ours.join() !== theirs.join()) throw new Error(`${ours} is not ${theirs}`);
  });
  const counted = async (run, parts) => backend === "webgpu" && (await kernelsOf(tf, run, parts));
  const ofToken = [await counted(ourTokens, tokens), await counted(theirTokens, tokens)];
  const ofPass = [await counted(passOf(session), 1), await counted(theirPass, 1)];
  session.reset();
  const lastSession = await open(`${build}-last`);
  const last = await race(most, passOf(lastSession), theirLast, differ);
  const rounds = `${pass.rounds}; ${last.rounds}; ${token.rounds}`;
  const ofLast = [await counted(passOf(lastSession), 1), await counted(theirLast, 1)];
  return {
    kernels: backend === "webgpu" && [ofPass, ofLast, ofToken],
    pass: pass.medians,
    last: last.medians,
    token: token.medians.map((ms) => ms / tokens),
    rounds,
    differ: Math.max(pass.compared, last.compared),
  };
}

/** Kernels that a run starts on webgpu, of which it has equal `parts`, and the bytes of their operands and results. */
async function kernelsOf(tf, run, parts) {
  const gpu = tf.backend();
  const start = gpu.runWebGPUProgram;
  const size = (shape) => shape.reduce((a, b) => a * b, 1);
  const count = { kernels: 0, bytes: 0 };
  gpu.runWebGPUProgram = function (program, operands, ...rest) {
    const made = start.call(this, program, operands, ...rest);
    count.kernels += 1 / parts;
    for (const { shape } of [...operands, made]) count.bytes += (4 * size(shape)) / parts;
    return made;
  };
  await run();
  gpu.runWebGPUProgram = start;
  return count;
}

/**
 * Medians in ms, turn by turn so that a busy machine slows both. The first round warms up, and its results are compared;
 * where it takes longer than the limit it is the only one, and counts.
 */
async function race(most, ours, theirs, compare) {
  const began = performance.now();
  const { times, results } = await turn(ours, theirs);
  const compared = compare(...results);
  const rounds = [];
  if (performance.now() - began > most) rounds.push(times);
  while (rounds.length < Number(flags.rounds) && performance.now() - began < most)
    rounds.push((await turn(ours, theirs)).times);
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  return { compared, rounds: rounds.length, medians: [0, 1].map((k) => median(rounds.map((t) => t[k]))) };
}

/** Milliseconds of the clock that was asked for. */
function now() {
  if (flags.clock === "wall") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function turn(...runs) {
  const [times, results] = [[], []];
  for (const run of runs) {
    const start = now();
    results.push(await run());
    times.push(now() - start);
  }
  return { times, results };
}

/** gpt-tfjs's model with the weights of our build. */
async function gptTfjs(folder, build, { layers, heads, dim, vocab, context }) {
  const require = createRequire(join(folder, "package.json"));
  // The kernels of `cpu` are registered already, and it says so of each.
  const { log, warn } = console;
  console.log = console.warn = () => undefined;
  const tf = require("@tensorflow/tfjs");
  const { GPTLMHeadModel } = require("gpt-tfjs").model;
  // It draws 10^8 random numbers for a GPT-2 otherwise, minutes long, which `setWeights` then replaces.
  const drawn = Object.getPrototypeOf(Object.getPrototypeOf(tf.initializers.glorotNormal({})));
  drawn.apply = (shape, dtype) => tf.zeros(shape, dtype);
  const shape = { nLayer: layers, nHead: heads, nEmbd: dim, vocabSize: vocab, blockSize: context };
  const made = GPTLMHeadModel({ ...shape, dropout: 0, embdDrop: 0, residDrop: 0 });
  Object.assign(console, { log, warn });

  const { SafetensorsFile } = await import("../dist/runtime/safetensors.js");
  const file = await SafetensorsFile.open(join(build, "weights.safetensors"));
  const read = async (name, ...sizes) => tf.tensor((await file.read(name)).data, sizes);
  const sideBySide = async (path, ...rows) =>
    tf.concat(await Promise.all(path.map((name) => read(name, ...rows, dim))), rows.length);
  const projections = (i, end) => ["query", "key", "value"].map((name) => `blocks.${i}.attn.${name}${end}`);
  const values = [await read("embed.table", vocab, dim), await read("positions.table", context, dim)];
  for (let i = 0; i < layers; i++) {
    const at = `blocks.${i}`;
    values.push(
      await read(`${at}.wiring.norm_a.scale`, dim),
      await read(`${at}.wiring.norm_a.shift`, dim),
      await sideBySide(projections(i, ""), dim),
      await sideBySide(projections(i, "_shift")),
      await read(`${at}.attn.out`, dim, dim),
      await read(`${at}.attn.out_shift`, dim),
      await read(`${at}.wiring.norm_b.scale`, dim),
      await read(`${at}.wiring.norm_b.shift`, dim),
      await read(`${at}.ffn.up`, dim, 4 * dim),
      await read(`${at}.ffn.up_shift`, 4 * dim),
      await read(`${at}.ffn.down`, 4 * dim, dim),
      await read(`${at}.ffn.down_shift`, dim),
    );
  }
  values.push(await read("norm.scale", dim), await read("norm.shift", dim));
  values.push(tf.transpose(await read("embed.table", vocab, dim)));
  made.model.setWeights(values);
  tf.dispose(values);
  await file.close();
  return made;
}

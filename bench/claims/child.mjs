/**
 * One process of the benches of claims: loads a build into ONNX Runtime, runs whole passes of one sequence, up to three
 * and for no more than some ten seconds, and prints the seconds of the fastest and the peak
 * of the resident set after the first, in bytes. Token ids are spread over VOCABULARY. With `step`, a token after the
 * sequence is timed instead, ten times; with `arena`, ONNX Runtime keeps the memory of a pass for the next.
 * `node bench/claims/child.mjs FOLDER LENGTH VOCABULARY [step | arena]`
 */
import { readFileSync } from "node:fs";
import { readManifest } from "../../dist/runtime/folder.js";
import { loadOnnx } from "../../dist/runtime/onnx.js";

const ENOUGH = 8;
const [folder, length, vocabulary] = [process.argv[2], ...process.argv.slice(3, 5).map(Number)];
const how = process.argv[5];
let seed = 1;
const next = () => (seed = (seed * 48_271) % 2_147_483_647);
const model = await loadOnnx(folder, { arena: how === "arena" });
const { inputs } = await readManifest(folder);
const given = (seq) =>
  Object.fromEntries(
    inputs.map(({ name, dtype, shape }) => {
      const sizes = shape.map((size) => (size === "batch" ? 1 : size === "seq" ? seq : Number(size)));
      const count = sizes.reduce((a, b) => a * b, 1);
      const data =
        dtype === "f32"
          ? Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + i * i * 1e-4))
          : Int32Array.from({ length: count }, () => next() % vocabulary);
      return [name, { dtype, shape: sizes, data }];
    }),
  );
const pass = given(length);
const times = [];
let spent = 0;
let peak;
while (times.length < 3 && spent < ENOUGH) {
  const began = performance.now();
  const { state } = await model.run("start", pass);
  times.push((performance.now() - began) / 1000);
  spent += times.at(-1);
  state.dispose();
  // Later passes find what JavaScript has yet to collect of this one.
  peak ??= 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
}
if (how === "step") {
  let { state } = await model.run("start", pass);
  times.length = 0;
  for (let i = 0; i < 10; i++) {
    const token = given(1);
    const began = performance.now();
    const after = await model.run("step", token, state);
    times.push((performance.now() - began) / 1000);
    state.dispose();
    state = after.state;
  }
}
await model.dispose();
console.log(JSON.stringify({ seconds: Math.min(...times), peak }));

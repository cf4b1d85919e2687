import { readdirSync, readFileSync } from "node:fs";
import { checkProgram } from "../../compiler/check/check.js";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { loadProgram } from "../../compiler/check/program.js";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import type { NdArray } from "../../compiler/ops/define.js";

const layers = new URL("../../compiler/layers/", import.meta.url);
const std = Object.fromEntries(
  readdirSync(layers).map((f) => [`std/${f}`, readFileSync(new URL(f, layers), "utf8")]),
);

export interface Checked {
  readonly models: ReadonlyMap<string, ModelInstance>;
  readonly problems: readonly Diagnostic[];
  /** `code: message` of each problem. */
  readonly said: readonly string[];
}

/** Checks a spec given as text (`main.arch`), with other files beside it. */
export function check(text: string, files: Readonly<Record<string, string>> = {}): Checked {
  const sink = new Diagnostics();
  const program = loadProgram(createMemoryHost({ "main.arch": text, ...files }, std), "main.arch", sink);
  const models = checkProgram(program, sink);
  return { models, problems: sink.list, said: sink.list.map((d) => `${d.code}: ${d.message}`) };
}

/** The one model of a spec that must be right. */
export function model(text: string, files: Readonly<Record<string, string>> = {}): ModelInstance {
  const { models, said } = check(text, files);
  if (said.some((s) => !s.startsWith("model/hole")) || models.size === 0)
    throw new Error(said.join("\n") || "no model");
  return [...models.values()].at(-1)!;
}

export const weights = (instance: ModelInstance): Record<string, string> =>
  Object.fromEntries(
    instance.start.inputPorts.flatMap((p) =>
      p.role === "weight" ? [[p.name, p.value.shape.join(" ")]] : [],
    ),
  );

export const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");

/** A tensor of `f(i)` over the flat row-major index. */
export function filled(shape: readonly number[], f: (i: number) => number): NdArray {
  const size = shape.reduce((a, b) => a * b, 1);
  return { dtype: "f32", shape, data: Float64Array.from({ length: size }, (_, i) => f(i)) };
}

/** The sheets' fill: a·sin(1.3·i + p). */
export const wave = (a: number, p: number) => (i: number) => a * Math.sin(1.3 * i + p);

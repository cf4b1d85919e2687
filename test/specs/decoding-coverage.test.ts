import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import type { Region } from "../../compiler/ir/graph.js";
import type { Stmt } from "../../grammar/ast.js";
import { parse } from "../../grammar/parse.js";
import { modelOf, root, service } from "../parity/models.js";

// That decoding step by step is a full pass is tested of all models of these specs, on every target and the evaluator.
const stepped = [
  "specs/small.arch",
  "specs/small-family.arch",
  "specs/small-mixtures.arch",
  "specs/small-reformer.arch",
  "specs/small-span.arch",
  "specs/small-sparse.arch",
  "specs/small-xl.arch",
  // parity/perceiver-ar.test.ts: a step is a pass with as many more latents.
  "specs/small-perceiver-ar.arch",
  // parity/x-transformers.test.ts, parity/marian.test.ts.
  "test/parity/fixtures/x-transformers/models.arch",
  "test/parity/fixtures/marian.arch",
];

/** What reads both ways and has no steps. */
const notCausal = ["specs/small-perceiver.arch"];

/** Keep a segment for the next one, and read both ways within it: parity/xlnet.test.ts. */
const segmented = ["permuted_attention", "two_stream_attention"];

const calls = new Map<string, Set<string>>();
for (const spec of stepped) {
  for (const name of service.models(spec)) {
    if (service.instance(spec, name).value) collect(modelOf(spec, name).start);
  }
}

/** Every layer that runs in a region, with the arguments that it is given other than by default. */
function collect(region: Region): void {
  for (const node of region.nodes) {
    if (node.op !== "call" && node.op !== "map") continue;
    if (node.op === "call") {
      const seen = calls.get(node.attrs.name) ?? new Set();
      for (const [arg, value] of Object.entries(node.attrs.args)) if (value !== false) seen.add(arg);
      calls.set(node.attrs.name, seen);
    }
    collect(node.attrs.body);
  }
}

/** Whether a body keeps what grows, or what a segment leaves: all states but a norm's running statistics. */
const keeps = (body: readonly Stmt[]): boolean =>
  body.some((s) => {
    if (s.kind === "state") return !s.names.some((n) => n.text.startsWith("running_"));
    return s.kind === "if" && (keeps(s.then) || keeps(s.otherwise ?? []));
  });

describe("decoding step by step is tested", () => {
  it("of every small spec", () => {
    const small = readdirSync(`${root}specs`).filter((name) => name.startsWith("small"));
    const known = [...stepped, ...notCausal];
    expect(small.map((name) => `specs/${name}`).filter((spec) => !known.includes(spec))).toEqual([]);
  });

  it("of every layer of the library that keeps something for later steps", () => {
    const folder = new URL("../../compiler/layers/", import.meta.url);
    const layers = readdirSync(folder).flatMap((name) =>
      parse(readFileSync(new URL(name, folder), "utf8"), name, new Diagnostics()).items.flatMap((item) =>
        item.kind === "layer" && keeps(item.body) ? [item.name.text] : [],
      ),
    );
    expect(layers.length).toBeGreaterThan(7);
    expect(layers.filter((name) => !calls.has(name) && !segmented.includes(name))).toEqual([]);
  });

  it.each([
    ["attention", ["kv_heads", "window", "bounded", "most"]],
    ["relative_attention", ["memory", "cached", "filled", "same_length", "clamp"]],
    ["span_attention", ["projected"]],
    ["sparse_attention", ["kept", "per_head"]],
    ["lsh_attention", ["causal", "apart", "rounds"]],
    ["rotary", ["interleaved", "size", "first"]],
  ] as const)("of `%s` with %s", (layer, args) => {
    expect(args.filter((arg) => !calls.get(layer)?.has(arg))).toEqual([]);
  });
});

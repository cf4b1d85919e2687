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
  // parity/x-transformers.test.ts, parity/marian.test.ts, parity/families.test.ts,
  // parity/decoders.test.ts.
  "test/parity/fixtures/x-transformers/models.arch",
  "test/parity/fixtures/marian.arch",
  "test/parity/fixtures/families.arch",
  "test/parity/fixtures/decoders.arch",
];

/** What reads both ways and has no steps. */
const notCausal = ["specs/small-perceiver.arch"];

/** Keep a segment for the next one, and read both ways within it: parity/xlnet.test.ts. */
const segmented = ["permuted_attention", "two_stream_attention"];

type Holds =
  /** Every step is what a full pass gives. */
  | "exact"
  /** The paper's own cache approximates: `says` says how, in these words, and the test `bounded` by how much. */
  | { readonly says: string; readonly words: RegExp; readonly bounded: string }
  /** Keeps nothing: it reads both ways. */
  | "no steps"
  /** A segment sees the one before it, both ways: `segmented`. */
  | "segments";

/** How every published spec decodes. Whatever its models keep is kept by the same layers in `stepped` models. */
const families: Readonly<Record<string, Holds>> = {
  "adaptive-span": "exact",
  "all-attention": "exact",
  albert: "no steps",
  bart: "exact",
  bert: "no steps",
  bloom: "exact",
  distilbert: "no steps",
  electra: "no steps",
  falcon: "exact",
  gemma: "exact",
  gpt2: "exact",
  llama: "exact",
  minilm: "no steps",
  mistral: "exact",
  modernbert: "no steps",
  moe: "exact",
  mpnet: "no steps",
  neox: "exact",
  olmo: "exact",
  opt: "exact",
  "perceiver-ar": {
    says: "compiler/layers/perceiver-ar.arch",
    words: /a session starts again with/,
    bounded: "test/parity/perceiver-ar.test.ts",
  },
  perceiver: "no steps",
  phi: "exact",
  "pkm-lm": "exact",
  pkm: "exact",
  qwen: "exact",
  reformer: {
    says: "specs/reformer.arch",
    words: /Decoding LSH layers is an approximation/,
    bounded: "test/specs/reformer-agreement.test.ts",
  },
  roberta: "no steps",
  "sparse-transformer": "exact",
  t5: "exact",
  "transformer-xl": "exact",
  transformer: "exact",
  vit: "no steps",
  whisper: "exact",
  xlnet: "segments",
};

type Calls = Map<string, Set<string>>;
const calls: Calls = new Map();
for (const spec of stepped) {
  for (const name of service.models(spec)) {
    if (service.instance(spec, name).value) collect(modelOf(spec, name).start, calls);
  }
}

/** Every layer that runs in a region, with the arguments that it is given other than by default. */
function collect(region: Region, found: Calls): void {
  for (const node of region.nodes) {
    if (node.op !== "call" && node.op !== "map") continue;
    if (node.op === "call") {
      const seen = found.get(node.attrs.name) ?? new Set();
      for (const [arg, value] of Object.entries(node.attrs.args)) if (value !== false) seen.add(arg);
      found.set(node.attrs.name, seen);
    }
    collect(node.attrs.body, found);
  }
}

/** The layers of the library that keep something for later steps. */
function keepers(): readonly string[] {
  const folder = new URL("../../compiler/layers/", import.meta.url);
  return readdirSync(folder).flatMap((name) =>
    parse(readFileSync(new URL(name, folder), "utf8"), name, new Diagnostics()).items.flatMap((item) =>
      item.kind === "layer" && keeps(item.body) ? [item.name.text] : [],
    ),
  );
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
    const layers = keepers();
    expect(layers.length).toBeGreaterThan(7);
    expect(layers.filter((name) => !calls.has(name) && !segmented.includes(name))).toEqual([]);
  });

  it("of every published spec, or it says why there are no steps", () => {
    const published = readdirSync(`${root}specs`).filter((name) => !name.startsWith("small"));
    expect(published.map((name) => name.replace(/\.arch$/, "")).sort()).toEqual(Object.keys(families).sort());
  });

  it.each(Object.entries(families))("of specs/%s.arch: %o", (family, holds) => {
    const spec = `specs/${family}.arch`;
    const found: Calls = new Map();
    let states = 0;
    for (const name of service.models(spec)) {
      const { value } = service.instance(spec, name);
      if (!value) continue;
      collect(value.start, found);
      states += value.start.outputPorts.filter((p) => p.role === "state").length;
    }
    const kept = keepers().filter((name) => found.has(name));
    if (holds === "no steps") {
      expect(states).toBe(0);
      return;
    }
    expect(states).toBeGreaterThan(0);
    if (holds === "segments") {
      expect(kept.filter((name) => !segmented.includes(name))).toEqual([]);
      return;
    }
    // What a layer is given here that no `stepped` model gives it: sizes and counts apart, which change no rule.
    const untested = kept.flatMap((name) =>
      [...found.get(name)!].filter((arg) => !calls.get(name)?.has(arg)).map((arg) => `${name}(${arg})`),
    );
    expect(untested).toEqual([]);
    if (holds === "exact") return;
    expect(readFileSync(`${root}${holds.says}`, "utf8")).toMatch(holds.words);
    expect(readFileSync(`${root}${holds.bounded}`, "utf8")).toContain(`specs/small-${family}.arch`);
  });

  it.each([
    ["attention", ["kv_heads", "window", "bounded", "most", "head_dim", "divisor"]],
    ["relative_attention", ["memory", "cached", "filled", "same_length", "clamp"]],
    ["span_attention", ["projected"]],
    ["sparse_attention", ["kept", "per_head"]],
    ["lsh_attention", ["causal", "apart", "rounds"]],
    ["rotary", ["interleaved", "size", "first"]],
  ] as const)("of `%s` with %s", (layer, args) => {
    expect(args.filter((arg) => !calls.get(layer)?.has(arg))).toEqual([]);
  });
});

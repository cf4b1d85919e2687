import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { Picture } from "../../compiler/draw/picture.js";
import { svgText } from "../../compiler/draw/svg.js";
import { archc } from "../cli/archc.js";
import { expectGolden } from "../support/golden.js";

const folder = mkdtempSync(join(tmpdir(), "archc-draw-"));
afterAll(() => rmSync(folder, { recursive: true }));
const spec = (name: string) => fileURLToPath(new URL(`../../specs/${name}.arch`, import.meta.url));
const golden = (name: string) => fileURLToPath(new URL(`../golden/draw/${name}.svg`, import.meta.url));

/** The words of a picture, in its order. */
const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((m) => m[1]!);

/** Every element is closed, in its order. */
function isBalanced(svg: string): boolean {
  const open: string[] = [];
  for (const [, close, name, alone] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/gi)) {
    if (alone === "/") continue;
    if (close === "") open.push(name!);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

/** How far two colours are apart: 1 where they are alike, 21 for black on white (WCAG 2.2). */
function contrast(one: string, other: string): number {
  const light = (colour: string) =>
    [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i]!, 0.05);
  const [a, b] = [light(one), light(other)];
  return Math.max(a, b) / Math.min(a, b);
}

describe("archc graph --svg", () => {
  it.each([
    ["pkm-lm", "PkmLM"],
    ["small", "TinyShared"],
    ["gpt2", "Gpt2Small"],
    ["transformer", "TransformerBase"],
  ])("draws %s %s", async (file, model) => {
    const { code, stdout, stderr } = await archc("graph", spec(file), "--model", model, "--svg");
    expect([code, stderr]).toEqual([0, ""]);
    expect(isBalanced(stdout)).toBe(true);
    // It stands alone.
    expect(stdout).not.toMatch(/href|url\((?!#)|@import|<script|<image|<foreignObject/);
    expectGolden(stdout, golden(model));
  });

  it("draws into a file whose name says so, without being asked twice", async () => {
    const file = join(folder, "named.svg");
    expect((await archc("graph", spec("small"), "--model", "TinyGpt", "-o", file)).code).toBe(0);
    const { stdout } = await archc("graph", spec("small"), "--model", "TinyGpt", "--svg");
    expect(readFileSync(file, "utf8")).toBe(stdout);
    rmSync(file);
  });

  it("folds blocks that are alike, and shows what reads a table and what keeps a state", async () => {
    const { stdout } = await archc("graph", spec("pkm-lm"), "--model", "PkmLM", "--svg");
    const shown = words(stdout);
    expect(shown.filter((w) => w.startsWith("blocks."))).toEqual([
      "blocks.0 .. 4",
      "blocks.5",
      "blocks.6 .. 11",
    ]);
    expect(shown.filter((w) => /^× \d/.test(w))).toEqual(["× 5", "× 6"]);
    expect(shown).toContain("keeps keys [batch, 16, past, 64]");
    expect([...stdout.matchAll(/class="memory"/g)]).toHaveLength(1);
    // 4 heads of 32 rows.
    expect(shown.slice(shown.indexOf("ffn: pkm")).at(2)).toBe("reads 128 of 262,144 rows per token");
    expect(shown.filter((w) => w === "[batch, seq, 1024], 2.00 MiB")).toHaveLength(6);
  });

  it("sets a shared table beside the flow, and marks who reads it", async () => {
    const { stdout } = await archc("graph", spec("small"), "--model", "TinyShared", "--svg");
    expect(words(stdout)).toContain("shared: memory, 8,192 parameters, reads 16 of 256 rows per token");
    expect(words(stdout).filter((w) => w === "reads rows of a shared table")).toHaveLength(1);
  });

  it("sets an encoder beside the decoder, with an edge to the layer that reads it", async () => {
    const argv = ["graph", spec("transformer"), "--model", "TransformerBaseT2T", "--svg"];
    const { stdout } = await archc(...argv, "--at", "seq=64,source=32");
    const shown = words(stdout);
    expect(shown).toContain("63.0M parameters, 6.74 GFLOP forward at batch 1, seq 64, source 32");
    const at = (word: string) => {
      const [, x, y] = new RegExp(`<text x="(\\d+)" y="(\\d+)"[^>]*>${word}<`).exec(stdout)!;
      return { x: Number(x), y: Number(y) };
    };
    const [encode, decode, cross] = ["encode.0 .. 5", "decode.0 .. 5", "cross: cross_attention"].map(at);
    expect([encode!.y, encode!.x < decode!.x]).toEqual([decode!.y, true]);
    // The edge ends at the left of the box, within its height.
    const [, into, end] = /V(\d+)H(\d+)" [^>]*marker-end/.exec(stdout)!;
    expect(Number(end)).toBe(cross!.x - 12);
    expect(Number(into) - cross!.y).toBeGreaterThan(0);
    expect(Number(into) - cross!.y).toBeLessThan(60);
    // Into the encoder, out of it, out of its norm; into the decoder, out of it, out of its norm.
    expect(shown.filter((w) => w === "[batch, source, 512], 64.0 KiB")).toHaveLength(3);
    expect(shown.filter((w) => w === "[batch, seq, 512], 128.0 KiB")).toHaveLength(3);
    const wrong = await archc(...argv, "--at", "sequence=64");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("no size `sequence`")]);
  });

  it("folds kinds of blocks that come by turns", async () => {
    const { stdout } = await archc("graph", spec("reformer"), "--model", "ReformerEnwik8", "--svg");
    const shown = words(stdout);
    expect(shown.filter((w) => w.startsWith("blocks."))).toEqual([
      "blocks.0 .. 11",
      "blocks.0 .. 1, 4 .. 5, …",
      "blocks.2, 6, …",
      "blocks.3, 7, …",
    ]);
    expect(shown.filter((w) => /^× \d/.test(w))).toEqual(["× 3", "× 2"]);
  });

  it("draws an arrow only to what reads, and says what else is read", async () => {
    const { stdout } = await archc("graph", spec("bert"), "--model", "BertBasePretraining", "--svg");
    const shown = words(stdout);
    const head = shown.indexOf("head: masked_lm_head");
    // No shape goes from the head to the pooler, which reads the blocks; its own result stands beside it.
    expect(shown.slice(head + 2, head + 6)).toEqual([
      "prediction_logits [batch, seq, 30522]",
      "pooler: first_token_pooler",
      "590.6K parameters, 1.18 MFLOP",
      "reads blocks.11 [batch, seq, 768], 1.50 MiB",
    ]);
    expect(shown.at(-1)).toBe("seq_relationship_logits [batch, 2]");
    const ends = [...stdout.matchAll(/class="port"><rect x="(\d+)" y="(\d+)" width="(\d+)"/g)];
    expect(ends).toHaveLength(3);
    // All of it is within the picture.
    const [, whole] = /<svg[^>]* width="(\d+)"/.exec(stdout)!;
    for (const [, x, , width] of ends) expect(Number(x) + Number(width)).toBeLessThan(Number(whole));
    // The blocks end in two results here, and are drawn as one nonetheless.
    const both = words((await archc("graph", spec("bert"), "--model", "BertBase", "--svg")).stdout);
    expect(both.slice(both.indexOf("ffn: mlp") + 2)).toEqual([
      "last_hidden_state [batch, seq, 768]",
      "[batch, seq, 768], 1.50 MiB",
      "pooler: first_token_pooler",
      "590.6K parameters, 1.18 MFLOP",
      "pooler_output [batch, 768]",
    ]);
    expect(both.filter((w) => w.startsWith("blocks."))).toEqual(["blocks.0 .. 11"]);
  });

  it("names only sizes that the model has, and the input that a part reads", async () => {
    const vit = await archc("graph", spec("vit"), "--model", "VitBase", "--svg");
    expect(words(vit.stdout)).toContain("86.6M parameters, 32.7 GFLOP forward at batch 1");
    const cost = await archc("cost", spec("vit"), "--model", "VitBase");
    expect(cost.stdout).toMatch(/^VitBase at batch = 1\n/);
    const perceiver = await archc("graph", spec("perceiver"), "--model", "PerceiverImageNet", "--svg");
    const shown = words(perceiver.stdout);
    // The vectors that it starts from read nothing of the input.
    const read = shown.indexOf("read: ask");
    expect(shown.slice(read - 3, read + 3)).toEqual([
      "start: learned_vectors",
      "524.3K parameters",
      "[batch, 512, 1024], 2.00 MiB",
      "read: ask",
      "2.78M parameters, 43.2 GFLOP",
      "reads pixel_values [batch, 224, 224, 3], 588.0 KiB",
    ]);
    expect(shown).toContain("blocks.0 .. 5: runs 8 times");
  });

  it("says what its colours mean, those that it has and no others, and is dark where the reader's screen is", async () => {
    const [pkm, bert] = await Promise.all([
      archc("graph", spec("pkm-lm"), "--model", "PkmLM", "--svg"),
      archc("graph", spec("bert"), "--model", "BertBase", "--svg"),
    ]);
    const means = ["keeps a state for the next step", "reads a few rows of a large table"];
    expect(words(pkm.stdout).filter((w) => means.includes(w))).toEqual(means);
    expect(words(bert.stdout).filter((w) => means.includes(w))).toEqual([]);
    const [, style = ""] = /<style>(.*)<\/style>/.exec(pkm.stdout) ?? [];
    expect(style).toMatch(/^@media\(prefers-color-scheme:dark\)/);
    const dark = new Map([...style.matchAll(/\[fill="(#\w+)"\]\{fill:(#\w+)\}/g)].map((m) => [m[1], m[2]]));
    const used = [...pkm.stdout.matchAll(/ (?:fill|stroke)="(#\w+)"/g)].map((m) => m[1]!);
    for (const colour of used) expect(dark.has(colour), colour).toBe(true);
    // What is written on a page or in a box stands out from it, in the light and in the dark (WCAG: 4.5).
    for (const ground of ["#ffffff", "#f3f4f6", "#ffe9c7", "#e1ecff"])
      for (const ink of ["#111827", "#374151"]) {
        expect(contrast(ink, ground)).toBeGreaterThan(4.5);
        expect(contrast(dark.get(ink)!, dark.get(ground)!)).toBeGreaterThan(4.5);
      }
    for (const ink of ["#4b5563", "#6b7280", "#8a5200"]) {
      expect(contrast(ink, "#ffffff")).toBeGreaterThan(4.5);
      expect(contrast(dark.get(ink)!, dark.get("#ffffff")!)).toBeGreaterThan(4.5);
    }
  });

  it("sets a table that only blocks read beside the flow", async () => {
    const { stdout } = await archc("graph", spec("mpnet"), "--model", "MpnetBase", "--svg");
    const shown = words(stdout);
    expect(shown).toContain("shared: distances, 384 parameters");
    expect(shown.filter((w) => w.startsWith("blocks."))).toEqual(["blocks.0 .. 11"]);
  });

  it("leads what reads an encoder from beside it into its box", async () => {
    const { stdout } = await archc("graph", spec("perceiver"), "--model", "PerceiverIoPlus", "--svg");
    const [, y] = /<text x="602" y="(\d+)"[^>]*>decode: ask</.exec(stdout)!;
    const [, into, end] = /V\d+H\d+V(\d+)H(\d+)" [^>]*marker-end/.exec(stdout)!;
    expect(Number(end)).toBe(590);
    expect(Math.abs(Number(into) - Number(y))).toBeLessThan(30);
  });

  it("shortens what is longer than its box, and keeps the whole for a pointer", () => {
    const long = "a_layer_".repeat(40);
    const box = {
      slot: "ffn",
      layer: long,
      params: 1n,
      flops: 1n,
      rows: 0n,
      rowsInAll: 0n,
      readsShared: false,
      caches: [],
    };
    const stage = {
      label: "blocks.0",
      blocks: 1,
      runs: 1,
      boxes: [box],
      shape: "",
      holds: [],
      gives: [],
      reads: [],
    };
    const picture: Picture = {
      model: long,
      point: {},
      params: 1n,
      flops: 1n,
      inputs: [],
      stages: [stage],
      side: undefined,
      shared: [],
      outputs: [],
    };
    const svg = svgText(picture);
    for (const [, whole, shown] of svg.matchAll(/<text[^>]*><title>([^<]*)<\/title>([^<]*)…</g)) {
      expect(whole).toContain(long);
      expect(shown!.length).toBeLessThan(60);
    }
    expect(svg.match(/<text[^>]*><title>/g)).toHaveLength(2);
  });

  it("writes a file whole, and refuses what is none", async () => {
    const out = join(folder, "a.svg");
    const argv = ["graph", spec("small"), "--model", "TinyPkm", "--svg", "-o"];
    expect(await archc(...argv, out)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(out, "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    for (const bad of [folder, join(folder, "none/a.svg"), "/dev/null"]) {
      const { code, stderr } = await archc(...argv, bad);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`cannot write \`${bad}\``)]);
    }
    expect(readdirSync(folder)).toEqual(["a.svg"]);
  });

  it("escapes whatever a name holds", () => {
    const evil = `</text><script>alert("1")</script>&\x1b[2J\u202e`;
    const box = {
      slot: evil,
      layer: evil,
      params: 1n,
      flops: 1n,
      rows: 1n,
      rowsInAll: 1n,
      readsShared: true,
      caches: [evil],
    };
    const picture: Picture = {
      model: evil,
      point: { [evil]: 1n },
      params: 1n,
      flops: 1n,
      inputs: [evil],
      stages: [
        {
          label: evil,
          blocks: 2,
          runs: 1,
          boxes: [box],
          shape: evil,
          holds: [evil],
          gives: [evil],
          reads: [{ label: "", port: evil, shape: evil }],
        },
      ],
      side: undefined,
      shared: [box],
      outputs: [evil],
    };
    const svg = svgText(picture);
    expect(svg).not.toMatch(/<script|[^\P{C}\n]/u);
    expect(isBalanced(svg)).toBe(true);
  });
});

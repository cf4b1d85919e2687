import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { loadTokenizer, TokenDecoder } from "../../runtime/tokenizer.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const { rows } = JSON.parse(readFileSync(fixture("tokenizer-expected.json"), "utf8")) as {
  rows: { text: string; ids: number[]; back: string }[];
};
const folder = mkdtempSync(join(tmpdir(), "archc-tokenizer-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a tokenizer.json", () => {
  it("gives the ids and the texts of Python's tokenizers", async () => {
    const tokenizer = await loadTokenizer(fixture("tokenizer.json"));
    for (const { text, ids, back } of rows) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(back);
    }
    expect(tokenizer.ends).toEqual([0]);
  });

  it("decodes ids that come one by one: characters spread over tokens are said once, whole", async () => {
    const tokenizer = await loadTokenizer(fixture("tokenizer.json"));
    for (const { ids, back } of rows) {
      const decoder = new TokenDecoder(tokenizer);
      const parts = ids.map((id) => decoder.push([id]));
      expect(parts.join("")).not.toContain("\ufffd");
      expect(parts.join("") + decoder.end()).toBe(back);
    }
  });

  it("leaves out ids that it does not know", async () => {
    const tokenizer = await loadTokenizer(fixture("tokenizer.json"));
    expect(tokenizer.decode([...tokenizer.encode("the cat"), tokenizer.size + 7])).toBe("the cat");
  });

  it("says what is wrong with a file", async () => {
    const file = (content: string) => {
      const path = join(folder, "bad.json");
      writeFileSync(path, content);
      return path;
    };
    await expect(loadTokenizer(file("{"))).rejects.toThrow("it is not valid JSON");
    await expect(loadTokenizer(file("[]"))).rejects.toThrow("it has no `model`");
    await expect(loadTokenizer(file('{"model":{"type":"Nope"}}'))).rejects.toThrow(
      "cannot be used as a tokenizer",
    );
    await expect(loadTokenizer(join(folder, "none.json"))).rejects.toThrow("ENOENT");
  });
});

describe("a tokenizer.json from hostile hands", () => {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const put = (vocab: Readonly<Record<string, unknown>>, more: object = {}): string => {
    const model = { type: "BPE", vocab, merges: [] };
    const rest = { added_tokens: [], normalizer: null, post_processor: null, decoder: { type: "ByteLevel" } };
    const path = join(folder, "hostile.json");
    writeFileSync(path, JSON.stringify({ ...rest, pre_tokenizer: byteLevel, model, ...more }));
    return path;
  };

  it("has ids that are rows of a table", async () => {
    for (const id of [-5, 1.5, 1e15, "x", null]) {
      const words = `the id of \`h\` is ${JSON.stringify(id)}, not a whole number of at least 0`;
      await expect(loadTokenizer(put({ h: id }))).rejects.toThrow(words);
    }
    expect((await loadTokenizer(put({ h: 3, __proto__: 4 }))).encode("h")).toEqual([3]);
  });

  it("is stopped where a regular expression of it takes exponentially long", {
    timeout: 120_000,
  }, async () => {
    const split = { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Isolated", invert: false };
    const tokenizer = await loadTokenizer(put({ a: 0, b: 1 }, { pre_tokenizer: split }));
    expect(() => tokenizer.encode(`${"a".repeat(60)}b`)).toThrow(
      "is one of its regular expressions ambiguous",
    );
  });
});

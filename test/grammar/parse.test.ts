import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parse } from "../../grammar/parse.js";
import { ArchParser } from "../../grammar/parser.js";
import { makeLexer } from "../../grammar/tokens.js";
import { dump } from "./dump.js";

const folder = fileURLToPath(new URL("fixtures", import.meta.url));
const samples = readdirSync(folder).filter((name) => name.endsWith(".arch"));

describe("samples", () => {
  test.each(samples)("%s parses to its tree without a message", (name) => {
    const sink = new Diagnostics();
    const tree = dump(parse(readFileSync(join(folder, name), "utf8"), name, sink));
    expect(sink.list).toEqual([]);
    const golden = join(folder, name.replace(/\.arch$/, ".tree"));
    if (process.env.UPDATE === "1") writeFileSync(golden, tree);
    expect(tree).toBe(readFileSync(golden, "utf8"));
  });
});

test("the grammar itself is sound", () => {
  expect(() => makeLexer(true)).not.toThrow();
  expect(() => new ArchParser({ validates: true })).not.toThrow();
});

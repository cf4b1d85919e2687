import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { renderAll } from "../../compiler/diagnostics/render.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parse } from "../../grammar/parse.js";

const folder = fileURLToPath(new URL("fixtures/errors", import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith(".arch"));

describe("wrong texts are told what is wrong and what to write", () => {
  test.each(names)("%s", (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const sink = new Diagnostics();
    parse(text, name, sink);
    const shown = renderAll(sink.list, { source: () => text, color: false });
    const golden = join(folder, name.replace(/\.arch$/, ".txt"));
    if (process.env.UPDATE === "1") writeFileSync(golden, shown);
    expect(sink.hasErrors).toBe(true);
    expect(shown).toBe(existsSync(golden) ? readFileSync(golden, "utf8") : "");
  });
});

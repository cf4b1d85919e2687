import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fencesOf } from "../../compiler/diagnostics/pages.js";
import { renderAll } from "../../compiler/diagnostics/render.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { root, service } from "../parity/models.js";

const page = readFileSync(`${root}docs/models.md`, "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!)))
  .slice(1);
const decoders = readFileSync(`${root}tools/fixtures/decoders.py`, "utf8");

describe("docs/models.md", () => {
  test.each(rows)("%j has its spec and models", (_, [family], [spec], models) => {
    expect(existsSync(`${root}specs/${spec}.arch`)).toBe(true);
    const known = service.models(`specs/${spec}.arch`);
    for (const model of models ?? []) expect(known).toContain(model);
    // Those that other fixtures hold.
    if (["gpt2", "opt", "moe"].includes(spec!)) return;
    expect(decoders).toContain(`("${family!.replace("ForCausalLM", "")}", {`);
  });

  test("names every model of the families that decoders.py makes", () => {
    const specs = [...new Set(rows.map((row) => row[2]![0]!))];
    const named = rows.flatMap((row) => row[3] ?? []);
    const all = specs
      .filter((spec) => !["gpt2", "opt", "moe"].includes(spec))
      .flatMap((spec) => service.models(`specs/${spec}.arch`));
    expect(all.filter((model) => !named.includes(model))).toEqual([]);
    expect(
      [...decoders.matchAll(/^ {4}"\w+": \("(\w+)", \{/gm)].map(([, name]) => `${name}ForCausalLM`),
    ).toEqual(
      expect.arrayContaining(rows.map((row) => row[1]![0]!).filter((f) => !/GPT2|OPT|Mixtral/.test(f))),
    );
  });

  test.each(fencesOf(page))("compiles its example %#", ({ text }) => {
    const node = createNodeHost(root);
    const read = (path: string) => (path === "page.arch" ? text : node.read(path));
    const own = createService({ read, std: () => node.std() });
    const found = own.diagnostics("page.arch");
    expect(renderAll(found, { source: (file) => own.source(file), color: false })).toBe("");
  });
});

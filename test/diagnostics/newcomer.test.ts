import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { renderAll } from "../../compiler/diagnostics/render.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { expectGolden, withoutLibraryLines } from "../support/golden.js";
import { slips } from "./newcomer.js";

const library = createNodeHost(fileURLToPath(new URL(".", import.meta.url)));
const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));
const golden = fileURLToPath(new URL("./fixtures/newcomer.txt", import.meta.url));

function said(spec: string) {
  const service = createService(createMemoryHost({ "mine.arch": spec }, std));
  const diagnostics = service.diagnostics("mine.arch");
  const text = renderAll(diagnostics, { source: service.source, color: false });
  return { diagnostics, text: withoutLibraryLines(text) };
}

const edited = ([base, [from, to]]: (typeof slips)[string]): string => base.replace(from, () => to);

describe("a slip of a newcomer", () => {
  it.each(Object.entries(slips))("%s: is told once, with what to write", (_, slip) => {
    const [base, [from], ...codes] = slip;
    expect(base).toContain(from);
    const { diagnostics } = said(edited(slip));
    const errors = diagnostics.filter((d) => d.severity === "error");
    expect(errors.map((d) => d.code)).toEqual(codes);
    expect(errors.some((d) => d.helps.length + d.fixes.length + d.notes.length > 0 || d.label !== "")).toBe(
      true,
    );
  });

  it("reads well", () => {
    const all = Object.entries(slips).map(([name, slip]) => `=== ${name}\n${said(edited(slip)).text}`);
    expectGolden(all.join("\n"), golden);
  });
});

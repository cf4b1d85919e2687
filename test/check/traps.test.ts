import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { renderAll } from "../../compiler/diagnostics/render.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { expectGolden, withoutLibraryLines } from "../support/golden.js";
import { attention } from "./traps/attention.js";
import { memories } from "./traps/memories.js";
import { sparsePatterns } from "./traps/sparse.js";

const traps = [memories, attention, sparsePatterns].flatMap((some) =>
  Object.entries(some).map(([name, [spec, fits]]) => ({ name, spec, fits })),
);
const library = createNodeHost(fileURLToPath(new URL(".", import.meta.url)));
const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));
const golden = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/traps/${name.replace(/[^a-z]+/g, "-")}.txt`, import.meta.url));

const said = (spec: string) => {
  const service = createService(createMemoryHost({ "mine.arch": spec }, std));
  return { service, diagnostics: service.diagnostics("mine.arch") };
};

describe("a trap of the reference implementations is an error with its remedy", () => {
  it.each(traps)("$name", ({ name, spec, fits }) => {
    const { service, diagnostics } = said(spec);
    const errors = diagnostics.filter((d) => d.severity === "error");
    expect(errors.length).toBeGreaterThan(0);
    const helps = errors.flatMap((d) => d.helps);
    if (fits === undefined) expect(helps.filter((h) => h.endsWith(" fits"))).toEqual([]);
    else expect(helps).toContainEqual(expect.stringContaining(fits));
    const text = renderAll(diagnostics, { source: service.source, color: false });
    expectGolden(withoutLibraryLines(text), golden(name));
  });
});

describe("a value that is said to fit", () => {
  const fixed = traps.flatMap(({ name, spec }) => {
    const fixes = said(spec).diagnostics.flatMap((d) => d.fixes.slice(0, 1));
    return fixes.length > 0 ? [{ name, spec, fix: fixes[0]! }] : [];
  });

  it("is an edit for most of them", () => expect(fixed.length).toBeGreaterThan(traps.length / 2));

  it.each(fixed)("leaves no error: $name", ({ spec, fix }) => {
    const text = `${spec.slice(0, fix.span.start)}${fix.replacement}${spec.slice(fix.span.end)}`;
    expect(said(text).diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { renderAll } from "../../compiler/diagnostics/render.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { expectGolden, withoutLibraryLines } from "../support/golden.js";

/** Specs that a newcomer would write, each beside what archc says about it. */
const folder = fileURLToPath(new URL("./wrong/", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".arch"));

const library = createNodeHost(folder);
const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));

describe("wrong specs", () => {
  for (const file of files) {
    it(file, () => {
      const host = createMemoryHost({ [file]: readFileSync(`${folder}${file}`, "utf8") }, std);
      const service = createService(host);
      const diagnostics = service.diagnostics(file);
      expect(diagnostics.some((d) => d.severity === "error")).toBe(true);
      // The user's own text comes first: nothing points into the library alone.
      for (const d of diagnostics) expect(d.span?.file ?? file).toBe(file);
      const text = renderAll(diagnostics, { source: service.source, color: false });
      expectGolden(withoutLibraryLines(text), `${folder}${file.replace(/\.arch$/, ".txt")}`);
    });
  }
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { builtins } from "../../compiler/check/builtins/index.js";
import { metricNames, notYet } from "../../compiler/cost/metrics.js";
import { fencesOf, wholeExample } from "../../compiler/diagnostics/pages.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { format } from "../../grammar/format.js";
import { units } from "../../grammar/units.js";

const text = readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8");
const fences = fencesOf(text);

/** The cells of the first column of a section's table. */
function firstColumn(heading: string): readonly string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!;
  return [...section.matchAll(/^\| (.*?) \|/gm)]
    .map(([, cell]) => cell!)
    .filter((cell) => cell.startsWith("`"));
}

const codeIn = (cells: readonly string[]): readonly string[] =>
  cells.flatMap((cell) => [...cell.matchAll(/`([^`]*)`/g)].map(([, code]) => code!));

function problems(spec: string): readonly string[] {
  const std = createNodeHost(".");
  const host = {
    read: (path: string) =>
      path === "main.arch" ? spec : path.startsWith("std/") ? std.read(path) : undefined,
    std: () => std.std(),
  };
  return createService(host)
    .diagnostics("main.arch")
    .map((d) => d.code);
}

describe("docs/language.md", () => {
  test("every block is .arch, and every section has one", () => {
    expect(fences.filter((fence) => fence.words[0] !== "arch")).toEqual([]);
    for (const section of text.split(/^## /m).slice(1)) expect(section).toContain("```arch");
  });

  test("the table of functions has every built-in as the code writes it", () => {
    const usages = Object.values(builtins).map((builtin) => builtin.usage);
    expect([...codeIn(firstColumn("Built-in functions"))].sort()).toEqual(usages.sort());
  });

  test("the table of units has every unit", () => {
    const shown = codeIn(firstColumn("Numbers, kinds and units")).filter((unit) => unit !== "/ token");
    expect([...shown].sort()).toEqual([...units.keys()].sort());
  });

  test("the metrics that archc cannot compute are named", () => {
    for (const name of metricNames.filter(notYet)) expect(text).toContain(`\`${name}\``);
  });

  test.each(
    fences.map((fence) => ({ fence, first: fence.text.split("\n")[0]!, words: fence.words.join(" ") })),
  )("$words: $first", ({ fence }) => {
    const wrong = fence.words.find((word) => word.startsWith("error="))?.slice("error=".length);
    const found = problems(wholeExample(fence));
    if (wrong === undefined) {
      const whole = wholeExample(fence);
      expect(found).toEqual([]);
      expect(format(whole, "main.arch", new Diagnostics())).toBe(whole);
    } else expect(found).toContain(wrong);
  });
});

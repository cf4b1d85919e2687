import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fencesOf, wholeExample } from "../../compiler/diagnostics/pages.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { format } from "../../grammar/format.js";

const text = readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8");
const fences = fencesOf(text);

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

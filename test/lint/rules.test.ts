import { describe, expect, it } from "vitest";
import { lintRules } from "../../compiler/lint/index.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createService } from "../../compiler/service.js";

function lint(text: string): readonly string[] {
  const service = createService(
    createMemoryHost({ "a.arch": text, "b.arch": "layer b(x: [.. D]) -> [.. D] { return x }\n" }),
  );
  const found = service.lint("a.arch").diagnostics.filter((d) => d.code.startsWith("lint/"));
  return found.map((d) => `${d.code} ${text.slice(d.span!.start, d.span!.end)}`);
}

describe("lint rules", () => {
  it("have the name of their code", () => {
    expect(lintRules.map((r) => r.name)).toEqual(["unused-import", "unused-profile"]);
  });

  it("unused-import: a name that nothing refers to, by the name it has here", () => {
    const use = "layer c(x: [.. D]) -> [.. D] { return other(x) }\n";
    expect(lint('import { b } from "b.arch"\n')).toEqual(["lint/unused-import b"]);
    expect(lint(`import { b as other } from "b.arch"\n${use}`)).toEqual([]);
    expect(
      lint('import { b as another } from "b.arch"\nlayer b(x: [.. D]) -> [.. D] { return x }\n'),
    ).toEqual(["lint/unused-import another"]);
    expect(lint('import { b } from "b.arch"\nmodel M : b {}\n')).toEqual([]);
  });

  it("unused-profile: a use case without a budget", () => {
    expect(lint("profile serve { batch = 8 }\n")).toEqual(["lint/unused-profile serve"]);
    expect(lint("profile serve { batch = 8 }\nmodel M { budget serve { params.total <= 1 } }\n")).toEqual([]);
  });

  it("answer for text that is no spec", () => {
    expect(lint("import { from\nprofile {")).toEqual([]);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createService } from "../../compiler/service.js";
import { type Fault, faults, isApart, projectWith } from "./faults.js";

const layers = new URL("../../compiler/layers/", import.meta.url);
const std = Object.fromEntries(
  readdirSync(layers).map((f) => [`std/${f}`, readFileSync(new URL(f, layers), "utf8")]),
);

/** What is told of a project: each problem's code, and the text that it points at. */
function told(slips: readonly Fault[]): readonly string[] {
  const files = projectWith(Object.fromEntries(slips.map((s) => [s.place, s.text])));
  const service = createService(createMemoryHost(files, std));
  return service
    .diagnostics("main.arch")
    .map((d) => `${d.code} at ${d.span && files[d.span.file]?.slice(d.span.start, d.span.end)}`)
    .sort();
}

/** Two faults for each two places, another two for each; all of them with `FAULTS=all`. */
function pairs(): readonly (readonly [Fault, Fault])[] {
  const all = faults.flatMap((a, i) =>
    faults.slice(i + 1).flatMap((b) => (isApart(a, b) ? [[a, b] as const] : [])),
  );
  if (process.env.FAULTS === "all") return all;
  const byPlaces = new Map<string, (readonly [Fault, Fault])[]>();
  for (const pair of all) {
    const key = pair.map((f) => f.place).join("|");
    byPlaces.set(key, [...(byPlaces.get(key) ?? []), pair]);
  }
  return [...byPlaces.values()].map((some, i) => some[i % some.length]!);
}

describe("two slips", () => {
  const alone = new Map(faults.map((f) => [f, told([f])]));
  const named = (f: Fault) => `${f.place} = ${f.text.replace(/\s+/g, " ")}`;

  it("one alone is one problem", () => {
    expect(told([])).toEqual([]);
    expect(
      faults.flatMap((f) => {
        const all = alone.get(f)!;
        return all.length === 1 && all[0]!.startsWith(f.code) ? [] : [`${named(f)}: ${all.join("; ")}`];
      }),
    ).toEqual([]);
  });

  it("are told both, and nothing else", () => {
    const wrong: string[] = [];
    for (const [a, b] of pairs()) {
      const both = [...alone.get(a)!, ...alone.get(b)!].sort();
      const all = told([a, b]);
      const hidden = both.filter((d) => !all.includes(d));
      const more = all.filter((d) => !both.includes(d));
      if (hidden.length + more.length > 0)
        wrong.push(`${named(a)} | ${named(b)}: hides [${hidden.join("; ")}], adds [${more.join("; ")}]`);
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});

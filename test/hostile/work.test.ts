import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProgram } from "../../compiler/check/check.js";
import { loadProgram } from "../../compiler/check/program.js";
import { limits } from "../../compiler/check/tracer.js";
import { didYouMean, editDistance } from "../../compiler/diagnostics/did-you-mean.js";
import { Diagnostics, mostErrors } from "../../compiler/diagnostics/sink.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createService } from "../../compiler/service.js";
import { spec } from "./project.js";

const layers = new URL("../../compiler/layers/", import.meta.url);
const std = Object.fromEntries(
  readdirSync(layers).map((f) => [`std/${f}`, readFileSync(new URL(f, layers), "utf8")]),
);
const many = (n: number, line: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => line(i)).join("\n");
const beside = (lines: string) => spec(`blocks 1 {\n attn = attention(heads)\n ffn = mlp()\n }\n${lines}`);

/** A service that notes which files it has read. */
function serviceOf(files: Readonly<Record<string, string>>) {
  const host = createMemoryHost(files, std);
  const read: string[] = [];
  const service = createService({
    ...host,
    read(file) {
      if (!file.startsWith("std/")) read.push(file);
      return host.read(file);
    },
  });
  return { service, read };
}

const codesOf = (list: readonly { readonly code: string }[]) => list.map((d) => d.code);

describe("what a spec may take is counted", () => {
  it("a check ends after so many errors, and says so last", () => {
    const text = beside(many(mostErrors + 500, (i) => `require dim > ${i + 10}`));
    const found = serviceOf({ "a.arch": text }).service.diagnostics("a.arch");
    expect(found).toHaveLength(mostErrors + 1);
    expect(new Set(codesOf(found.slice(0, -1)))).toEqual(new Set(["require/failed"]));
    expect(found.at(-1)).toMatchObject({ code: "limit/errors", span: found.at(-2)!.span });
  });

  it("one error fewer ends nothing", () => {
    const sink = new Diagnostics(3);
    const report = (start: number) =>
      sink.report("model/at-kind", {}, { span: { file: "a", start, end: start } });
    for (const start of [1, 1, 2]) report(start);
    expect([sink.halted, sink.errorCount]).toEqual([false, 2]);
    for (const start of [3, 4, 5]) report(start);
    expect([sink.halted, sink.errorCount]).toEqual([true, 3]);
    expect(codesOf(sink.list).at(-1)).toBe("limit/errors");
    expect(sink.list).toHaveLength(4);
  });

  it("models take no more steps than a file may, whatever their number", () => {
    const text = `${spec()}${many(2500, (i) => `model V${i} : M { dim = ${8 * i + 8} }`)}`;
    const sink = new Diagnostics();
    const program = loadProgram(createMemoryHost({ "a.arch": text }, std), "a.arch", sink);
    const built = checkProgram(program, sink);
    expect(codesOf(sink.list)).toEqual(["limit/steps"]);
    expect(sink.list[0]!.helps).toEqual(["split the file: each file has its own limit"]);
    expect(built.size).toBeGreaterThan(50);
    expect(program.spent.steps).toBeLessThan(limits.stepsOfFile + limits.stepsOfCall + 4096);
  });

  it("budgets beyond what figures may take are not checked, and held ones stay held", () => {
    const text = beside(`budget {\n${many(2200, (i) => `memory.train(adam, batch = ${i + 1}) <= 1 PB`)}\n}`);
    const { value, diagnostics } = serviceOf({ "a.arch": text }).service.verdicts("a.arch");
    expect(codesOf(diagnostics)).toEqual(["limit/figures"]);
    const first = value!.findIndex((v) => v.outcome !== "held");
    expect(first).toBeGreaterThan(20);
    expect(new Set(value!.slice(first).map((v) => v.outcome))).toEqual(new Set(["not checked"]));
    expect(diagnostics[0]!.span?.start).toBeGreaterThanOrEqual(value![first]!.span.start);
  });

  it("files of one spec share its words; beyond them none is read", () => {
    const part = (name: string) => many(1000, (i) => `fn ${name}${i}(x) = x + ${i}`);
    const files = Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((n) => [`${n}.arch`, part(n)]));
    const imports = many(6, (i) => `import { ${"abcdef"[i]}1 } from "${"abcdef"[i]}.arch"`);
    const { service, read } = serviceOf({ "main.arch": `${imports}\n${spec()}`, ...files });
    const found = service.diagnostics("main.arch");
    expect(codesOf(found)).toEqual(["syntax/too-many-words"]);
    expect(found[0]).toMatchObject({ span: { file: "d.arch" } });
    expect(found[0]!.notes.join()).toMatch(/before it for the same spec have 27\d\d\d/);
    expect(read).toEqual(["main.arch", "a.arch", "b.arch", "c.arch", "d.arch"]);
  });
});

describe("names that were most likely meant", () => {
  const name = fc.string({ unit: fc.constantFrom(..."abcde_-AB19"), minLength: 1, maxLength: 12 });

  it("are found as by comparing all", () => {
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 20 }), (wanted, names) => {
        const fold = (text: string) => text.toLowerCase().replaceAll("-", "_");
        const near = [...new Set(names)].filter((other) => {
          if (other === wanted) return false;
          const distance = editDistance(fold(wanted), fold(other));
          const most = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
          return distance <= most && (wanted.length > 1 || distance === 0);
        });
        expect(didYouMean(wanted, names, 100).toSorted()).toEqual(near.toSorted());
      }),
    );
  });
});

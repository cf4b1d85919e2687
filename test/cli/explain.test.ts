import { describe, expect, it } from "vitest";
import { codes } from "../../compiler/diagnostics/codes.js";
import { readPages } from "../../compiler/diagnostics/pages.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parse } from "../../grammar/parse.js";
import { archc } from "./archc.js";

const told = async (...argv: string[]) =>
  JSON.parse((await archc("explain", "--format", "json", ...argv)).stdout);

describe("archc explain --format json", () => {
  it("gives the page of a code, with examples that are whole files", async () => {
    const page = await told("error[syntax/bare-point]");
    expect(Object.keys(page)).toEqual(["version", "code", "severity", "text", "examples", "diagnostics"]);
    expect(page).toMatchObject({ version: 1, code: "syntax/bare-point", severity: "error", diagnostics: [] });
    expect(page.text).toBe(readPages().get("syntax/bare-point")!.text);
    expect(page.examples.map((e: { right: boolean }) => e.right)).toEqual([false, true]);
    for (const { right, text } of page.examples) {
      const sink = new Diagnostics();
      parse(text, "a.arch", sink);
      expect(sink.list.map((d) => d.code)).toEqual(right ? [] : [page.code]);
    }
    expect((await archc("explain", "bare-point")).stdout).toContain("syntax/bare-point\n\n");
  });

  it("lists every code with its severity", async () => {
    const { version, codes: rows, diagnostics } = await told();
    expect([version, diagnostics]).toEqual([1, []]);
    expect(rows.map((r: { code: string }) => r.code)).toEqual(Object.keys(codes).sort());
    expect(rows).toContainEqual({ code: "lint/head-size", severity: codes["lint/head-size"].severity });
  });

  it("lists the codes of an area, and takes a code in capitals", async () => {
    const all = Object.keys(codes).sort();
    const some = all.filter((code) => code.startsWith("einsum/"));
    expect((await archc("explain", "einsum")).stdout).toBe(`${some.join("\n")}\n`);
    expect((await told("einsum")).codes.map((r: { code: string }) => r.code)).toEqual(some);
    expect((await archc("explain", "BUDGET/Exceeded")).stdout).toMatch(/^budget\/exceeded\n\n/);
    expect((await archc("explain", "lint/head-size")).stdout).not.toMatch(/ $/m);
  });

  it("refuses an unknown code and an unknown format", async () => {
    expect((await archc("explain", "nothing/there", "--format", "json")).code).toBe(2);
    expect((await archc("explain", "--format", "xml")).stderr).toContain("--format");
  });
});

import { describe, expect, it } from "vitest";
import { namesAt, readNamePattern, standsFor } from "../../compiler/weights/name-pattern.js";

const at = (text: string, i: number) => namesAt(readNamePattern(text)!, new Map([["i", i]]));

describe("a name that files have in several ways", () => {
  it("is written in the first, whole", () => {
    expect(at("[bert.]layer.{i}.LayerNorm.[weight|gamma]", 3)).toEqual([
      "bert.layer.3.LayerNorm.weight",
      "layer.3.LayerNorm.weight",
      "bert.layer.3.LayerNorm.gamma",
      "layer.3.LayerNorm.gamma",
    ]);
  });

  it("stays as it was without a choice", () => {
    expect(at("h.{i}.w", 0)).toEqual(["h.0.w"]);
    expect(at("[x.]h.{i}.w", 12)).toEqual(["x.h.12.w", "h.12.w"]);
  });

  it("is passed over in every way, and in no other", () => {
    const covers = (name: string) => standsFor(readNamePattern("a.[b.c|d].{i}")!, name);
    expect(["a.b.c.1", "a.d.20"].every(covers)).toBe(true);
    expect(["a.bxc.1", "a.d", "a..1", "a.b.c|d.1", "a.d.1x", "xa.d.1"].some(covers)).toBe(false);
  });

  it("has no empty way", () => {
    expect(["a.[b|]", "a.[|b]", "a.[b||c]"].map(readNamePattern)).toEqual([undefined, undefined, undefined]);
  });
});

describe("a name that stands for all below it", () => {
  const covered = (text: string, ...names: readonly string[]) =>
    names.filter((name) => standsFor(readNamePattern(text)!, name));

  it("covers names at every depth, and not itself", () => {
    const names = ["cls.a", "cls.a.b.c", "cls", "cls.", "clsx.a", "x.cls.a", "cls-a"];
    expect(covered("cls.*", ...names)).toEqual(["cls.a", "cls.a.b.c"]);
    expect(covered("[bert.]pooler.*", "bert.pooler.w", "pooler.w", "t5.pooler.w")).toEqual([
      "bert.pooler.w",
      "pooler.w",
    ]);
    expect(covered("h.{i}.[a|b].*", "h.12.a.w", "h.3.b.c.w", "h.x.a.w", "h.3.c.w")).toEqual([
      "h.12.a.w",
      "h.3.b.c.w",
    ]);
  });

  it("has its `*` last, behind a dot, in a part that every file has", () => {
    const wrong = [
      "*",
      "cls*",
      "*.cls",
      "cls.*.w",
      "cls.**",
      "[cls.]*",
      "[cls.*]a",
      "cls.[a.*]",
      "{i}*",
      "a.*[b]",
    ];
    expect(wrong.filter((text) => readNamePattern(text) !== undefined)).toEqual([]);
  });

  it("is compared in no more time than its length times the name's", () => {
    const names = ["a".repeat(60), `${"a".repeat(60)}.`, `${"1".repeat(60)}.`, "a".repeat(1e6)];
    for (const text of [
      `${"[a]".repeat(60)}${"a".repeat(60)}b.*`,
      `${"{i}".repeat(60)}.x.*`,
      `${"[a|aa]".repeat(60)}b.*`,
    ])
      expect(covered(text, ...names)).toEqual([]);
    expect(covered(`${"[a]".repeat(60)}b.*`, `${"a".repeat(60)}b.c`)).toHaveLength(1);
  }, 2000);
});

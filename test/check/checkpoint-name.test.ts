import { describe, expect, it } from "vitest";
import { expressionOf, namesAt, readNamePattern } from "../../compiler/check/checkpoint-name.js";

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
    const expression = new RegExp(expressionOf(readNamePattern("a.[b.c|d].{i}")!));
    expect(["a.b.c.1", "a.d.20"].every((n) => expression.test(n))).toBe(true);
    expect(["a.bxc.1", "a.d", "a..1", "a.b.c|d.1"].some((n) => expression.test(n))).toBe(false);
  });

  it("has no empty way", () => {
    expect(["a.[b|]", "a.[|b]", "a.[b||c]"].map(readNamePattern)).toEqual([undefined, undefined, undefined]);
  });
});

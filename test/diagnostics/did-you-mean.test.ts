import { expect, it } from "vitest";
import { didYouMean, didYouMeanText, editDistance } from "../../compiler/diagnostics/did-you-mean.js";

it("counts a swap of neighbours once", () => {
  expect(editDistance("headsd", "heads")).toBe(1);
  expect(editDistance("haeds", "heads")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
});

it("finds near names, nearest first, whatever their case", () => {
  expect(didYouMean("causl", ["causal", "heads", "head_dim"])).toEqual(["causal"]);
  expect(didYouMean("Attention", ["attention"])).toEqual(["attention"]);
  expect(didYouMean("head-dim", ["head_dim", "heads"])).toEqual(["head_dim"]);
  expect(didYouMean("kyes", ["keys", "key", "k"])).toEqual(["keys"]);
});

it("is silent where nothing is near", () => {
  expect(didYouMean("x", ["y", "z"])).toEqual([]);
  expect(didYouMean("vocab", ["heads"])).toEqual([]);
  expect(didYouMeanText("vocab", ["heads"])).toBeUndefined();
  expect(didYouMeanText("blok", ["block", "blocks"])).toBe("did you mean `block` or `blocks`?");
});

import { expect, it } from "vitest";
import { folded } from "../../compiler/diagnostics/fold.js";

it("says lines that differ in an index alone as one", () => {
  const due = (i: number) => `h.${i}.ln_1.bias: expected [32] for \`blocks.${i}.wiring.norm_a.shift\``;
  expect(folded([0, 1, 2, 5, 7, 8].map(due))).toEqual([due(0).replaceAll(".0.", ".{0..2, 5, 7, 8}.")]);
});

it("folds a second index within the first", () => {
  const lines = [0, 1].flatMap((i) => [0, 1, 2].map((e) => `layers.${i}.experts.${e}.w1`));
  expect(folded(lines)).toEqual(["layers.{0, 1}.experts.{0..2}.w1"]);
});

it("leaves apart what differs in more, and keeps the order", () => {
  const lines = ["wte.weight: expected [64, 32]", "h.3.up: expected [8]", "h.4.up: expected [9]", "h.5.down"];
  expect(folded(lines)).toEqual(lines);
  expect(folded(["h.10.up", "h.2.up", "wte", "h.3.up"])).toEqual(["h.{2, 3, 10}.up", "wte"]);
});

it("takes no number for an index that is part of a shape, a word or a fraction", () => {
  const lines = [
    "ln_1.w: [1]",
    "ln_2.w: [2]",
    "conv1d.x: holds 1.5e3, too much",
    "conv1d.x: holds 2.5e3, too much",
  ];
  expect(folded(lines)).toEqual(lines);
  expect(folded([])).toEqual([]);
});

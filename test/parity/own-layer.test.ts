import { describe, expect, it } from "vitest";
import { agreesEverywhere } from "./agreement.js";
import { modelOf } from "./models.js";

const spec = "test/parity/fixtures/own-layer.arch";

describe("layers that a user wrote in a file of his own", () => {
  agreesEverywhere({ spec, model: "Own", vocab: 96 });

  it("have their weights and states in the graph, under their own names", () => {
    const { start, step } = modelOf(spec, "Own");
    const weights = start.inputPorts.flatMap((p) =>
      p.role === "weight" ? [`${p.name} [${p.value.shape.join(", ")}]`] : [],
    );
    expect(weights).toEqual(
      expect.arrayContaining([
        "entry.mix [24]",
        "blocks.0.attn.gate [24, 3, 8]",
        "blocks.0.attn.near [3, 16]",
        "blocks.0.ffn.gate [24, 64]",
        "blocks.1.attn.key_shift [3, 8]",
        "norm.scale [24]",
      ]),
    );
    // The user's norm has no shift, the library's (inside its own wiring) has one.
    expect(weights).toContain("blocks.0.wiring.norm_a.shift [24]");
    expect(weights).not.toContain("norm.shift [24]");
    const states = step.inputPorts.flatMap((p) =>
      p.role === "state" ? [`${p.name} [${p.value.shape.join(", ")}]`] : [],
    );
    expect(states).toEqual([
      "past_state.0.total [batch, 24]",
      "past_state.1.seen [batch, past, 24]",
      "past_key_values.0.key [batch, 3, past, 8]",
      "past_key_values.0.value [batch, 3, past, 8]",
    ]);
  });
});

describe("layers that a user wrote apart for a continued sequence", () => {
  agreesEverywhere({ spec, model: "OwnStep", vocab: 50 });

  it("make two graphs", () => {
    expect(modelOf(spec, "OwnStep").separateStep).toBe(true);
    expect(modelOf(spec, "Own").separateStep).toBe(false);
  });
});

describe("layers whose state does not grow", () => {
  agreesEverywhere({ spec, model: "OwnFixed", vocab: 50 });

  it("are told how much is past", () => {
    expect(modelOf(spec, "OwnFixed").step.symbols.map((s) => s.name)).toContain("past");
  });
});

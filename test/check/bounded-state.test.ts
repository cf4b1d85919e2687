import { describe, expect, it } from "vitest";
import { contextOf } from "../../compiler/emit/manifest.js";
import { check, model } from "./support.js";

const spec = (body: string) => `
layer recent(x: [.. T D]) -> [.. T D] {
${body}
}
model M {
  slot mix: layer = recent()
  forward(x: [B T D = 4]) -> (y: [B T D]) { return mix(x) }
}`;

const whole = spec(`
  state rows: [.., P <= 8, D]
  all = concat(rows, x, P T -> S)
  next rows = all
  return x + sum(all, S) - sum(all, S)`);

const trimmed = spec(`
  state rows: [.., P <= 8, D]
  all = concat(rows, x, P T -> S)
  kept = minimum(S, 8)
  next rows = all[S = S - kept .. -> R]
  return x * sum(all, S)`);

describe("a state that is bounded", () => {
  it("holds what is past, and never more than its bound", () => {
    const { step } = model(trimmed);
    const port = step.inputPorts.find((p) => p.role === "state")!;
    expect(port.value.shape.map(String)).toEqual(["batch", "min(past, 8)", "4"]);
    expect(step.symbols.map((s) => s.name)).toEqual(["batch", "seq", "past"]);
  });

  it("assumes nothing where the layer drops what is too old", () => {
    const { start, step } = model(trimmed);
    expect([...start.assumptions, ...step.assumptions]).toEqual([]);
  });

  it("bounds the context where the layer keeps all, so that a session computes anew", () => {
    const { start, step } = model(whole);
    expect(contextOf([...start.assumptions, ...step.assumptions])).toBe(8);
    expect(step.assumptions.map((a) => a.reason)).toEqual(["state `rows` has room for no more"]);
  });

  it("shares its bound with the states that name its axis", () => {
    const { step } = model(
      spec(`
  state rows: [.., P <= 8, D]
  state means: [.., P]
  kept = minimum(P + T, 8)
  next rows = concat(rows, x, P T -> S)[S = P + T - kept .. -> R]
  next means = concat(means, mean(x, D), P T -> S)[S = P + T - kept .. -> R]
  return x + sum(next means, R)`),
    );
    const states = step.inputPorts.flatMap((p) => (p.role === "state" ? [p] : []));
    expect(states.map((p) => p.value.shape.map(String))).toEqual([
      ["batch", "min(past, 8)", "4"],
      ["batch", "min(past, 8)"],
    ]);
    expect(states.map((p) => String(p.state.bound))).toEqual(["8", "8"]);
    expect(step.assumptions).toEqual([]);
  });

  it("cannot be had in attention without a window", () => {
    const { said } = check(`
model M {
  slot mix: layer = attention(2, causal = true, bounded = true)
  forward(x: [B T D = 4]) -> (y: [B T D]) { return mix(x) }
}`);
    expect(said.join("\n")).toContain("`bounded` caches need a `window`");
  });
});

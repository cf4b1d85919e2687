import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import { check, filled, wave } from "../check/support.js";

const small = readFileSync(new URL("../../specs/small.arch", import.meta.url), "utf8");

it("`read = last_position()` gives the last row of the logits, and no other is computed", () => {
  const { models } = check(`${small}\nmodel Last : TinyGpt { read = last_position() }`);
  const [all, last] = [models.get("TinyGpt")!.start, models.get("Last")!.start];
  const inputs = Object.fromEntries(
    all.inputPorts.map((p, n) => [
      p.name,
      p.role === "data"
        ? {
            dtype: "i32" as const,
            shape: [2, 5],
            data: Int32Array.from({ length: 10 }, (_, i) => (i * 37) % 256),
          }
        : filled(
            p.value.shape.map((d) => Number(d.int)),
            wave(0.3, n),
          ),
    ]),
  );
  const whole = evaluateGraph(all, inputs).logits!;
  const one = evaluateGraph(last, inputs).logits!;
  expect(one.shape).toEqual([2, 1, 256]);
  for (const row of [0, 1]) {
    expect([...one.data.slice(row * 256, (row + 1) * 256)]).toEqual([
      ...whole.data.slice((row * 5 + 4) * 256, (row * 5 + 5) * 256),
    ]);
  }
});

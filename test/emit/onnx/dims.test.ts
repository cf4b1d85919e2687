import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import { arrayOf } from "../../../compiler/ops/array.js";
import { bytesOf, graphOf, runOnnx } from "./support.js";

const batch = Dim.symbol("batch");
const seq = Dim.symbol("seq");
const past = Dim.symbol("past", 0);

const sizes: Dim[] = [
  Dim.of(7),
  seq,
  past.plus(seq),
  seq.times(seq).times(batch).plus(past.times(3)).minus(1),
  seq.plus(63).floorDiv(64),
  seq.minus(10).floorDiv(3),
  seq.minus(10).mod(3),
  past.mod(5),
  seq.max(past),
  seq.min(4).plus(past.max(2)),
  Dim.rational(1n, 2n).times(seq).times(seq.plus(1)),
  seq.times(seq).minus(1).over(seq.plus(1)),
  batch.times(seq).over(batch),
  seq.plus(past).ceilDiv(batch.plus(1)),
];

/** A graph that only says what the sizes are, from inputs that show `batch`, `seq` and `past`. */
const graph = graphOf(
  [
    { dtype: "f32", shape: [batch, Dim.of(1), past] },
    { dtype: "f32", shape: [past.plus(seq), seq] },
  ],
  (b) => sizes.map((dim) => b.op("size", [], { dim })),
);

describe("sizes of run time", () => {
  it("are what the dims say", async () => {
    const bytes = bytesOf(graph);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 99 }),
        fc.nat(9),
        async (b, s, p) => {
          const inputs = [
            arrayOf("f32", [b, 1, p], new Array(b * p).fill(0)),
            arrayOf("f32", [p + s, s], new Array((p + s) * s).fill(0)),
          ];
          const got = await runOnnx(bytes, graph, inputs);
          const expected = sizes.map((d) => d.at({ batch: b, seq: s, past: p }));
          expect(got.map((array) => array.data[0])).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("are inputs of their own where no input shows them", async () => {
    const hidden = graphOf([{ dtype: "f32", shape: [past.plus(seq)] }], (b) => [
      b.op("size", [], { dim: past }),
    ]);
    const session = await InferenceSession.create(bytesOf(hidden));
    expect(session.inputNames).toEqual(["x0", "past"]);
    const given = {
      x0: new Tensor("float32", new Float32Array(7), [7]),
      past: new Tensor("int64", [3n], [1]),
    };
    expect(Object.values(await session.run(given)).map((t) => t.data[0])).toEqual([3n]);
  });
});

describe("shapes of run time", () => {
  const cases: [string, Dim[], Dim[]][] = [
    ["split", [batch, seq.times(4)], [batch, seq, Dim.of(4)]],
    ["merged", [batch, past.plus(seq), Dim.of(3)], [batch.times(past.plus(seq)), Dim.of(3)]],
    ["turned around", [Dim.of(1), batch, past], [batch, past, Dim.of(1)]],
    ["merged, perhaps of nothing", [batch, past, Dim.of(3)], [batch.times(past), Dim.of(3)]],
    ["split, perhaps of nothing", [batch, past.times(4)], [batch, past, Dim.of(2), Dim.of(2)]],
    ["swapped sizes", [batch, seq], [seq, batch]],
    ["without ones", [batch, Dim.of(1), past, Dim.of(1)], [batch, past]],
    ["of one", [Dim.of(1), Dim.of(1)], []],
  ];
  it.each(cases)("a reshape is %s", async (_, from, to) => {
    const shown = { dtype: "f32" as const, shape: [batch, seq, past] };
    const reshaped = graphOf([{ dtype: "f32", shape: from }, shown], (b, [x, y]) => [
      b.op("neg", [b.op("reshape", [b.op("neg", [x!], {})], { shape: to })], {}),
      b.op("neg", [y!], {}),
    ]);
    const bytes = bytesOf(reshaped);
    for (const at of [
      { batch: 2, seq: 3, past: 0 },
      { batch: 1, seq: 1, past: 5 },
      { batch: 3, seq: 4, past: 2 },
    ]) {
      const shape = from.map((d) => d.at(at));
      const count = shape.reduce((a, b) => a * b, 1);
      const data = Array.from({ length: count }, (_, i) => i);
      const other = [at.batch, at.seq, at.past];
      const rest = arrayOf("f32", other, new Array(other.reduce((a, b) => a * b, 1)).fill(0));
      const [got] = await runOnnx(bytes, reshaped, [arrayOf("f32", shape, data), rest]);
      expect(got!.shape).toEqual(to.map((d) => d.at(at)));
      expect([...got!.data]).toEqual(data);
    }
  });
});

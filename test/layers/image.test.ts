import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import { check, filled, model, wave } from "../check/support.js";

const [B, Y, X, C] = [2, 6, 4, 3];
const x = filled([B, Y, X, C], wave(1, 0.3));
const at = (b: number, y: number, column: number, c: number) => x.data[((b * Y + y) * X + column) * C + c]!;

const text = (layer: string, result: string) =>
  `model M {\n  slot f: layer = ${layer}\n  forward(x: [B, Y = ${Y}, X = ${X}, C = ${C}]) -> (y: ${result}) { return f(x) }\n}`;

describe("a convolution", () => {
  it.each([
    { size: 3, stride: 1 },
    { size: 3, stride: 2 },
    { size: 4, stride: 2 },
    { size: 1, stride: 1 },
  ])("is TensorFlow's with `SAME` padding: size $size, stride $stride", ({ size, stride }) => {
    const F = 2;
    const { start } = model(
      text(`convolution(${F}, size = ${size}, stride = ${stride})`, `[B Y' X', F = ${F}]`).replace(
        "Y' X'",
        "U W",
      ),
    );
    const kernel = filled([size, size, C, F], wave(2, 0.1));
    const shift = filled([F], wave(3, 0));
    const y = evaluateGraph(start, { x, "f.kernel": kernel, "f.shift": shift }, {}).y!;
    const [height, width] = [Math.ceil(Y / stride), Math.ceil(X / stride)];
    expect(y.shape).toEqual([B, height, width, F]);
    const around = (length: number, places: number) =>
      Math.floor(Math.max((places - 1) * stride + size - length, 0) / 2);
    let i = 0;
    for (let b = 0; b < B; b++)
      for (let u = 0; u < height; u++)
        for (let w = 0; w < width; w++)
          for (let f = 0; f < F; f++) {
            let due = shift.data[f]!;
            for (let k = 0; k < size; k++)
              for (let l = 0; l < size; l++) {
                const row = u * stride + k - around(Y, height);
                const column = w * stride + l - around(X, width);
                if (row < 0 || row >= Y || column < 0 || column >= X) continue;
                for (let c = 0; c < C; c++)
                  due += at(b, row, column, c) * kernel.data[((k * size + l) * C + c) * F + f]!;
              }
            expect(y.data[i++]).toBeCloseTo(due, 5);
          }
  });

  it("says what strides a side is made of", () => {
    const { said } = check(text("convolution(2, size = 4, stride = 4)", "[B U W F]"));
    expect(said.join("\n")).toContain("each side must be a whole number of strides");
  });
});

it("the largest of each window, cut short at the end", () => {
  const { start } = model(text("max_pool(3, stride = 2)", "[B U W C]"));
  const y = evaluateGraph(start, { x }, {}).y!;
  expect(y.shape).toEqual([B, 3, 2, C]);
  const places = (from: number, length: number) => [0, 1, 2].map((k) => from + k).filter((p) => p < length);
  let i = 0;
  for (let b = 0; b < B; b++)
    for (const u of [0, 2, 4])
      for (const w of [0, 2])
        for (let c = 0; c < C; c++) {
          const window = places(u, Y).flatMap((row) => places(w, X).map((column) => at(b, row, column, c)));
          expect(y.data[i++]).toBe(Math.max(...window));
        }
});

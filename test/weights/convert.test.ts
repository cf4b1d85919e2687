import { describe, expect, it } from "vitest";
import { converted, isReadable } from "../../compiler/weights/convert.js";
import { moveInto } from "../../compiler/weights/copy.js";
import { fromBF16, fromF16 } from "../../compiler/weights/half.js";
import { layOut } from "../../compiler/weights/layout.js";
import { produceTensors } from "../../compiler/weights/produce.js";
import { stored } from "./raw.js";

describe("moving numbers", () => {
  it("is the same in pieces as at once, whatever the layout", async () => {
    // A 5 × 3 × 7 tensor whose file has its axes as 7 × 5 × 3.
    const source = Int32Array.from({ length: 105 }, (_, i) => i * 31);
    const move = {
      sizes: [7, 5, 3],
      to: { start: 0, steps: [1, 21, 7] },
      from: { start: 0, steps: [15, 3, 1] },
      read: async (start: number, count: number) => source.subarray(start, start + count),
    };
    const at = (i: number, j: number, k: number) => source[k * 15 + i * 3 + j]!;
    const whole = Int32Array.from({ length: 105 }, (_, n) =>
      at(Math.floor(n / 21), Math.floor(n / 7) % 3, n % 7),
    );
    for (const size of [1, 2, 7, 10, 50, 105]) {
      const joined = new Int32Array(105);
      for (let begin = 0; begin < 105; begin += size)
        await moveInto(move, begin, joined.subarray(begin, Math.min(105, begin + size)));
      expect(joined, `${size} at a time`).toEqual(whole);
    }
  });

  it("reads a tensor that stands turned once for each piece of whole rows, and a few times for any other", async () => {
    const [rows, columns] = [300, 70];
    const source = Int32Array.from({ length: rows * columns }, (_, i) => i);
    const turned = source.map((_, i) => source[(i % columns) * rows + Math.floor(i / columns)]!);
    const reads = async (begin: number, size: number): Promise<number> => {
      let numbers = 0;
      const move = {
        sizes: [rows, columns],
        to: { start: 0, steps: [columns, 1] },
        from: { start: 0, steps: [1, rows] },
        async read(start: number, count: number) {
          numbers += count;
          return source.slice(start, start + count);
        },
      };
      const out = new Int32Array(size);
      await moveInto(move, begin, out);
      expect(out).toEqual(turned.slice(begin, begin + size));
      return numbers / source.length;
    };
    expect(await reads(37 * columns, 100 * columns)).toBeLessThanOrEqual(1);
    expect(await reads(37 * columns + 5, 100 * columns + 11)).toBeLessThan(3.5);
  });
});

describe("writing tensors", () => {
  it("takes more of them than a call takes arguments", async () => {
    const init = { kind: "ones" } as const;
    const tensors = Array.from({ length: 200_000 }, (_, i) => ({
      name: `w.${i}`,
      dtype: "f32" as const,
      shape: [1],
      init,
    }));
    let bytes = 0;
    await produceTensors(
      layOut(tensors, {}),
      0,
      () => undefined,
      async (count, make) => {
        await make(new Uint8Array(count));
        bytes += count;
      },
    );
    expect(bytes).toBe(800_000);
  });
});

describe("halves", () => {
  it("become the singles that they are", () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const bits = new Int32Array(65536);
    fromF16(halves, bits);
    const singles = new Float32Array(bits.buffer);
    for (let i = 0; i < 65536; i++) {
      const sign = i & 0x8000 ? -1 : 1;
      const exponent = (i >>> 10) & 31;
      const fraction = i & 1023;
      const value =
        exponent === 31
          ? fraction
            ? Number.NaN
            : Number.POSITIVE_INFINITY
          : exponent === 0
            ? fraction * 2 ** -24
            : (1 + fraction / 1024) * 2 ** (exponent - 15);
      if (!Object.is(singles[i], sign * value)) throw new Error(`${i}: ${singles[i]} for ${sign * value}`);
    }
    fromBF16(Uint16Array.of(0x3f80, 0xc040), bits);
    expect([...singles.subarray(0, 2)]).toEqual([1, -3]);
  });
});

describe("numbers of other types", () => {
  const floats = (dtype: string, numbers: readonly (number | bigint)[]) => [
    ...new Float32Array((converted(stored(dtype, numbers), dtype, "f32", "t") as Int32Array).buffer),
  ];

  it("are the floats that they are, doubles the nearest", () => {
    for (const [dtype, low, high] of [
      ["I8", -128, 127],
      ["U8", 0, 255],
      ["I16", -32768, 32767],
      ["U16", 0, 65535],
      ["I32", -(2 ** 31), 2 ** 31 - 128],
      ["U32", 0, 2 ** 32 - 256],
      ["I64", -(2n ** 63n), 2n ** 63n - 2n ** 39n],
      ["U64", 0, 2n ** 64n - 2n ** 40n],
    ] as const)
      expect(floats(dtype, [low, 1, 77, high])).toEqual([Number(low), 1, 77, Number(high)]);
    expect(floats("BOOL", [0, 1, 255])).toEqual([0, 1, 1]);
    expect([...converted(stored("BOOL", [0, 1, 255]), "BOOL", "bool", "t")]).toEqual([0, 1, 1]);
    // Half a unit in the last place goes to the even neighbour, more goes up.
    const [one, ulp] = [1, 2 ** -23];
    expect(floats("F64", [0.1, one + ulp / 2, one + 1.5 * ulp, one + ulp / 2 + 2 ** -52, 1e-46])).toEqual([
      Math.fround(0.1),
      one,
      one + 2 * ulp,
      one + ulp,
      0,
    ]);
    const special = floats("F64", [-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -149]);
    expect(special).toEqual([-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -149]);
    expect([...converted(stored("I64", [-5, 2 ** 31 - 1]), "I64", "i32", "t")]).toEqual([-5, 2 ** 31 - 1]);
  });

  it("are refused where they would become others", () => {
    const refuse = (dtype: string, n: number | bigint, as: "f32" | "i32" = "f32") =>
      expect(() => converted(stored(dtype, [0, n]), dtype, as, "tensor `t`")).toThrow(
        `tensor \`t\` holds ${n}, which ${as} cannot hold`,
      );
    refuse("I32", 2 ** 24 + 1);
    refuse("I64", 2n ** 53n + 1n);
    refuse("U64", 2n ** 64n - 1n);
    refuse("F64", 1e39);
    refuse("I64", 2n ** 31n, "i32");
    refuse("U32", 2 ** 31, "i32");
    const all = ["F32", "F64", "F8_E4M3", "F8_E5M2", "I64", "BOOL"];
    expect(all.map((d) => [isReadable(d, "f32"), isReadable(d, "i32"), isReadable(d, "bool")])).toEqual([
      [true, false, false],
      [true, false, false],
      [false, false, false],
      [false, false, false],
      [true, true, false],
      [true, false, true],
    ]);
  });
});

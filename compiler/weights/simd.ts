import { BLOCK, type Key, keysOf } from "./random.js";
import { type Code, f64x2, get, i32, i32x4, moduleOf, repeat, set, v128 } from "./wasm.js";

/*
 * `threefry` and `normalFrom` on two and four numbers at a time: the same operations in the same order, each of which
 * IEEE 754 rounds exactly, so the same bits. The tests hold them together.
 */

/** The largest word of the middle, and, its bits turned over, the smallest. */
const MIDDLE = 1825361100;

/**
 * Where things stand in the module's memory: words, normals, and the words and places of those in the tails; behind
 * each, room for what is made beyond the number that was asked for.
 */
const WORDS = 0;
const NORMALS = WORDS + 4 * BLOCK + 256;
const TAILS = NORMALS + 4 * BLOCK + 64;
const PLACES = TAILS + 4 * BLOCK + 64;

/** A word as a number between -1/2 and 1/2. */
const unit = (c: Code): Code => f64x2.mul(c, f64x2.of(2.3283064365386963e-10));

/** `((a x + b) x + …)`, with numbers from the highest power to the lowest. */
const polynomial = (x: Code, [first, ...rest]: readonly number[]): Code =>
  rest.reduce((sum, c) => f64x2.add(f64x2.mul(sum, x), f64x2.of(c)), f64x2.of(first!));

const ROUNDS = [[13, 15, 26, 6], [17, 29, 16, 24], [13, 15, 26, 6], [17]] as const;

/** Fours of counters that go through the rounds side by side: one alone waits for itself. */
const GROUPS = 4;

/** (first, second, k1, k2a, k2, k0a, k0, k1a, pairs): sixteen counters at a time. */
function threefryCode() {
  const [pairs, i] = [8, 9];
  const groups = Array.from({ length: GROUPS }, (_, g) => ({ a: 10 + 2 * g, b: 11 + 2 * g, g }));
  const [first, second, ...added] = Array.from({ length: 8 }, (_, n) => 10 + 2 * GROUPS + n);
  const round = (bits: number): Code[] =>
    groups.flatMap(({ a, b }) => {
      const turned = v128.or(i32x4.shl(get(b), i32.of(bits)), i32x4.shr(get(b), i32.of(32 - bits)));
      return [set(a, i32x4.add(get(a), get(b))), set(b, v128.xor(turned, get(a)))];
    });
  const plus = (n: number): Code[] =>
    groups.flatMap(({ a, b }) => [
      set(a, i32x4.add(get(a), get(added[2 * n]!))),
      set(b, i32x4.add(get(b), get(added[2 * n + 1]!))),
    ]);
  const words = i32.shl(get(i), i32.of(3));
  return {
    name: "threefry",
    parameters: Array.from({ length: 9 }, () => "i32" as const),
    locals: ["i32", ...Array.from({ length: 2 * GROUPS + 8 }, () => "v128" as const)] as const,
    body: [
      set(first!, i32x4.add(i32x4.splat(get(0)), i32x4.of([0, 1, 2, 3]))),
      ...[second!, ...added].map((to, n) => set(to, i32x4.splat(get(n + 1)))),
      repeat([
        ...groups.flatMap(({ a, b, g }) => [
          set(a, i32x4.add(i32x4.splat(i32.add(get(i), i32.of(4 * g))), get(first!))),
          set(b, get(second!)),
        ]),
        ...ROUNDS.flatMap((rounds, n) => [...rounds.flatMap(round), ...(n < 3 ? plus(n) : [])]),
        ...groups.flatMap(({ a, b, g }) => [
          v128.store(WORDS + 32 * g, words, v128.pick([0, 4, 1, 5], get(a), get(b))),
          v128.store(WORDS + 32 * g + 16, words, v128.pick([2, 6, 3, 7], get(a), get(b))),
        ]),
        set(i, i32.add(get(i), i32.of(4 * GROUPS))),
        i32.below(get(i), get(pairs)),
      ]),
    ],
  };
}

/** (address of the words, count, mean, std): all as if in the middle, then those in the tails once more. */
function normalCode() {
  const [words, count, mean, std, i, tailed, x, z, q, r, log] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const f = f64x2;
  const scaled = f.toFloats(f.add(f.splat(get(mean)), f.mul(f.splat(get(std)), get(z))));
  const at = (index: Code): Code => i32.shl(index, i32.of(2));
  const note = (lane: number): Code[] => [
    set(x, i32.load(4 * lane, i32.add(get(words), at(get(i))))),
    i32.store(TAILS, at(get(tailed)), get(x)),
    i32.store(PLACES, at(get(tailed)), i32.add(get(i), i32.of(lane))),
    // 0 <= r, said of the word: |x + 0.5| is at most 0.425 * 2^32.
    set(
      tailed,
      i32.add(
        get(tailed),
        i32.shr(i32.sub(i32.of(MIDDLE), i32.xor(get(x), i32.sar(get(x), i32.of(31)))), i32.of(31)),
      ),
    ),
  ];
  const middle = repeat([
    set(q, unit(f.add(f.fromIntegers(v128.loadHalf(0, i32.add(get(words), at(get(i))))), f.of(0.5)))),
    set(r, f.sub(f.of(0.180625), f.mul(get(q), get(q)))),
    set(
      z,
      f.div(
        f.mul(get(q), polynomial(get(r), [59.10937472, 159.29113202, 50.434271938, 3.3871327179])),
        polynomial(get(r), [67.1875636, 78.757757664, 17.895169469, 1]),
      ),
    ),
    v128.storeHalf(NORMALS, at(get(i)), scaled),
    ...note(0),
    ...note(1),
    set(i, i32.add(get(i), i32.of(2))),
    i32.below(get(i), get(count)),
  ]);
  const s = f.div(f.sub(get(q), f.of(Math.SQRT2)), f.add(get(q), f.of(Math.SQRT2)));
  const exponent = f.fromIntegers(
    v128.pick([0, 2, 0, 2], v128.shr64(get(r), i32.of(52)), i32x4.of([0, 0, 0, 0])),
  );
  const place = (lane: number): Code => at(i32.load(PLACES + 4 * lane, at(get(i))));
  const tails = repeat([
    set(q, f.add(f.fromIntegers(v128.loadHalf(TAILS, at(get(i)))), f.of(0.5))),
    // Kept for its sign.
    set(z, get(q)),
    set(r, f.sub(f.of(2147483648), f.abs(get(q)))),
    // The fraction of the distance, in [1, 2), and the logarithm around sqrt 2.
    set(q, v128.or(v128.and(get(r), i32x4.of([-1, 0xfffff, -1, 0xfffff])), f.of(1))),
    set(q, s),
    set(log, f.mul(f.sub(exponent, f.of(1054.5)), f.of(Math.LN2))),
    set(r, f.mul(get(q), get(q))),
    set(
      r,
      f.sqrt(
        f.neg(
          f.add(
            get(log),
            f.mul(f.mul(f.of(2), get(q)), polynomial(get(r), [1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3, 1])),
          ),
        ),
      ),
    ),
    set(r, f.sub(get(r), f.of(1.6))),
    set(
      q,
      f.div(
        polynomial(get(r), [0.17023821103, 1.3067284816, 2.75681539, 1.4234372777]),
        polynomial(get(r), [0.12021132975, 0.7370016425, 1]),
      ),
    ),
    set(z, v128.or(get(q), v128.and(get(z), f.of(-0)))),
    set(z, scaled),
    v128.storeLane(0)(NORMALS, place(0), get(z)),
    v128.storeLane(1)(NORMALS, place(1), get(z)),
    set(i, i32.add(get(i), i32.of(2))),
    i32.below(get(i), get(tailed)),
  ]);
  return {
    name: "normal",
    parameters: ["i32", "i32", "f64", "f64"] as const,
    locals: ["i32", "i32", "i32", "v128", "v128", "v128", "v128"] as const,
    body: [
      set(i, i32.of(0)),
      middle,
      // A pair that is not full ends beside the numbers.
      i32.store(PLACES, at(get(tailed)), i32.of(BLOCK + 8)),
      i32.store(PLACES + 4, at(get(tailed)), i32.of(BLOCK + 8)),
      set(i, i32.of(0)),
      tails,
    ],
  };
}

/** Draws that are made with WebAssembly; `words` are the last that `threefry` made. */
export interface Draws {
  readonly words: Int32Array;
  threefry(key: Key, low: number, high: number, pairs: number): void;
  /** `normalFrom` for the words from number `from` on. */
  normal(from: number, count: number, mean: number, std: number, out: Float32Array, at: number): void;
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  threefry(...numbers: number[]): void;
  normal(words: number, count: number, mean: number, std: number): void;
}

/** What Node has of it, typed here because its types do not say. */
interface WebAssembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** Undefined where there is no WebAssembly (`node --jitless`). */
export function makeDraws(): Draws | undefined {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssembly };
  if (!WebAssembly) return undefined;
  const module = new WebAssembly.Module(moduleOf([threefryCode(), normalCode()], 1));
  const { memory, threefry, normal } = new WebAssembly.Instance(module).exports as Exports;
  const words = new Int32Array(memory.buffer, WORDS, BLOCK + 1);
  const normals = new Float32Array(memory.buffer, NORMALS, BLOCK);
  return {
    words,
    threefry: (key, low, high, pairs) => threefry(...keysOf(key, low, high), pairs),
    normal(from, count, mean, std, out, at) {
      normal(WORDS + 4 * from, count, mean, std);
      out.set(count === BLOCK ? normals : normals.subarray(0, count), at);
    },
  };
}

import { COS, LOG, normalFrom, ONE, QUARTER, ROOT, SIN, TWICE_LOG_2 } from "./normal.js";
import { BLOCK, type Key, LANES, startsOf, xoshiro } from "./random.js";
import { type Code, f32x4, get, i32, i32x4, moduleOf, repeat, set, v128 } from "./wasm.js";

/*
 * `xoshiro` and `normalFrom` on four numbers at a time: the same operations in the same order, each of which IEEE 754
 * rounds exactly, so the same bits. The tests hold them together.
 */

/** Where things stand in the module's memory. */
const STARTS = 0;
const WORDS = STARTS + 16 * LANES;
const NORMALS = WORDS + 4 * BLOCK;
/** Bytes of the words that the generators make in one step. */
const STEP = 4 * LANES;

/** (bytes of words to make) */
function xoshiroCode() {
  const [bytes, at, t] = [0, 1, 2];
  const groups = Array.from({ length: LANES / 4 }, (_, g) => [0, 1, 2, 3].map((n) => 3 + 4 * g + n));
  const turn = (x: Code, left: number): Code =>
    v128.or(i32x4.shl(x, i32.of(left)), i32x4.shr(x, i32.of(32 - left)));
  const xor = (to: number, by: number): Code => set(to, v128.xor(get(to), get(by)));
  return {
    name: "xoshiro",
    parameters: ["i32"] as const,
    locals: ["i32", "v128", ...groups.flat().map(() => "v128" as const)] as const,
    body: [
      ...groups.flat().map((s, i) => set(s, v128.load(STARTS + 16 * i, i32.of(0)))),
      repeat([
        ...groups.flatMap(([s0, s1, s2, s3], g) => [
          set(t, i32x4.add(get(s0!), get(s3!))),
          v128.store(WORDS + 16 * g, get(at), i32x4.add(turn(get(t), 7), get(s0!))),
          set(t, i32x4.shl(get(s1!), i32.of(9))),
          xor(s2!, s0!),
          xor(s3!, s1!),
          xor(s1!, s2!),
          xor(s0!, s3!),
          xor(s2!, t),
          set(s3!, turn(get(s3!), 11)),
        ]),
        set(at, i32.add(get(at), i32.of(STEP))),
        i32.below(get(at), get(bytes)),
      ]),
    ],
  };
}

/** `((a x + b) x + …)`, with numbers from the highest power to the lowest. */
const polynomial = (x: Code, [first, ...rest]: readonly number[]): Code =>
  rest.reduce((sum, c) => f32x4.add(f32x4.mul(sum, x), f32x4.of(c)), f32x4.of(first!));

/** (address in the words of the first, address of the end, mean, std) */
function normalCode() {
  const [at, end, mean, std, x, turn, radius, sin, cos, means, stds] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const f = f32x4;
  const fraction = f.div(f.sub(get(sin), f.of(1)), f.add(get(sin), f.of(1)));
  const exponent = f.fromIntegers(i32x4.sar(get(x), i32.of(23)));
  const log = f.mul(polynomial(get(cos), LOG), get(sin));
  return {
    name: "normal",
    parameters: ["i32", "i32", "f32", "f32"] as const,
    locals: Array.from({ length: 7 }, () => "v128" as const),
    body: [
      set(means, f.splat(get(mean))),
      set(stds, f.splat(get(std))),
      repeat([
        set(x, f.add(f.fromIntegers(i32x4.shr(v128.load(WORDS, get(at)), i32.of(1))), f.of(0.5))),
        set(x, i32x4.sub(get(x), i32x4.of(ROOT + ONE))),
        set(sin, i32x4.add(v128.and(get(x), i32x4.of(0x7fffff)), i32x4.of(ROOT))),
        set(sin, fraction),
        set(cos, f.mul(get(sin), get(sin))),
        set(radius, f.mul(f.sqrt(f.add(f.mul(exponent, f.of(TWICE_LOG_2)), log)), get(stds))),
        set(turn, v128.load(WORDS + 16, get(at))),
        // Its sign.
        set(radius, v128.xor(get(radius), v128.and(get(turn), i32x4.of(-2147483648)))),
        set(cos, f.mul(f.fromIntegers(i32x4.shl(get(turn), i32.of(2))), f.of(QUARTER))),
        set(x, f.mul(get(cos), get(cos))),
        set(sin, f.mul(polynomial(get(x), SIN), get(cos))),
        set(cos, polynomial(get(x), COS)),
        // Where they change places, both are changed by what they differ in.
        set(turn, i32x4.sar(i32x4.shl(get(turn), i32.of(1)), i32.of(31))),
        set(turn, v128.and(v128.xor(get(sin), get(cos)), get(turn))),
        v128.store(NORMALS, get(at), f.add(f.mul(get(radius), v128.xor(get(cos), get(turn))), get(means))),
        v128.store(
          NORMALS + 16,
          get(at),
          f.add(f.mul(get(radius), v128.xor(get(sin), get(turn))), get(means)),
        ),
        set(at, i32.add(get(at), i32.of(STEP))),
        i32.below(get(at), get(end)),
      ]),
    ],
  };
}

/** Draws a block at a time. */
export interface Draws {
  /** The first words of a block, as many as were made last. */
  readonly words: Int32Array;
  /** Normal numbers in the places of the words that they are made of. */
  readonly normals: Float32Array;
  /** Makes the first `count` words of a block; `count` is a multiple of LANES. */
  make(key: Key, block: number, count: number): void;
  /** Makes normal numbers of the words from `first` to `end`, multiples of LANES. */
  normal(first: number, end: number, mean: number, std: number): void;
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  xoshiro(bytes: number): void;
  normal(first: number, end: number, mean: number, std: number): void;
}

/** What Node has of it, typed here because its types do not say. */
interface WebAssembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** Without WebAssembly (`node --jitless`), the plain functions. */
export function makeDraws(): Draws {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssembly };
  return WebAssembly ? fastDraws(WebAssembly) : plainDraws();
}

export function plainDraws(): Draws {
  const starts = new Int32Array(4 * LANES);
  const words = new Int32Array(BLOCK);
  const normals = new Float32Array(BLOCK);
  return {
    words,
    normals,
    make(key, block, count) {
      startsOf(key, block, starts);
      xoshiro(starts, count, words);
    },
    normal: (first, end, mean, std) => normalFrom(words, first, end, mean, std, normals),
  };
}

function fastDraws({ Module, Instance }: WebAssembly): Draws {
  const module = new Module(moduleOf([xoshiroCode(), normalCode()], 1));
  const { memory, xoshiro, normal } = new Instance(module).exports as Exports;
  const starts = new Int32Array(memory.buffer, STARTS, 4 * LANES);
  return {
    words: new Int32Array(memory.buffer, WORDS, BLOCK),
    normals: new Float32Array(memory.buffer, NORMALS, BLOCK),
    make(key, block, count) {
      startsOf(key, block, starts);
      xoshiro(4 * count);
    },
    normal: (first, end, mean, std) => normal(4 * first, 4 * end, mean, std),
  };
}

/*
 * A few words of WebAssembly, as functions that give bytes: `i32.add(get(0), i32.of(1))`. What they mean is in the
 * specification (W3C, WebAssembly Core 2.0, with its 128-bit SIMD).
 */

/** Instructions that leave one value, or none. */
export type Code = readonly number[];

/** An unsigned number in LEB128. */
function unsigned(n: number): number[] {
  return n < 128 ? [n] : [(n & 127) | 128, ...unsigned(n >>> 7)];
}

function signed(n: number): number[] {
  const last = n >= -64 && n < 64;
  return last ? [n & 127] : [(n & 127) | 128, ...signed(n >> 7)];
}

/** An instruction behind its operands. */
const after =
  (...opcode: number[]) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), ...opcode];

const simd = (code: number) => after(0xfd, ...unsigned(code));

/** Aligned to `2 ** align` bytes, at an address from `offset` on. */
const memory =
  (opcode: readonly number[], align: number) =>
  (offset: number, ...operands: readonly Code[]): Code => [
    ...operands.flat(),
    ...opcode,
    align,
    ...unsigned(offset),
  ];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

export const i32 = {
  of: (n: number): Code => [0x41, ...signed(n)],
  add: after(0x6a),
  below: after(0x49),
};

/** Four floats side by side. */
export const f32x4 = {
  splat: simd(0x13),
  of: (n: number): Code => [...[0x43, ...new Uint8Array(new Float32Array([n]).buffer)], ...[0xfd, 0x13]],
  sqrt: simd(0xe3),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  fromIntegers: simd(0xfa),
};

/** Four 32-bit integers side by side. */
export const i32x4 = {
  of: (n: number): Code => [0xfd, 0x0c, ...new Uint8Array(new Int32Array(4).fill(n).buffer)],
  shl: simd(0xab),
  sar: simd(0xac),
  shr: simd(0xad),
  add: simd(0xae),
  sub: simd(0xb1),
};

export const v128 = {
  and: simd(0x4e),
  or: simd(0x50),
  xor: simd(0x51),
  load: memory([0xfd, 0x00], 2),
  store: memory([0xfd, 0x0b], 2),
};

/** Does it again while the last of it leaves a number that is not 0; at least once. */
export const repeat = (body: readonly Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0d, 0, 0x0b];

export type Kind = "i32" | "f32" | "v128";
const kinds: Readonly<Record<Kind, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

export interface Func {
  readonly name: string;
  readonly parameters: readonly Kind[];
  readonly locals: readonly Kind[];
  readonly body: readonly Code[];
}

/** A module of functions without results and one memory of `pages` times 64 KiB. */
export function moduleOf(functions: readonly Func[], pages: number): Uint8Array<ArrayBuffer> {
  const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
  const sized = (code: Code): number[] => [...unsigned(code.length), ...code];
  const text = (name: string): number[] => sized([...new TextEncoder().encode(name)]);
  const section = (id: number, items: readonly Code[]): number[] => [id, ...sized(list(items))];
  const types = (of: readonly Kind[]): Code[] => of.map((kind) => [kinds[kind]]);
  const names = functions.map((f, i) => [...text(f.name), 0, ...unsigned(i)]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      functions.map((f) => [0x60, ...list(types(f.parameters)), 0]),
    ),
    ...section(
      3,
      functions.map((_, i) => unsigned(i)),
    ),
    ...section(5, [[0, ...unsigned(pages)]]),
    ...section(7, [...names, [...text("memory"), 2, 0]]),
    ...section(
      10,
      functions.map((f) => sized([...list(types(f.locals).map((t) => [1, ...t])), ...f.body.flat(), 0x0b])),
    ),
  ]);
}

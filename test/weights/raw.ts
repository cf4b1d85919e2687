import { readFileSync, writeFileSync } from "node:fs";
import { bytesIn } from "../../compiler/weights/convert.js";

/** Bytes of a file as written, for tensors by name. */
export interface Raw {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export function rawTensors(path: string): Map<string, Raw> {
  const file = new Uint8Array(readFileSync(path));
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const data = file.subarray(8 + length);
  return new Map(
    Object.entries(header).flatMap(([name, t]) =>
      name === "__metadata__"
        ? []
        : [[name, { dtype: t.dtype, shape: t.shape, bytes: data.subarray(...t.data_offsets) }]],
    ),
  );
}

export function writeRaw(path: string, tensors: ReadonlyMap<string, Raw>): string {
  const table: Record<string, unknown> = {};
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of tensors)
    table[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
  const json = new TextEncoder().encode(JSON.stringify(table));
  const file = new Uint8Array(8 + json.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let at = 8 + json.length;
  for (const { bytes } of tensors.values()) {
    file.set(bytes, at);
    at += bytes.length;
  }
  writeFileSync(path, file);
  return path;
}

/** What a file of that dtype holds of some numbers. */
export function stored(dtype: string, numbers: readonly (number | bigint)[]): Uint8Array<ArrayBuffer> {
  const unit = bytesIn(dtype);
  const bytes = new Uint8Array(numbers.length * unit);
  const view = new DataView(bytes.buffer);
  for (const [i, n] of numbers.entries()) {
    if (dtype === "F64") view.setFloat64(i * unit, Number(n), true);
    else for (let b = 0; b < unit; b++) bytes[i * unit + b] = Number((BigInt(n) >> BigInt(8 * b)) & 255n);
  }
  return bytes;
}

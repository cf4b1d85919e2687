import { SafetensorsError } from "../../runtime/safetensors.js";
import type { DType } from "../ir/graph.js";
import type { Words } from "./copy.js";
import { fromBF16, fromF16 } from "./half.js";

const wholes = ["I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8"] as const;

/** The dtypes of a file that each of ours is read from; eight-bit floats need scales that the format does not have. */
const readable: Readonly<Record<DType, ReadonlySet<string>>> = {
  f32: new Set(["F32", "F64", "F16", "BF16", ...wholes, "BOOL"]),
  i32: new Set(wholes),
  bool: new Set(["BOOL"]),
};

/** What may stand in a file for one of our dtypes, in words. */
export const readableText: Readonly<Record<DType, string>> = {
  f32: "F32, F64, F16, BF16, an integer type or BOOL",
  i32: "whole numbers",
  bool: "BOOL",
};

export function isReadable(dtype: string, as: DType): boolean {
  return readable[as].has(dtype);
}

/** A number of a file that is none of a weight's. */
export class NumberLost extends SafetensorsError {
  constructor(
    where: string,
    readonly why: string,
  ) {
    super(`${where} ${why}`);
  }
}

const wide = new Set(["F64", "I64", "U64", "I32", "U32"]);

/** Whether a file may hold numbers of that dtype which have no equal as ours. */
export function mayLose(dtype: string, as: DType): boolean {
  return as !== "bool" && wide.has(dtype) && dtype !== as.toUpperCase();
}

/** Bytes of one number in a file, of a dtype that archc reads. */
export function bytesIn(dtype: string): number {
  return dtype === "BOOL" ? 1 : Number(/\d+$/.exec(dtype)![0]) / 8;
}

type Numbers = { readonly length: number; readonly [at: number]: number | bigint };

const views: Readonly<Record<string, new (buffer: ArrayBuffer) => Numbers>> = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/**
 * A file's numbers as those of a weight. Halves, conditions and whole numbers stay exactly what they are, doubles become
 * the nearest single. Throws NumberLost where a whole number has no equal or a double is beyond all singles;
 * `where` is what that says of the tensor.
 */
export function converted(bytes: Uint8Array<ArrayBuffer>, dtype: string, as: DType, where: string): Words {
  // Any byte but 0 is true, and runtimes read none but 1 as that.
  if (as === "bool") return bytes.map(Math.sign);
  if (dtype === as.toUpperCase()) return new Int32Array(bytes.buffer);
  if (dtype === "F16" || dtype === "BF16") {
    const out = new Int32Array(bytes.length / 2);
    (dtype === "F16" ? fromF16 : fromBF16)(new Uint16Array(bytes.buffer), out);
    return out;
  }
  const numbers = new views[dtype]!(bytes.buffer);
  const out = as === "f32" ? new Float32Array(numbers.length) : new Int32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const given = numbers[i]!;
    const value = dtype === "BOOL" ? Math.sign(Number(given)) : Number(given);
    out[i] = value;
    const kept = out[i]!;
    const isKept =
      dtype === "F64"
        ? Number.isFinite(kept) || !Number.isFinite(value)
        : kept === value && (typeof given !== "bigint" || BigInt(kept) === given);
    if (!isKept) throw new NumberLost(where, `holds ${given}, which ${as} cannot hold`);
  }
  return new Int32Array(out.buffer);
}

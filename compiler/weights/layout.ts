import type { Graph } from "../ir/graph.js";
import { bytesOf, type StoredTensor } from "./fill.js";

/** A tensor and the bytes of the file that it takes. */
export interface Placed {
  readonly tensor: StoredTensor;
  /** From the beginning of the file, so that ONNX can point at it. */
  readonly offset: number;
  readonly bytes: number;
}

/** Where everything stands in a `.safetensors` file. */
export interface Layout {
  /** Length, JSON and padding: the file up to the first tensor. */
  readonly header: Uint8Array;
  /** In file order, without gaps. */
  readonly placed: readonly Placed[];
  /** Bytes of the whole file. */
  readonly size: number;
}

const dtypes = { f32: "F32", i32: "I32", bool: "BOOL" } as const;
const ALIGN = 64;

/**
 * The layout of a weight file. The format allows no gaps between tensors, so those whose size keeps the 64-byte
 * alignment of the next one come first; otherwise the order given holds.
 */
export function layOut(tensors: readonly StoredTensor[], metadata: Readonly<Record<string, string>>): Layout {
  const sized = tensors.map((tensor) => ({
    tensor,
    bytes: tensor.shape.reduce((a, b) => a * b, 1) * bytesOf[tensor.dtype],
  }));
  const rank = (bytes: number): number => (bytes % ALIGN === 0 ? 0 : bytes % 4 === 0 ? 1 : 2);
  sized.sort((a, b) => rank(a.bytes) - rank(b.bytes));

  const table: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { tensor, bytes } of sized) {
    table[tensor.name] = {
      dtype: dtypes[tensor.dtype],
      shape: tensor.shape,
      data_offsets: [end, (end += bytes)],
    };
  }
  const json = new TextEncoder().encode(JSON.stringify(table));
  const length = Math.ceil((8 + json.length) / ALIGN) * ALIGN - 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);

  let offset = header.length;
  const placed = sized.map(({ tensor, bytes }) => {
    const at = offset;
    offset += bytes;
    return { tensor, offset: at, bytes };
  });
  return { header, placed, size: offset };
}

/** The weights and buffers of a model in the order of its graph's inputs. */
export function storedTensors(graph: Graph): StoredTensor[] {
  return graph.inputPorts.flatMap((port) => {
    if (port.role !== "weight") return [];
    const shape = port.value.shape.map((d) => Number(d.int));
    return [{ name: port.name, dtype: port.value.dtype, shape, init: port.weight.init }];
  });
}

import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Diagnostics } from "../diagnostics/sink.js";
import { inBytes, quantityText } from "../dim/quantity.js";
import type { Graph } from "../ir/graph.js";
import { bytesOf } from "../weights/fill.js";

/** Offsets in a weight file are doubles in every reader that JavaScript has. */
const MAX_BYTES = BigInt(Number.MAX_SAFE_INTEGER);

/** False (reported) where a model's weights fit no file, or not the disk of `out`: known before a byte is written. */
export async function hasRoom(graph: Graph, model: string, out: string, sink: Diagnostics): Promise<boolean> {
  const bytes = graph.inputPorts
    .filter((port) => port.role === "weight")
    .reduce((sum, { value }) => {
      const count = value.shape.reduce((product, dim) => product * (dim.int ?? 1n), 1n);
      return sum + count * BigInt(bytesOf[value.dtype]);
    }, 0n);
  if (bytes > MAX_BYTES) {
    sink.report("emit/too-large", { model, bytes: bytesText(bytes) });
    return false;
  }
  const free = await freeBytes(out);
  if (free === undefined || bytes <= free) return true;
  sink.report("emit/no-room", { out, bytes: bytesText(bytes), free: bytesText(free) });
  return false;
}

function bytesText(bytes: bigint): string {
  return quantityText({ value: [bytes, 1n], unit: inBytes });
}

/** Of the nearest folder above `out` that is there; undefined where the system does not say. */
async function freeBytes(out: string): Promise<bigint | undefined> {
  for (let at = resolve(out); ; at = dirname(at)) {
    const stat = await statfs(at, { bigint: true }).catch(() => undefined);
    if (stat !== undefined) return stat.blocks === 0n ? undefined : stat.bavail * stat.bsize;
    if (dirname(at) === at) return undefined;
  }
}

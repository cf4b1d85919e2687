import { join } from "node:path";
import { exportWeights } from "../../compiler/emit/export.js";
import type { Tensors } from "./reference.js";
import { type Built, readTensors } from "./targets.js";

/** A build's weights under the names of its model's only checkpoint, as `archc export` writes them. */
export async function exported({ folder, manifest }: Built): Promise<Tensors> {
  const out = join(folder, "exported.safetensors");
  const { value, diagnostics } = await exportWeights({ folder, manifest, out, checkpoint: undefined });
  if (!value) throw new Error(JSON.stringify(diagnostics));
  return await readTensors(out);
}

import { exportWeights } from "../../compiler/emit/export.js";
import type { Tensors } from "./reference.js";
import { type Built, readTensors } from "./targets.js";

/** A build's weights under the names of its model's only checkpoint, as `archc export` writes them. */
export async function exported({ folder, manifest }: Built): Promise<Tensors> {
  // Beside the build: it takes no file that its manifest does not list.
  const out = `${folder}.exported.safetensors`;
  const { value, diagnostics } = await exportWeights({ folder, manifest, out, checkpoint: undefined });
  if (!value) throw new Error(JSON.stringify(diagnostics));
  return await readTensors(out);
}

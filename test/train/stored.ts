import type { ModelInstance } from "../../compiler/check/instance.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { importWeights } from "../../compiler/emit/weights.js";
import { arrayOf, countOf } from "../../compiler/ops/array.js";
import { layOut, storedTensors } from "../../compiler/weights/layout.js";
import { produceTensors } from "../../compiler/weights/produce.js";
import { SafetensorsFile } from "../../runtime/safetensors.js";
import type { Arrays } from "./support.js";

/** The weights of a model from a file that another library wrote, as a build would read them. */
export async function weightsFrom(instance: ModelInstance, file: string): Promise<Arrays> {
  const layout = layOut(storedTensors(instance.start), {});
  const sink = new Diagnostics();
  const stored = layout.placed.map(({ tensor }) => tensor);
  const imported = await importWeights(instance, stored, { file }, sink);
  if (!imported) throw new Error(sink.list.map((d) => [d.message, ...d.notes].join("\n")).join("\n"));
  const chunks: Uint8Array[] = [];
  await produceTensors(
    layout,
    1,
    (name) => imported.plan.get(name),
    async (count, make) => {
      const chunk = new Uint8Array(count);
      await make(chunk);
      chunks.push(chunk);
    },
  );
  await imported.file.close();
  const bytes = new Uint8Array(Buffer.concat(chunks));
  let at = 0;
  return Object.fromEntries(
    layout.placed.map(({ tensor: { name, dtype, shape }, bytes: size }) => {
      const count = countOf(shape);
      const data =
        dtype === "bool"
          ? bytes.subarray(at, at + size)
          : new (dtype === "i32" ? Int32Array : Float32Array)(bytes.buffer, at, count);
      at += size;
      return [name, arrayOf(dtype, [...shape], Array.from(data))];
    }),
  );
}

/** The tensors of a safetensors file whose names begin with `prefix`, without it. */
export async function tensorsOf(path: string, prefix = ""): Promise<Arrays> {
  const file = await SafetensorsFile.open(path);
  try {
    const read: Record<string, Arrays[string]> = {};
    for (const name of file.names.filter((n) => n.startsWith(prefix))) {
      const { dtype, shape, data } = await file.read(name);
      read[name.slice(prefix.length)] = arrayOf(dtype, shape, Array.from(data));
    }
    return read;
  } finally {
    await file.close();
  }
}

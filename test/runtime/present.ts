import { message, type OpenBackend, type TfBackendName } from "../../runtime/backends/backend.js";
import { openBackend } from "../../runtime/backends.js";

export interface Present {
  readonly name: TfBackendName;
  readonly backend: OpenBackend | undefined;
  /** Why it is not there, as a test's name says it. */
  readonly absent: string;
}

let found: Promise<readonly Present[]> | undefined;

/** Every tfjs backend of this machine, forced (so GPUs in software too); warns of each that is left out. */
export function present(): Promise<readonly Present[]> {
  found ??= (async () => {
    const all: Present[] = [];
    for (const name of ["cpu", "wasm", "webgpu", "tensorflow"] as const) {
      try {
        all.push({ name, backend: await openBackend(name), absent: "" });
      } catch (error) {
        const absent = message(error).replace(/^backend `\w+` is not available: /, "");
        if (name === "cpu" || name === "wasm") throw error;
        console.warn(`tests of backend \`${name}\` are left out: ${absent}`);
        all.push({ name, backend: undefined, absent });
      }
    }
    return all;
  })();
  return found;
}

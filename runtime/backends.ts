import {
  BackendError,
  type BackendKind,
  type BackendName,
  message,
  type OpenBackend,
  type TfBackendName,
} from "./backends/backend.js";
import { cpu } from "./backends/cpu.js";
import { onnx } from "./backends/onnx.js";
import { tensorflow } from "./backends/tensorflow.js";
import { wasm } from "./backends/wasm.js";
import { onlyForced, webgpu } from "./backends/webgpu.js";

export {
  BackendError,
  type BackendName,
  type OpenBackend,
  type Tf,
  type TfBackendName,
} from "./backends/backend.js";

const kinds: { readonly [K in BackendName]: BackendKind } = { tensorflow, webgpu, wasm, cpu, onnx };

/** Best first; a tfjs model runs on the first of these that is available. */
const preference: readonly TfBackendName[] = ["tensorflow", "webgpu", "wasm", "cpu"];

export const backendNames: readonly BackendName[] = ["tensorflow", "webgpu", "wasm", "cpu", "onnx"];

/** One backend as `archc backends` shows it. */
export interface BackendReport {
  readonly name: BackendName;
  /** What it runs: `model.js`, or `model.onnx`. */
  readonly target: "tfjs" | "onnx";
  readonly available: boolean;
  /** What it runs on, or why it is not available. */
  readonly why: string;
  /** How to get it; empty if it is available. */
  readonly get: string;
  /** Whether a run of its target without `--backend` uses it. */
  readonly chosen: boolean;
}

const opened = new Map<BackendName, Promise<OpenBackend | { readonly detail: string }>>();

/** Opens a backend once. Failures are not remembered, because `forced` can avoid some. */
function open(name: BackendName, forced: boolean): Promise<OpenBackend | { readonly detail: string }> {
  const before = opened.get(name);
  if (before)
    return before.then((backend) => {
      if (!forced && "software" in backend && backend.software)
        throw new BackendError(onlyForced(backend.detail));
      return backend;
    });
  const attempt = kinds[name].open(forced);
  opened.set(name, attempt);
  attempt.catch(() => opened.delete(name));
  return attempt;
}

/** Every backend: whether it is available, why or why not, how to get it, and which are chosen. Opens all it can. */
export async function backends(): Promise<readonly BackendReport[]> {
  const reports: BackendReport[] = [];
  const taken = new Set<string>();
  for (const name of backendNames) {
    const { target, get } = kinds[name];
    try {
      const { detail } = await open(name, false);
      reports.push({ name, target, available: true, why: detail, get: "", chosen: !taken.has(target) });
      taken.add(target);
    } catch (error) {
      reports.push({ name, target, available: false, why: message(error), get, chosen: false });
    }
  }
  return reports;
}

/** Why a backend cannot be used here, and how to get it; undefined where it can. */
export async function whyAbsent(name: BackendName): Promise<string | undefined> {
  try {
    await open(name, false);
    return undefined;
  } catch (error) {
    return `${message(error)}; to get it: ${kinds[name].get}`;
  }
}

/** Whether this is the name of a backend. */
export function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(kinds, name);
}

/**
 * Opens a tfjs backend: the named one, or the best available (tensorflow, webgpu on a real GPU, wasm, cpu). Throws a
 * BackendError if the named one is not available; another never replaces it.
 */
export async function openBackend(name?: string): Promise<OpenBackend> {
  if (name === undefined) {
    for (const candidate of preference) {
      try {
        return (await open(candidate, false)) as OpenBackend;
      } catch {
        // Absent: the next one. `backends()` says why.
      }
    }
    throw new BackendError("no tfjs backend is installed");
  }
  if (!isBackendName(name))
    throw new BackendError(
      `there is no backend \`${name}\`; choose one of ${backendNames.map((n) => `\`${n}\``).join(", ")}`,
    );
  if (name === "onnx")
    throw new BackendError(
      "backend `onnx` runs `model.onnx`, not `model.js`; to use it, set the target to `onnx`",
    );
  try {
    return (await open(name, true)) as OpenBackend;
  } catch (error) {
    throw new BackendError(
      `backend \`${name}\` is not available: ${message(error)}; to get it: ${kinds[name].get}`,
    );
  }
}

import type * as tfjs from "@tensorflow/tfjs-core";

/** The library as generated code gets it. */
export type Tf = typeof tfjs;

export type TfBackendName = "tensorflow" | "webgpu" | "wasm" | "cpu";
export type BackendName = TfBackendName | "onnx";

/** Why a backend cannot be used, in a person's words. */
export class BackendError extends Error {
  override readonly name = "BackendError";
}

/** A tfjs backend that is ready. */
export interface OpenBackend {
  readonly name: TfBackendName;
  /** What it runs on: `NVIDIA H100 through Vulkan`, `1 thread`, … */
  readonly detail: string;
  /** A GPU in software: used only where it is asked for by name. */
  readonly software?: boolean;
  readonly tf: Tf;
  /** What generated code calls in place of `tf`: the same results, faster, and without derivatives. */
  readonly lean?: Tf;
  /** Bytes that one tensor, and all together, may take; undefined where nothing is known to bound them. */
  readonly limits: { readonly tensor: number | undefined; readonly total: number | undefined };
  /**
   * Copies a new tensor's data into the backend's own memory now, so that its array may be used again. Absent where
   * the backend keeps that array. The array must not lie on a multiple of 64 bytes.
   */
  adopt?(tensor: tfjs.Tensor): void;
  /** Throws a BackendError where something failed since the last call that tfjs itself did not notice. */
  check(): void;
}

/** One kind of backend: how it is opened, and how it is got where it is absent. */
export interface BackendKind {
  readonly target: "tfjs" | "onnx";
  /** What a person does to have it. */
  readonly get: string;
  /**
   * Opens it, once a process. Throws a BackendError that says why not. `forced` allows what is never chosen by itself
   * (a GPU in software).
   */
  open(forced: boolean): Promise<OpenBackend | { readonly detail: string }>;
}

/** Imports an optional package; undefined where it is not installed. Other failures are thrown as they are. */
export async function optional(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    if (missing && String(message).includes(`'${name}'`)) return undefined;
    throw error;
  }
}

export const message = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0]!;

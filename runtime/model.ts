/** A dense, row-major tensor in main memory: what goes into and comes out of any backend. Bools are 0 and 1. */
export interface HostTensor {
  readonly dtype: "f32" | "i32" | "bool";
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** What a model keeps between steps, in the backend's own memory; only the model that returned it can take it. */
export interface StateHandle {
  /** Positions that the state has seen. */
  readonly past: number;
  /** Sizes of states that keep fewer positions, by name (`past_latents`). */
  readonly kept: Readonly<Record<string, number>>;
  /** The states' sizes and values, by their manifest input name, copied to main memory. */
  read(): Promise<Record<string, HostTensor>>;
  /** Frees it; a state given to `run` stays valid until this is called. */
  dispose(): void;
}

/** A built model, loaded in one backend. */
export interface Model {
  /** The name of the backend: `onnx`, `webgpu`, `wasm`, … */
  readonly backend: string;
  /**
   * Runs once. `start` begins with empty state (and ignores `state`), `step` continues from `state`.
   * Inputs and outputs have their manifest names. `counts` are numbers that the model takes (`latents`), if they
   * differ from the defaults. Throws an Error in the user's terms on wrong input.
   */
  run(
    kind: "start" | "step",
    inputs: Readonly<Record<string, HostTensor>>,
    state?: StateHandle,
    counts?: Readonly<Record<string, number>>,
  ): Promise<{ readonly outputs: Record<string, HostTensor>; readonly state: StateHandle }>;
  /** Frees the weights and all states; the model cannot be used afterwards. */
  dispose(): Promise<void>;
}

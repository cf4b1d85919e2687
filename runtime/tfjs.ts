import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Tensor, TensorContainer } from "@tensorflow/tfjs-core";
import { message } from "./backends/backend.js";
import { BackendError, type OpenBackend, openBackend, type Tf } from "./backends.js";
import { checkProgram, checkWeights, readManifest } from "./folder.js";
import { checkIndices, InputError, type Inputs, keptSizes, readSizes, type Sizes } from "./inputs.js";
import type { Manifest } from "./manifest.js";
import type { HostTensor, Model, StateHandle } from "./model.js";
import { SafetensorsFile } from "./safetensors.js";

type Tensors = Record<string, Tensor>;

/** What a generated `model.js` exports. */
export interface TfjsModule {
  readonly model: {
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly pastStates: readonly string[];
    readonly nextStates: readonly string[];
    readonly below: Readonly<Record<string, number>>;
    /** The weights that `arrange` replaces; earlier builds of archc 0.1 do not say. */
    readonly arranged?: readonly string[];
  };
  largest(sizes: Sizes, run: "start" | "step"): number;
  /** Rearranges the weights by name, and owns them from then on. Builds of archc 0.1 do not have this function. */
  arrange?(tf: Tf, w: Tensors): Tensors;
  start(tf: Tf, w: Tensors, inputs: Tensors, given: Sizes): TfjsResults;
  step(tf: Tf, w: Tensors, inputs: Tensors, given: Sizes): TfjsResults;
}
interface TfjsResults {
  readonly outputs: Tensors;
  readonly states: Tensors;
}

/** Progress of long work: `done` of `total`, in bytes of weights or in tokens. */
export type Progress = (done: number, total: number, what: string) => void;

export interface TfjsOptions {
  /** A tfjs backend by name. Default: the best available. */
  readonly backend?: string | undefined;
  readonly onProgress?: Progress | undefined;
}

const dtypes = { f32: "float32", i32: "int32", bool: "bool" } as const;
const bytesOf = (shape: readonly number[]) => 4 * shape.reduce((a, b) => a * b, 1);
const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/**
 * Loads the tfjs model of a build folder and its weights into a backend. Throws BackendError if the backend is
 * missing or too small, InputError or SafetensorsError if a file is not what the build wrote, and the system's or zod's
 * error if the folder is not a build.
 */
export async function loadTfjs(folder: string, options: TfjsOptions = {}): Promise<Model> {
  const manifest = await readManifest(folder);
  if (!manifest.tfjs) throw new InputError(`\`${folder}\` was built without the target \`tfjs\``);
  const backend = await openBackend(options.backend);
  const total = manifest.weights.reduce((sum, w) => sum + bytesOf(w.shape), 0);
  for (const { name, shape } of manifest.weights) checkBytes(backend, bytesOf(shape), `weight \`${name}\``);
  if (backend.limits.total !== undefined && total > backend.limits.total)
    throw new BackendError(
      `the weights take ${gigabytes(total)}, but \`${backend.name}\` has ${gigabytes(backend.limits.total)} in total`,
    );
  const sha256 = await checkProgram(folder, manifest, manifest.tfjs.module);
  const module = await importModule(folder, manifest.tfjs.module, sha256);
  checkModule(folder, manifest, manifest.tfjs.module, module);
  return withWeights(
    folder,
    manifest,
    backend,
    module.model.arranged ?? [],
    (done) => options.onProgress?.(done, total, "weights"),
    (weights) => tfjsModel(manifest, module, weights, backend),
  );
}

async function importModule(folder: string, name: string, sha256: string): Promise<TfjsModule> {
  try {
    // Node keeps what it imported: a new build in the same place is a new module.
    const { href } = pathToFileURL(join(folder, name));
    return (await import(`${href}?${sha256}`)) as TfjsModule;
  } catch (error) {
    throw new InputError(`\`${folder}\`: \`${name}\` cannot be loaded: ${message(error)}`);
  }
}

/** A manifest that speaks of other values than the module would fail in the middle of a run. */
function checkModule(folder: string, manifest: Manifest, name: string, module: TfjsModule): void {
  const { inputs, outputs, states } = manifest;
  const names = (list: readonly { readonly name: string }[]) => list.map((each) => each.name);
  const given = [...names(inputs), ...states.map((s) => s.input)];
  const taken = module.model && [...module.model.inputs, ...module.model.pastStates];
  const made = module.model && new Set([...module.model.outputs, ...module.model.nextStates]);
  const fits =
    [module.largest, module.start, module.step].every((f) => typeof f === "function") &&
    taken.every((input) => given.includes(input)) &&
    names(outputs).every((output) => made.has(output));
  if (!fits)
    throw new InputError(
      `\`${folder}\`: \`${name}\` and its manifest describe different models; build it again`,
    );
}

/**
 * Gives `make` all weights: those that it does not rearrange first, from the largest on, and each of the others once it is
 * asked for, so that it takes the memory of those before it. What the backend copies goes by way of one buffer of each
 * weight's size: arrays of their own would wait for the collector, as much as the weights again.
 */
async function withWeights<T>(
  folder: string,
  manifest: Manifest,
  backend: OpenBackend,
  arranged: readonly string[],
  onDone: (bytes: number) => void,
  make: (weights: Tensors) => T,
): Promise<T> {
  const order = [...manifest.weights].sort((a, b) => bytesOf(b.shape) - bytesOf(a.shape));
  // Memory begins on a multiple of 8: what begins 4 later never lies on one of 64.
  const room = 4 + (order[0] ? bytesOf(order[0].shape) : 0);
  const buffer = backend.adopt ? new ArrayBuffer(room, { maxByteLength: room }) : undefined;
  const roomOf = (shape: readonly number[]) => {
    buffer?.resize(4 + bytesOf(shape));
    return buffer && new Uint8Array(buffer, 4);
  };
  const weights: Tensors = {};
  let done = 0;
  const put = (name: string, tensor: HostTensor): Tensor => {
    use(backend);
    const weight = upload(backend.tf, tensor);
    backend.adopt?.(weight);
    Object.defineProperty(weights, name, { value: weight, enumerable: true });
    done += bytesOf(tensor.shape);
    onDone(done);
    return weight;
  };
  const file = await SafetensorsFile.open(join(folder, "weights.safetensors"));
  try {
    checkWeights(folder, manifest, file);
    const late = new Set(arranged);
    for (const { name, shape } of order) {
      if (late.has(name)) {
        const get = () => put(name, file.readNow(name, roomOf(shape)));
        Object.defineProperty(weights, name, { get, enumerable: true, configurable: true });
      } else put(name, await file.read(name, roomOf(shape)));
    }
    return make(weights);
  } finally {
    buffer?.resize(0);
    await file.close();
  }
}

/** A model of a generated module whose weights are in the backend already; the model owns them from then on. */
export function tfjsModel(
  manifest: Manifest,
  module: TfjsModule,
  loaded: Tensors,
  backend: OpenBackend,
): Model {
  const { tf } = backend;
  use(backend);
  const weights = module.arrange?.(tf, loaded) ?? loaded;
  let disposed = false;

  return {
    backend: backend.name,
    async run(kind, inputs, state, counts) {
      if (disposed) throw new Error("this model was disposed");
      const held = kind === "start" ? undefined : ownState(state);
      const past = held?.past ?? 0;
      const sizes = readSizes(manifest, inputs, held, counts);
      for (const [name, below] of Object.entries(module.model.below))
        if (inputs[name]) checkIndices(name, inputs[name], below);
      checkBytes(backend, 4 * module.largest(sizes, kind), `the largest tensor at ${sizesText(sizes)}`);
      const { outputs, states } = execute(kind, inputs, held?.tensors ?? {}, sizes);
      const read: Record<string, HostTensor> = {};
      try {
        for (const { name, dtype } of manifest.outputs)
          read[name] = await download(backend, outputs[name]!, dtype);
        backend.check();
      } catch (error) {
        tf.dispose(states as TensorContainer);
        throw error;
      } finally {
        tf.dispose(outputs as TensorContainer);
      }
      return {
        outputs: read,
        state: new TfjsState(manifest, states, held, past + (sizes.seq ?? 0), backend),
      };
    },
    async dispose() {
      if (!disposed) tf.dispose(weights as TensorContainer);
      disposed = true;
    },
  };

  /** Synchronous, so that two models in one process do not change each other's backend. */
  function execute(kind: "start" | "step", inputs: Inputs, states: Tensors, sizes: Sizes): TfjsResults {
    use(backend);
    const given: Tensors = {};
    try {
      for (const { name } of manifest.inputs) given[name] = upload(tf, inputs[name]!);
      const all = kind === "start" ? given : { ...given, ...states };
      // The module frees what it makes; the tidy is for what is left where it throws halfway.
      return tf.tidy(
        () => module[kind](backend.lean ?? tf, weights, all, sizes) as unknown as TensorContainer,
      ) as unknown as TfjsResults;
    } finally {
      tf.dispose(given as TensorContainer);
    }
  }
}

/** The states after a run, in the backend's memory, by the names of the inputs that take them. */
class TfjsState implements StateHandle {
  readonly tensors: Tensors = {};
  readonly kept: Sizes;

  constructor(
    private readonly manifest: Manifest,
    states: Tensors,
    before: TfjsState | undefined,
    readonly past: number,
    private readonly backend: OpenBackend,
  ) {
    // A state that the layer never updates stays; each handle owns its tensors.
    for (const { input, output } of manifest.states)
      this.tensors[input] = states[output] ?? backend.tf.clone(before!.tensors[input]!);
    this.kept = keptSizes(manifest, (input) => this.tensors[input]!.shape);
  }

  async read(): Promise<Record<string, HostTensor>> {
    const read: Record<string, HostTensor> = {};
    for (const { input, dtype } of this.manifest.states)
      read[input] = await download(this.backend, this.tensors[input]!, dtype);
    return read;
  }

  dispose(): void {
    this.backend.tf.dispose(this.tensors as TensorContainer);
  }
}

function ownState(state: StateHandle | undefined): TfjsState {
  if (state instanceof TfjsState) return state;
  throw new Error(
    state
      ? "the state belongs to another model"
      : "`step` needs the state of the previous run; `start` creates one",
  );
}

function use({ tf, name }: OpenBackend): void {
  // The backend is open, so this is done when the call returns; the promise only says so later.
  if (tf.getBackend() !== name) void tf.setBackend(name);
}

function upload(tf: Tf, { dtype, shape, data }: HostTensor): Tensor {
  return tf.tensor(data, [...shape], dtypes[dtype]);
}

async function download(
  backend: OpenBackend,
  tensor: Tensor,
  dtype: HostTensor["dtype"],
): Promise<HostTensor> {
  const data = (await tensor.data()) as HostTensor["data"];
  const kind = dtype === "f32" ? Float32Array : dtype === "i32" ? Int32Array : Uint8Array;
  // A backend that keeps the arrays it is given gives its own; some give another kind of array for bools.
  const own = backend.adopt !== undefined && data instanceof kind;
  return { dtype, shape: [...tensor.shape], data: own ? data : new kind(data) };
}

function checkBytes(backend: OpenBackend, bytes: number, what: string): void {
  const limit = backend.limits.tensor;
  if (limit !== undefined && bytes > limit)
    throw new BackendError(
      `${what} takes ${gigabytes(bytes)}, but a tensor on \`${backend.name}\` (${backend.detail}) can take at most ${gigabytes(limit)}`,
    );
}

const sizesText = (sizes: Sizes) =>
  Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(", ");

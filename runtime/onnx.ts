import { join } from "node:path";
import type * as ort from "onnxruntime-node";
import { BackendError, message } from "./backends/backend.js";
import { needOnnxRuntime } from "./backends/onnx.js";
import { checkProgram, checkWeights, readManifest } from "./folder.js";
import { InputError, type Inputs, keptSizes, readSizes, type Sizes } from "./inputs.js";
import type { Manifest } from "./manifest.js";
import type { HostTensor, Model, StateHandle } from "./model.js";
import { SafetensorsFile } from "./safetensors.js";
import { evaluateSize } from "./size-expression.js";

type Ort = typeof ort;
type Feeds = Record<string, ort.Tensor>;

export interface OnnxOptions {
  /** Threads of one op. Default: ONNX Runtime's choice, all cores. */
  readonly threads?: number | undefined;
  /**
   * Keeps memory that a run freed for the next one. Large passes of one shape then take up to a sixth less time, because
   * the system provides no new pages, but the process uses up to twice the memory. Default: false.
   */
  readonly arena?: boolean | undefined;
}

/**
 * ONNX Runtime's arena doubles its allocations and returns nothing, and its memory patterns keep a block for every
 * shape: a run uses up to twice the live memory, and a decode step after a long prompt as much as that prompt. So both
 * are off, and memory is what `archc cost` says, unless `arena` is set.
 */
const exact = { enableCpuMemArena: false, enableMemPattern: false };

/**
 * Loads the ONNX model of a build folder into ONNX Runtime. Throws BackendError if `onnxruntime-node` is missing or
 * cannot load the model, InputError if the folder was built without ONNX, InputError or SafetensorsError if a file is
 * not what the build wrote, and the system's or zod's error if the folder is not a build.
 */
export async function loadOnnx(folder: string, options: OnnxOptions = {}): Promise<Model> {
  return createOnnxModel(folder, await readManifest(folder), options);
}

/** `loadOnnx` with a manifest that was already read. */
export async function createOnnxModel(
  folder: string,
  manifest: Manifest,
  options: OnnxOptions = {},
): Promise<Model> {
  const files = manifest.onnx;
  if (!files) throw new InputError(`\`${folder}\` was built without the target \`onnx\``);
  const library = await needOnnxRuntime();
  checkCommandLine();
  for (const name of new Set([files.start, files.step])) await checkProgram(folder, manifest, name);
  const weights = await SafetensorsFile.open(join(folder, "weights.safetensors"));
  try {
    checkWeights(folder, manifest, weights);
  } finally {
    await weights.close();
  }
  const sessions = new Map<string, Promise<ort.InferenceSession>>();
  // A model whose step is a file of its own holds its weights once more: that is loaded when the first step comes.
  const open = async (file: string): Promise<ort.InferenceSession> => {
    const known = sessions.get(file) ?? load(library, join(folder, file), options);
    sessions.set(file, known);
    checkPorts(folder, manifest, file, await known);
    return known;
  };
  await open(files.start);
  let disposed = false;

  return {
    backend: "onnx",
    async run(kind, inputs, state, counts) {
      if (disposed) throw new Error("this model was disposed");
      const held = kind === "start" ? undefined : ownState(state);
      const sizes = readSizes(manifest, inputs, held, counts);
      const session = await open(files[kind]);
      const feeds = feedsOf(library, manifest, inputs);
      Object.assign(feeds, held?.tensors ?? emptyStates(library, manifest, sizes));
      for (const { name } of manifest.symbols)
        feeds[name] = new library.Tensor("int64", [BigInt(sizes[name] ?? 0)], [1]);
      const takes = new Set(session.inputNames);
      const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => takes.has(name)));
      const results = await session.run(used).catch((error: unknown) => {
        throw new BackendError(`ONNX Runtime cannot run \`${files[kind]}\`: ${message(error)}`);
      });
      const outputs: Record<string, HostTensor> = {};
      for (const { name } of manifest.outputs) outputs[name] = fromOrt(results[name]!);
      return { outputs, state: new OnnxState(manifest, results, (held?.past ?? 0) + (sizes.seq ?? 0)) };
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      for (const session of await Promise.all(sessions.values())) await session.release();
    },
  };
}

/** A manifest that speaks of other values than the graph would fail in the middle of a run. */
function checkPorts(folder: string, manifest: Manifest, file: string, session: ort.InferenceSession): void {
  const { inputs, outputs, states, symbols } = manifest;
  const given = new Set([...inputs, ...symbols].map((i) => i.name).concat(states.map((s) => s.input)));
  const made = new Set(session.outputNames);
  if (session.inputNames.every((name) => given.has(name)) && outputs.every((o) => made.has(o.name))) return;
  throw new InputError(
    `\`${folder}\`: \`${file}\` and its manifest describe different models; build it again`,
  );
}

/** ONNX Runtime 1.30 reads the command line of its process, and a long one overflows its stack (at some 24 KiB on Linux). */
const MAX_COMMAND_LINE = 16_384;

function checkCommandLine(): void {
  const bytes = [process.execPath, ...process.execArgv, ...process.argv.slice(1)].reduce(
    (sum, word) => sum + Buffer.byteLength(word) + 1,
    0,
  );
  if (process.platform === "linux" && bytes > MAX_COMMAND_LINE)
    throw new InputError(
      `ONNX Runtime crashes when the command line is long: this one has ${bytes} bytes, and ${MAX_COMMAND_LINE} are safe; pass a long prompt on standard input (\`--prompt -\`)`,
    );
}

async function load(
  { InferenceSession }: Ort,
  path: string,
  options: OnnxOptions,
): Promise<ort.InferenceSession> {
  const threads = options.threads === undefined ? {} : { intraOpNumThreads: options.threads };
  const memory = options.arena ? {} : exact;
  try {
    return await InferenceSession.create(path, { logSeverityLevel: 3, ...memory, ...threads });
  } catch (error) {
    throw new BackendError(`ONNX Runtime cannot load \`${path}\`: ${message(error)}`);
  }
}

/** The states after a run, as ONNX Runtime returned them, by the names of the inputs that take them. */
class OnnxState implements StateHandle {
  tensors: Feeds = {};
  readonly kept: Sizes;

  constructor(
    private readonly manifest: Manifest,
    results: Readonly<Record<string, ort.Tensor>>,
    readonly past: number,
  ) {
    for (const { input, output } of manifest.states) this.tensors[input] = results[output]!;
    this.kept = keptSizes(manifest, (input) => this.tensors[input]!.dims);
  }

  async read(): Promise<Record<string, HostTensor>> {
    return Object.fromEntries(
      this.manifest.states.map(({ input }) => [input, fromOrt(this.tensors[input]!)] as const),
    );
  }

  dispose(): void {
    // The results lie in JavaScript's memory: letting go is all.
    this.tensors = {};
  }
}

function ownState(state: StateHandle | undefined): OnnxState {
  if (state instanceof OnnxState) return state;
  throw new Error(
    state
      ? "the state belongs to another model"
      : "`step` needs the state of the previous run; `start` creates one",
  );
}

function feedsOf(library: Ort, manifest: Manifest, inputs: Inputs): Feeds {
  return Object.fromEntries(
    manifest.inputs.map(({ name }) => [name, toOrt(library, inputs[name]!)] as const),
  );
}

/** The states that a model starts with: empty if a state grows, else zeros. */
function emptyStates(library: Ort, manifest: Manifest, sizes: Sizes): Feeds {
  const feeds: Feeds = {};
  for (const { input, dtype, shape } of manifest.states) {
    const dims = shape.map((size) =>
      typeof size === "number" ? size : evaluateSize(size, { ...sizes, past: 0 }),
    );
    const count = dims.reduce((a, b) => a * b, 1);
    // Zeros that nobody else has need no copy, which a long memory's would show.
    if (dtype === "f32") feeds[input] = new library.Tensor("float32", new Float32Array(count), dims);
    else feeds[input] = toOrt(library, { dtype, shape: dims, data: new Int32Array(count) });
  }
  return feeds;
}

/** archc's integers are 64 bits wide in ONNX. */
function toOrt({ Tensor }: Ort, { dtype, shape, data }: HostTensor): ort.Tensor {
  if (dtype === "f32") return new Tensor("float32", Float32Array.from(data), shape);
  if (dtype === "bool") return new Tensor("bool", Uint8Array.from(data), shape);
  return new Tensor("int64", BigInt64Array.from(data, BigInt), shape);
}

function fromOrt(tensor: ort.Tensor): HostTensor {
  const shape = [...tensor.dims];
  if (tensor.type === "float32") return { dtype: "f32", shape, data: tensor.data as Float32Array };
  if (tensor.type === "bool") return { dtype: "bool", shape, data: tensor.data as Uint8Array };
  if (tensor.type === "int64") {
    return { dtype: "i32", shape, data: Int32Array.from(tensor.data as BigInt64Array, Number) };
  }
  throw new Error(`ONNX Runtime gave a tensor of type \`${tensor.type}\`, which archc does not write`);
}

/**
 * Runs builds of `archc build`: load a folder with `loadTfjs` or `loadOnnx`, give the model to a `Session`, and `generate`.
 *
 * ```js
 * const manifest = await readManifest("out");
 * const session = new Session(await loadTfjs("out"), manifest);
 * for await (const id of generate(session, { prompt: encodeBytes("Hello"), tokens: 20 })) console.log(id);
 * await session.dispose();
 * ```
 */
export {
  BackendError,
  type BackendName,
  type BackendReport,
  backendNames,
  backends,
  isBackendName,
  type OpenBackend,
  openBackend,
  type Tf,
  type TfBackendName,
} from "./backends.js";
export { ByteDecoder, decodeBytes, encodeBytes } from "./bytes.js";
export { readManifest } from "./folder.js";
export { type GenerateOptions, generate } from "./generate.js";
export { InputError, type Inputs, type Sizes } from "./inputs.js";
export { type Manifest, manifestSchema } from "./manifest.js";
export type { HostTensor, Model, StateHandle } from "./model.js";
export { loadOnnx } from "./onnx.js";
export { type Sampling, sample } from "./sample.js";
export { type Outputs, Session } from "./session.js";
export { loadTfjs, type Progress, type TfjsModule, type TfjsOptions, tfjsModel } from "./tfjs.js";
export { loadTokenizer, type TextTokenizer, TOKENIZER, TokenDecoder } from "./tokenizer.js";

import type { ModelInstance } from "../check/instance.js";
import type { BuildOptions } from "../emit/build.js";
import { Failure } from "./exit.js";
import type { OpenSpec } from "./open.js";

/**
 * The model as the weights of a file make it, where a file was named: what a question is then asked of. Fails with
 * all that is wrong where the file does not fit.
 */
export async function fittedTo(
  { service, path, sources }: OpenSpec,
  model: string | undefined,
  weights: BuildOptions["weights"],
): Promise<{ readonly instance?: ModelInstance }> {
  if (weights === undefined) return {};
  const { value, diagnostics } = await service.fitted(path, { model, weights });
  if (value === undefined) throw new Failure(diagnostics, sources);
  return { instance: value };
}

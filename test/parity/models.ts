import { fileURLToPath } from "node:url";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { renderAll } from "../../compiler/diagnostics/render.js";
import { createNodeHost } from "../../compiler/node-host.js";
import type { Service } from "../../compiler/questions.js";
import { createService } from "../../compiler/service.js";

/** The repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A service over the repository's own files. */
export const service: Service = createService(createNodeHost(root));

/** A model of a spec of the repository. Throws what a user would read where it does not compile. */
export function modelOf(spec: string, model: string): ModelInstance {
  const { value, diagnostics } = service.instance(spec, model);
  const all = [...service.diagnostics(spec), ...diagnostics].filter((d) => d.severity === "error");
  if (value && all.length === 0) return value;
  throw new Error(renderAll(all, { source: (file) => service.source(file), color: false }));
}

/** A whole figure of a model's cost at a point. Throws where the report has none. */
export function figure(
  spec: string,
  model: string,
  name: string,
  at: Readonly<Record<string, bigint>> = {},
): bigint {
  const metric = service.cost(spec, { model, at }).value?.metrics.get(name);
  if (metric?.kind !== "value")
    throw new Error(`\`${model}\` has no \`${name}\`: ${metric?.why ?? "it does not compile"}`);
  const [numerator, denominator] = metric.value;
  if (numerator % denominator !== 0n) throw new Error(`\`${name}\` is not whole`);
  return numerator / denominator;
}

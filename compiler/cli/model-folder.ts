import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Manifest } from "../../runtime/manifest.js";
import type { Model } from "../../runtime/model.js";
import { bringBack } from "../../runtime/settle.js";
import { safe } from "../diagnostics/render-text.js";
import type { BuildOptions } from "../emit/build.js";
import { refusedBecause } from "../emit/refused.js";
import { cachedBuild, isCached, pruneCache, weightsWords } from "./cache.js";
import { Failure, fail } from "./exit.js";
import type { Io } from "./io.js";
import { open } from "./open.js";
import { choice } from "./options.js";
import { printDiagnostics } from "./print.js";
import { progress } from "./progress.js";

/** Weights of a spec that is run at once; a build of its own may have others. */
export interface SpecBuild {
  readonly model?: string | undefined;
  readonly seed: number;
  /** The file that its weights are read from; else they are drawn. */
  readonly weights?: BuildOptions["weights"];
}

/** The build folder that an argument means: itself, or for a spec the one in the cache, built where it is missing. */
export async function modelFolder(argument: string, build: SpecBuild, io: Io): Promise<string> {
  // A killed build may have left the old one aside.
  if (!existsSync(argument)) await bringBack(resolve(argument));
  if (existsSync(argument) && statSync(argument).isDirectory()) {
    if (build.weights !== undefined) {
      const want = `\`${argument}\` is a build, which has its own weights; only a spec can read others`;
      throw fail("usage/bad-value", { option: "--weights", value: build.weights.file, want });
    }
    if (existsSync(join(argument, "manifest.json"))) return argument;
    throw fail("usage/not-a-build", { folder: argument, why: "it has no manifest.json" });
  }
  const spec = await open(argument);
  const { value: instance, diagnostics } = spec.service.instance(spec.path, build.model);
  printDiagnostics(io, instance === undefined ? [] : diagnostics, spec.sources);
  if (instance === undefined) throw new Failure(diagnostics, spec.sources);
  const { weights } = build;
  const words = weights ? ["weights", weights.checkpoint ?? "", ...weightsWords(weights.file)] : [];
  const out = cachedBuild(instance.name, String(build.seed), ...words, ...spec.service.texts().flat());
  if (isCached(out)) return out;
  await pruneCache();
  io.err(`building ${instance.name} in ${safe(out)}\n`);
  const bar = progress(io, "writing weights");
  const built = await spec.service.build(spec.path, {
    model: instance.name,
    out,
    seed: build.seed,
    weights,
    targets: ["onnx", "tfjs"],
    profile: "default",
    progress: bar.step,
  });
  bar.end();
  if (built.value === undefined) throw new Failure(built.diagnostics, spec.sources);
  printDiagnostics(
    io,
    built.diagnostics.filter((d) => d.code.startsWith("checkpoint/")),
    spec.sources,
  );
  return out;
}

export interface Where {
  readonly target: "onnx" | "tfjs";
  /** The best there is unless told. */
  readonly backend: string | undefined;
}

/**
 * Target and backend as asked for; `--backend onnx` and `--target onnx` mean the same. Where neither is asked for: onnx,
 * or tfjs where ONNX Runtime is not installed.
 */
export async function whereToRun(target: string | undefined, backend: string | undefined): Promise<Where> {
  const asked = target === undefined ? undefined : choice("--target", target, ["onnx", "tfjs"]);
  if (asked !== undefined && backend === undefined) return { target: asked, backend };
  const { backendNames, whyAbsent } = await import("../../runtime/backends.js");
  if (backend === undefined) return { target: (await whyAbsent("onnx")) ? "tfjs" : "onnx", backend };
  const name = choice("--backend", backend, backendNames);
  const runs = name === "onnx" ? "onnx" : "tfjs";
  if (asked === undefined || asked === runs) return { target: runs, backend: name };
  const want = `it runs the target ${runs}, but \`--target\` is ${asked}`;
  throw fail("usage/bad-value", { option: "--backend", value: backend, want });
}

/** A build loaded in a backend; fails in words where the folder or the backend is not what it should be. */
export async function loadModel(
  folder: string,
  where: Where,
  io: Io,
): Promise<{ model: Model; manifest: Manifest }> {
  const runtime = await import("../../runtime/index.js");
  const bar = progress(io, "loading weights");
  try {
    const manifest = await runtime.readManifest(folder);
    const model =
      where.target === "onnx"
        ? await runtime.loadOnnx(folder)
        : await runtime.loadTfjs(folder, { onProgress: bar.step, backend: where.backend });
    return { model, manifest };
  } catch (error) {
    throw await inWords(error, folder);
  } finally {
    bar.end();
  }
}

/** The runtime's errors that speak to the user, as failures; others stay what they are: bugs. */
export async function inWords(error: unknown, folder: string): Promise<unknown> {
  const runtime = await import("../../runtime/index.js");
  if (error instanceof runtime.BackendError) return fail("usage/no-backend", { why: error.message });
  const name = error instanceof Error ? error.name : "";
  if (error instanceof runtime.InputError || name === "SafetensorsError")
    return fail("usage/run-failed", { why: (error as Error).message });
  if (name === "ZodError" || name === "SyntaxError") {
    return fail("usage/not-a-build", { folder, why: "its manifest is damaged or from another version" });
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT")
    return fail("usage/not-a-build", { folder, why: "a file that its manifest lists is missing" });
  const why = code !== undefined && /^E[A-Z]+$/.test(code) ? refusedBecause(error) : undefined;
  return why === undefined ? error : fail("usage/not-a-build", { folder, why });
}

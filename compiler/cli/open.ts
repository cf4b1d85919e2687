import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { didYouMean } from "../diagnostics/did-you-mean.js";
import { MAX_FILE_BYTES, type NodeHost, openSpec } from "../node-host.js";
import type { Service } from "../questions.js";
import { fail } from "./exit.js";
import type { Sources } from "./print.js";

/** A spec named on the command line, with the service that answers about it. */
export interface OpenSpec {
  /** As the user wrote it. */
  readonly file: string;
  /** In the host. */
  readonly path: string;
  readonly host: NodeHost;
  readonly service: Service;
  readonly sources: Sources;
}

/** Opens a spec, or fails in words: no such file, a folder, too large, not text. */
export async function open(file: string): Promise<OpenSpec> {
  if (!existsSync(file)) throw fail("usage/no-file", { file, near: near(file) });
  const stat = statSync(file);
  if (stat.isDirectory()) throw fail("usage/not-a-spec", { file, why: "it is a folder" });
  if (stat.size > MAX_FILE_BYTES) {
    const why = `it has ${stat.size} bytes, but a spec can have at most ${MAX_FILE_BYTES}`;
    throw fail("usage/not-a-spec", { file, why });
  }
  const { host, path } = openSpec(file);
  const text = host.read(path);
  if (text === undefined) throw fail("usage/not-a-spec", { file, why: "it cannot be read" });
  if (text.includes("\0")) throw fail("usage/not-a-spec", { file, why: "it is not text" });
  const { createService } = await import("../service.js");
  const service = createService(host, { display: host.display });
  return { file, path, host, service, sources: { source: service.source, display: host.display } };
}

/** Files beside the one that is not there whose names come near, and the specs of a folder that is. */
function near(file: string): readonly string[] {
  const folder = dirname(file);
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".arch"));
    const folds = didYouMean(basename(file), names);
    return folds.map((name) => (folder === "." ? name : join(folder, name)));
  } catch {
    return [];
  }
}

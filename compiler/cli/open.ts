import { accessSync, constants, existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { didYouMean } from "../diagnostics/did-you-mean.js";
import { refusedBecause } from "../emit/refused.js";
import { isBelow, MAX_FILE_BYTES, type NodeHost, openSpec } from "../node-host.js";
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
  if (!existsSync(file)) {
    const isLink =
      !file.includes("\0") && lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    const why = "it is a symbolic link that leads nowhere";
    throw isLink
      ? fail("usage/not-a-spec", { file, why })
      : fail("usage/no-file", { file, near: near(file) });
  }
  const stat = statSync(file);
  if (stat.isDirectory()) {
    const [spec] = specsIn(file);
    const such = spec === undefined ? "" : `; name a spec in it, such as \`${join(file, spec)}\``;
    throw fail("usage/not-a-spec", { file, why: `it is a folder${such}` });
  }
  if (stat.size > MAX_FILE_BYTES) {
    const why = `it has ${stat.size} bytes, but a spec can have at most ${MAX_FILE_BYTES}`;
    throw fail("usage/not-a-spec", { file, why });
  }
  const { host, path } = openSpec(file);
  const text = host.read(path);
  if (text === undefined) throw fail("usage/not-a-spec", { file, why: whyUnread(file, host.root) });
  if (text.includes("\0"))
    throw fail("usage/not-a-spec", { file, why: "it contains NUL characters, so it is not text" });
  const { createService } = await import("../service.js");
  const service = createService(host, { display: host.display });
  return { file, path, host, service, sources: { source: service.source, display: host.display } };
}

/** Why the host does not read a file that is there. */
export function whyUnread(file: string, root: string): string {
  try {
    const place = realpathSync(file);
    const about = statSync(place);
    if (!about.isFile()) return "it is not a file";
    if (about.size > MAX_FILE_BYTES)
      return `it has ${about.size} bytes, but can have at most ${MAX_FILE_BYTES}`;
    if (!isBelow(place, root)) return `it is a symbolic link that leads out of the project, \`${root}\``;
    accessSync(place, constants.R_OK);
    return "it cannot be read";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "it is a symbolic link that leads nowhere";
    return refusedBecause(error) ?? "it cannot be read";
  }
}

function specsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".arch"))
      .sort();
  } catch {
    return [];
  }
}

/** Files beside the one that is not there whose names come near, and the specs of a folder that is. */
function near(file: string): readonly string[] {
  const folder = dirname(file);
  const near = didYouMean(basename(file), specsIn(folder));
  return near.map((name) => (folder === "." ? name : join(folder, name)));
}

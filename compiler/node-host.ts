import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { type Host, isLibrary } from "./host.js";
import { packageFile } from "./package-file.js";

/** No spec written by a person is nearly as large; archc does not read a larger file. */
export const MAX_FILE_BYTES = 512 * 1024;

const ROOT_MARKS = ["package.json", "archc.config.json", ".git"];

/** A host on the file system, with what a command line needs besides. */
export interface NodeHost extends Host {
  /** The root folder; nothing outside it is read. */
  readonly root: string;
  /** A host path as the user would type it from the working folder. */
  display(path: string): string;
}

/**
 * The host of one spec: it reads below the nearest folder above the spec that holds a package.json, an
 * archc.config.json or a .git (else below the spec's own folder), and the standard library.
 * `path` is the spec's path in the host.
 */
export function openSpec(file: string): { readonly host: NodeHost; readonly path: string } {
  const absolute = resolve(file);
  const root = projectRoot(dirname(absolute));
  return { host: createNodeHost(root), path: relative(root, absolute).split(sep).join("/") };
}

export function createNodeHost(root: string): NodeHost {
  const top = real(root) ?? resolve(root);
  const std = packageFile("compiler/layers");
  const read = (path: string): string | undefined => {
    const library = /^std\/([\w-]+\.arch)$/.exec(path);
    if (library !== null) return readLibrary(join(std, library[1]!));
    // Elsewhere than on Windows, a backslash is a character of a name.
    if (path === "" || path.includes("\0") || (sep === "\\" && path.includes(sep))) return undefined;
    const target = real(resolve(top, path));
    // The real path counts, so that no link leads out of the project.
    if (target === undefined || !isBelow(target, top)) return undefined;
    return readText(target);
  };
  return {
    root: top,
    read,
    std: () => stdNames(std),
    display: (path) => (isLibrary(path) ? path : asTyped(join(top, path))),
  };
}

/** Relative to the working folder, or absolute if that is shorter. */
function asTyped(path: string): string {
  const near = relative(process.cwd(), path);
  return near !== "" && near.length <= path.length ? near : path;
}

function projectRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (ROOT_MARKS.some((mark) => existsSync(join(at, mark)))) return at;
    if (dirname(at) === at) return folder;
  }
}

/** Whether an absolute path lies below an absolute folder. */
export function isBelow(path: string, root: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > MAX_FILE_BYTES) return undefined;
    return readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch {
    return undefined;
  }
}

const libraryTexts = new Map<string, string | undefined>();

/** The library belongs to the compiler and changes no more than its code, so each file is read once. */
function readLibrary(path: string): string | undefined {
  if (!libraryTexts.has(path)) libraryTexts.set(path, readText(path));
  return libraryTexts.get(path);
}

let names: readonly string[] | undefined;

function stdNames(folder: string): readonly string[] {
  names ??= existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".arch"))
        .sort()
        .map((name) => `std/${name}`)
    : [];
  return names;
}

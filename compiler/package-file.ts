import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let root: string | undefined;

/**
 * Where a file or folder that the package carries as it is lies, by its path from the package's root. The code that
 * asks may stand in `compiler/`, in `dist/compiler/` or in the command's bundle, `dist/bin/`.
 */
export function packageFile(path: string): string {
  root ??= rootAbove(dirname(fileURLToPath(import.meta.url)));
  return join(root, path);
}

function rootAbove(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json")) || dirname(at) === at) return at;
  }
}

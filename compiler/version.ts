import { createRequire } from "node:module";

/** The package's version, from its package.json: two folders up from `dist/compiler`, one from `compiler`. */
export function archcVersion(): string {
  const require = createRequire(import.meta.url);
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const found = require(path) as { name?: unknown; version?: unknown };
      if (found.name === "archc" && typeof found.version === "string") return found.version;
    } catch {
      // Not at this depth.
    }
  }
  return "0.0.0";
}

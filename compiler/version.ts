import { readFileSync } from "node:fs";
import { packageFile } from "./package-file.js";

/** The package's version, from its package.json. */
export function archcVersion(): string {
  try {
    const found = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as {
      name?: unknown;
      version?: unknown;
    };
    if (found.name === "archc" && typeof found.version === "string") return found.version;
  } catch {
    // Code of archc without its package, as in a test.
  }
  return "0.0.0";
}

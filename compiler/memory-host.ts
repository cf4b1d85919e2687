import type { Host } from "./host.js";

/** A host over texts in memory, for tests and the web; `std` has `std/NAME.arch` files (none by default). */
export function createMemoryHost(
  files: Readonly<Record<string, string>>,
  std: Readonly<Record<string, string>> = {},
): Host {
  const all = new Map([...Object.entries(std), ...Object.entries(files)]);
  const names = Object.keys(std).sort();
  return { read: (path) => all.get(path), std: () => names };
}

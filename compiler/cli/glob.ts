import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fail } from "./exit.js";
import { globPattern } from "./glob-pattern.js";

/** Folders that hold nothing a user wrote. */
const SKIPPED = new Set(["node_modules", ".git", "dist"]);

/**
 * Files that a command-line argument names: the file itself, every `.arch` file below a folder, or those of them that a
 * pattern (`*`, `**`, `?`, `{a,b}`) matches. Sorted; empty where nothing is there.
 */
export function expand(argument: string): readonly string[] {
  if (existsSync(argument)) {
    if (!statSync(argument).isDirectory()) return [argument];
    return walk(argument).filter((file) => file.endsWith(".arch"));
  }
  if (!/[*?{]/.test(argument)) return [];
  const parts = argument.split("/");
  const fixed = parts.findIndex((part) => /[*?{]/.test(part));
  const base = parts.slice(0, fixed).join("/");
  const root = base === "" ? (argument.startsWith("/") ? "/" : ".") : base;
  const matches = globPattern(argument.replace(/^\.\//, ""));
  return walk(root).filter((file) => file.endsWith(".arch") && matches(file.replace(/^\.\//, "")));
}

/**
 * Every file that arguments name, each once. A name that stands for nothing stays, so that what opens it can say so; a
 * pattern or a folder without a spec fails.
 */
export function expandAll(args: readonly string[]): readonly string[] {
  // By the place that they name: `m.arch` and `./m.arch` are one file.
  const files = new Map<string, string>();
  for (const argument of args) {
    const found = expand(argument);
    // A circle of links is no folder; what opens it says what it is.
    const folder = existsSync(argument) && statSync(argument).isDirectory();
    if (found.length === 0 && (folder || isPattern(argument)))
      throw fail("usage/no-match", { pattern: argument, folder });
    for (const file of found.length === 0 ? [argument] : found) {
      const place = file === "" ? "" : resolve(file);
      if (!files.has(place)) files.set(place, file);
    }
  }
  return [...files.values()];
}

export function isPattern(argument: string): boolean {
  return /[*?{]/.test(argument);
}

function walk(folder: string): readonly string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = folder === "." ? entry.name : join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

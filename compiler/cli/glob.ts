import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fail } from "./exit.js";

/** Folders that hold nothing a user wrote. */
const SKIPPED = new Set(["node_modules", ".git", "dist"]);

/**
 * Files that a command-line argument names: the file itself, every `.arch` file below a folder, or those that a
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
  const pattern = globPattern(argument.replace(/^\.\//, ""));
  return walk(root).filter((file) => pattern.test(file.replace(/^\.\//, "")));
}

/**
 * Every file that arguments name, each once. A name that stands for nothing stays, so that what opens it can say so; a
 * pattern or a folder without a spec fails.
 */
export function expandAll(args: readonly string[]): readonly string[] {
  const files = new Set<string>();
  for (const argument of args) {
    const found = expand(argument);
    // A circle of links is no folder; what opens it says what it is.
    const folder = existsSync(argument) && statSync(argument).isDirectory();
    if (found.length === 0 && (folder || isPattern(argument)))
      throw fail("usage/no-match", { pattern: argument, folder });
    for (const file of found.length === 0 ? [argument] : found) files.add(file);
  }
  return [...files];
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

/** The pattern as an expression over whole paths: `*` stays in a folder, `**` does not. */
export function globPattern(glob: string): RegExp {
  let out = "";
  let braces = 0;
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i]!;
    if (glob.startsWith("**/", i)) {
      out += "(?:.*/)?";
      i += 2;
    } else if (glob.startsWith("**", i)) {
      out += ".*";
      i += 1;
    } else if (c === "*") out += "[^/]*";
    else if (c === "?") out += "[^/]";
    else if (c === "{") {
      braces += 1;
      out += "(?:";
    } else if (c === "}" && braces > 0) {
      braces -= 1;
      out += ")";
    } else if (c === "," && braces > 0) out += "|";
    else out += c.replace(/[.+^$()|[\]\\}]/, "\\$&");
  }
  return new RegExp(`^${out}${")".repeat(braces)}$`);
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect } from "vitest";

/** Compares text with a file kept beside the test; `UPDATE=1` rewrites the file. */
export function expectGolden(actual: string, file: string): void {
  if (process.env.UPDATE === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  if (!existsSync(file))
    throw new Error(`${file} is missing; run the test once with UPDATE=1 and read what it wrote`);
  expect(actual).toBe(readFileSync(file, "utf8"));
}

/** Rendered diagnostics without the library's line numbers, which move with every line that the library gets. */
export function withoutLibraryLines(text: string): string {
  let inLibrary = false;
  const lines = text.split("\n").map((line) => {
    const place = /^ *(?:-->|:::) (.*)/.exec(line)?.[1];
    if (place !== undefined || line === "") inLibrary = place?.startsWith("std/") ?? false;
    return inLibrary ? line.replace(/^ *\d+(?= \|)/, (number) => " ".repeat(number.length)) : line;
  });
  return lines.join("\n").replace(/(\bstd\/[\w-]+\.arch)(?::\d+)+/g, "$1");
}

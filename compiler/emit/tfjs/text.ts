import type { Dim } from "../../dim/dim.js";

/** `[batch, seq, 768]` */
export function shapeText(type: { readonly shape: readonly Dim[] }): string {
  return `[${type.shape.join(", ")}]`;
}

/** A function of the file; long lines are broken at their commas. */
export function functionText(doc: string, head: string, statements: readonly string[]): string {
  const lines = wrap(doc.replaceAll("*/", "* /"), 1).map((line) => ` *${line}`);
  const comment = doc.length + 7 <= width ? [`/** ${doc} */`] : ["/**", ...lines, " */"];
  return [...comment, ...wrap(`${head} {`, 0), ...statements.flatMap((s) => wrap(s, 2)), "}", ""].join("\n");
}

/** Of a line of generated code. */
export const width = 120;

/** Breaks a statement that is too wide after commas; never inside a string. */
export function wrap(statement: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = " ".repeat(indent);
  for (const piece of statement.match(/(?:"(?:[^"\\]|\\.)*"|[^,"]|,(?! ))*(?:, |$)/g) ?? []) {
    if (line.trim() !== "" && line.length + piece.trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = " ".repeat(indent + 2);
    }
    line += piece;
  }
  return [...lines, line.trimEnd()];
}

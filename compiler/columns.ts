import { textWidth } from "./diagnostics/render-text.js";

/** Rows of cells as text: columns as wide as their widest cell, those of `right` at the right. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(...rows.map((row) => textWidth(row[i] ?? ""))),
  );
  const padded = (cell: string, i: number) => {
    const space = " ".repeat(widths[i]! - textWidth(cell));
    return right.includes(i) ? space + cell : cell + space;
  };
  return rows.map((row) => `${row.map(padded).join("  ").trimEnd()}\n`).join("");
}

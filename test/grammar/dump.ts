import type { File } from "../../grammar/ast.js";

/** A syntax tree as indented text, one node a line, without spans: what snapshots hold. */
export function dump(file: File): string {
  return `${lines(file, "").join("\n")}\n`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What fits on one line: names, numbers, operators; undefined for all else. */
function scalar(value: unknown): string | undefined {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  if (!isRecord(value)) return undefined;
  if (Array.isArray(value)) {
    const parts = value.map(scalar);
    return parts.every((part) => part !== undefined) && parts.length > 0 ? `[${parts.join(" ")}]` : undefined;
  }
  if (typeof value.text === "string") return value.text;
  switch (value.kind) {
    case "name":
      return String(value.name);
    case "rest":
      return "..";
    case "missing":
      return "<missing>";
    case "number":
      return fraction(value.exact) + (value.whole === true ? "" : "~");
    case "quantity":
      return `${fraction(value.exact)} ${String(value.unit)}`;
    default:
      return undefined;
  }
}

function fraction(exact: unknown): string {
  const [numerator, denominator] = exact as readonly [bigint, bigint];
  return denominator === 1n ? String(numerator) : `${numerator}/${denominator}`;
}

function lines(value: unknown, indent: string): string[] {
  if (!isRecord(value)) return [`${indent}${String(value)}`];
  const kind = typeof value.kind === "string" ? value.kind : "-";
  const inner: string[] = [];
  let head = `${indent}${kind}`;
  for (const [key, child] of Object.entries(value)) {
    if (key === "kind" || key === "span" || key === "opSpan" || child === undefined) continue;
    const short = scalar(child);
    if (short !== undefined) head += ` ${key}=${short}`;
    else if (Array.isArray(child)) {
      inner.push(`${indent}  ${key}:${child.length === 0 ? " []" : ""}`);
      for (const one of child) {
        const text = scalar(one);
        inner.push(...(text === undefined ? lines(one, `${indent}    `) : [`${indent}    ${text}`]));
      }
    } else {
      inner.push(`${indent}  ${key}:`, ...lines(child, `${indent}    `));
    }
  }
  return [head, ...inner];
}

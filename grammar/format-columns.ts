import type { TokenType } from "chevrotain";
import type { Line } from "./format-doc.js";
import { ownerOf, partText } from "./format-line.js";
import { lastWord, type Node } from "./format-tree.js";
import * as t from "./tokens.js";

/** A one-line statement whose parts may stand in columns with those of the lines around it. */
export interface Row {
  /** Only rows of one kind share columns. */
  readonly kind: string;
  readonly cells: readonly string[];
  /** The most spaces that a cell is filled up with. */
  readonly limit: number;
}

/** Names of equations that differ more in length look better apart. */
const nameLimit = 4;

/** Blocks of fields, which are a table. */
const tables = new Set(["Model", "Blocks", "At", "Profile", "Checkpoint"]);

const declarations = new Set<TokenType | undefined>([t.Weight, t.State, t.Random]);

/** The columns of a statement in a block of `owner`; undefined where it has none. */
export function rowOf(nodes: readonly Node[], owner: TokenType): Row | undefined {
  const first = ownerOf(nodes);
  const find = (from: number, wanted: (type: TokenType) => boolean): number =>
    nodes.findIndex((one, i) => i >= from && one.kind === "word" && wanted(one.token.tokenType));
  const cut = (...at: number[]): string[] =>
    [0, ...at].map((from, i) => partText(nodes.slice(from, at[i] ?? nodes.length), first));
  const colon = find(0, (type) => type === t.Colon);
  if (declarations.has(first)) {
    if (colon < 0) return undefined;
    const clause = find(colon, (type) => type === t.Init || type === t.Lookup);
    const cells = clause < 0 ? cut(colon + 1) : cut(colon + 1, clause);
    return { kind: first!.name, cells, limit: Number.POSITIVE_INFINITY };
  }
  if (owner === t.Budget || owner === t.Expect) {
    const compare = nodes.findIndex(
      (one, i) => i > 0 && one.kind === "word" && isComparison(one.token.tokenType),
    );
    if (compare < 0) return undefined;
    return { kind: "constraint", cells: cut(compare), limit: Number.POSITIVE_INFINITY };
  }
  const tuple = nodes[0]?.kind === "group";
  const names = first === t.Name || first === t.AxisName || first === t.TextToken;
  if (!tuple && !names && first !== t.Next) return undefined;
  const equals = find(0, (type) => type === t.Equals);
  if (equals < 0) return undefined;
  const limit = tables.has(owner.name) ? Number.POSITIVE_INFINITY : nameLimit;
  if (colon >= 0 && colon < equals) return { kind: "annotated", cells: cut(colon + 1, equals), limit };
  const kind = tuple ? "tuple" : first === t.Next ? "next" : "plain";
  return { kind, cells: cut(equals), limit };
}

function isComparison(type: TokenType): boolean {
  const comparisons = [t.Less, t.LessEqual, t.Greater, t.GreaterEqual, t.EqualEqual, t.NotEqual];
  return comparisons.some((one) => one === type);
}

/** Rows in columns, or undefined where that would fill up too much or be wider than `room`. */
export function inColumns(rows: readonly Row[], room: number): readonly string[] | undefined {
  const { kind, limit } = rows[0]!;
  if (rows.some((row) => row.kind !== kind)) return undefined;
  const first = columnWidth(
    rows.filter((row) => row.cells.length > 1).map((row) => row.cells[0]!),
    limit,
  );
  const second = columnWidth(
    rows.filter((row) => row.cells.length > 2).map((row) => row.cells[1]!),
    limit,
  );
  if (first === undefined || second === undefined) return undefined;
  const gap = kind === "annotated" ? " " : "  ";
  const lines = rows.map(({ cells: [a, b, c] }) => {
    const head = `${a!.padEnd(first)} ${b}`;
    return c === undefined ? head : `${a!.padEnd(first)} ${b!.padEnd(second)}${gap}${c}`;
  });
  return lines.some((line) => line.length > room) ? undefined : lines;
}

function columnWidth(cells: readonly string[], limit: number): number | undefined {
  const widths = cells.map((cell) => cell.length);
  const width = Math.max(0, ...widths);
  return width - Math.min(width, ...widths) > limit ? undefined : width;
}

/** The comment at a statement's end. */
export function endComment(nodes: readonly Node[]): Line["comment"] {
  return lastWord(nodes[nodes.length - 1]!).after;
}

/**
 * Puts the comments at the ends of lines in columns. Those of neighbouring lines share one: where the first of them
 * stood, if that leaves two spaces behind every line and is below `last`; else two spaces behind the longest.
 */
export function withComments(lines: readonly Line[], last: number): string[] {
  const out: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const run: Line[] = [];
    while (lines[i + run.length]?.comment !== undefined) run.push(lines[i + run.length]!);
    if (run.length === 0) {
      out.push(lines[i++]!.text);
      continue;
    }
    const least = Math.max(...run.map((line) => line.text.length)) + 2;
    const written = run[0]!.comment!.column;
    const column = written >= least && written < last ? written : least;
    out.push(...run.map((line) => line.text.padEnd(column) + line.comment!.text));
    i += run.length;
  }
  return out;
}

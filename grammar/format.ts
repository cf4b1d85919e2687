import type { TokenType } from "chevrotain";
import type { Diagnostics } from "../compiler/diagnostics/sink.js";
import { balance } from "./brackets.js";
import { endComment, inColumns, type Row, rowOf, withComments } from "./format-columns.js";
import { type Doc, type Line, print } from "./format-doc.js";
import { partText, statementDoc } from "./format-line.js";
import { type Block, formatTree, holdsComment, type Item, lastWord, type Node } from "./format-tree.js";
import { layOut } from "./layout.js";
import { lex } from "./lex.js";
import { parse } from "./parse.js";
import { Reports } from "./reports.js";
import * as t from "./tokens.js";

/** Cells of a line, the comment at its end not counted. */
export const lineWidth = 120;

/**
 * The text of a file in the one layout that `.arch` has; undefined where the file has syntax errors, which go to `sink`.
 * The result says the same with the same comments, and formatting it again changes nothing. Throws where that could
 * not be kept, which is a bug.
 *
 * What the author decides: empty lines (at most one), whether a block or bracket that fits on a line has one, and which
 * column the comments at line ends share. All else is the formatter's.
 */
export function format(text: string, file: string, sink: Diagnostics): string | undefined {
  parse(text, file, sink);
  if (sink.hasErrors) return undefined;
  const { tokens, newlines, comments } = laidOut(text);
  const items = formatTree(text, tokens, newlines, comments);
  const lines = withComments(formatItems(items, t.Newline, 0), lineWidth);
  const formatted = lines.length === 0 ? "" : `${lines.join("\n")}\n`;
  if (essence(formatted) !== essence(text)) throw new Error(`formatting would change what ${file} says`);
  return formatted;
}

function laidOut(text: string) {
  const source = { text, file: "", sink: new Reports(text), broken: new Set<number>() };
  const { tokens, comments } = lex(source);
  const prepared = layOut(source, balance(source, tokens));
  return {
    tokens: tokens.filter((token) => token.tokenType !== t.Eol),
    newlines: prepared.filter((token) => token.tokenType === t.Newline),
    comments,
  };
}

/** What formatting keeps: every token but the commas that only lay out, and every comment. */
export function essence(text: string): string {
  const { tokens, comments } = laidOut(text);
  const words = tokens.filter((token) => token.tokenType !== t.Comma).map((token) => token.image);
  return [...words, "", ...comments.map((comment) => comment.image.trimEnd())].join("\n");
}

function formatBlock(block: Block, column: number): readonly Line[] {
  return formatItems(block.items, block.owner, column);
}

interface Ready {
  readonly item: Item;
  readonly row: Row | undefined;
}

/** The lines of a file's or block's statements. `owner` is the first word of the statement that the block belongs to. */
function formatItems(items: readonly Item[], owner: TokenType, column: number): Line[] {
  const ready = items.map((item): Ready => ({ item, row: rowFor(item, owner, column) }));
  const out: Line[] = [];
  for (let i = 0; i < ready.length; ) {
    const { item } = ready[i]!;
    if (item.blank && i > 0) out.push({ text: "" });
    const run = runAt(ready, i, lineWidth - column);
    if (run !== undefined) {
      for (const [j, text] of run.entries()) {
        const { item: one } = ready[i + j]!;
        const comment = one.kind === "line" ? endComment(one.nodes) : undefined;
        out.push(withComment(" ".repeat(column) + text, comment));
      }
      i += run.length;
      continue;
    }
    if (item.kind === "comment") out.push({ text: " ".repeat(column) + item.comment.text });
    else out.push(...formatStatement(item.nodes, owner, column));
    i++;
  }
  return out;
}

function withComment(text: string, comment: Line["comment"]): Line {
  return comment === undefined ? { text } : { text, comment };
}

/**
 * The lines from `at` on that share columns, as many as do. Fewer lines share them where more do, so that their number
 * is found by doubling and then by halving: a table may have thousands.
 */
function runAt(ready: readonly Ready[], at: number, room: number): readonly string[] | undefined {
  let lines: readonly string[] | undefined;
  let grows = true;
  for (let step = 1; step >= 1; step = grows ? 2 * step : Math.floor(step / 2)) {
    const rows = rowsFrom(ready, at, (lines?.length ?? 0) + step);
    const longer = rows && inColumns(rows, room);
    if (longer) lines = longer;
    else grows = false;
  }
  return lines;
}

/** So many rows from `at` on; undefined where not all of these are neighbours. */
function rowsFrom(ready: readonly Ready[], at: number, count: number): readonly Row[] | undefined {
  const rows: Row[] = [];
  for (let i = at; i < at + count; i++) {
    const next = ready[i];
    if (next?.row === undefined || (next.item.blank && i > at)) return undefined;
    rows.push(next.row);
  }
  return rows;
}

/** The columns of a statement that fits on one line. */
function rowFor(item: Item, owner: TokenType, column: number): Row | undefined {
  if (item.kind === "comment" || oneLine(item.nodes, column) === undefined) return undefined;
  return rowOf(item.nodes, owner);
}

/** The statement on one line, its comment left out; undefined where it does not fit or may not stand so. */
function oneLine(nodes: readonly Node[], column: number): string | undefined {
  if (!nodes.every(isFlat)) return undefined;
  const last = nodes[nodes.length - 1]!;
  const inner = nodes.some((one) => holdsInner(one) || (one !== last && lastWord(one).after !== undefined));
  if (inner) return undefined;
  const owner = nodes[0]?.kind === "word" ? nodes[0].token.tokenType : undefined;
  const text = partText(nodes, owner);
  return column + text.length <= lineWidth ? text : undefined;
}

function holdsInner(one: Node): boolean {
  return one.kind === "word" ? one.before.length > 0 : one.open.before.length > 0 || holdsComment(one);
}

/** Whether the author wrote every block in it on one line. */
function isFlat(one: Node): boolean {
  if (one.kind === "word") return true;
  if (one.kind === "block") {
    const flat = one.flat || (one.items.length === 0 && one.open.after === undefined);
    return flat && one.items.every((item) => item.kind === "line" && item.nodes.every(isFlat));
  }
  return (!one.broken || one.elements.length === 0) && one.elements.every((e) => e.nodes.every(isFlat));
}

function formatStatement(nodes: readonly Node[], owner: TokenType, column: number): Line[] {
  const comment = endComment(nodes);
  const text = oneLine(nodes, column);
  const comma = owner === t.Import ? "," : "";
  if (text !== undefined) return [withComment(" ".repeat(column) + text + comma, comment)];
  const doc: Doc = [statementDoc(nodes, false, formatBlock), comma];
  return print(doc, column, lineWidth);
}

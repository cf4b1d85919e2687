import type { IToken, TokenType } from "chevrotain";
import { tokenMatcher } from "./chevrotain.js";
import { type Doc, group, hardLine, indent, type Line, line, softLine } from "./format-doc.js";
import { isPrefix, space, typeAt, valueEnds } from "./format-space.js";
import {
  type Block,
  type Comment,
  firstWord,
  type Group,
  holdsComment,
  lastWord,
  type Node,
} from "./format-tree.js";
import * as t from "./tokens.js";

/** How the lines of a block are formatted, from the column that they begin in. */
export type FormatBlock = (block: Block, indent: number) => readonly Line[];

/** Where the words of a statement stand, which decides the spaces between some of them. */
interface Place {
  /** First word of the statement. */
  readonly owner: TokenType | undefined;
  /** Blocks on one line; else each of their statements has its own. */
  readonly flat: boolean;
  readonly block: FormatBlock;
}

/** A statement without the comment at its end. */
export function statementDoc(nodes: readonly Node[], flat: boolean, block: FormatBlock): Doc {
  const place: Place = { owner: ownerOf(nodes), flat, block };
  return group(sequence(nodes, place));
}

/** A part of a statement as text, where nothing in it has to break. */
export function partText(nodes: readonly Node[], owner: TokenType | undefined): string {
  return flatText(sequence(nodes, { owner, flat: true, block: () => [] }));
}

function flatText(doc: Doc): string {
  if (typeof doc === "string") return doc;
  if (Array.isArray(doc)) return doc.map(flatText).join("");
  const one = doc as Exclude<Doc, string | readonly Doc[]>;
  if (one.kind === "line") return one.flat;
  return one.kind === "group" || one.kind === "indent" ? flatText(one.body) : "";
}

export function ownerOf(nodes: readonly Node[]): TokenType | undefined {
  return nodes[0]?.kind === "word" ? nodes[0].token.tokenType : undefined;
}

/** A run of nodes; `from` and `to` bound it within `nodes`, whose neighbours still decide the spaces. */
function sequence(nodes: readonly Node[], place: Place, from = 0, to = nodes.length): Doc {
  const then = nodes.findIndex((_, i) => i >= from && i < to && typeAt(nodes, i) === t.Then);
  return then < 0 ? simple(nodes, place, from, to) : choice(nodes, place, from, to);
}

/** A word that is no part of a chain of operators. */
function isJoint(nodes: readonly Node[], at: number): boolean {
  const one = nodes[at]!;
  if (one.kind !== "word") return one.kind === "block";
  const { tokenType: type } = one.token;
  const operand = valueEnds.has(type) || type === t.Dot || type === t.Einsum || type === t.Next;
  return !operand && !isOperator(one.token);
}

function isOperator(token: IToken): boolean {
  return token.tokenType === t.Not || tokenMatcher(token, t.BinaryOperator);
}

/** Whether a comment ends the line between `nodes[at - 1]` and `nodes[at]`. */
function forced(nodes: readonly Node[], at: number): boolean {
  const next = nodes[at];
  const above = next !== undefined && firstWord(next).before.length > 0;
  return above || lastWord(nodes[at - 1]!).after !== undefined;
}

/** The line end before `nodes[at]` where the document breaks, or a comment asks for one. */
function lineAt(nodes: readonly Node[], at: number): Doc {
  return forced(nodes, at) ? hardLine : line;
}

/** What stands between two nodes: a space, nothing, or a line end where a comment asks for it. */
function gap(nodes: readonly Node[], at: number, from: number, place: Place): Doc {
  if (at === from) return "";
  const before = nodes[at - 1]!;
  if (forced(nodes, at)) return before.kind === "block" ? hardLine : indent(hardLine);
  const comma = lastWord(before).token.tokenType === t.Comma;
  if (comma && place.owner === t.Require) return indent(line);
  return space(nodes, at, place.owner);
}

/** `if a then b else c`: a line for each case where one line does not hold them. */
function choice(nodes: readonly Node[], place: Place, from: number, to: number): Doc {
  const parts: Doc[] = [];
  let start = from;
  let nested = -1;
  for (let i = from; i <= to; i++) {
    const type = typeAt(nodes, i);
    if (type === t.Then) nested++;
    if (i < to && (type !== t.Else || nested > 0)) {
      if (type === t.Else) nested--;
      continue;
    }
    const part = branch(nodes, place, start, i);
    parts.push(start === from ? part : indent([lineAt(nodes, start), part]));
    start = i;
    nested = -1;
  }
  return group(parts);
}

function branch(nodes: readonly Node[], place: Place, from: number, to: number): Doc {
  for (let i = from; i < to; i++) {
    if (typeAt(nodes, i) !== t.Then) continue;
    const head = simple(nodes, place, from, i + 1);
    return [head, indent(gap(nodes, i + 1, from, place)), sequence(nodes, place, i + 1, to)];
  }
  return simple(nodes, place, from, to);
}

function simple(nodes: readonly Node[], place: Place, from: number, to: number): Doc {
  const docs: Doc[] = [];
  let start = from;
  for (let i = from; i <= to; i++) {
    if (i < to && !isJoint(nodes, i)) continue;
    if (i > start) docs.push(gap(nodes, start, from, place), chain(nodes, place, start, i));
    if (i < to) docs.push(gap(nodes, i, from, place), node(nodes, i, place));
    start = i + 1;
  }
  return docs;
}

/** How loosely an operator binds, from 0. */
function looseness(token: IToken): number {
  const { tokenType: type } = token;
  if (type === t.Or) return 0;
  if (type === t.And) return 1;
  if (type === t.Plus || type === t.Minus) return 3;
  if (type === t.Star || type === t.Slash || type === t.Percent) return 4;
  return type === t.Caret ? 5 : 2;
}

/** Operands and operators: where they do not fit, a line ends behind each of the loosest operators. */
function chain(nodes: readonly Node[], place: Place, from: number, to: number): Doc {
  let loosest = Number.POSITIVE_INFINITY;
  const levels: (number | undefined)[] = [];
  for (let i = from; i < to; i++) {
    const one = nodes[i]!;
    const binary = one.kind === "word" && isOperator(one.token) && !isPrefix(nodes, i);
    levels[i] = binary ? looseness(one.token) : undefined;
    if (binary) loosest = Math.min(loosest, looseness(one.token));
  }
  if (loosest === Number.POSITIVE_INFINITY) {
    const docs: Doc[] = [];
    for (let i = from; i < to; i++) docs.push(gap(nodes, i, from, place), node(nodes, i, place));
    return docs;
  }
  const pieces: Doc[] = [];
  let start = from;
  for (let i = from; i <= to; i++) {
    if (i < to && levels[i] !== loosest) continue;
    const operand = chain(nodes, place, start, i);
    const operator: Doc = i < to ? [gap(nodes, i, from, place), node(nodes, i, place)] : "";
    if (start === from || start === to) pieces.push(operand, operator);
    else {
      pieces.push(indent([lineAt(nodes, start), operand, operator]));
    }
    start = i + 1;
  }
  return group(pieces);
}

/** The results of a header, whose parameters break before them. */
function isResult(nodes: readonly Node[], at: number): boolean {
  return typeAt(nodes, at - 1) === t.Arrow && nodes[at + 1]?.kind === "block";
}

function node(nodes: readonly Node[], at: number, place: Place): Doc {
  const one = nodes[at]!;
  if (one.kind === "group") {
    return bracket(one, place, typeAt(nodes, at - 1) === t.Einsum, isResult(nodes, at));
  }
  if (one.kind === "block") return brace(one, place);
  return [above(one.before), one.token.image, ending(one.after)];
}

function above(comments: readonly Comment[]): Doc {
  return comments.map((comment) => [comment.text, hardLine]);
}

function ending(comment: Comment | undefined): Doc {
  return comment === undefined ? "" : { kind: "comment", comment };
}

/** `pattern`: that of `einsum`, which stays together. */
function bracket(one: Group, place: Place, pattern: boolean, result: boolean): Doc {
  const { open, elements, close } = one;
  const broken = (one.broken && elements.length > 0) || holdsComment(one);
  const inside = { ...place, owner: undefined };
  if (pattern && !broken) {
    const flat = elements.map((element, i) => [i === 0 ? "" : ", ", sequence(element.nodes, inside)]);
    return [above(open.before), open.token.image, flat, close.token.image, ending(close.after)];
  }
  const inner: Doc[] = [];
  for (const [i, element] of elements.entries()) {
    if (i > 0) inner.push(",", line);
    else inner.push(softLine);
    if (i > 0 && element.blank && one.broken) inner.push(hardLine);
    inner.push(sequence(element.nodes, inside));
  }
  if (elements.length > 1) inner.push({ kind: "if-broken", text: "," });
  for (const comment of close.before) inner.push(hardLine, comment.text);
  const body: Doc = [
    above(open.before),
    open.token.image,
    ending(open.after),
    indent(inner),
    inner.length === 0 && open.after === undefined ? "" : softLine,
    close.token.image,
  ];
  return [group(body, broken, result), ending(close.after)];
}

function brace(one: Block, place: Place): Doc {
  const { open, items, close } = one;
  const head: Doc = [above(open.before), "{"];
  if (items.length === 0 && open.after === undefined) return [head, " }", ending(close.after)];
  if (!place.flat) {
    const lines: Doc = { kind: "lines", lines: (column) => place.block(one, column) };
    return [head, ending(open.after), lines, "}", ending(close.after)];
  }
  const statements = items.map((item) =>
    item.kind === "comment" ? "" : sequence(item.nodes, { ...place, owner: ownerOf(item.nodes) }),
  );
  return [head, " ", statements.map((s, i) => (i === 0 ? s : [", ", s])), " }", ending(close.after)];
}

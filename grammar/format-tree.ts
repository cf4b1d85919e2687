import type { IToken, TokenType } from "chevrotain";
import { endOf } from "./source.js";
import * as t from "./tokens.js";

/** A comment with its place. */
export interface Comment {
  readonly text: string;
  /** Alone on its line. */
  readonly own: boolean;
  /** Where it begins; 0 where it follows its line by one space, which is no choice of a column. */
  readonly column: number;
  /** An empty line stands above. */
  readonly blank: boolean;
}

/** A token with the comments that go where it goes. */
export interface Word {
  readonly kind: "word";
  readonly token: IToken;
  /** On lines of their own above it. */
  readonly before: readonly Comment[];
  /** At the end of its line. */
  after: Comment | undefined;
}

/** `( … )` and `[ … ]`, whose elements commas separate. */
export interface Group {
  readonly kind: "group";
  readonly open: Word;
  readonly elements: readonly Element[];
  readonly close: Word;
  /** The author began a line after the bracket. */
  readonly broken: boolean;
}

export interface Element {
  readonly nodes: readonly Node[];
  readonly blank: boolean;
}

/** `{ … }` */
export interface Block {
  readonly kind: "block";
  readonly open: Word;
  readonly items: readonly Item[];
  readonly close: Word;
  /** The author wrote it on one line. */
  readonly flat: boolean;
  /** The first word of the statement that it belongs to. */
  readonly owner: TokenType;
}

export type Node = Word | Group | Block;

/** A statement, or a comment between statements. */
export type Item =
  | { readonly kind: "comment"; readonly comment: Comment; readonly blank: boolean }
  | { readonly kind: "line"; readonly nodes: readonly Node[]; readonly blank: boolean };

/** Blocks in which a comma ends a line. */
const listing = new Set<TokenType>([t.Budget, t.Expect, t.Profile, t.Import, t.Solve]);

interface Token {
  readonly token: IToken;
  /** An empty line stands above. */
  readonly blank: boolean;
}

type Piece = Token | { readonly comment: Comment };

/**
 * The statements of a file without faults. `tokens` are all but line ends, `newlines` where statements end, both as the
 * layout left them; separating commas are dropped, since the layout puts them back.
 */
export function formatTree(
  text: string,
  tokens: readonly IToken[],
  newlines: readonly IToken[],
  comments: readonly IToken[],
): readonly Item[] {
  const reader = new Reader(text, pieces(text, tokens, newlines, comments));
  return reader.items(t.Newline);
}

function pieces(
  text: string,
  tokens: readonly IToken[],
  newlines: readonly IToken[],
  comments: readonly IToken[],
): Piece[] {
  const all = [
    ...tokens.map((token) => ({ token, rank: 0 })),
    ...comments.map((token) => ({ token, rank: 1 })),
    ...newlines.map((token) => ({ token, rank: 2 })),
  ].sort((a, b) => a.token.startOffset - b.token.startOffset || a.rank - b.rank);
  let end = 0;
  return all.map(({ token, rank }): Piece => {
    if (rank === 2) return { token, blank: false };
    const between = text.slice(end, token.startOffset);
    const blank = (between.match(/\r\n|\n|\r/g) ?? []).length > 1;
    end = endOf(token);
    if (rank === 0) return { token, blank };
    const start = lineStart(text, token.startOffset);
    const own = token.startOffset === 0 || text.slice(start, token.startOffset).trim() === "";
    return {
      comment: {
        text: token.image.trimEnd(),
        own,
        column: between.length > 1 ? token.startOffset - start : 0,
        blank,
      },
    };
  });
}

/** Where the line of an offset begins. A search for either line end alone would go back to the top of the file. */
function lineStart(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && text[at - 1] !== "\n" && text[at - 1] !== "\r") at--;
  return at;
}

class Reader {
  private at = 0;
  private pending: Comment[] = [];
  private last: Word | undefined;

  constructor(
    private readonly text: string,
    private readonly pieces: readonly Piece[],
  ) {}

  /** The next token, with the comments before it put where they belong. */
  private peek(): Token | undefined {
    for (;;) {
      const piece = this.pieces[this.at];
      if (piece === undefined) return undefined;
      if ("token" in piece) return piece;
      this.at++;
      const { comment } = piece;
      if (
        !comment.own &&
        this.last !== undefined &&
        this.last.after === undefined &&
        this.pending.length === 0
      ) {
        this.last.after = comment;
      } else this.pending.push(comment);
    }
  }

  private word(token: IToken): Word {
    this.at++;
    this.last = { kind: "word", token, before: this.pending, after: undefined };
    this.pending = [];
    return this.last;
  }

  /** Statements up to the brace that closes them. */
  items(owner: TokenType): Item[] {
    const items: Item[] = [];
    for (;;) {
      const next = this.peek();
      for (const comment of this.pending) items.push({ kind: "comment", comment, blank: comment.blank });
      this.pending = [];
      if (next === undefined || next.token.tokenType === t.RBrace) return items;
      if (next.token.tokenType === t.Newline || next.token.tokenType === t.Comma) this.at++;
      else items.push({ kind: "line", blank: next.blank, nodes: this.statement(listing.has(owner)) });
    }
  }

  private statement(list: boolean): Node[] {
    const nodes: Node[] = [];
    for (let next = this.peek(); next !== undefined; next = this.peek()) {
      const type = next.token.tokenType;
      if (type === t.Newline || type === t.RBrace || (list && type === t.Comma)) break;
      nodes.push(this.node(next.token, nodes[0]?.kind === "word" ? nodes[0].token.tokenType : t.Newline));
    }
    return nodes;
  }

  private node(token: IToken, owner: TokenType): Node {
    const type = token.tokenType;
    if (type === t.LBrace) return this.block(token, owner);
    const opens = type === t.LParen || type === t.LBracket || type === t.CallParen || type === t.IndexBracket;
    return opens ? this.group(token, owner) : this.word(token);
  }

  private block(token: IToken, owner: TokenType): Block {
    const open = this.word(token);
    const items = this.items(owner);
    const close = this.word(this.peek()!.token);
    const flat = !/[\r\n]/.test(this.text.slice(endOf(token), close.token.startOffset));
    return { kind: "block", open, items, close, flat, owner };
  }

  private group(token: IToken, owner: TokenType): Group {
    // `einsum[, D -> D]`: the first operand is one number, without axes.
    const pattern = this.last?.token.tokenType === t.Einsum;
    const open = this.word(token);
    const elements: Element[] = [];
    let nodes: Node[] = [];
    let blank = false;
    let broken = false;
    for (;;) {
      const next = this.peek()!;
      const type = next.token.tokenType;
      const first = elements.length === 0 && nodes.length === 0;
      if (first) broken ||= /[\r\n]/.test(this.text.slice(endOf(token), next.token.startOffset));
      const closes = type === t.RParen || type === t.RBracket;
      if (!closes && type !== t.Comma) {
        if (nodes.length === 0) blank = this.pending[0]?.blank ?? next.blank;
        nodes.push(this.node(next.token, owner));
        continue;
      }
      if (nodes.length > 0 || (pattern && !closes)) elements.push({ nodes, blank });
      nodes = [];
      if (closes) return { kind: "group", open, elements, close: this.word(next.token), broken };
      this.at++;
    }
  }
}

/** The first and last word of a node. */
export function firstWord(node: Node): Word {
  return node.kind === "word" ? node : node.open;
}

export function lastWord(node: Node): Word {
  return node.kind === "word" ? node : node.close;
}

/** Whether a comment stands inside of a bracket. */
export function holdsComment(node: Node): boolean {
  if (node.kind === "word") return node.before.length > 0 || node.after !== undefined;
  if (node.open.after !== undefined || node.close.before.length > 0) return true;
  const within = (inner: Node): boolean => {
    const last = lastWord(inner);
    return firstWord(inner).before.length > 0 || last.after !== undefined || holdsComment(inner);
  };
  if (node.kind === "group") return node.elements.some((element) => element.nodes.some(within));
  return node.items.some((item) => item.kind === "comment" || item.nodes.some(within));
}

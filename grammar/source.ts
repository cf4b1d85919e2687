import type { IToken, TokenType } from "chevrotain";
import type { Span } from "./ast.js";
import type { Reports } from "./reports.js";

/** What the layout knows of a token beyond its text. */
export interface TokenInfo {
  /** How many `{` are open around it. */
  depth: number;
  /** The `///` lines above it. */
  doc: string | undefined;
}

/** One file on its way through the grammar. */
export interface Source {
  readonly text: string;
  readonly file: string;
  readonly sink: Reports;
  /** Where items begin in which the parser has found a fault. */
  readonly broken: Set<number>;
}

export function info(token: IToken): TokenInfo {
  return (token.payload ??= { depth: 0, doc: undefined }) as TokenInfo;
}

/** The offset after a token's last character. */
export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

/** Within the text: a token that it does not have, put in at its end, would reach beyond. */
export function spanOf(source: Source, token: IToken): Span {
  const end = Math.min(endOf(token), source.text.length);
  return { file: source.file, start: Math.min(token.startOffset, end), end };
}

/** Turns `token` into one of another type, in place. */
export function retag(token: IToken, type: TokenType): void {
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx ?? 0;
}

/** A token that the text does not have, at `offset`. */
export function makeToken(type: TokenType, offset: number, image = ""): IToken {
  return {
    image,
    startOffset: offset,
    endOffset: offset + image.length - 1,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
    tokenType: type,
  };
}

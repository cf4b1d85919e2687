import type { IToken, TokenType } from "chevrotain";
import { endOf, makeToken, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";

/**
 * Gives every bracket its partner, so that the parser only ever sees balanced text: one missing `)`
 * is one message, and the lines after it are read as if it were there.
 */

/** Each opening bracket, and what closes it. */
export const closerOf: ReadonlyMap<TokenType, TokenType> = new Map<TokenType, TokenType>([
  [t.LParen, t.RParen],
  [t.LBracket, t.RBracket],
  [t.LBrace, t.RBrace],
]);
export const closers: ReadonlySet<TokenType> = new Set(closerOf.values());
const written = new Map<TokenType, string>([
  [t.LParen, "("],
  [t.RParen, ")"],
  [t.LBracket, "["],
  [t.RBracket, "]"],
  [t.LBrace, "{"],
  [t.RBrace, "}"],
]);

/** First words of lines that end in `{`. */
export const headers: ReadonlySet<string> = new Set(
  "model layer profile blocks at budget expect solve forward inverse if else for".split(" "),
);
const declarations = new Set(["model", "layer", "profile", "import"]);

/** Returns `tokens` with every bracket paired, and reports those that were not. */
export function balance(source: Source, tokens: readonly IToken[]): readonly IToken[] {
  const faults = findFaults(tokens);
  if (faults.unclosed.size === 0 && faults.stray === 0) return tokens;
  const opened = faults.strayBraces > 0 ? openBlocks(source, tokens, faults.strayBraces) : tokens;
  return new Repair(source, opened).run();
}

interface Faults {
  readonly unclosed: ReadonlySet<IToken>;
  readonly stray: number;
  readonly strayBraces: number;
}

/** Which opening brackets are never closed, and how many closing ones have no partner. */
export function findFaults(tokens: readonly IToken[]): Faults {
  const stack: IToken[] = [];
  const unclosed = new Set<IToken>();
  let stray = 0;
  let strayBraces = 0;
  for (const token of tokens) {
    if (closerOf.has(token.tokenType)) stack.push(token);
    if (!closers.has(token.tokenType)) continue;
    const brace = token.tokenType === t.RBrace;
    while (brace && stack.length > 0 && stack[stack.length - 1]?.tokenType !== t.LBrace) {
      unclosed.add(stack.pop()!);
    }
    const top = stack[stack.length - 1];
    if (top !== undefined && closerOf.get(top.tokenType) === token.tokenType) {
      stack.pop();
    } else {
      stray++;
      if (brace) strayBraces++;
    }
  }
  for (const token of stack) unclosed.add(token);
  return { unclosed, stray, strayBraces };
}

/** Ends headers such as `layer f(x: [D]) -> [D]` with the `{` they lack, at most `missing` times. */
function openBlocks(source: Source, tokens: readonly IToken[], missing: number): readonly IToken[] {
  const lines = splitLines(tokens);
  const out: IToken[] = [];
  let left = missing;
  for (const [i, line] of lines.entries()) {
    out.push(...line.tokens);
    const next = lines.slice(i + 1, i + 3).find((l) => l.tokens.some((token) => token.tokenType !== t.Eol));
    if (left === 0 || next === undefined || next.column <= line.column || !lacksBrace(line.tokens)) continue;
    const words = line.tokens.filter((token) => token.tokenType !== t.Eol);
    const offset = endOf(words[words.length - 1]!);
    const eol = out[out.length - 1]?.tokenType === t.Eol ? [out.pop()!] : [];
    out.push(makeToken(t.LBrace, offset), ...eol);
    left--;
    const first = words[0]!;
    source.sink.report(
      "syntax/missing-open",
      { opener: "{", header: first.image },
      {
        span: { file: source.file, start: first.startOffset, end: offset },
        fixes: [
          { title: "add `{`", span: { file: source.file, start: offset, end: offset }, replacement: " {" },
        ],
      },
    );
  }
  return out;
}

export interface Line {
  readonly tokens: readonly IToken[];
  readonly column: number;
}

/** The lines of a text, each with where its first token stands on it. */
export function splitLines(tokens: readonly IToken[]): Line[] {
  const lines: Line[] = [];
  let line: IToken[] = [];
  let start = 0;
  const end = (): void => {
    const first = line[0];
    if (first !== undefined) lines.push({ tokens: line, column: first.startOffset - start });
    line = [];
  };
  for (const token of tokens) {
    line.push(token);
    if (token.tokenType !== t.Eol) continue;
    end();
    start = endOf(token);
  }
  end();
  return lines;
}

function lacksBrace(line: readonly IToken[]): boolean {
  const words = line.filter((token) => token.tokenType !== t.Eol);
  const first = words[0];
  const last = words[words.length - 1];
  if (first === undefined || last === undefined) return false;
  if (words.some((token) => token.tokenType === t.LBrace || token.image === "then")) return false;
  const second = words[1]?.tokenType;
  if (second === t.Equals || second === t.Colon) return words.some((token) => token.image === "for");
  if (last.tokenType === t.Comma || last.tokenType === t.Equals) return false;
  return headers.has(first.image) || (first.tokenType === t.RParen && second === t.Arrow);
}

interface Open {
  readonly token: IToken;
  /** Column of the first token of its line. */
  readonly indent: number;
}

class Repair {
  private readonly out: IToken[] = [];
  private readonly stack: Open[] = [];
  private readonly unclosed: ReadonlySet<IToken>;
  /** Where the last token that is not a line end stops. */
  private last = 0;

  constructor(
    private readonly source: Source,
    private readonly tokens: readonly IToken[],
  ) {
    this.unclosed = findFaults(tokens).unclosed;
  }

  run(): readonly IToken[] {
    let lineStart = 0;
    let indent = 0;
    let first = true;
    for (const [i, token] of this.tokens.entries()) {
      if (token.tokenType === t.Eol) {
        this.out.push(token);
        lineStart = endOf(token);
        first = true;
        continue;
      }
      if (first) {
        indent = token.startOffset - lineStart;
        this.startLine(token, this.tokens[i + 1], indent);
      }
      if (token.tokenType === t.Comma && this.groupsAlone()) this.closeTop();
      if (closerOf.has(token.tokenType)) this.stack.push({ token, indent });
      if (!closers.has(token.tokenType) || this.close(token, first ? indent : undefined)) {
        this.out.push(token);
        this.last = endOf(token);
      }
      first = false;
    }
    while (this.stack.length > 0) this.closeTop();
    return this.out;
  }

  private get top(): Open | undefined {
    return this.stack[this.stack.length - 1];
  }

  /** A declaration never stands inside another, and a line as far left as the call before it is not an argument. */
  private startLine(token: IToken, next: IToken | undefined, column: number): void {
    if (this.stack.length === 0 || closers.has(token.tokenType)) return;
    const outermost = this.stack[0]!;
    const declares = declarations.has(token.image) && next !== undefined && next.tokenType !== t.Equals;
    if (declares && column <= outermost.indent) {
      while (this.stack.length > 0) this.closeTop();
      return;
    }
    while (this.top !== undefined && this.top.token.tokenType !== t.LBrace && this.hasUnclosed()) {
      if (column > this.top.indent) return;
      this.closeTop();
    }
  }

  /** `f((a, b)`: the inner `(` groups one value, and a comma ends it where one of the two lacks its partner. */
  private groupsAlone(): boolean {
    const [around, top] = this.stack.slice(-2);
    if (top?.token.tokenType !== t.LParen || around?.token.tokenType !== t.LParen) return false;
    return !/[\w\])]/.test(this.source.text[top.token.startOffset - 1] ?? "") && this.hasUnclosed();
  }

  /** Whether one of the `(` and `[` on top of the stack lacks its partner. */
  private hasUnclosed(): boolean {
    for (let i = this.stack.length - 1; i >= 0; i--) {
      const { token } = this.stack[i]!;
      if (token.tokenType === t.LBrace) return false;
      if (this.unclosed.has(token)) return true;
    }
    return false;
  }

  /** Pairs a closer; false where nothing is open that it could close. `column` is set where it begins its line. */
  private close(token: IToken, column: number | undefined): boolean {
    if (token.tokenType === t.RBrace) {
      while (this.top !== undefined && this.top.token.tokenType !== t.LBrace) this.closeTop();
      const wanted = this.stack.some((open) => open.token.tokenType === t.LBrace && open.indent === column);
      while (wanted && column !== undefined && this.top !== undefined && this.top.indent > column)
        this.closeTop();
      if (this.stack.pop() !== undefined) return true;
      return this.stray(token);
    }
    let at = this.stack.length - 1;
    while (at >= 0 && this.stack[at]!.token.tokenType !== t.LBrace) {
      if (closerOf.get(this.stack[at]!.token.tokenType) === token.tokenType) {
        while (this.stack.length - 1 > at) this.closeTop();
        this.stack.pop();
        return true;
      }
      at--;
    }
    if (this.top === undefined || this.top.token.tokenType === t.LBrace) return this.stray(token);
    return this.wrong(token, this.stack.pop()!.token);
  }

  private stray(token: IToken): false {
    const span = spanOf(this.source, token);
    this.source.sink.report(
      "syntax/stray-closer",
      { closer: token.image },
      {
        span,
        fixes: [{ title: `remove \`${token.image}\``, span, replacement: "" }],
      },
    );
    return false;
  }

  /** `f(x]`: reads the closer as the one that was meant. */
  private wrong(token: IToken, opener: IToken): true {
    const type = closerOf.get(opener.tokenType)!;
    const closer = written.get(type)!;
    const span = spanOf(this.source, token);
    this.source.sink.report(
      "syntax/wrong-closer",
      { found: token.image, opener: opener.image, closer },
      {
        span,
        labels: [{ span: spanOf(this.source, opener), text: "opened here" }],
        fixes: [{ title: `write \`${closer}\``, span, replacement: closer }],
      },
    );
    token.tokenType = type;
    token.tokenTypeIdx = type.tokenTypeIdx ?? 0;
    return true;
  }

  /** Closes the innermost bracket, which the text leaves open. */
  private closeTop(): void {
    const { token } = this.stack.pop()!;
    const type = closerOf.get(token.tokenType)!;
    const closer = written.get(type)!;
    const brace = type === t.RBrace;
    const end = { file: this.source.file, start: this.last, end: this.last };
    this.source.sink.report(
      "syntax/unclosed",
      { opener: written.get(token.tokenType)!, closer },
      {
        span: spanOf(this.source, token),
        fixes: [{ title: `add \`${closer}\``, span: end, replacement: brace ? `\n${closer}` : closer }],
      },
    );
    const eols: IToken[] = [];
    while (this.out[this.out.length - 1]?.tokenType === t.Eol) eols.unshift(this.out.pop()!);
    this.out.push(makeToken(type, this.last), ...eols);
  }
}

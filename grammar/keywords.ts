import type { IToken, TokenType } from "chevrotain";
import { nearest } from "../compiler/diagnostics/did-you-mean.js";
import { headerWithoutName, readForeignForm } from "./foreign-forms.js";
import { readForeignLine } from "./foreign-lines.js";
import { endOf, retag, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";
import { units } from "./units.js";
import {
  acting,
  assigning,
  beforeBlock,
  beforeName,
  callableEnds,
  declaring,
  foreignWords,
  isName,
  joining,
  operandEnds,
  operandStarts,
  reserved,
} from "./words.js";

/** Decides which names are keywords, which numbers have units, and which brackets call or index. */
export class Keywords {
  private readonly out: IToken[] = [];
  /** For each opening bracket, where its partner is. */
  private readonly partner = new Map<IToken, number>();
  private readonly open: IToken[] = [];

  constructor(
    private readonly source: Source,
    private readonly tokens: readonly IToken[],
  ) {
    const stack: IToken[] = [];
    for (const [i, token] of tokens.entries()) {
      const type = token.tokenType;
      if (type === t.LParen || type === t.LBracket || type === t.LBrace) stack.push(token);
      if (type !== t.RParen && type !== t.RBracket && type !== t.RBrace) continue;
      const opener = stack.pop();
      if (opener !== undefined) this.partner.set(opener, i);
    }
  }

  run(): IToken[] {
    const left = new Set<number>();
    for (let i = 0; i < this.tokens.length; i++) {
      if (left.has(i)) continue;
      const token = this.tokens[i]!;
      const type = token.tokenType;
      const foreign =
        readForeignForm(this.source, this.tokens, i, this.out) ??
        readForeignLine(this.source, this.tokens, i, this.out);
      if (foreign !== undefined) {
        this.out.length = foreign.kept;
        this.out.push(...foreign.put);
        const [from, to] = foreign.without ?? [0, 0];
        for (let k = from; k < to; k++) left.add(k);
        i = foreign.next - 1;
        continue;
      }
      if (isName(token)) {
        if (!this.readWord(token, i)) continue;
      } else if (type === t.LParen || type === t.LBracket || type === t.LBrace) {
        this.readOpener(token);
        this.open.push(token);
      } else if (type === t.RParen || type === t.RBracket || type === t.RBrace) {
        this.open.pop();
      } else if (type === t.Comma && this.isTrailing(i)) {
        continue;
      }
      this.out.push(token);
    }
    return this.out;
  }

  /** `f(a, b,)`: a comma before the closer separates nothing. */
  private isTrailing(at: number): boolean {
    const next = this.tokens[at + 1]?.tokenType;
    const before = this.previous?.tokenType;
    if (next !== t.RParen && next !== t.RBracket) return false;
    return before !== t.Comma && before !== t.LParen && before !== t.CallParen;
  }

  private get previous(): IToken | undefined {
    return this.out[this.out.length - 1];
  }

  private get atStart(): boolean {
    const type = this.previous?.tokenType;
    return type === undefined || type === t.Newline || type === t.LBrace;
  }

  private get inBrackets(): boolean {
    const type = this.open[this.open.length - 1]?.tokenType;
    return type === t.LBracket || type === t.IndexBracket;
  }

  /** `(` and `[` call or index what they touch. */
  private readOpener(token: IToken): void {
    const before = this.previous;
    if (before === undefined || !callableEnds.has(before.tokenType)) return;
    if (endOf(before) !== token.startOffset) return;
    if (token.tokenType === t.LParen) retag(token, t.CallParen);
    if (token.tokenType === t.LBracket) retag(token, t.IndexBracket);
  }

  /** Tags a name; false where it is to be left out. */
  private readWord(token: IToken, at: number): boolean {
    const before = this.previous;
    if (before?.tokenType === t.Dot) return true;
    const next = this.tokens[at + 1];
    const fixed = reserved.get(token.image);
    if (fixed !== undefined) retag(token, fixed);
    else if (before?.tokenType === t.NumberToken && this.readUnit(token, next)) retag(token, t.Unit);
    else if (this.atStart && this.isForeignWord(token, next)) return this.readForeign(token, at);
    else if (this.atStart && this.readMisspelt(token, at)) return true;
    else {
      const type = this.atStart ? this.startKeyword(token, at) : this.innerKeyword(token, at);
      if (type !== undefined) retag(token, type);
      if (type === t.Layer) this.readColonResult(at);
    }
    return true;
  }

  /** Any word after a number is a unit, right or wrong, unless it joins the number to what follows. */
  private readUnit(token: IToken, next: IToken | undefined): boolean {
    if (units.has(token.image)) return true;
    if (this.inBrackets || token.image === "lookup") return false;
    if (next?.tokenType === t.Equals) return false;
    return !joining.has(token.image) || next === undefined || !operandStarts.has(next.tokenType);
  }

  private startKeyword(token: IToken, at: number): TokenType | undefined {
    const next = this.tokens[at + 1];
    if (next === undefined) return undefined;
    const { image } = token;
    if (image === "layer" && this.isNamelessLayer(next)) return t.Layer;
    const spaced = next.startOffset > endOf(token);
    if (declaring.has(image)) return isName(next) ? declaring.get(image) : headerWithoutName(this.tokens, at);
    if (acting.has(image)) {
      return assigning.has(next.tokenType) ? undefined : acting.get(image);
    }
    const partner = this.partner.get(next);
    const after = partner === undefined ? undefined : this.tokens[partner + 1]?.tokenType;
    switch (image) {
      case "import":
        return next.tokenType === t.LBrace ? t.Import : undefined;
      case "forward":
        return next.tokenType === t.LParen && (after === t.Arrow || after === t.LBrace)
          ? t.Forward
          : undefined;
      case "inverse":
        return next.tokenType === t.LParen && after === t.LBrace ? t.Inverse : undefined;
      case "budget":
      case "expect":
      case "checkpoint":
      case "solve": {
        const block = next.tokenType === t.LBrace;
        const named = isName(next) && this.tokens[at + 2]?.tokenType === t.LBrace;
        if (!block && !named) return undefined;
        return { budget: t.Budget, expect: t.Expect, checkpoint: t.Checkpoint, solve: t.Solve }[image];
      }
      case "blocks":
        if (next.tokenType === t.LBrace || next.tokenType === t.Newline) return t.Blocks;
        return this.beginsOperand(next, spaced) ? t.Blocks : undefined;
      case "at":
        return this.beginsOperand(next, spaced) ? t.At : undefined;
      default:
        return this.innerKeyword(token, at);
    }
  }

  /** `layer (x: [.. D]) -> [.. D] {` */
  private isNamelessLayer(next: IToken): boolean {
    const partner = next.tokenType === t.LParen ? this.partner.get(next) : undefined;
    const after = partner === undefined ? undefined : this.tokens[partner + 1]?.tokenType;
    return this.open.length === 0 && after === t.Arrow;
  }

  private beginsOperand(next: IToken, spaced: boolean): boolean {
    if (isName(next) || next.tokenType === t.NumberToken) return true;
    const bracket = next.tokenType === t.LParen || next.tokenType === t.LBracket;
    return spaced && (bracket || next.tokenType === t.Minus);
  }

  private innerKeyword(token: IToken, at: number): TokenType | undefined {
    const before = this.previous;
    const next = this.tokens[at + 1];
    const { image } = token;
    if (next === undefined) return undefined;
    const follows = before !== undefined && operandEnds.has(before.tokenType);
    if (image === "einsum" && next.tokenType === t.LBracket && next.startOffset === endOf(token))
      return t.Einsum;
    if (image === "next" && !follows) {
      return isName(next) && !reserved.has(next.image) && !joining.has(next.image) ? t.Next : undefined;
    }
    if (image === "from") {
      const closes = before?.tokenType === t.RBrace && isName(next);
      return next.tokenType === t.TextToken || closes ? t.From : undefined;
    }
    if (image === "in" && before?.tokenType === t.Question) return t.In;
    if (image === "lookup" && follows && !this.inBrackets)
      return isName(next) || this.ends(next) ? t.Lookup : undefined;
    if (image === "every" && (before?.tokenType === t.DotDot || before?.tokenType === t.At)) {
      return operandStarts.has(next.tokenType) ? t.Every : undefined;
    }
    if (!follows || this.inBrackets || !operandStarts.has(next.tokenType)) return undefined;
    return joining.get(image);
  }

  private ends(token: IToken): boolean {
    return token.tokenType === t.Newline || token.tokenType === t.RBrace;
  }

  /** `layer f(x: [.. D]): [.. D] {` */
  private readColonResult(at: number): void {
    const closer = this.partner.get(this.tokens[at + 2] ?? this.tokens[at]!);
    const colon = closer === undefined ? undefined : this.tokens[closer + 1];
    if (colon?.tokenType !== t.Colon) return;
    const span = spanOf(this.source, colon);
    const fixes = [{ title: "write `->`", span, replacement: " ->" }];
    this.source.sink.report("syntax/foreign-operator", { written: ":", write: "->" }, { span, fixes });
    retag(colon, t.Arrow);
  }

  /** `wieght gate: […]`, `block 2 {`: no value stands before another, so that the word was to be a keyword. */
  private readMisspelt(token: IToken, at: number): boolean {
    const next = this.tokens[at + 1];
    if (next === undefined) return false;
    const known = beforeName.includes(token.image) || this.startKeyword(token, at) !== undefined;
    const block = next.tokenType === t.NumberToken ? this.tokens[at + 2] : next;
    const named = isName(next) && !joining.has(next.image) && !reserved.has(next.image);
    const heads = block?.tokenType === t.LBrace;
    const value = next.tokenType === t.NumberToken;
    if (known || !(named || heads || value)) return false;
    const write = nearest(token.image, heads ? beforeBlock : named ? beforeName : acting.keys());
    if (write === undefined) return false;
    const span = spanOf(this.source, token);
    const fixes = [{ title: `write \`${write}\``, span, replacement: write }];
    this.source.sink.report("syntax/foreign-word", { word: token.image, write }, { span, fixes });
    const type = this.startKeyword({ ...token, image: write }, at);
    if (type === undefined) return false;
    retag(token, type);
    if (type === t.Layer) this.readColonResult(at);
    return true;
  }

  /** A word that begins a line in another language, before what would follow it there. */
  private isForeignWord(token: IToken, next: IToken | undefined): boolean {
    const kind = foreignWords.get(token.image);
    if (kind === undefined || next === undefined) return false;
    return isName(next) || (kind === "require" && operandStarts.has(next.tokenType));
  }

  /** `let x = 3`, `def f(x) …`, `class Foo …`, `assert c` */
  private readForeign(token: IToken, at: number): boolean {
    const kind = foreignWords.get(token.image);
    const span = spanOf(this.source, token);
    const next = this.tokens[at + 1]!;
    if (kind === "drop") {
      const through = { ...span, end: next.startOffset };
      this.source.sink.report(
        "syntax/foreign-word",
        { word: token.image, write: undefined },
        {
          span,
          fixes: [{ title: `remove \`${token.image}\``, span: through, replacement: "" }],
        },
      );
      return false;
    }
    const opener = this.tokens[at + 2];
    const partner = opener === undefined ? undefined : this.partner.get(opener);
    const abbreviates = partner !== undefined && this.tokens[partner + 1]?.tokenType === t.Equals;
    const write = kind === "callable" ? (abbreviates ? "fn" : "layer") : kind!;
    this.source.sink.report(
      "syntax/foreign-word",
      { word: token.image, write },
      {
        span,
        fixes: [{ title: `write \`${write}\``, span, replacement: write }],
      },
    );
    retag(token, { model: t.Model, require: t.Require, fn: t.Fn, layer: t.Layer }[write as "model"]);
    return true;
  }
}

import type { CstNode, IToken } from "chevrotain";
import type { Arg, Expr, Missing, Name, NameExpr, Range, Span, Stmt, Text } from "./ast.js";
import { buildIndex } from "./build-index.js";
import { buildNumber, quotedNumber, readQuoted } from "./build-number.js";
import { buildEinsum, buildPattern } from "./build-pattern.js";
import { child, isToken, nodes, ordered, spanOf, spanOfNode, token, tokens } from "./cst.js";
import { around, combine, type Part } from "./precedence.js";
import type { Source } from "./source.js";

/** Builds expressions, and what is made of them; statements of `for` bodies come from `statements`. */
export class Exprs {
  constructor(
    readonly source: Source,
    readonly statements: (block: CstNode | undefined) => readonly Stmt[],
  ) {}

  span(node: CstNode | undefined, fallback: number): Span {
    return spanOfNode(this.source, node, fallback);
  }

  /** Whether the parser has reported a fault in the item that begins here. */
  isBroken(node: CstNode | IToken): boolean {
    const start = "tokenType" in node ? node.startOffset : (node.location?.startOffset ?? Number.NaN);
    return this.source.broken.has(start);
  }

  missing(at: number): Missing {
    const place = Math.min(at, this.source.text.length);
    return { kind: "missing", span: { file: this.source.file, start: place, end: place } };
  }

  name(found: IToken | undefined, fallback: number): Name {
    if (found !== undefined) return { text: found.image, span: spanOf(this.source, found) };
    return { text: "", span: this.missing(fallback).span };
  }

  names(found: readonly IToken[]): Name[] {
    return found.map((one) => this.name(one, one.startOffset));
  }

  text(found: IToken): Text {
    return { kind: "text", value: unquote(found.image), span: spanOf(this.source, found) };
  }

  /** `fallback` is where a missing expression is placed. */
  expr(node: CstNode | undefined, fallback: number): Expr {
    if (node === undefined) return this.missing(fallback);
    return combine(this.source, this.flatten(node), this.span(node, fallback).end);
  }

  /** `a`, or with `=` read as `==` after a message. */
  condition(node: CstNode | undefined, fallback: number): Expr {
    const [first, second] = nodes(node, "expr");
    const left = this.expr(first, fallback);
    const equals = token(node, "Equals");
    if (equals === undefined) return left;
    const opSpan = spanOf(this.source, equals);
    this.reportEquals(opSpan);
    const right = this.expr(second, opSpan.end);
    return { kind: "binary", op: "==", opSpan, left, right, span: around(left.span, right.span) };
  }

  reportEquals(span: Span): void {
    this.source.sink.report(
      "syntax/equals-in-condition",
      {},
      {
        span,
        fixes: [{ title: "write `==`", span, replacement: "==" }],
      },
    );
  }

  private flatten(node: CstNode): Part[] {
    const parts: Part[] = [];
    for (const element of ordered(node)) {
      if (isToken(element)) {
        parts.push({ kind: "operator", token: element });
        continue;
      }
      for (const prefix of tokens(element, "prefix")) {
        parts.push({ kind: "prefix", token: prefix });
      }
      parts.push({ kind: "operand", expr: this.operand(element) });
    }
    return parts;
  }

  private operand(node: CstNode): Expr {
    let target = this.primary(node);
    for (const postfix of nodes(node, "postfix")) {
      const whole = around(target.span, this.span(postfix, target.span.end));
      if (token(postfix, "Dot") !== undefined) {
        const name = this.name(token(postfix, "Name"), whole.end);
        target = { kind: "member", target, name, span: whole };
      } else if (token(postfix, "CallParen") !== undefined) {
        target = this.call(target, postfix, whole);
      } else {
        target = buildIndex(this, target, postfix, whole);
      }
    }
    return target;
  }

  private primary(node: CstNode): Expr {
    const span = this.span(node, 0);
    const number = token(node, "Number");
    if (number !== undefined) return buildNumber(this.source, number, token(node, "Unit"));
    const name = token(node, "Name");
    if (name !== undefined) return { kind: "name", name: name.image, span: spanOf(this.source, name) };
    const text = token(node, "Text");
    if (text !== undefined) return this.textValue(text);
    const tuple = child(node, "tuple");
    if (tuple !== undefined) {
      const own = this.span(tuple, span.start);
      const items = nodes(tuple, "expr").map((one) => this.expr(one, own.end));
      const only = items[0];
      if (items.length === 1 && only !== undefined) return only;
      if (items.length === 0) return { kind: "missing", span: own };
      return { kind: "tuple", items, span: own };
    }
    const list = child(node, "list");
    if (list !== undefined) {
      const own = this.span(list, span.start);
      return { kind: "list", items: nodes(list, "expr").map((one) => this.expr(one, own.end)), span: own };
    }
    const einsum = child(node, "einsum");
    if (einsum !== undefined) return buildEinsum(this, einsum);
    const next = child(node, "nextValue");
    if (next !== undefined) {
      const own = this.span(next, span.start);
      return { kind: "next-value", name: this.name(token(next, "Name"), own.end), span: own };
    }
    const hole = child(node, "hole");
    if (hole !== undefined) return this.hole(hole);
    const loop = child(node, "for");
    if (loop !== undefined) return this.loop(loop);
    const conditional = child(node, "conditional");
    if (conditional !== undefined) return this.conditional(conditional);
    return this.missing(span.start);
  }

  /** A text, or the number in it: `"400M"` is a habit of formats that know no units. */
  private textValue(found: IToken): Expr {
    const text = this.text(found);
    const write = quotedNumber(text.value);
    if (write === undefined) return text;
    this.source.sink.report(
      "syntax/quoted-number",
      { written: found.image, write },
      {
        span: text.span,
        fixes: [{ title: `write \`${write}\``, span: text.span, replacement: write }],
      },
    );
    return readQuoted(write, text.span);
  }

  private call(callee: Expr, postfix: CstNode, span: Span): Expr {
    const args = nodes(postfix, "arg").map((one) => this.arg(one, span.end));
    const pattern = args[0]?.value;
    if (callee.kind === "name" && callee.name === "einsum" && pattern !== undefined) {
      this.source.sink.report("syntax/einsum-form", {}, { span: pattern.span });
      return { kind: "missing", span };
    }
    return { kind: "call", callee, args, span };
  }

  private arg(node: CstNode, fallback: number): Arg {
    const span = this.span(node, fallback);
    const name = token(node, "Name");
    this.colonForEquals(token(node, "Colon"), name?.image);
    const pattern = child(node, "pattern");
    const value =
      pattern === undefined
        ? this.expr(child(node, "expr"), span.end)
        : buildPattern(this, pattern, span.end);
    return { name: name === undefined ? undefined : this.name(name, span.start), value, span };
  }

  /** Reports `name: value` where `name = value` is meant. */
  colonForEquals(colon: IToken | undefined, name: string | undefined): void {
    if (colon === undefined) return;
    const span = spanOf(this.source, colon);
    const touches = this.source.text[span.start - 1] !== " ";
    this.source.sink.report(
      "syntax/colon",
      { name: name ?? "it" },
      {
        span,
        fixes: [{ title: "write `=`", span, replacement: touches ? " =" : "=" }],
      },
    );
  }

  range(node: CstNode | undefined, fallback: number): Range {
    const span = this.span(node, fallback);
    const to = child(node, "to");
    const step = child(node, "step");
    return {
      from: this.expr(child(node, "from"), span.start),
      to: to === undefined ? undefined : this.expr(to, span.end),
      inclusive: token(node, "DotDotLess") === undefined,
      step: step === undefined ? undefined : this.expr(step, span.end),
      span,
    };
  }

  /** A range with both ends, for where a list or an open range has no meaning. */
  closedRange(node: CstNode | undefined, fallback: number): Range {
    const range = this.range(node, fallback);
    if (node !== undefined && range.to === undefined && range.from.kind !== "missing") {
      this.source.sink.report("syntax/range-without-end", {}, { span: range.span });
    }
    return range;
  }

  private hole(node: CstNode): Expr {
    const span = this.span(node, 0);
    const range = child(node, "range");
    if (range === undefined) return { kind: "hole", within: undefined, span };
    const read = this.range(range, span.end);
    const list = token(range, "DotDot") === undefined && token(range, "DotDotLess") === undefined;
    if (list && read.from.kind === "list") return { kind: "hole", within: read.from.items, span };
    if (read.to === undefined) this.closedRange(range, span.end);
    return { kind: "hole", within: read, span };
  }

  private loop(node: CstNode): Expr {
    const span = this.span(node, 0);
    const name = this.name(token(node, "Name"), span.end);
    const body = this.statements(child(node, "block"));
    if (token(node, "Along") !== undefined) {
      return { kind: "for-along", name, axis: this.name(token(node, "axis"), span.end), body, span };
    }
    return { kind: "for", name, range: this.closedRange(child(node, "range"), span.end), body, span };
  }

  /** `if c then a else b`; with braces it is no value, which is reported. */
  conditional(node: CstNode): Expr {
    const span = this.span(node, 0);
    const condition = this.condition(child(node, "condition"), span.end);
    const block = child(node, "block");
    if (block === undefined) {
      const then = this.expr(child(node, "expr"), span.end);
      return {
        kind: "if-else",
        condition,
        then,
        otherwise: this.expr(child(node, "otherwise"), span.end),
        span,
      };
    }
    this.source.sink.report("syntax/if-block-as-value", {}, { span: { ...span, end: condition.span.end } });
    this.statements(block);
    this.statements(child(node, "elseBlock"));
    return { kind: "missing", span };
  }
}

/** A text token's value, without quotes and escapes. */
export function unquote(image: string): string {
  const closed = image.length > 1 && (!image.startsWith('"') || image.endsWith('"'));
  const end = closed ? -1 : undefined;
  return image.slice(1, end).replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c === "t" ? "\t" : c));
}

/** The names that an expression such as `a` or `ffn.k` spells, or undefined. */
export function pathOf(expr: Expr): Name[] | undefined {
  const path: Name[] = [];
  let rest = expr;
  while (rest.kind === "member") {
    path.unshift(rest.name);
    rest = rest.target;
  }
  if (rest.kind !== "name") return undefined;
  return [nameOf(rest), ...path];
}

export function nameOf(expr: NameExpr): Name {
  return { text: expr.name, span: expr.span };
}

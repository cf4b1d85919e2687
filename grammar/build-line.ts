import type { CstNode } from "chevrotain";
import type { BinaryOp, CheckpointLine, Constraint, Expr } from "./ast.js";
import type { Exprs } from "./build-expr.js";
import { field } from "./build-field.js";
import { statement } from "./build-let.js";
import { type Line, type Parts, readParts, type Where } from "./line-parts.js";

const comparisons = new Set<BinaryOp>(["<=", "<", ">=", ">", "=="]);

/** What a line that begins with an expression means where it stands. */
export function buildLine(exprs: Exprs, node: CstNode, where: Where): Line[] {
  const parts = readParts(exprs, node);
  if (parts.left.length === 0) return [];
  if (where === "constraints") return constraints(exprs, parts);
  if (where === "checkpoint") return checkpointLine(exprs, parts);
  const message = parts.message;
  if (message !== undefined) exprs.source.sink.report("syntax/stray-text", {}, { span: message.span });
  return where === "layer" ? statement(exprs, parts) : field(exprs, parts, where);
}

/** `params.total <= 400M "why"`, several after one another. */
function constraints(exprs: Exprs, parts: Parts): Constraint[] {
  const { sink } = exprs.source;
  if (parts.colon !== undefined || parts.equals !== undefined) {
    const opSpan = (parts.colon ?? parts.equals)!;
    const right = parts.value ?? parts.annotation?.expr ?? exprs.missing(opSpan.end);
    const left = parts.left[0]!;
    const metric = exprs.source.text.slice(left.span.start, left.span.end);
    const reversed = /^=[<>]/.exec(exprs.source.text.slice(opSpan.start, opSpan.start + 2))?.[0];
    const both = { ...opSpan, end: opSpan.start + 2 };
    const meant = reversed && `${reversed[1]}=`;
    sink.report(
      "syntax/constraint-form",
      { metric, written: reversed ?? (parts.colon === undefined ? "=" : ":") },
      {
        span: meant ? both : opSpan,
        fixes: meant
          ? [{ title: `write \`${meant}\``, span: both, replacement: meant }]
          : [
              { title: "write `<=`", span: opSpan, replacement: parts.colon === undefined ? "<=" : " <=" },
              { title: "write `==`", span: opSpan, replacement: parts.colon === undefined ? "==" : " ==" },
            ],
      },
    );
    return [{ kind: "constraint", left, op: "==", opSpan, right, message: parts.message, span: parts.span }];
  }
  const found: Constraint[] = [];
  for (const [i, expr] of parts.left.entries()) {
    if (expr.kind === "text") continue;
    const chain = chained(expr);
    if (chain !== undefined) {
      found.push(...chain);
      continue;
    }
    if (expr.kind !== "binary" || !comparisons.has(expr.op)) {
      if (expr.kind === "missing" || parts.broken) continue;
      const metric = exprs.source.text.slice(expr.span.start, expr.span.end);
      sink.report("syntax/constraint-form", { metric, written: undefined }, { span: expr.span });
      continue;
    }
    const next = parts.left[i + 1];
    const { left, opSpan, right } = expr;
    const message = next?.kind === "text" ? next : i === parts.left.length - 1 ? parts.message : undefined;
    found.push({
      kind: "constraint",
      left,
      op: expr.op as Constraint["op"],
      opSpan,
      right,
      message,
      span: expr.span,
    });
  }
  return found;
}

const turned: Partial<Readonly<Record<BinaryOp, BinaryOp>>> = { "<=": ">=", "<": ">", ">=": "<=", ">": "<" };

/** `1K <= params.total <= 2K` (reported): a constraint on what stands in the middle for each of its sides. */
function chained(expr: Expr): Constraint[] | undefined {
  if (expr.kind !== "binary" || expr.op !== "and") return undefined;
  const { left: first, right: second } = expr;
  if (first.kind !== "binary" || second.kind !== "binary" || second.left !== first.right) return undefined;
  const middle = first.right;
  const ops = [turned[first.op] ?? first.op, second.op] as Constraint["op"][];
  return [first, second].map(({ opSpan, span }, i) => ({
    kind: "constraint",
    left: middle,
    op: ops[i]!,
    opSpan,
    right: i === 0 ? first.left : second.right,
    message: undefined,
    span,
  }));
}

/** `"name in the file" = weight`, the same after `optional`, `ignore "name in the file"` */
function checkpointLine(exprs: Exprs, parts: Parts): CheckpointLine[] {
  const { span, value, message } = parts;
  const [first, second] = parts.left;
  if (
    first === undefined ||
    second !== undefined ||
    parts.annotation !== undefined ||
    parts.within !== undefined
  )
    return notStored(exprs, parts);
  if (value === undefined) {
    const ignores = first.kind === "name" && first.name === "ignore";
    return ignores && message !== undefined
      ? [{ kind: "ignored", foreign: message, span }]
      : notStored(exprs, parts);
  }
  if (first.kind !== "text" || message !== undefined) return notStored(exprs, parts);
  return [{ kind: "stored", foreign: first, value, optional: parts.optional, span }];
}

function notStored(exprs: Exprs, parts: Parts): [] {
  const { value, span } = parts;
  const first = parts.left[0]!;
  if (parts.broken || first.kind === "missing") return [];
  const written = (expr: Expr): string => exprs.source.text.slice(expr.span.start, expr.span.end);
  const turned = value?.kind === "text" && parts.left.length === 1 && parts.annotation === undefined;
  const replacement = turned ? `${written(value)} = ${written(first)}` : "";
  const fixes = turned ? [{ title: "turn it round", span, replacement }] : [];
  exprs.source.sink.report("syntax/checkpoint-form", { turned }, { span, fixes });
  return [];
}

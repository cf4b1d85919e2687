import type { BinaryOp } from "../../grammar/ast.js";
import type { Dim } from "../dim/dim.js";
import { limits } from "./tracer.js";
import { asNumber, count, flag, number, type SizeCondition, unknown, type Val } from "./values.js";

/** Would the exact result outgrow all use? Counts have no bound of their own, so a loop could square one for ever. */
export function tooLarge(op: BinaryOp, a: Dim, b: Dim): boolean {
  const bits = (d: Dim) =>
    Math.max(
      0,
      ...d.terms.map((t) => t.coefficient.map((n) => n.toString(2).length).reduce((x, y) => x + y)),
    );
  const [terms, size] = [(d: Dim) => Math.max(1, d.terms.length), (d: Dim) => bits(d)];
  if (op === "*") return terms(a) * terms(b) > limits.terms || size(a) + size(b) > limits.bits;
  if (op !== "^") return false;
  const exponent = Number(b.int ?? 0n);
  return exponent > 0 && (terms(a) ** exponent > limits.terms || size(a) * exponent > limits.bits);
}

/**
 * Is a result too long to be written? Remainders and quotients of sizes of run time that hold one size twice double
 * with every line.
 */
export const tooLong = (val: Val): boolean =>
  val.kind === "count" && val.dim.int === undefined && val.dim.key.length > limits.characters;

/** What a formula of sizes of run time takes, in steps: long ones take as long as their length squared. */
export function workOf(val: Val): number {
  return val.kind === "count" && val.dim.int === undefined ? Math.floor(val.dim.key.length / 50) ** 2 : 0;
}

/** Arithmetic of counts stays exact; with a number it is a number. Undefined: not static after all. */
export function statically(op: BinaryOp, l: Val, r: Val): Val | undefined {
  if (l.kind === "count" && r.kind === "count") {
    const [a, b] = [l.dim, r.dim];
    switch (op) {
      case "+":
        return count(a.plus(b));
      case "-":
        return count(a.minus(b));
      case "*":
        return count(a.times(b));
      case "/":
        return b.isZero ? undefined : count(a.over(b));
      case "%":
        return b.isZero ? undefined : count(a.mod(b));
      case "^": {
        const e = b.int;
        if (e !== undefined && e >= 0n && e <= 64n) return count(a.power(Number(e)));
        break;
      }
      default:
        return compareCounts(op, a, b);
    }
  }
  const [x, y] = [asNumber(l), asNumber(r)];
  if (x === undefined || y === undefined) return undefined;
  switch (op) {
    case "+":
      return number(x + y);
    case "-":
      return number(x - y);
    case "*":
      return number(x * y);
    case "/":
      return number(x / y);
    case "%":
      return number(x - Math.floor(x / y) * y);
    case "^":
      return number(x ** y);
    case "<=":
      return flag(x <= y);
    case "<":
      return flag(x < y);
    case ">=":
      return flag(x >= y);
    case ">":
      return flag(x > y);
    case "==":
      return flag(x === y);
    case "!=":
      return flag(x !== y);
    default:
      return undefined;
  }
}

function compareCounts(op: BinaryOp, a: Dim, b: Dim): Val | undefined {
  const condition = (left: Dim, relation: SizeCondition["relation"], right: Dim): Val => ({
    kind: "condition",
    all: [{ left, relation, right }],
  });
  const atMost = (x: Dim, y: Dim, strict: boolean): Val => {
    const answer = (strict ? x.plus(1) : x).atMost(y);
    return answer === "unknown" ? condition(x, strict ? "<" : "<=", y) : flag(answer === "yes");
  };
  switch (op) {
    case "<=":
      return atMost(a, b, false);
    case "<":
      return atMost(a, b, true);
    case ">=":
      return atMost(b, a, false);
    case ">":
      return atMost(b, a, true);
    case "==":
    case "!=": {
      const verdict = a.compare(b);
      if (verdict === "unknown") return op === "==" ? condition(a, "==", b) : unknown;
      return flag((verdict === "same") === (op === "=="));
    }
    default:
      return undefined;
  }
}

import type { Dim } from "../../dim/dim.js";

type Term = Dim["terms"][number];
type Atom = Term["monomial"]["factors"][number]["atom"];

/**
 * A size as JS source, exact below 2^53: all terms over one denominator, so that only whole numbers are added.
 * `name` says what a run-time size is called; a sum or quotient stands in parentheses where `tight`.
 */
export function sizeText(dim: Dim, name: (symbol: string) => string, tight = false): string {
  if (dim.isZero) return "0";
  const denominator = dim.terms.reduce((common, t) => lcm(common, t.coefficient[1]), 1n);
  let sum = "";
  for (const term of dim.terms) {
    const factor = (term.coefficient[0] * denominator) / term.coefficient[1];
    const text = termText(term, factor < 0n ? -factor : factor, name);
    sum += sum === "" ? (factor < 0n ? `-${text}` : text) : factor < 0n ? ` - ${text}` : ` + ${text}`;
  }
  const compound = dim.terms.length > 1;
  // Quotients by sizes are whole in sum only.
  if (dim.terms.some((t) => t.monomial.factors.some((f) => f.exponent < 0)))
    return `Math.round(${denominator === 1n ? sum : `(${sum}) / ${denominator}`})`;
  if (denominator !== 1n) {
    const quotient = `${compound ? `(${sum})` : sum} / ${denominator}`;
    return tight ? `(${quotient})` : quotient;
  }
  return tight && compound ? `(${sum})` : sum;
}

function termText(term: Term, coefficient: bigint, name: (symbol: string) => string): string {
  const above: string[] = [];
  const below: string[] = [];
  for (const { atom, exponent } of term.monomial.factors)
    for (let i = 0; i < Math.abs(exponent); i++) (exponent > 0 ? above : below).push(atomText(atom, name));
  if (coefficient !== 1n || above.length === 0) above.unshift(`${coefficient}`);
  return [above.join(" * "), ...below].join(" / ");
}

function atomText(atom: Atom, name: (symbol: string) => string): string {
  switch (atom.kind) {
    case "symbol":
      return name(atom.name);
    case "floor":
      return `Math.floor(${sizeText(atom.of, name)})`;
    case "mod": {
      const by = sizeText(atom.by, name, true);
      return `(((${sizeText(atom.of, name, true)} % ${by}) + ${by}) % ${by})`;
    }
    case "max":
    case "min":
      return `Math.${atom.kind}(${atom.of.map((d) => sizeText(d, name)).join(", ")})`;
    case "group":
      return sizeText(atom.of, name, true);
  }
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}

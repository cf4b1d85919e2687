import { Dim } from "./dim.js";
import { factorOut } from "./division.js";
import { type Atom, monomial } from "./monomial.js";

/** `12*seq^2 + 3*seq*past + 7`, `seq/2`, `floor((seq + 63)/64)`, `max(seq, 64)`. */
export function dimToString(dim: Dim): string {
  if (dim.isZero) return "0";
  let text = "";
  for (const { coefficient, monomial: product } of dim.terms) {
    const negative = coefficient[0] < 0n;
    const numerator = negative ? -coefficient[0] : coefficient[0];
    const above = product.factors.filter((f) => f.exponent > 0).map((f) => factor(f.atom, f.exponent));
    const below = product.factors.filter((f) => f.exponent < 0).map((f) => factor(f.atom, -f.exponent));
    if (numerator !== 1n || above.length === 0) above.unshift(`${numerator}`);
    if (coefficient[1] !== 1n) below.unshift(`${coefficient[1]}`);
    const divisor = below.length > 1 ? `/(${below.join("*")})` : below.length === 1 ? `/${below[0]}` : "";
    text += text === "" ? (negative ? "-" : "") : negative ? " - " : " + ";
    text += above.join("*") + divisor;
  }
  return text;
}

function factor(atom: Atom, exponent: number): string {
  return exponent === 1 ? atomToString(atom) : `${atomToString(atom)}^${exponent}`;
}

function atomToString(atom: Atom): string {
  switch (atom.kind) {
    case "symbol":
      return atom.name;
    case "floor":
      return `floor(${quotient(atom.of)})`;
    case "log":
      return `ceil_log2(${atom.of})`;
    case "mod":
      return `mod(${atom.of}, ${atom.by})`;
    case "max":
    case "min":
      return `${atom.kind}(${atom.of.join(", ")})`;
    case "group":
      return `(${atom.of})`;
  }
}

/** Over one denominator, as people write it. */
function quotient(dim: Dim): string {
  const { coefficient, monomial: common } = factorOut(dim).content.terms[0]!;
  const divisors = common.factors.filter((f) => f.exponent < 0);
  const inverse = divisors.map(({ atom, exponent }) => ({ atom, exponent: -exponent }));
  const below = Dim.fromTerms([{ coefficient: [coefficient[1], 1n], monomial: monomial(inverse) }]);
  if (below.isOne || dim.terms.length === 1) return `${dim}`;
  const divisor = `${below}`;
  return `(${dim.times(below)})/${/^\w+$/.test(divisor) ? divisor : `(${divisor})`}`;
}

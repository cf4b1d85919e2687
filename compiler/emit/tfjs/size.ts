import { Dim } from "../../dim/dim.js";

type Term = Dim["terms"][number];
type Atom = Term["monomial"]["factors"][number]["atom"];

type Name = (symbol: string) => string;

/**
 * A size as JS source, exact below 2^53: one quotient of whole numbers, so that nothing is rounded but by a `floor` of
 * the size itself. `name` says what a run-time size is called; a sum or quotient stands in parentheses where `tight`.
 */
export function sizeText(dim: Dim, name: Name, tight = false): string {
  if (dim.isZero) return "0";
  const below = denominator(dim);
  const numerator = below.isOne ? dim : dim.times(below);
  const sum = numerator.terms.map((term, i) => {
    const [coefficient] = term.coefficient;
    const text = termText(term, coefficient < 0n ? -coefficient : coefficient, name);
    if (i === 0) return coefficient < 0n ? `-${text}` : text;
    return coefficient < 0n ? ` - ${text}` : ` + ${text}`;
  });
  const text = sum.length > 1 && (tight || !below.isOne) ? `(${sum.join("")})` : sum.join("");
  if (below.isOne) return text;
  const divisor = sizeText(below, name, true);
  const quotient = `${text} / ${/^(\w+|\(.*\))$/.test(divisor) ? divisor : `(${divisor})`}`;
  return tight ? `(${quotient})` : quotient;
}

/** What a size is multiplied by to have neither fractions nor quotients. */
function denominator(dim: Dim): Dim {
  const powers = new Map<string, { readonly atom: Atom; readonly exponent: number }>();
  let whole = 1n;
  for (const { coefficient, monomial } of dim.terms) {
    whole = lcm(whole, coefficient[1]);
    for (const { atom, exponent } of monomial.factors)
      if (-exponent > (powers.get(atom.key)?.exponent ?? 0))
        powers.set(atom.key, { atom, exponent: -exponent });
  }
  return Dim.product([
    Dim.of(whole),
    // A group is a sum that stands for itself.
    ...[...powers.values()].map(({ atom, exponent }) =>
      (atom.kind === "group" ? atom.of : Dim.atom(atom)).power(exponent),
    ),
  ]);
}

function termText(term: Term, coefficient: bigint, name: Name): string {
  const factors = term.monomial.factors.flatMap(({ atom, exponent }) =>
    new Array<string>(exponent).fill(atomText(atom, name)),
  );
  if (coefficient !== 1n || factors.length === 0) factors.unshift(`${coefficient}`);
  return factors.join(" * ");
}

function atomText(atom: Atom, name: Name): string {
  switch (atom.kind) {
    case "symbol":
      return name(atom.name);
    case "floor":
      return `Math.floor(${sizeText(atom.of, name)})`;
    case "log":
      return `Math.ceil(Math.log2(Math.max(1, ${sizeText(atom.of, name)})))`;
    case "mod": {
      const by = operandText(atom.by, name);
      return `(((${operandText(atom.of, name)} % ${by}) + ${by}) % ${by})`;
    }
    case "max":
    case "min":
      return `Math.${atom.kind}(${atom.of.map((d) => sizeText(d, name)).join(", ")})`;
    case "group":
      return sizeText(atom.of, name, true);
  }
}

/** As an operand of `%`, which binds as `*` does, from left to right. */
function operandText(dim: Dim, name: Name): string {
  const text = sizeText(dim, name, true);
  return dim.terms.length === 1 && text.includes(" * ") ? `(${text})` : text;
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}

/** About how many elements a tensor of this shape has, at these sizes. */
export function countElements(dims: readonly Dim[], typical: Readonly<Record<string, number>>): number {
  return dims.reduce((product, dim) => {
    const sizes = Object.fromEntries([...dim.symbols].map((name) => [name, typical[name] ?? 16]));
    const [numerator, denominator] = dim.evaluate(sizes);
    return product * (Number(numerator) / Number(denominator));
  }, 1);
}

import { Dim, type Term } from "../../dim/dim.js";
import type { Atom } from "../../dim/monomial.js";
import type { Emitter } from "./emitter.js";

/** Where a run-time size can be read: an axis of one of the graph's inputs. */
export interface SizeSource {
  readonly input: string;
  readonly axis: number;
}

/** Run-time sizes as int64 tensors of one element, each computed once, in front of everything else. */
export class DimScalars {
  private readonly sources = new Map<string, SizeSource>();
  private readonly known = new Map<string, string>();
  /** Sizes that no input shows: inputs of their own, int64 [1], named as they are. */
  readonly asked: string[] = [];

  constructor(private readonly emitter: Emitter) {}

  /** Says where sizes can be read; the first place of each counts. */
  learn(input: string, shape: readonly Dim[]): void {
    shape.forEach((dim, axis) => {
      const [name] = dim.symbols;
      if (name === undefined || this.sources.has(name)) return;
      if (isSymbol(dim)) this.sources.set(name, { input, axis });
    });
  }

  /** int64 [1]. */
  size(dim: Dim): string {
    if (dim.int !== undefined) return this.emitter.ints([Number(dim.int)]);
    return this.once(dim.key, () => this.compute(dim));
  }

  /** int64 []. */
  scalar(dim: Dim): string {
    if (dim.int !== undefined) return this.emitter.scalar("i32", Number(dim.int));
    const size = this.size(dim);
    return this.once(`scalar ${dim.key}`, () =>
      this.emitter.op("Squeeze", [size, this.emitter.ints([0])], {}, `${dim} scalar`),
    );
  }

  /** int64 [n]. */
  vector(dims: readonly Dim[]): string {
    if (dims.every((d) => d.int !== undefined)) return this.emitter.ints(dims.map((d) => Number(d.int)));
    if (dims.length === 1) return this.size(dims[0]!);
    const parts = dims.map((d) => this.size(d));
    return this.once(`vector ${dims.map((d) => d.key)}`, () =>
      this.emitter.op("Concat", parts, { axis: 0 }, `[${dims.join(", ")}]`),
    );
  }

  private once(key: string, make: () => string): string {
    let name = this.known.get(key);
    if (name === undefined) {
      name = this.emitter.first(make);
      this.known.set(key, name);
    }
    return name;
  }

  private compute(dim: Dim): string {
    const [name] = dim.symbols;
    if (name !== undefined && isSymbol(dim)) {
      const source = this.sources.get(name);
      if (!source) {
        this.asked.push(name);
        return name;
      }
      const { input, axis } = source;
      return this.emitter.op("Shape", [input], { start: axis, end: axis + 1 }, name);
    }
    const { above, below } = fraction(dim);
    const hint = dim.toString();
    if (!below.isOne) return this.emitter.op("Div", [this.size(above), this.size(below)], {}, hint);
    return above.terms
      .map((term) => this.term(term))
      .reduce((sum, term) => this.emitter.op("Add", [sum, term], {}, hint));
  }

  private term({ coefficient, monomial }: Term): string {
    const factors = monomial.factors.flatMap(({ atom, exponent }) =>
      Array.from({ length: exponent }, () => this.atom(atom)),
    );
    if (coefficient[0] !== 1n || factors.length === 0)
      factors.push(this.emitter.ints([Number(coefficient[0])]));
    return factors.reduce((product, factor) => this.emitter.op("Mul", [product, factor], {}, "product"));
  }

  private atom(atom: Atom): string {
    const self = Dim.atom(atom);
    switch (atom.kind) {
      case "symbol":
        return this.size(self);
      case "floor": {
        const { above, below } = fraction(atom.of);
        return this.once(self.key, () => {
          // Div rounds towards zero: take the remainder off first.
          const a = this.size(above);
          const b = this.size(below);
          const rest = this.emitter.op("Mod", [a, b], {}, "rest");
          return this.emitter.op("Div", [this.emitter.op("Sub", [a, rest], {}, "rounded"), b], {}, `${self}`);
        });
      }
      case "log":
        // Costs alone have logarithms; no axis of a tensor is as long as one.
        throw new Error(`the size ${self} has no ONNX form`);
      case "mod":
        return this.once(self.key, () =>
          this.emitter.op("Mod", [this.size(atom.of), this.size(atom.by)], {}, `${self}`),
        );
      case "max":
      case "min":
        return this.once(self.key, () =>
          this.emitter.op(
            atom.kind === "max" ? "Max" : "Min",
            atom.of.map((d) => this.size(d)),
            {},
            `${self}`,
          ),
        );
      case "group":
        return this.size(atom.of);
    }
  }
}

function isSymbol(dim: Dim): boolean {
  const [term, more] = dim.terms;
  if (!term || more || term.coefficient[0] !== 1n || term.coefficient[1] !== 1n) return false;
  const [factor, other] = term.monomial.factors;
  return factor !== undefined && !other && factor.exponent === 1 && factor.atom.kind === "symbol";
}

/** Whole coefficients and positive exponents above, the rest below. */
function fraction(dim: Dim): { above: Dim; below: Dim } {
  let below = Dim.one;
  for (;;) {
    const negative = dim.terms.flatMap((t) => t.monomial.factors).find((f) => f.exponent < 0);
    if (!negative) break;
    // A group is multiplied by its sum, which cancels it.
    const { atom, exponent } = negative;
    const factor = (atom.kind === "group" ? atom.of : Dim.atom(atom)).power(-exponent);
    dim = dim.times(factor);
    below = below.times(factor);
  }
  const common = dim.terms.reduce((l, t) => lcm(l, t.coefficient[1]), 1n);
  return { above: dim.scale([common, 1n]), below: below.scale([common, 1n]) };
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}

/** Axes of size 1 to add, or to drop, where that is all the difference. */
export function unitAxes(
  from: readonly Dim[],
  to: readonly Dim[],
): { add?: number[]; drop?: number[] } | undefined {
  if (from.length === to.length) return undefined;
  const grows = to.length > from.length;
  const [long, short] = grows ? [to, from] : [from, to];
  const extra: number[] = [];
  let at = 0;
  long.forEach((d, i) => {
    if (at < short.length && d.equals(short[at]!)) at++;
    else extra.push(i);
  });
  if (at !== short.length || extra.some((i) => !long[i]!.isOne)) return undefined;
  return grows ? { add: extra } : { drop: extra };
}

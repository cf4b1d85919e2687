import { Dim } from "../../dim/dim.js";
import type { NodeOf, Value } from "../../ir/graph.js";
import type { Body } from "./body.js";
import { projectHeads } from "./heads.js";
import { type Code, code, type Variable } from "./lines.js";
import { mostAxes, reshape, transpose } from "./structure.js";

interface Plan {
  /** Which operand stands first in the product: 0 or 1. */
  readonly first: 0 | 1;
  readonly batch: string;
  readonly rows: string;
  readonly contracted: string;
  readonly columns: string;
  /** The second matrix stands as [columns, contracted], which a flag of the product tells. */
  readonly turned: boolean;
}

const only = (letters: string, keep: (letter: string) => boolean) => [...letters].filter(keep).join("");
const inOrderOf = (letters: string, order: string) => only(order, (l) => letters.includes(l));
const permutation = (from: string, to: string) => [...to].map((l) => from.indexOf(l));

/**
 * Every einsum is transposes around one matrix product. Which operand comes first and in which order its letters are
 * folded is free, and the second may stand turned; the plan that moves the fewest elements wins.
 */
function plans(a: string, b: string, out: string): readonly Plan[] {
  const found: Plan[] = [];
  for (const first of [0, 1] as const) {
    const [x, y] = first === 0 ? [a, b] : [b, a];
    const shared = only(x, (l) => y.includes(l));
    const kept = only(shared, (l) => out.includes(l));
    const summed = only(shared, (l) => !out.includes(l));
    const left = only(x, (l) => !y.includes(l));
    const right = only(y, (l) => !x.includes(l));
    for (const batch of [out, x, y])
      for (const contracted of [x, y])
        for (const rows of [out, x])
          for (const columns of [out, y])
            for (const turned of summed === "" ? [false] : [false, true])
              found.push({
                first,
                batch: inOrderOf(kept, batch),
                contracted: inOrderOf(summed, contracted),
                rows: inOrderOf(left, rows),
                columns: inOrderOf(right, columns),
                turned,
              });
  }
  return found;
}

/** A value that is added to a product, and the sum. */
interface Added {
  readonly shift: Value;
  readonly sum: Value;
}

/**
 * Lowers an einsum, or the sum of one and a shift of its columns: that is added before the product is put in order,
 * where it is the end of a row. False where the shift is of another kind; then nothing is bound.
 */
export function lowerEinsum(body: Body, node: NodeOf<"einsum">, added?: Added): boolean {
  const [operands, out] = node.attrs.equation.split("->") as [string, string];
  const [a, b] = operands.split(",") as [string, string];
  const size = new Map<string, Dim>();
  [a, b].forEach((letters, i) => {
    [...letters].forEach((l, axis) => {
      size.set(l, node.inputs[i]!.shape[axis]!);
    });
  });
  const dims = (letters: string) => [...letters].map((l) => size.get(l)!);
  const total = (letters: string) => Dim.product(dims(letters));

  const moves = (from: string, to: string) => {
    const real = only(to, (l) => !size.get(l)!.isOne);
    return real === inOrderOf(real, from) ? 0 : body.elements(dims(from));
  };
  const second = ({ contracted, columns, turned }: Plan) =>
    (turned ? [columns, contracted] : [contracted, columns]) as [string, string];
  const cost = (plan: Plan) => {
    const { first, batch, rows, contracted, columns } = plan;
    const [x, y] = first === 0 ? [a, b] : [b, a];
    const order = batch + second(plan).join("");
    // On wasm the storage of a right operand must not come in two shapes: its kernel keeps the matrix that it first
    // saw. A transpose that moves nothing would be a second shape, so telling that it stands turned is better.
    const reshaped = order === y ? 0 : 0.5;
    return (
      moves(x, batch + rows + contracted) + moves(y, order) + reshaped + moves(batch + rows + columns, out)
    );
  };
  let plan: Plan | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of plans(a, b, out)) {
    const price = cost(candidate);
    if (price < least) [plan, least] = [candidate, price];
  }
  const { first, batch, rows, contracted, columns, turned } = plan!;
  const values = first === 0 ? node.inputs : [node.inputs[1]!, node.inputs[0]!];
  const [x, y] = first === 0 ? [a, b] : [b, a];
  const name = node.outputs[0]!.name || "product";

  const shift = added && batch === "" ? shiftOf(body, added.shift, out, columns, size) : undefined;
  if (added && !shift) return false;

  // As many axes as tfjs multiplies stay as they are: on TensorFlow each reshape costs as much as an addition.
  const wide = [...batch].filter((l) => !size.get(l)!.isOne);
  const stack = wide.length > mostAxes - 2 ? [total(batch)] : wide.map((l) => size.get(l)!);
  // The rows of a single matrix may be axes of their own.
  const rowDims =
    batch === "" && rows !== "" && rows.length < mostAxes ? dims(rows) : [...stack, total(rows)];
  const [p, q] = values as [(typeof values)[number], (typeof values)[number]];
  const order = batch + rows + contracted;
  const left = reshape(
    body,
    transpose(body, body.tensor(p), dims(x), permutation(x, order), p.name || "left"),
    dims(order),
    [...rowDims, total(contracted)],
    p.name || "left",
  );
  const single = batch === "" && contracted !== "";
  const isWeight = body.tensor(q).fixed !== undefined;
  // A matrix by which rows in two axes are multiplied has as many: TensorFlow spreads it for each product otherwise.
  const lead = single && isWeight && !turned && rowDims.length === 2 ? [Dim.one] : stack;
  const [height, width] = second(plan!);
  const right = reshape(
    body,
    transpose(body, body.tensor(q), dims(y), permutation(y, batch + height + width), q.name || "right"),
    dims(batch + height + width),
    [...lead, total(height), total(width)],
    q.name || "right",
  );
  const inHeads =
    rows.length === 2 && columns.length === 2 && out === `${rows[0]}${columns[0]}${rows[1]}${columns[1]}`;
  const headSize = inHeads ? size.get(columns[1]!)! : headWidth(body, node);
  const laid = single && !turned && !left.fixed ? laidOut(body, right, headSize?.int) : undefined;
  if (laid && inHeads) {
    const heads = projectHeads(body, { left, laid, shift }, size.get(columns[0]!)!);
    body.bind(added?.sum ?? node.outputs[0]!, body.line(heads, name));
    return true;
  }
  const source = productOf(body, left, right, { single, turned, contracted, shift, laid });
  const product = body.made(source, name, [...rowDims, total(columns)]);
  if (laid && rowDims.length === 2) body.projected.set(product, { left, laid, shift });
  const made = batch + rows + columns;
  const apart = reshape(body, product, [...rowDims, total(columns)], dims(made), name);
  body.bind(added?.sum ?? node.outputs[0]!, transpose(body, apart, dims(made), permutation(made, out), name));
  return true;
}

/** What is added to a result of the letters `out`, as one row of `columns`, if it is that. */
function shiftOf(
  body: Body,
  value: Value,
  out: string,
  columns: string,
  size: ReadonlyMap<string, Dim>,
): Variable | undefined {
  const { shape } = value;
  const letters = out.slice(out.length - shape.length);
  const wide = only(letters, (l) => !shape[letters.indexOf(l)]!.isOne);
  if (shape.length > out.length || wide !== only(columns, (l) => !size.get(l)!.isOne)) return undefined;
  const row = Dim.product([...columns].map((l) => size.get(l)!));
  return reshape(body, body.tensor(value), shape, [row], value.name || "shift");
}

/** Columns of a head, where a product is shared out among heads. */
function headWidth(body: Body, node: NodeOf<"einsum">): Dim | undefined {
  return [...body.heads.values()].find(({ product }) => product === node)?.width;
}

/** A weight laid out once, when the model is loaded, as the backend is fast with it; undefined where it is no weight. */
function laidOut(body: Body, right: Variable, width: bigint | undefined): Variable | undefined {
  if (!right.fixed) return undefined;
  const known = body.laid.get(right);
  if (known) return known;
  const heads = width === undefined ? "" : `, ${width}, true`;
  const laid = body.made(code`${body.helper("laid")}(tf, ${right}${heads})`, right.hint, right.fixed.shape);
  body.laid.set(right, laid);
  return laid;
}

interface Product {
  readonly single: boolean;
  readonly turned: boolean;
  readonly contracted: string;
  readonly shift: Variable | undefined;
  readonly laid: Variable | undefined;
}

/** The product itself, and the shift; wasm has a fast one for two matrices that stand as they are, and helpers that lead to it. */
function productOf(
  body: Body,
  left: Variable,
  right: Variable,
  { single, turned, contracted, shift, laid }: Product,
): Code {
  if (laid) {
    for (const helper of ["times", "blocksOf"] as const) body.helper(helper);
    return code`${body.helper("project")}(tf, ${left}, ${laid}${shift ? code`, ${shift}` : ""})`;
  }
  if (single) {
    const rest = turned ? code`, ${shift ?? "undefined"}, true` : shift ? code`, ${shift}` : "";
    return code`${body.helper("times")}(tf, ${left}, ${right}${rest})`;
  }
  if (contracted !== "")
    return code`${body.helper("products")}(tf, ${left}, ${right}${turned ? ", true" : ""})`;
  const outer = code`tf.mul(${left}, ${right})`;
  return shift ? code`tf.add(${outer}, ${shift})` : outer;
}

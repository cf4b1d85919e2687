import { Dim } from "../../dim/dim.js";
import type { Emitter } from "./emitter.js";
import type { Lower } from "./lower.js";
import { named, type Ref } from "./ref.js";

/** An operand as the plan sees it: without axes of size 1, one letter per axis. */
interface Operand {
  readonly ref: Ref;
  readonly letters: string;
}

/** A product of two matrices (or stacks of them): x as [batch, rows, inner], y as [batch, inner, columns]. */
interface Plan {
  readonly x: Operand;
  readonly y: Operand;
  readonly batch: string;
  readonly rows: string;
  readonly inner: string;
  readonly columns: string;
  /** `y` stands as [columns, inner]: a weight is turned once by the runtime, another is read so by Gemm. */
  readonly flipped: boolean;
  readonly cost: number;
}

/** A weight would be copied, and kept twice, by the runtime. */
const COPY_WEIGHT = 100;
const COPY = 2;
/** Runtimes fuse a swap of the last two axes into the product. */
const SWAP = 1;
const FLATTEN = 0.5;

/** Any einsum as one MatMul, Gemm or Mul, with as few transposes as can be; reshapes cost nothing at run time. */
export const einsum: Lower<"einsum"> = (e, node, inputs) => {
  const [left, output] = node.attrs.equation.replaceAll(" ", "").split("->") as [string, string];
  const sizes = new Map<string, Dim>();
  const operands = left.split(",").map((letters, i) => {
    const { shape } = node.inputs[i]!;
    [...letters].forEach((letter, axis) => {
      sizes.set(letter, shape[axis]!);
    });
    return { letters, ref: inputs[i]! };
  });
  const dims = (letters: string): Dim[] => [...letters].map((letter) => sizes.get(letter)!);
  const long = (letters: string): string => [...letters].filter((l) => !sizes.get(l)!.isOne).join("");
  const [a, b] = operands.map(({ letters, ref }) => ({
    letters: long(letters),
    ref: e.reshape(ref, dims(letters), dims(long(letters))),
  })) as [Operand, Operand];
  const out = long(output);
  const inner = [...a.letters].filter((l) => b.letters.includes(l) && !out.includes(l)).join("");
  const result = inner === "" ? multiply(e, a, b, out, dims) : contract(e, best(a, b, inner, out), out, dims);
  return [e.reshape(named(result), dims(out), dims(output))];
};

type Dims = (letters: string) => Dim[];

function multiply(e: Emitter, a: Operand, b: Operand, out: string, dims: Dims): string {
  const [x, y] = [a, b].map((operand) => {
    const order = only(out, operand.letters);
    const moved = arrange(e, operand, order);
    // Leading axes are added by broadcasting.
    const first = Math.max(0, out.indexOf(order[0] ?? ""));
    const spread = [...out.slice(first)].map((l) => (order.includes(l) ? dims(l)[0]! : Dim.one));
    return e.name(e.reshape(moved, dims(order), order === "" ? [] : spread));
  }) as [string, string];
  return e.op("Mul", [x, y]);
}

/** The cheapest way among all orders of the groups that an operand or the result has already. */
function best(a: Operand, b: Operand, inner: string, out: string): Plan {
  const batch = only(only(out, a.letters), b.letters);
  let found: Plan | undefined;
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const) {
    const rows = without(without(x.letters, inner), batch);
    const columns = without(without(y.letters, inner), batch);
    for (const order of [only(x.letters, inner), only(y.letters, inner)]) {
      for (const shared of [batch, only(x.letters, batch), only(y.letters, batch)]) {
        for (const down of [rows, only(out, rows)]) {
          for (const across of [columns, only(out, columns)]) {
            const plan = price(x, y, { batch: shared, rows: down, inner: order, columns: across }, out);
            if (!found || plan.cost < found.cost) found = plan;
          }
        }
      }
    }
  }
  return found!;
}

type Groups = Pick<Plan, "batch" | "rows" | "inner" | "columns">;

function price(x: Operand, y: Operand, groups: Groups, out: string): Plan {
  const { batch, rows, inner, columns } = groups;
  const flipped = batch === "" && rows !== "" && columns !== "" && y.letters === columns + inner;
  const copy = (operand: Operand, order: string, swapped: string): number => {
    if (operand.letters === order) return 0;
    if (operand.ref.kind === "stored") return COPY_WEIGHT;
    return operand.letters === swapped ? SWAP : COPY;
  };
  const forX = copy(x, batch + rows + inner, batch + inner + rows);
  const forY = flipped ? FLATTEN : copy(y, batch + inner + columns, batch + columns + inner);
  const forOut = batch + rows + columns === out ? 0 : COPY;
  return { x, y, ...groups, flipped, cost: forX + forY + forOut };
}

function contract(e: Emitter, plan: Plan, out: string, dims: Dims): string {
  const { batch, rows, inner, columns } = plan;
  const depth = Dim.product(dims(inner));
  const width = Dim.product(dims(columns));
  const height = Dim.product(dims(rows));
  const shared = dims(batch);
  const xOrder = batch + rows + inner;
  const x = arrange(e, plan.x, xOrder);
  const natural = batch + rows + columns;
  let product: string;
  let shape: Dim[];
  if (plan.flipped && plan.y.ref.kind === "stored") {
    // Runtimes turn a constant once; Gemm would need rows in one axis, and its result copied into several.
    const y = e.op("Transpose", [e.name(e.reshape(plan.y.ref, dims(plan.y.letters), [width, depth]))], {
      perm: [1, 0],
    });
    const left = e.reshape(x, dims(xOrder), [...dims(rows), depth]);
    product = e.op("MatMul", [e.name(left), y]);
    shape = [...dims(rows), width];
  } else if (plan.flipped) {
    const flat = e.name(e.reshape(x, dims(xOrder), [height, depth]));
    const y = e.name(e.reshape(plan.y.ref, dims(plan.y.letters), [width, depth]));
    product = e.op("Gemm", [flat, y], { transB: 1 });
    shape = [height, width];
  } else {
    const yOrder = batch + inner + columns;
    const y = e.reshape(arrange(e, plan.y, yOrder), dims(yOrder), [...shared, depth, width]);
    // A plain matrix takes any number of rows' axes as they are.
    const down = batch === "" && rows !== "" ? dims(rows) : [height];
    const left = e.reshape(x, dims(xOrder), [...shared, ...down, depth]);
    product = e.op("MatMul", [e.name(left), e.name(y)]);
    shape = [...shared, ...down, width];
  }
  const result = e.reshape(named(product), shape, dims(natural));
  return e.name(arrange(e, { ref: result, letters: natural }, out));
}

function arrange(e: Emitter, operand: Operand, order: string): Ref {
  const { letters, ref } = operand;
  if (letters === order) return ref;
  return named(e.op("Transpose", [e.name(ref)], { perm: [...order].map((l) => letters.indexOf(l)) }));
}

function only(letters: string, kept: string): string {
  return [...letters].filter((l) => kept.includes(l)).join("");
}

function without(letters: string, dropped: string): string {
  return [...letters].filter((l) => !dropped.includes(l)).join("");
}

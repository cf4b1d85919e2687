import type { Span } from "../../grammar/ast.js";
import type { DType } from "../ir/graph.js";
import type { OpName } from "../ops/index.js";
import type { Scope } from "./scope.js";
import { align, cast, scalarOf, sizeOf } from "./tensors.js";
import { kindOf, showShape, type Tensor, tensorVal, unknown, type Val } from "./values.js";

/** One operand of an elementwise form, with the place it was written. */
export interface Operand {
  readonly val: Val;
  readonly span: Span;
}

/** `want`: the axes of the result where its shape was written, which allows spreading and reordering. */
export type Want = readonly string[] | undefined;

/**
 * The axes over which operands meet by name: those of the operand that contains all others, or the written ones.
 * Reports and answers undefined where there are none.
 */
export function meet(
  scope: Scope,
  span: Span,
  tensors: readonly { tensor: Tensor; span: Span }[],
  want: Want,
): readonly string[] | undefined {
  const all = new Set(tensors.flatMap((t) => t.tensor.axes));
  const widest = tensors.reduce((a, b) => (b.tensor.axes.length > a.tensor.axes.length ? b : a));
  for (const name of all) {
    const holders = tensors.filter((t) => t.tensor.axes.includes(name));
    for (const h of holders.slice(1)) {
      const a = sizeOf(holders[0]!.tensor, name);
      const b = sizeOf(h.tensor, name);
      const verdict = a.compare(b);
      if (verdict === "different") {
        scope.tracer.report(
          "shape/operands-differ",
          { axis: name, left: String(a), right: String(b) },
          span,
          {
            labels: [
              { span: holders[0]!.span, text: showShape(holders[0]!.tensor) },
              { span: h.span, text: showShape(h.tensor) },
            ],
          },
        );
        return undefined;
      }
      if (verdict === "unknown") scope.tracer.assume(a, "==", b, `axis ${name} has one size`, span);
    }
  }
  if (widest.tensor.axes.length === all.size) {
    const order = want?.every((a) => all.has(a)) && want.length === all.size ? want : widest.tensor.axes;
    return order;
  }
  if (want && [...all].every((a) => want.includes(a))) return want.filter((a) => all.has(a));
  const [a, b] = [
    tensors[0]!,
    tensors.find((t) => t.tensor.axes.some((x) => !tensors[0]!.tensor.axes.includes(x))) ?? tensors[1]!,
  ];
  scope.tracer.report(
    "shape/operands-do-not-meet",
    { left: axesText(a.tensor), right: axesText(b.tensor), example: [...all].map(plain).join(" ") },
    span,
    {
      labels: [
        { span: a.span, text: showShape(a.tensor) },
        { span: b.span, text: showShape(b.tensor) },
      ],
    },
  );
  return undefined;
}

const plain = (axis: string): string => (axis.startsWith("..") ? ".." : axis);

const axesText = (t: Tensor): string => `[${[...new Set(t.axes.map(plain))].join(" ")}]`;

/** A static scalar or a tensor as a tensor of the dtype; undefined (reported) for other kinds. */
export function toTensor(scope: Scope, operand: Operand, dtype?: DType): Tensor | undefined {
  const { val, span } = operand;
  const b = scope.builder;
  if (val.kind === "tensor") {
    const value = b.use(val.tensor.value);
    return { value: dtype ? cast(b, value, dtype) : value, axes: val.tensor.axes };
  }
  if (val.kind === "count") {
    const whole = val.dim.whole !== "no";
    return { value: scalarOf(b, val.dim, dtype ?? (whole ? "i32" : "f32")), axes: [] };
  }
  if (val.kind === "number") return { value: b.scalar(val.value, dtype ?? "f32"), axes: [] };
  if (val.kind === "flag") return { value: b.scalar(val.value ? 1 : 0, dtype ?? "bool"), axes: [] };
  if (val.kind !== "unknown") {
    scope.tracer.report("kind/expected", { expected: "a tensor or a number", found: kindOf(val) }, span);
  }
  return undefined;
}

/** What to write where a flag is wanted and another value stands. */
export function flagHelps(val: Val): readonly string[] {
  if (val.kind === "tensor")
    return val.tensor.value.dtype === "bool"
      ? [
          "a branch is chosen when the model is built; by the numbers of a run, values are chosen with `where(c, a, b)`",
        ]
      : [
          "whether a tensor is given is `x != none`; its numbers are compared, `x > 0`, and choose with `where(c, a, b)`",
        ];
  if (val.kind === "instance" || val.kind === "recipe" || val.kind === "none")
    return ["whether something is given is `x != none`"];
  return val.kind === "count" || val.kind === "number" ? ["numbers are compared: `n > 0`"] : [];
}

/** An elementwise op over operands that meet by name; scalars spread. */
export function elementwise(
  scope: Scope,
  op: OpName,
  operands: readonly Operand[],
  dtype: DType | readonly DType[],
  span: Span,
  want: Want,
): Val {
  const tensors: { tensor: Tensor; span: Span }[] = [];
  for (const [i, operand] of operands.entries()) {
    const tensor = toTensor(scope, operand, typeof dtype === "string" ? dtype : dtype[i]!);
    if (!tensor) return unknown;
    tensors.push({ tensor, span: operand.span });
  }
  for (const { val } of operands) {
    const all = val.kind === "tensor" ? scope.tracer.overAll.get(val.tensor.value) : undefined;
    if (!all || !tensors.some((t) => t.tensor.axes.some((a) => a.startsWith("..")))) continue;
    scope.tracer.report(
      "builtin/over-all-axes",
      { name: all.name, axes: all.axes.filter((a) => !a.startsWith("..")) },
      all.span,
    );
    scope.tracer.overAll.delete((val as Val & { kind: "tensor" }).tensor.value);
  }
  const axes = meet(scope, span, tensors, want);
  if (!axes) return unknown;
  const b = scope.builder;
  const values = tensors.map((t) => align(b, t.tensor, axes));
  return tensorVal(b.op(op as "add", values, {}), axes);
}

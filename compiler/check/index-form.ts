import type { Index, Subscript } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import { Dim } from "../dim/dim.js";
import { binary } from "./arithmetic.js";
import { evaluate } from "./expressions.js";
import type { Scope } from "./scope.js";
import { asWhole, wholeCount } from "./shapes.js";
import { gather, merge, pick, reorder, sizeOf, slice } from "./tensors.js";
import { count, kindOf, type Tensor, tensorVal, unknown, type Val } from "./values.js";

/** `x[T = 0]`, `x[T = 2 ..< 5 -> N]`, `x[T = i]`, `list[i]`: the one index form. */
export function evaluateIndex(expr: Index, scope: Scope): Val {
  const target = evaluate(expr.target, scope);
  if (target.kind === "unknown" || target.kind === "hole") return unknown;
  if (target.kind === "list" || target.kind === "tuple") return element(expr, target.items, scope);
  if (target.kind !== "tensor") {
    scope.tracer.report(
      "kind/expected",
      { expected: "a tensor or a list to index", found: kindOf(target) },
      expr.target.span,
    );
    return unknown;
  }
  let tensor: Tensor = { value: scope.builder.use(target.tensor.value), axes: target.tensor.axes };
  const gathers: { axis: string; index: Tensor }[] = [];
  for (const subscript of expr.subscripts) {
    const axis = subscript.axis;
    if (!axis) {
      scope.tracer.report(
        "index/needs-axis",
        { axes: tensor.axes.filter((a) => !a.startsWith("..")) },
        subscript.span,
      );
      return unknown;
    }
    if (!tensor.axes.includes(axis.text)) {
      const names = tensor.axes.filter((a) => !a.startsWith(".."));
      scope.tracer.report(
        "index/no-such-axis",
        { axis: axis.text, near: nearest(axis.text, names), axes: names },
        axis.span,
      );
      return unknown;
    }
    if (subscript.kind === "slice") {
      const cut = range(scope, tensor, subscript);
      if (!cut) return unknown;
      tensor = cut;
      continue;
    }
    const mapped = loopPlace(scope, tensor, axis.text, subscript);
    if (mapped) {
      tensor = mapped;
      continue;
    }
    const at = evaluate(subscript.index, scope);
    if (at.kind === "unknown" || at.kind === "hole") return unknown;
    if (at.kind === "tensor") {
      if (at.tensor.value.dtype !== "i32") {
        scope.tracer.report(
          "kind/expected",
          { expected: "an int tensor as index", found: kindOf(at) },
          subscript.index.span,
        );
        return unknown;
      }
      gathers.push({
        axis: axis.text,
        index: { value: scope.builder.use(at.tensor.value), axes: at.tensor.axes },
      });
      continue;
    }
    const place = asWhole(scope, at, subscript.index.span, "an index");
    if (!place) return unknown;
    const size = sizeOf(tensor, axis.text);
    if (place.plus(1).atMost(size) === "no") {
      scope.tracer.report(
        "index/out-of-range",
        { axis: axis.text, index: String(place), size: String(size) },
        subscript.index.span,
      );
      return unknown;
    }
    tensor = pick(scope.builder, tensor, axis.text, place);
  }
  return gathers.length === 0
    ? tensorVal(tensor.value, tensor.axes)
    : gatherAll(scope, tensor, gathers, expr);
}

/** Several indices gather together: as one index into their axes merged. */
function gatherAll(
  scope: Scope,
  tensor: Tensor,
  gathers: readonly { axis: string; index: Tensor }[],
  expr: Index,
): Val {
  const first = gathers[0]!;
  const clash = gathers.flatMap((g) => g.index.axes).find((a) => gathers.some((g) => g.axis === a));
  let index: Val = tensorVal(first.index.value, first.index.axes);
  for (const g of gathers.slice(1)) {
    const size = count(sizeOf(tensor, g.axis));
    index = binary(
      scope,
      "*",
      { val: index, span: expr.span },
      { val: size, span: expr.span },
      expr.span,
      undefined,
    );
    index = binary(
      scope,
      "+",
      { val: index, span: expr.span },
      { val: tensorVal(g.index.value, g.index.axes), span: expr.span },
      expr.span,
      undefined,
    );
  }
  if (index.kind !== "tensor") return unknown;
  let source = tensor;
  let axis = first.axis;
  if (gathers.length > 1) {
    axis = "'gathered";
    source = merge(
      scope.builder,
      tensor,
      gathers.map((g) => g.axis),
      axis,
    );
  } else if (clash) {
    // `x[T = i]` with `i: [T …]`: the index's own T stands in the place of x's.
    axis = "'gathered";
    source = { value: tensor.value, axes: tensor.axes.map((a) => (a === first.axis ? axis : a)) };
  }
  const result = gather(scope.builder, source, axis, index.tensor);
  return tensorVal(result.value, result.axes);
}

function element(expr: Index, items: readonly Val[], scope: Scope): Val {
  const [subscript] = expr.subscripts;
  if (expr.subscripts.length !== 1 || !subscript || subscript.kind !== "at" || subscript.axis) {
    scope.tracer.report("index/list", {}, expr.span);
    return unknown;
  }
  const at = wholeCount(scope, subscript.index, "an index");
  const i = at?.int;
  if (i === undefined) return unknown;
  const item = items[Number(i)];
  if (!item)
    scope.tracer.report(
      "index/out-of-range",
      { axis: "", index: String(i), size: String(items.length) },
      subscript.index.span,
    );
  return item ?? unknown;
}

function range(scope: Scope, tensor: Tensor, s: Subscript & { kind: "slice" }): Tensor | undefined {
  const size = sizeOf(tensor, s.axis.text);
  const start = wholeCount(scope, s.from, "the start of a slice");
  let end = s.to ? wholeCount(scope, s.to, "the end of a slice") : size;
  if (!start || !end) return undefined;
  if (s.to && s.inclusive) end = end.plus(1);
  const length = end.minus(start);
  if (Dim.of(0).atMost(length) === "no" || end.atMost(size) === "no") {
    scope.tracer.report(
      "index/slice-out-of-range",
      { axis: s.axis.text, start: String(start), end: String(end), size: String(size) },
      s.span,
    );
    return undefined;
  }
  if (end.atMost(size) === "unknown")
    scope.tracer.assume(end, "<=", size, `a slice of axis ${s.axis.text} lies inside it`, s.span);
  if (Dim.of(0).atMost(length) === "unknown")
    scope.tracer.assume(start, "<=", end, `a slice of axis ${s.axis.text} has a length`, s.span);
  const as = s.as?.text ?? s.axis.text;
  if (as !== s.axis.text && tensor.axes.includes(as)) {
    scope.tracer.report("shape/axis-twice", { axis: as }, s.span);
    return undefined;
  }
  if (!s.as && !length.equals(size)) {
    // Without `-> N` the part has no name of its own: the old one would have two sizes.
    scope.tracer.report(
      "index/slice-needs-name",
      { axis: s.axis.text, size: String(size), length: String(length) },
      s.span,
    );
    return undefined;
  }
  const cut = slice(scope.builder, tensor, s.axis.text, start, length, as);
  if (s.as) {
    const known = scope.axes.sizes.get(as);
    if (!known) scope.axes.sizes.set(as, { size: length, span: s.as.span });
    else if (known.size.compare(length) === "different") {
      scope.tracer.report(
        "shape/axis-has-two-sizes",
        { axis: as, first: String(known.size), second: String(length) },
        s.as.span,
        {
          labels: [{ span: known.span, text: `\`${as}\` is ${known.size} here` }],
        },
      );
      return undefined;
    }
  }
  return cut;
}

/** `x[C = c]` in the body of `for c along C`: a mapped input of the body. */
function loopPlace(
  scope: Scope,
  tensor: Tensor,
  axis: string,
  s: Subscript & { kind: "at" },
): Tensor | undefined {
  const loop = scope.along;
  if (!loop || loop.axis !== axis || s.index.kind !== "name" || s.index.name !== loop.variable)
    return undefined;
  // `tensor.value` was captured by the body; the loop needs the outer value itself.
  const captured = loop.inner.captured.find((v) => loop.inner.use(v) === tensor.value);
  const outer = captured ?? tensor.value;
  const rest = tensor.axes.filter((a) => a !== axis);
  const front = reorder(loop.outer, { value: loop.outer.use(outer), axes: tensor.axes }, [axis, ...rest]);
  let inner = loop.mapped.get(front.value);
  if (!inner) {
    inner = loop.inner.input(
      { dtype: front.value.dtype, shape: front.value.shape.slice(1) },
      front.value.name,
    );
    loop.mapped.set(front.value, inner);
  }
  return { value: inner, axes: rest };
}

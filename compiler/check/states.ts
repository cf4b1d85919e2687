import type { Span, StateStmt } from "../../grammar/ast.js";
import { Dim } from "../dim/dim.js";
import type { DType } from "../ir/graph.js";
import { join } from "../ir/path.js";
import type { Scope } from "./scope.js";
import { declareAxis, resolveShape, wholeCount } from "./shapes.js";
import { dtypes, type Tensor, tensorVal, unknown } from "./values.js";
import { readInit } from "./weights.js";

/**
 * A state with `..` passes from step to step: a graph input where an earlier step left it, its initial value where
 * not. One without `..` (running statistics) is the model's, stored with the weights.
 */
export function declareStates(stmt: StateStmt, scope: Scope): void {
  const { tracer } = scope;
  const carried = stmt.shape.axes.some((a) => a.kind === "rest");
  const dtype: DType = dtypes[stmt.dtype?.name ?? "float"]!;
  let grows: number | undefined;
  let bound: Dim | undefined;
  const restCount = scope.axes.rest?.length ?? 0;
  for (const [i, axis] of stmt.shape.axes.entries()) {
    if (axis.kind !== "axis" || axis.size || !carried) continue;
    const shared = !axis.bound && scope.axes.growing.has(axis.name.text);
    if (!axis.bound && !shared && scope.axes.sizes.has(axis.name.text)) continue;
    if (grows !== undefined) {
      tracer.report("state/grows-twice", { name: stmt.names[0]!.text }, axis.span);
      continue;
    }
    const rest = stmt.shape.axes.findIndex((a) => a.kind === "rest");
    grows = rest >= 0 && rest < i ? i - 1 + restCount : i;
    if (axis.bound) bound = wholeCount(scope, axis.bound, "the bound of a state");
    else if (shared) bound = scope.axes.growing.get(axis.name.text);
    // What a count of `forward` says is how much there is, whatever the bound.
    const own = tracer.pastOf(join(scope.path, stmt.names[0]!.text));
    const law = own ?? (bound ? tracer.past.min(bound) : tracer.past);
    declareAxis(scope, axis.name, law);
    scope.axes.growing.set(axis.name.text, bound);
  }
  for (const name of stmt.names) {
    const shape = resolveShape(scope, stmt.shape, `state \`${name.text}\``);
    if (!shape) {
      scope.vars.set(name.text, unknown);
      continue;
    }
    const path = join(scope.path, name.text);
    if (!carried) {
      const info = {
        kind: "buffer" as const,
        init: stmt.init ? readInit(stmt.init, scope) : ({ kind: "zeros" } as const),
        lookup: false,
        within: undefined,
      };
      const value = tracer.weight(path, shape.sizes, dtype, info, shape.axes);
      const current = { value, axes: shape.axes };
      scope.states.set(name.text, {
        name: name.text,
        current,
        next: undefined,
        span: name.span,
        finish: undefined,
      });
      scope.vars.set(name.text, tensorVal(value, shape.axes));
      scope.members.set(name.text, tensorVal(value, shape.axes));
      continue;
    }
    if (scope.instance?.states.has(path)) {
      tracer.report("state/twice", { name: name.text, path }, stmt.span);
      scope.root.returned = [unknown];
      return;
    }
    scope.instance?.states.add(path);
    if (scope.along) tracer.report("state/in-loop", { name: name.text }, name.span);
    const type = { dtype, shape: shape.sizes };
    const input = tracer.decoding ? tracer.top.input(type, path) : undefined;
    const current: Tensor = input
      ? { value: input, axes: shape.axes }
      : initial(scope, shape.axes, shape.sizes, dtype, stmt);
    const slot = {
      name: name.text,
      current,
      next: undefined as Tensor | undefined,
      span: name.span,
      finish: () => {
        const next = slot.next ?? slot.current;
        const shaped = matchNext(scope, slot.current, next, grows, name.text, name.span);
        if (!shaped) return;
        const left = grows === undefined ? undefined : shaped.value.shape[grows];
        // States that grow along one axis are full together: the first one says so.
        const said = tracer.states.some(
          ({ info, output }) =>
            info.path === scope.path &&
            info.grows !== undefined &&
            bound?.equals(info.bound ?? 0) &&
            left?.equals(output.shape[info.grows]!),
        );
        if (left && bound && !said && left.atMost(bound) !== "yes")
          tracer.assume(left, "<=", bound, `state \`${name.text}\` has room for no more`, name.span);
        tracer.states.push({
          info: { path: scope.path, name: name.text, grows, bound },
          shape: shape.sizes,
          dtype,
          input,
          output: scope.builder.use(shaped.value),
          span: name.span,
        });
      },
    };
    scope.states.set(name.text, slot);
    scope.vars.set(name.text, tensorVal(current.value, current.axes));
  }
}

function initial(
  scope: Scope,
  axes: readonly string[],
  sizes: readonly Dim[],
  dtype: DType,
  stmt: StateStmt,
): Tensor {
  const b = scope.builder;
  const init = stmt.init ? readInit(stmt.init, scope) : { kind: "zeros" as const };
  const fill = init.kind === "ones" ? 1 : init.kind === "constant" ? init.value : 0;
  const ones = b.op("reshape", [b.scalar(fill, dtype)], { shape: sizes.map(() => Dim.of(1)) });
  return { value: b.op("broadcast", [ones], { shape: sizes }), axes };
}

/** `next` has the state's axes in the state's order; only the growing one may differ in size (and in name). */
function matchNext(
  scope: Scope,
  current: Tensor,
  next: Tensor,
  grows: number | undefined,
  name: string,
  span: Span,
): Tensor | undefined {
  const grown = grows === undefined ? undefined : current.axes[grows];
  const extra = next.axes.filter((a) => !current.axes.includes(a));
  const missing = current.axes.filter((a) => !next.axes.includes(a));
  const fits =
    next.axes.length === current.axes.length &&
    extra.length === missing.length &&
    (missing.length === 0 || missing.length === 1);
  if (!fits) {
    scope.tracer.report(
      "state/next-shape",
      {
        name,
        state: current.axes.filter((a) => !a.startsWith("..")).join(" "),
        next: next.axes.filter((a) => !a.startsWith("..")).join(" "),
      },
      span,
    );
    return undefined;
  }
  const renamed = { value: next.value, axes: next.axes.map((a) => (a === extra[0] ? missing[0]! : a)) };
  const perm = current.axes.map((a) => renamed.axes.indexOf(a));
  const value = perm.every((p, i) => p === i)
    ? renamed.value
    : scope.builder.op("transpose", [renamed.value], { perm });
  for (const [i, axis] of current.axes.entries()) {
    if (axis === grown) continue;
    if (value.shape[i]!.compare(current.value.shape[i]!) === "different") {
      scope.tracer.report(
        "state/next-size",
        { name, axis, state: String(current.value.shape[i]), next: String(value.shape[i]) },
        span,
      );
      return undefined;
    }
  }
  return { value, axes: current.axes };
}

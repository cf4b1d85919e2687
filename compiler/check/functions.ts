import type { FnDecl, Span } from "../../grammar/ast.js";
import type { CallArg } from "./arguments.js";
import { evaluate } from "./expressions.js";
import { toTensor } from "./operands.js";
import { giveBack } from "./results.js";
import { AxisTable, Scope } from "./scope.js";
import { bindAxes } from "./shapes.js";
import { limits } from "./tracer.js";
import { type Tensor, tensorVal, unknown, type Val } from "./values.js";

/** `fn f(y) = …`: an abbreviation; with declared shapes it has axes of its own and gives names back. */
export function callFn(caller: Scope, decl: FnDecl, home: Scope, args: readonly CallArg[], span: Span): Val {
  const { tracer } = caller;
  if (args.length !== decl.params.length || args.some((a) => a.name)) {
    tracer.report(
      "call/fn-arguments",
      { name: decl.name.text, params: decl.params.map((p) => p.name.text), given: args.length },
      span,
    );
    return unknown;
  }
  if (args.some((a) => a.bound.val.kind === "unknown")) return unknown;
  if (tracer.calls.length >= limits.depth) {
    tracer.reportDepth(decl.name.text, span);
    return unknown;
  }
  const shaped = decl.params.some((p) => p.shape);
  const scope = new Scope({
    tracer,
    builder: caller.builder,
    file: home.file,
    parent: shaped ? undefined : home,
    axes: shaped ? new AxisTable() : caller.axes,
    states: home.states,
    outer: home.outer,
  });
  tracer.calls.push({ span, text: `\`${decl.name.text}\` is used here` });
  tracer.running.push({ decl, span });
  const back = new Map<string, string>();
  let first: Tensor | undefined;
  let ok = true;
  for (const [i, param] of decl.params.entries()) {
    const { val, span: at } = args[i]!.bound;
    if (!param.shape) {
      scope.vars.set(param.name.text, val);
      continue;
    }
    const tensor = toTensor(caller, { val, span: at });
    const names =
      tensor && bindAxes(scope, param.shape, tensor, at, `\`${param.name.text}\` of \`${decl.name.text}\``);
    if (!tensor || !names) {
      ok = false;
      continue;
    }
    first ??= tensor;
    for (const [own, theirs] of names) if (!back.has(own)) back.set(own, theirs);
    scope.vars.set(param.name.text, tensorVal(tensor.value, [...names.keys()]));
  }
  const result = ok ? evaluate(decl.body, scope) : unknown;
  tracer.calls.pop();
  tracer.running.pop();
  if (!shaped || result.kind !== "tensor") return result;
  return tensorVal(result.tensor.value, giveBack(result.tensor, back, first));
}

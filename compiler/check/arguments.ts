import type { Expr, LayerDecl, Name, Param, Span, Stmt } from "../../grammar/ast.js";
import { argumentHere } from "../diagnostics/codes/foreign.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import { join } from "../ir/path.js";
import { evaluate } from "./expressions.js";
import { checkKind, type Hint } from "./kinds.js";
import { groundsOf, valuesIn } from "./read-values.js";
import { Scope } from "./scope.js";
import type { Tracer } from "./tracer.js";
import { signature } from "./usage.js";
import { asNumber, type Bound, type Recipe, unknown, unknownLayer, type Val } from "./values.js";

/** What a call writes for a parameter: by its name, or by its place. */
export interface CallArg {
  readonly name: Name | undefined;
  readonly bound: Bound;
}

/** The names of a layer's weights, in every branch: they may be bound by name in a recipe. */
export function weightNames(body: readonly Stmt[]): string[] {
  return body.flatMap((s) => {
    if (s.kind === "weight") return s.names.map((n) => n.text);
    if (s.kind === "if") return [...weightNames(s.then), ...weightNames(s.otherwise ?? [])];
    return [];
  });
}

/** A call without tensors: the same layer with more of its arguments known. */
export function makeRecipe(scope: Scope, recipe: Recipe, args: readonly CallArg[], span: Span): Val {
  const bound = bindArguments(scope, recipe, args, []);
  for (const arg of args) {
    // Kinds are looked at here already, so that a wrong argument shows even where the layer never gets to run.
    const param = recipe.decl.params.find((p) => bound.get(p.name.text) === arg.bound);
    if (param && !param.shape)
      checkKind(scope, arg.bound.val, param.type, {
        span: arg.bound.span,
        what: `\`${param.name.text}\` of \`${recipe.decl.name.text}\``,
        path: "",
        leaveOut: optional(param),
        hint: () => hintOf(scope, recipe.decl, param, bound),
      });
  }
  return { kind: "recipe", recipe: { ...recipe, args: bound, span } };
}

/**
 * What a layer takes, for an argument of another kind; and where the arguments would fit without the first, which other
 * libraries want as the width that comes in, the call without it.
 */
function hintOf(scope: Scope, decl: LayerDecl, param: Param, args: ReadonlyMap<string, Bound>): Hint {
  const plain = decl.params.filter((p) => !p.shape);
  const i = plain.indexOf(param);
  const [before, here] = [plain[i - 1], args.get(param.name.text)];
  const width = before && args.get(before.name.text);
  const text = here && scope.tracer.program.source(here.span.file)?.slice(here.span.start, here.span.end);
  const fits =
    i === 1 && before?.type?.name === "count" && width?.val.kind === "count" && here?.val.kind === "count";
  return {
    signature: signature(decl, [...args.keys()]),
    helps:
      fits && text !== undefined
        ? [
            `a layer sees the width of what comes in: write \`${decl.name.text}(${text.replace(/\s+/g, " ")})\``,
          ]
        : [],
  };
}

const textAt = (scope: Scope, { file, start, end }: Span): string | undefined =>
  scope.tracer.program.source(file)?.slice(start, end).replace(/\s+/g, " ");

/**
 * A size by default that a given count uses up: `head_dim` as `D / heads` where `heads` is the width that comes in, which
 * other libraries want first.
 */
function warnOfOne(
  scope: Scope,
  decl: LayerDecl,
  { name, value }: Param,
  found: Val,
  args: ReadonlyMap<string, Bound>,
): void {
  if (value?.kind !== "binary" || value.op !== "/" || value.right.kind !== "name") return;
  const by = value.right.name;
  const given = args.get(by);
  if (given?.val.kind !== "count" || found.kind !== "count" || found.dim.int !== 1n) return;
  const size = given.val.dim.int;
  if (size === undefined || size <= 1n) return;
  const plain = decl.params.filter((p) => !p.shape).map((p) => p.name.text);
  const next = args.get(plain[plain.indexOf(by) + 1] ?? "");
  const { file, end } = given.span;
  const isNext = next && /^\s*,\s*$/.test(textAt(scope, { file, start: end, end: next.span.start }) ?? "");
  const write = isNext ? `${decl.name.text}(${textAt(scope, next.span)}, …)` : undefined;
  const from = textAt(scope, value.left.span) ?? "";
  const what = `\`${name.text}\` of \`${decl.name.text}\``;
  const data = { what, name: name.text, from, by, size: String(size), write };
  scope.tracer.report("kind/shared-out", data, given.span);
}

/** The name of a parameter that is `none` where it is left out. */
const optional = (param: Param): string | undefined =>
  param.value?.kind === "name" && param.value.name === "none" ? param.name.text : undefined;

/**
 * Puts positional and named arguments to their parameters; tensors come first. What does not fit is reported, and what
 * fits is bound all the same, so that every problem of a call shows at once.
 */
export function bindArguments(
  scope: Scope,
  recipe: Recipe,
  args: readonly CallArg[],
  tensors: readonly Param[],
): Map<string, Bound> {
  const { decl } = recipe;
  const result = new Map(recipe.args);
  const plain = decl.params.filter((p) => !p.shape);
  const order = [...tensors, ...plain];
  const given = new Set<string>();
  const written = args.flatMap((a) => a.name?.text ?? []);
  const stray: { readonly near: string | undefined; readonly bound: Bound }[] = [];
  let known: ReadonlySet<string> | undefined;
  let next = 0;
  for (const arg of args) {
    if (!arg.name) {
      const param = order[next++];
      if (param) {
        given.add(param.name.text);
        result.set(param.name.text, arg.bound);
      } else if (next === order.length + 1)
        scope.tracer.report(
          "call/too-many",
          { layer: decl.name.text, most: order.length, signature: signature(decl, written) },
          arg.bound.span,
        );
      continue;
    }
    known ??= new Set([...decl.params.map((p) => p.name.text), ...weightNames(decl.body)]);
    if (!known.has(arg.name.text)) {
      stray.push({ near: reportUnknown(scope, decl, arg.name, [...known], written), bound: arg.bound });
      continue;
    }
    if (given.has(arg.name.text)) {
      // Of a parameter that is declared twice (reported) the layer's own check gives both.
      if (decl.params.filter((p) => p.name.text === arg.name!.text).length < 2)
        scope.tracer.report("call/twice", { name: arg.name.text }, arg.name.span);
      continue;
    }
    given.add(arg.name.text);
    result.set(arg.name.text, arg.bound);
  }
  // Under another name most likely; so it is neither missing nor unchecked.
  for (const { near, bound } of stray) {
    const param = decl.params.find((p) => p.name.text === near);
    if (near === undefined || !param || result.has(near)) continue;
    if (isOfKind(bound.val, param)) result.set(near, bound);
    else if (!param.value) result.set(near, { ...bound, val: unknown });
  }
  return result;
}

/** Reports an argument that a layer does not take; the one that was meant, if there is one. */
function reportUnknown(
  scope: Scope,
  decl: LayerDecl,
  name: Name,
  known: readonly string[],
  written: readonly string[],
): string | undefined {
  const near = argumentHere(name.text, known) ?? nearest(name.text, known);
  scope.tracer.report(
    "call/unknown-argument",
    {
      layer: decl.name.text,
      name: name.text,
      near,
      known: decl.params.map((p) => p.name.text),
      signature: signature(decl, [...written, near ?? ""]),
    },
    name.span,
    { fixes: near ? [{ title: "replace", span: name.span, replacement: near }] : [] },
  );
  return near;
}

/** Whether a value is plainly what a parameter takes. */
function isOfKind({ kind }: Val, { type, shape }: Param): boolean {
  if (shape) return kind === "tensor";
  if (type?.name === "layer") return kind === "recipe" || kind === "instance";
  return kind === type?.name || (kind === "count" && type?.name === "number");
}

const statics: ReadonlySet<Val["kind"]> = new Set(["count", "number", "flag", "none"] as const);
export const isStatic = (val: Val): boolean => statics.has(val.kind);

/** The arguments that a backend may need to know: numbers, flags and names. */
export function staticArgs(
  decl: LayerDecl,
  args: ReadonlyMap<string, Bound>,
): Record<string, number | string | boolean> {
  const result: Record<string, number | string | boolean> = {};
  for (const param of decl.params) {
    const val = args.get(param.name.text)?.val;
    if (!val || param.shape) continue;
    const n = asNumber(val);
    if (n !== undefined) result[param.name.text] = n;
    else if (val.kind === "flag") result[param.name.text] = val.value;
  }
  return result;
}

/** Parameters without shape: given, or by default, in the order written; layers become instances here. */
export function bindParams(
  scope: Scope,
  decl: LayerDecl,
  args: ReadonlyMap<string, Bound>,
  span: Span,
): boolean {
  let ok = true;
  for (const param of decl.params) {
    const name = param.name.text;
    if (scope.vars.has(name)) continue;
    const given = args.get(name);
    if (!given && !param.value) {
      const what = param.shape ? "tensor" : (param.type?.name ?? "value");
      scope.tracer.report(
        "call/missing-argument",
        { layer: decl.name.text, name, what, signature: signature(decl, [...args.keys()]) },
        span,
      );
      ok = false;
      // What depends on it follows from this, and is no fault of its own.
      scope.vars.set(name, unknown);
      continue;
    }
    if (!given) scope.tracer.trial?.hold(name, param.value!);
    const val = given?.val ?? evaluate(param.value!, scope);
    if (param.shape) {
      scope.vars.set(name, val);
      continue;
    }
    const { value, within } = param;
    const checked = checkKind(scope, val, param.type, {
      span: given?.span ?? value?.span ?? span,
      what: `\`${name}\` of \`${decl.name.text}\``,
      path: join(scope.path, name),
      within,
      notes: given || !value ? undefined : () => valuesIn(value, scope),
      leaveOut: optional(param),
      usual: given && value && (() => textAt(scope, value.span)),
      hint: given && (() => hintOf(scope, decl, param, args)),
    });
    if (!checked && param.type?.name === "layer" && val.kind !== "hole") {
      scope.vars.set(name, unknownLayer);
      if (scope.instance) scope.instance.failed = true;
      continue;
    }
    if (!checked) {
      // Reported: what other defaults make of it is silent, and so are requirements of what a default came from.
      if (!given && value) for (const ground of groundsOf(value)) scope.blamed.add(ground);
      scope.vars.set(name, unknown);
      ok = false;
      continue;
    }
    if (!given) warnOfOne(scope, decl, param, checked, args);
    if (checked.kind === "instance" && val.kind === "recipe") scope.members.set(name, checked);
    scope.vars.set(name, checked);
  }
  return ok;
}

/** `ffn.k = 64`: the same recipe with one argument changed; a longer path goes into an argument that is a layer. */
export function changeArgument(
  tracer: Tracer,
  val: Val,
  path: readonly { readonly text: string; readonly span: Span }[],
  value: Expr,
  scope: Scope,
): Val {
  const [name, ...rest] = path;
  if (val.kind === "unknown" || !name) return unknown;
  if (val.kind !== "recipe") {
    tracer.report("model/no-arguments", { name: name.text }, name.span);
    return unknown;
  }
  const { decl, file, args } = val.recipe;
  const param = decl.params.find((p) => p.name.text === name.text);
  if (!param) {
    const known = decl.params.filter((p) => !p.shape).map((p) => p.name.text);
    reportUnknown(scope, decl, name, known, []);
    // Without the change, the rest of the layer is checked.
    return val;
  }
  const own = new Scope({ tracer, builder: tracer.top, file });
  const current = () => args.get(name.text)?.val ?? (param.value ? evaluate(param.value, own) : unknown);
  const changed =
    rest.length === 0 ? evaluate(value, scope) : changeArgument(tracer, current(), rest, value, scope);
  return {
    kind: "recipe",
    recipe: { ...val.recipe, args: new Map(args).set(name.text, { val: changed, span: value.span }) },
  };
}

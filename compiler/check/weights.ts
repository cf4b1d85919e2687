import type { Axis, Expr, LayerDecl, Name, RandomStmt, WeightStmt } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import { isLibrary } from "../host.js";
import type { Init, WeightInfo } from "../ir/graph.js";
import { join } from "../ir/path.js";
import { conform } from "./conform.js";
import { evaluate } from "./expressions.js";
import { toTensor } from "./operands.js";
import type { Scope } from "./scope.js";
import { type ResolvedShape, resolveShape } from "./shapes.js";
import { asNumber, tensorVal, unknown, type Val } from "./values.js";

/** `init normal(0.02)` and its kin; the default is normal with a deviation of 0.02. */
export function readInit(expr: Expr | undefined, scope: Scope): Init {
  if (!expr) return { kind: "normal", mean: 0, std: 0.02 };
  const name =
    expr.kind === "name"
      ? expr.name
      : expr.kind === "call" && expr.callee.kind === "name"
        ? expr.callee.name
        : "";
  const args = expr.kind === "call" ? expr.args.map((a) => asNumber(evaluate(a.value, scope))) : [];
  const ok = args.every((a) => a !== undefined);
  const n = args as number[];
  if (ok && name === "zeros" && n.length === 0) return { kind: "zeros" };
  if (ok && name === "ones" && n.length === 0) return { kind: "ones" };
  if (ok && name === "constant" && n.length === 1) return { kind: "constant", value: n[0]! };
  if (ok && name === "normal" && n.length <= 2) {
    const [a, b] = n;
    return b === undefined ? { kind: "normal", mean: 0, std: a ?? 1 } : { kind: "normal", mean: a!, std: b };
  }
  if (ok && name === "uniform" && n.length <= 2) {
    const [a, b] = n;
    return b === undefined
      ? { kind: "uniform", low: -(a ?? 1), high: a ?? 1 }
      : { kind: "uniform", low: a!, high: b };
  }
  if (expr.kind === "number") return { kind: "constant", value: expr.value };
  const known = ["zeros", "ones", "constant", "normal", "uniform"];
  const isKnown = known.includes(name);
  // Where a layer is checked alone its sizes are symbols: an argument without a number is no fault then.
  if (!isKnown || ok || !scope.tracer.generic) {
    const near = isKnown ? undefined : nearest(name, known);
    scope.tracer.report("weight/init", { name: isKnown ? "" : name, near }, expr.span);
  }
  return { kind: "normal", mean: 0, std: 0.02 };
}

/** `weight` lines: graph inputs named by path, or what the recipe bound to the name. */
export function declareWeights(stmt: WeightStmt, scope: Scope): void {
  for (const name of stmt.names) {
    const shape = resolveShape(scope, stmt.shape, `weight \`${name.text}\``);
    if (!shape) {
      scope.vars.set(name.text, unknown);
      continue;
    }
    const given = scope.given.get(name.text);
    if (given) {
      const tensor = given.kind === "unknown" ? undefined : toTensor(scope, { val: given, span: name.span });
      const shaped = tensor && conform(scope, stmt.shape, tensor, name.span, `\`${name.text}\``, false);
      scope.assign(name.text, shaped ? tensorVal(shaped.value, shaped.axes) : unknown);
      if (tensor) scope.members.set(name.text, given);
      continue;
    }
    const low = stmt.within && asNumber(evaluate(stmt.within.from, scope));
    const high = stmt.within?.to && asNumber(evaluate(stmt.within.to, scope));
    const info = {
      kind: "weight" as const,
      init: readInit(stmt.init, scope),
      lookup: stmt.lookup,
      within: low !== undefined && high !== undefined ? ([low, high] as const) : undefined,
    };
    const tensor = stored(name, shape, info, scope);
    scope.vars.set(name.text, tensor);
    if (tensor.kind === "tensor") scope.members.set(name.text, tensor);
  }
}

/** Draws are fixed outside training, so a graph for inference keeps them with the weights. */
export function declareRandom(stmt: RandomStmt, scope: Scope): void {
  for (const name of stmt.names) {
    const shape = resolveShape(scope, stmt.shape, `\`${name.text}\``);
    if (!shape) {
      scope.vars.set(name.text, unknown);
      continue;
    }
    const distribution = stmt.distribution;
    const init =
      distribution.kind === "name" && distribution.name === "normal"
        ? ({ kind: "normal", mean: 0, std: 1 } as const)
        : readInit(distribution, scope);
    const info = { kind: "buffer" as const, init, lookup: false, within: undefined };
    scope.vars.set(name.text, stored(name, shape, info, scope));
  }
}

/** A graph input named by its path. What is kept in a file has one size: a symbol in it is a fault, but for a layer checked alone. */
function stored(name: Name, shape: ResolvedShape, info: WeightInfo, scope: Scope): Val {
  const at = shape.sizes.findIndex((d) => d.int === undefined);
  const changing = shape.sizes[at];
  if (changing && !scope.tracer.generic) {
    const axis = shape.axes[at];
    const named = axis !== undefined && /^[A-Z]/.test(axis) ? axis : undefined;
    const library = isLibrary(name.span.file);
    // A layer of the library says once that it stands in the wrong place.
    if (library && scope.axes.lost.has(axis ?? "")) return unknown;
    if (library) scope.axes.lost.add(axis ?? "");
    const decl = library ? scope.instance?.recipe.decl : undefined;
    scope.tracer.report(
      "weight/size-unknown",
      {
        name: name.text,
        axis: named,
        size: String(changing),
        layer: decl && { name: decl.name.text, takes: tensorsOf(decl), doc: firstSentence(decl.doc) },
      },
      name.span,
    );
    return unknown;
  }
  const path = join(scope.path, name.text);
  return tensorVal(scope.tracer.weight(path, shape.sizes, "f32", info, shape.axes), shape.axes);
}

/** `q: [.. H T K]`, as a layer's head declares them. */
function tensorsOf(decl: LayerDecl): string {
  const axis = (a: Axis) => (a.kind === "rest" ? ".." : a.kind === "axis" ? a.name.text : "_");
  return decl.params
    .flatMap((p) => (p.shape && !p.value ? [`${p.name.text}: [${p.shape.axes.map(axis).join(" ")}]`] : []))
    .join(", ");
}

const firstSentence = (doc: string | undefined): string | undefined =>
  doc && /^.*?\.(?=\s|$)/s.exec(doc.replace(/\s+/g, " "))?.[0];

import type { FnDecl, LayerDecl, Shape, Span, Stmt } from "../../grammar/ast.js";
import { Dim } from "../dim/dim.js";
import type { DType, Value } from "../ir/graph.js";
import type { Scope } from "./scope.js";

/**
 * A tensor as the language sees it: a graph value whose axes have names local to a layer. Leading axes that the layer
 * only knows as `..` are named `..0`, `..1`, …; the graph below is positional.
 */
export interface Tensor {
  readonly value: Value;
  readonly axes: readonly string[];
}

/** A layer with arguments, not yet bound: a value of kind `layer`. Arguments were evaluated where it was written. */
export interface Recipe {
  readonly decl: LayerDecl;
  /** The file's names, for what the body refers to. */
  readonly file: string;
  /** By parameter or weight name. */
  readonly args: ReadonlyMap<string, Bound>;
  readonly span: Span;
}

export interface Bound {
  readonly val: Val;
  readonly span: Span;
}

/** A recipe bound to a name: it has a path, and every use of it shares its weights. */
export interface Instance {
  readonly recipe: Recipe;
  readonly path: string;
  /** Weights, inner instances and lists of them, for `embed.table`; filled by the first run. */
  readonly members: Map<string, Val>;
  /** Its arguments, and what its lines have worked out before any run: counts, numbers, flags. */
  readonly statics: Map<string, Val>;
  runs: number;
  /** A run of it had an error, after which it may lack members. */
  failed: boolean;
  /** States already declared by a run, which a second run in one step may not declare again. */
  readonly states: Set<string>;
}

/** A layer that stands where another one was wrong: what it lacks is no second fault. */
export function inPlaceOf(val: Val): Val {
  if (val.kind === "instance") val.instance.failed = true;
  return val;
}

export interface SizeCondition {
  readonly left: Dim;
  readonly relation: "==" | "<=" | "<";
  readonly right: Dim;
}

export type Val =
  /** Exact; may be a polynomial in run-time sizes, and a fraction until it is used as a size. */
  | { readonly kind: "count"; readonly dim: Dim }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "flag"; readonly value: boolean }
  /** Comparisons of run-time sizes that could not be decided; all must hold. */
  | { readonly kind: "condition"; readonly all: readonly SizeCondition[] }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "none" }
  | { readonly kind: "list"; readonly items: readonly Val[] }
  | { readonly kind: "tuple"; readonly items: readonly Val[] }
  | { readonly kind: "recipe"; readonly recipe: Recipe }
  | { readonly kind: "instance"; readonly instance: Instance }
  | { readonly kind: "tensor"; readonly tensor: Tensor }
  /** The members of one round of a `for`, whose body declares them. */
  | {
      readonly kind: "record";
      readonly members: ReadonlyMap<string, Val>;
      readonly body: readonly Stmt[];
      readonly owner: Instance | undefined;
    }
  | { readonly kind: "fn"; readonly decl: FnDecl; readonly scope: Scope }
  /** A stack of blocks, callable like a layer. */
  | {
      readonly kind: "stack";
      readonly name: string;
      readonly run: (args: readonly Bound[], scope: Scope, span: Span) => Val;
    }
  /** A hole that is not solved yet. */
  | { readonly kind: "hole"; readonly span: Span }
  /**
   * Already reported, or not decidable while a layer is checked alone: silences what follows from it. Where a layer is
   * to stand (`isLayer`), a call of it gives back its first tensor, so that what stands beside it is checked too.
   */
  | { readonly kind: "unknown"; readonly isLayer?: true };

/** What the kinds of tensors that a spec names are in the graph. */
export const dtypes: Readonly<Record<string, DType>> = { float: "f32", int: "i32", flag: "bool" };

export const unknown: Val = { kind: "unknown" };
/** What fills a slot or a layer argument that is wrong. */
export const unknownLayer: Val = { kind: "unknown", isLayer: true };
/** Wrong, and no layer that others could be checked beside. */
export const isLost = (val: Val): boolean => val.kind === "unknown" && !val.isLayer;
export const none: Val = { kind: "none" };
export const count = (n: Dim | number | bigint): Val => ({
  kind: "count",
  dim: typeof n === "object" ? n : Dim.of(n),
});
export const number = (value: number): Val => ({ kind: "number", value });
export const flag = (value: boolean): Val => ({ kind: "flag", value });
export const tensorVal = (value: Value, axes: readonly string[]): Val => ({
  kind: "tensor",
  tensor: { value, axes },
});

/** Binds a recipe to a name: from here on it has a path and shares its weights. */
export function bindInstance(recipe: Recipe, path: string): Instance {
  return { recipe, path, members: new Map(), statics: new Map(), runs: 0, failed: false, states: new Set() };
}

/** The name of a kind in messages. */
export function kindOf(val: Val): string {
  switch (val.kind) {
    case "recipe":
    case "instance":
    case "stack":
      return "layer";
    case "tensor":
      return `${{ f32: "float", i32: "int", bool: "flag" }[val.tensor.value.dtype]} tensor`;
    case "fn":
      return "function";
    case "condition":
      return "flag";
    default:
      return val.kind;
  }
}

/** A value in messages: `1024`, `[1, 2]`, `attention`, `[.. T D]`. */
export function show(val: Val): string {
  switch (val.kind) {
    case "count":
      return String(val.dim);
    case "number":
      return String(val.value);
    case "flag":
      return String(val.value);
    case "text":
      return JSON.stringify(val.value);
    case "list":
    case "tuple":
      return `[${val.items.map(show).join(", ")}]`;
    case "recipe":
      return val.recipe.decl.name.text;
    case "instance":
      return val.instance.recipe.decl.name.text;
    case "tensor":
      return showShape(val.tensor);
    default:
      return val.kind;
  }
}

/** A shape as it is written. */
export function shapeText(shape: Shape): string {
  const parts = shape.axes.map((a) => {
    if (a.kind === "rest") return "..";
    return a.kind === "axis" ? a.name.text : "…";
  });
  return `[${parts.join(" ")}]`;
}

/** `[.. T D]` with the sizes that are known: `[batch, T = seq, D = 1024]`. */
export function showShape(tensor: Tensor): string {
  const parts = tensor.axes.map((name, i) => {
    const size = String(tensor.value.shape[i]);
    return name.startsWith("..") || name.includes("'") ? size : `${name} = ${size}`;
  });
  return `[${parts.join(", ")}]`;
}

/** The static number in a value, or undefined: what `sqrt`, `init` and rates take. */
export function asNumber(val: Val): number | undefined {
  if (val.kind === "number") return val.value;
  if (val.kind === "count" && val.dim.constant)
    return Number(val.dim.constant[0]) / Number(val.dim.constant[1]);
  return undefined;
}

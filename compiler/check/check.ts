import type { LayerDecl, ModelDecl, Param } from "../../grammar/ast.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { Dim } from "../dim/dim.js";
import { isLibrary } from "../host.js";
import { callLayer } from "./calls.js";
import type { ModelInstance } from "./instance.js";
import { instantiateModel } from "./instantiate.js";
import { checkInverseNames } from "./inverse.js";
import { fieldNames, holesOf, stackName } from "./model-names.js";
import type { Program } from "./program.js";
import { Scope } from "./scope.js";
import { openLayers, standIn } from "./stand-in.js";
import { limits, Tracer } from "./tracer.js";
import { type Bound, count, dtypes, flag, type Recipe, tensorVal, unknown, type Val } from "./values.js";

/**
 * Checks every model and layer of the main file. Models that can be built are traced and answered by name; one that
 * leaves fields open for its variants is checked through them. A layer that no model runs is traced alone, its sizes
 * as symbols: only what is wrong for all sizes is reported.
 */
export function checkProgram(program: Program, sink: Diagnostics): Map<string, ModelInstance> {
  const instances = new Map<string, ModelInstance>();
  const variants = new Map<string, ModelDecl[]>();
  for (const { decl } of program.models) {
    const known = decl.base && variants.get(decl.base.text);
    if (known) known.push(decl);
    else if (decl.base) variants.set(decl.base.text, [decl]);
  }
  for (const { name, decl } of program.models) {
    if (sink.halted || isSpent(program)) break;
    if (isAbstract(program, decl, variants.get(decl.name.text) ?? [])) continue;
    const instance = instantiateModel(program, name, sink, "first");
    if (instance && holesOf(program, decl).size === 0) instances.set(name, instance);
  }
  for (const { decl, file } of layersOf(program)) {
    if (sink.halted || isSpent(program)) break;
    if (program.traced.has(decl)) continue;
    if (checkInverseNames(sink, decl)) checkLayerAlone(program, { decl, file }, sink);
  }
  return instances;
}

/** Nothing more can be evaluated, which has been told. */
const isSpent = (program: Program): boolean => program.spent.steps > limits.stepsOfFile;

interface LayerAt {
  readonly decl: LayerDecl;
  readonly file: string;
}

/** The layers of the main file, and those that it imports from other files of the project. */
function layersOf(program: Program): readonly LayerAt[] {
  const own = program.ast.items.map((decl) => ({ decl, file: program.path }));
  const imported = program.ast.imports.flatMap((i) =>
    i.names.flatMap(({ name, alias }) => program.lookup(program.path, (alias ?? name).text) ?? []),
  );
  const all = [...own, ...imported.filter((d) => d.file !== program.path && !isLibrary(d.file))];
  return all.flatMap(({ decl, file }) => (decl.kind === "layer" ? [{ decl, file }] : []));
}

/** Declares fields or slots and gives some no value, or others of the file build on it: a base for `variants`. */
function isAbstract(program: Program, decl: ModelDecl, variants: readonly ModelDecl[]): boolean {
  const fields = fieldNames([decl]);
  const open = decl.items.some((i) => {
    if (i.kind === "field" || i.kind === "slot") return !i.value;
    if (decl.base || i.kind !== "blocks" || !i.items?.some((b) => b.kind === "slot")) return false;
    return !i.count || (i.count.kind === "name" && stackName(i, fields) === i.count.name);
  });
  const isBase = variants.some((m) => m !== decl);
  return open || (isBase && !complete(program, decl));
}

function complete(program: Program, decl: ModelDecl): boolean {
  const given = new Set(decl.items.flatMap((i) => (i.kind === "assign" ? [i.path[0]!.text] : [])));
  const base = decl.base && program.lookup(program.path, decl.base.text)?.decl;
  if (base?.kind !== "model") return decl.items.some((i) => i.kind === "forward");
  return base.items.every(
    (i) => i.kind !== "field" || i.value !== undefined || i.names.every((n) => given.has(n.text)),
  );
}

/**
 * Traces a layer with symbols as sizes. Where it has an inverse and runs layers that a caller gives, it is traced again
 * with others in their place, so that the inverse is tried; what else that would say, the layer was told already.
 */
function checkLayerAlone(program: Program, { decl, file }: LayerAt, sink: Diagnostics): void {
  const own = new Diagnostics();
  traceAlone(program, { decl, file }, own, new Map());
  for (const found of own.list) sink.take(found);
  const open = openLayers(decl);
  if (own.hasErrors || open.length === 0 || !decl.body.some((s) => s.kind === "inverse")) return;
  const tried = new Diagnostics();
  traceAlone(program, { decl, file }, tried, new Map(open.map((p, i) => [p, standIn(i)])));
  if (!tried.hasErrors) for (const found of tried.list) sink.take(found);
}

function traceAlone(
  program: Program,
  { decl, file }: LayerAt,
  sink: Diagnostics,
  layers: ReadonlyMap<Param, Recipe>,
): void {
  const standing = [...layers.keys()].map((p) => p.name.text);
  const tracer = new Tracer({ program, sink, decoding: false, generic: true, standing });
  const scope = new Scope({ tracer, builder: tracer.top, file });
  const args: { name: { text: string; span: typeof decl.span }; bound: Bound }[] = [];
  const axes = new Map<string, Dim>();
  for (const param of decl.params) {
    const layer = layers.get(param);
    const val: Val | undefined = layer ? { kind: "recipe", recipe: layer } : stand(param, scope, axes);
    if (val) args.push({ name: param.name, bound: { val, span: param.span } });
  }
  const recipe = { decl, file, args: new Map<string, Bound>(), span: decl.name.span };
  tracer.guard(decl.name.span, () => callLayer(scope, { kind: "recipe", recipe }, args, decl.name.span));
}

/** What stands for an argument that nobody gives: a tensor with symbols as sizes, a size as a symbol. */
function stand(param: Param, scope: Scope, axes: Map<string, Dim>): Val | undefined {
  if (param.value) return undefined;
  if (!param.shape) {
    if (param.type?.name === "count") return count(Dim.symbol(param.name.text));
    return param.type?.name === "flag" ? flag(true) : unknown;
  }
  const names: string[] = [];
  const sizes: Dim[] = [];
  for (const [i, axis] of param.shape.axes.entries()) {
    const name = axis.kind === "rest" ? "..0" : axis.kind === "axis" ? axis.name.text : `'${i}`;
    // An axis whose size is written gets that very size: a symbol of its own would only be assumed equal.
    const written =
      axis.kind === "axis" && axis.size?.kind === "name" ? Dim.symbol(axis.size.name) : undefined;
    const size = written ?? axes.get(name) ?? Dim.symbol(axis.kind === "rest" ? "batch" : name.toLowerCase());
    axes.set(name, size);
    names.push(name);
    sizes.push(size);
  }
  const value = scope.builder.input(
    { dtype: dtypes[param.dtype?.name ?? "float"]!, shape: sizes },
    param.name.text,
  );
  return tensorVal(value, names);
}

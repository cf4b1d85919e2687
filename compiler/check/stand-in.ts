import type { LayerDecl, Param } from "../../grammar/ast.js";
import { parse } from "../../grammar/parse.js";
import { Diagnostics } from "../diagnostics/sink.js";
import type { Recipe } from "./values.js";

/** The `layer` parameters of a layer that a caller must give. */
export const openLayers = (decl: LayerDecl): readonly Param[] =>
  decl.params.filter((p) => !p.shape && !p.value && p.type?.name === "layer");

/** A layer to stand for one that nobody gives: smooth, of its tensor's shape, and another for each `index`. */
export function standIn(index: number): Recipe {
  const [scale, shift] = [0.7 + 0.2 * index, 0.3 - 0.1 * index];
  const text = `layer given_${index}(x: [..]) -> [..] {\n  return sin(${scale} * x + ${shift})\n}\n`;
  const file = "(a layer that stands for any)";
  const decl = parse(text, file, new Diagnostics()).items[0] as LayerDecl;
  return { decl, file, args: new Map(), span: decl.name.span };
}

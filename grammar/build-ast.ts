import type { CstNode } from "chevrotain";
import type { File } from "./ast.js";
import { Items } from "./build-item.js";
import type { Source } from "./lex.js";

/** The syntax tree of a concrete tree that may have holes. Never throws; reports what other languages would write. */
export function buildAst(source: Source, tree: CstNode): File {
  return new Items(source).file(tree);
}

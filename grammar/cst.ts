import type { CstElement, CstNode, IToken } from "chevrotain";
import type { Span } from "./ast.js";
import { endOf, info, type Source, spanOf } from "./source.js";

/** Reads of a concrete tree that recovery may have left incomplete: any child may be absent. */

function isToken(element: CstElement): element is IToken {
  return "tokenType" in element;
}

export function nodes(node: CstNode | undefined, name: string): CstNode[] {
  const all = node?.children[name] ?? [];
  return all.filter((element): element is CstNode => !isToken(element));
}

export function child(node: CstNode | undefined, name: string): CstNode | undefined {
  return nodes(node, name)[0];
}

/** Tokens of that name that stand in the text. */
export function tokens(node: CstNode | undefined, name: string): IToken[] {
  const all = node?.children[name] ?? [];
  return all.filter(
    (element): element is IToken => isToken(element) && element.isInsertedInRecovery !== true,
  );
}

export function token(node: CstNode | undefined, name: string): IToken | undefined {
  return tokens(node, name)[0];
}

/** The only child node of an `item`, with its rule's name. */
export function onlyNode(node: CstNode): CstNode | undefined {
  for (const elements of Object.values(node.children)) {
    const first = elements[0];
    if (first !== undefined && !isToken(first)) return first;
  }
  return undefined;
}

/** All children in the order of the text. */
export function ordered(node: CstNode | undefined): (CstNode | IToken)[] {
  const all = Object.values(node?.children ?? {}).flat();
  const start = (e: CstElement): number =>
    isToken(e) ? e.startOffset : (e.location?.startOffset ?? Number.NaN);
  return all.filter((e) => !Number.isNaN(start(e))).sort((a, b) => start(a) - start(b));
}

export { isToken };

/** The span of what the node has read; `fallback` where it has read nothing. */
export function spanOfNode(source: Source, node: CstNode | undefined, fallback: number): Span {
  const start = node?.location?.startOffset ?? Number.NaN;
  const end = node?.location?.endOffset ?? Number.NaN;
  const limit = source.text.length;
  if (Number.isNaN(start) || Number.isNaN(end)) {
    const at = Math.min(fallback, limit);
    return { file: source.file, start: at, end: at };
  }
  return { file: source.file, start: Math.min(start, limit), end: Math.min(Math.max(end + 1, start), limit) };
}

/** The `///` lines above the declaration that `first` begins. */
export function docOf(first: IToken | undefined): string | undefined {
  return first === undefined ? undefined : info(first).doc;
}

export { endOf, spanOf };

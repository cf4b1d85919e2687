import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";

/** A key of a JSON text, with the keys that lead to it, and the range of its name. */
export interface JsonKey {
  readonly path: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Where a text is not JSON, and why. */
export interface JsonFault {
  readonly start: number;
  readonly end: number;
  readonly why: string;
}

export interface JsonScan {
  /** Every key in the text's order, those written twice included, which `JSON.parse` drops unseen. */
  readonly keys: readonly JsonKey[];
  /** What is no JSON, in the text's order, at most one a line: the others there follow from it. */
  readonly faults: readonly JsonFault[];
}

/** Reads a text as JSON (RFC 8259: no comments, no comma before a closing bracket). */
export function scanJson(text: string): JsonScan {
  if (text.trim() === "") return refused(text, "the file is empty: `{}` sets nothing");
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    // The parser calls itself for each bracket.
    if (error instanceof RangeError) return refused(text, "brackets are nested too deeply");
    throw error;
  }
  const keys: JsonKey[] = [];
  if (root) collect(root, [], keys);
  const faults: JsonFault[] = [];
  for (const [i, error] of errors.entries()) {
    const last = faults.at(-1);
    if (last === undefined || text.slice(last.start, error.offset).includes("\n"))
      faults.push(faultOf(text, error, errors[i + 1]));
  }
  return { keys, faults };
}

function refused(text: string, why: string): JsonScan {
  return { keys: [], faults: [at(text, 0, 1, why)] };
}

function collect(node: Node, path: readonly string[], keys: JsonKey[]): void {
  for (const [i, child] of (node.children ?? []).entries()) {
    const [key, value] = child.children ?? [];
    if (child.type !== "property") collect(child, [...path, `${i}`], keys);
    else if (key) {
      const here = [...path, key.value as string];
      keys.push({ path: here, start: key.offset, end: key.offset + key.length });
      if (value) collect(value, here, keys);
    }
  }
}

const ends: Readonly<Record<string, string>> = {
  CloseBraceExpected: "the last `}` is missing",
  CloseBracketExpected: "the last `]` is missing",
};

const reasons: Readonly<Record<string, string>> = {
  CommaExpected: "expected `,` before this",
  ColonExpected: "expected `:` after the key",
  EndOfFileExpected: "nothing can follow the last closing bracket",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfComment: "JSON has no comments",
  UnexpectedEndOfString: "this string has no closing quote on its line",
  UnexpectedEndOfNumber: "this is not a number of JSON",
  InvalidUnicode: "`\\u` needs four hexadecimal digits",
  InvalidEscapeCharacter: "a string cannot hold this escape: a backslash is written `\\\\`",
  InvalidCharacter: "a string cannot hold a tab or another control character: a tab is written `\\t`",
};

function faultOf(text: string, { error, offset, length }: ParseError, next?: ParseError): JsonFault {
  const name = printParseErrorCode(error);
  const end = ends[name];
  if (end !== undefined) return at(text, text.trimEnd().length - 1, 1, end);
  const found = text.slice(offset, offset + length);
  if (name === "InvalidSymbol") {
    const isKey = next !== undefined && printParseErrorCode(next.error) === "PropertyNameExpected";
    return at(text, offset, length, symbolReason(found, isKey));
  }
  if (name === "PropertyNameExpected" || name === "ValueExpected") {
    const before = text.slice(0, offset).trimEnd();
    if (before.endsWith(",") && /^[\]},]$/.test(found))
      return at(text, before.length - 1, 1, `no comma can stand before \`${found}\``);
    if (found.trim() === "") return at(text, before.length - 1, 1, "the text ends where a value is expected");
    const what = name === "ValueExpected" ? "a value" : "a key in double quotes";
    return at(text, offset, length, `expected ${what} here`);
  }
  // What follows a number at once was meant as part of it, as in `01`.
  const isNumber = name === "CommaExpected" && /\d/.test(text[offset - 1] ?? "");
  return at(
    text,
    offset,
    length,
    isNumber ? "this is not a number of JSON" : (reasons[name] ?? "this is no JSON"),
  );
}

/** Why a word that stands without double quotes is no JSON. */
function symbolReason(word: string, isKey: boolean): string {
  if (word.startsWith("'")) return "JSON has double quotes only";
  if (/^[-+.\d]/.test(word)) return "this is not a number of JSON";
  if (!/^[\w$-]+$/.test(word))
    return isKey ? "expected a key in double quotes here" : "expected a value here";
  const literal = word.toLowerCase();
  if (["true", "false", "null"].includes(literal)) return `this is written \`${literal}\``;
  return `${isKey ? "a key" : "text"} needs double quotes: \`"${word}"\``;
}

/** Within the text, whatever the parser says of its end. */
function at(text: string, offset: number, length: number, why: string): JsonFault {
  const start = Math.max(0, Math.min(offset, text.length - 1));
  return { start, end: Math.min(text.length, start + Math.max(1, length)), why };
}

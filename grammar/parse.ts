import type { Diagnostics } from "../compiler/diagnostics/sink.js";
import type { File } from "./ast.js";
import { balance } from "./brackets.js";
import { buildAst } from "./build-ast.js";
import { layOut } from "./layout.js";
import { lex, type Source } from "./lex.js";
import { ArchParser } from "./parser.js";
import { Reports } from "./reports.js";
import { reportFailures } from "./syntax-messages.js";

/** The largest text that is read, in UTF-16 units. */
const maxLength = 512 * 1024;

let parser: ArchParser | undefined;

/**
 * Reads the text of an `.arch` file. Total: any string yields a tree, with `Missing` nodes where
 * nothing usable stood, and every problem goes to `sink` in the order of the text. `file` is the
 * name that spans carry.
 */
export function parse(text: string, file: string, sink: Diagnostics): File {
  const reports = new Reports(text);
  const tree = read({ text, file, sink: reports, broken: new Set() });
  reports.flush(sink);
  return tree;
}

function read(source: Source): File {
  const { text, file, sink } = source;
  const start = { file, start: 0, end: 0 };
  const empty: File = { kind: "file", imports: [], items: [], span: { ...start, end: text.length } };
  if (text.length > maxLength) {
    sink.report("syntax/too-large", { length: text.length, limit: maxLength }, { span: start });
    return empty;
  }
  try {
    const { tokens } = lex(source);
    const prepared = layOut(source, balance(source, tokens));
    parser ??= new ArchParser();
    const tree = parser.parseFile(prepared, source.broken);
    reportFailures(source, parser.failures.list);
    return buildAst(source, tree);
  } catch (error) {
    // Recovery recurses once for each of many faults in one list; the stack is its only limit.
    if (!(error instanceof RangeError)) throw error;
    sink.report("syntax/too-deep", { reason: "faults", limit: 0 }, { span: start });
    return empty;
  }
}

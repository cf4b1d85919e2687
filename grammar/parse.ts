import type { Diagnostics } from "../compiler/diagnostics/sink.js";
import type { File } from "./ast.js";
import { balance } from "./brackets.js";
import { buildAst } from "./build-ast.js";
import { layOut } from "./layout.js";
import { lex, type Source } from "./lex.js";
import { ArchParser } from "./parser.js";
import { reportFailures } from "./syntax-messages.js";

/** The largest text that is read, in UTF-16 units. */
const maxLength = 4 * 1024 * 1024;

let parser: ArchParser | undefined;

/**
 * Reads the text of an `.arch` file. Total: any string yields a tree, with `Missing` nodes where
 * nothing usable stood, and every problem goes to `sink`. `file` is the name that spans carry.
 */
export function parse(text: string, file: string, sink: Diagnostics): File {
  const source: Source = { text, file, sink };
  if (text.length > maxLength) {
    sink.report(
      "syntax/too-large",
      { length: text.length, limit: maxLength },
      { span: { file, start: 0, end: 0 } },
    );
    return { kind: "file", imports: [], items: [], span: { file, start: 0, end: text.length } };
  }
  const { tokens } = lex(source);
  const prepared = layOut(source, balance(source, tokens));
  parser ??= new ArchParser();
  const tree = parser.parseFile(prepared);
  reportFailures(source, parser.failures.list);
  return buildAst(source, tree);
}

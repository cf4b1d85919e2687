import type { Diagnostics } from "../compiler/diagnostics/sink.js";
import type { File } from "./ast.js";
import { balance } from "./brackets.js";
import { buildAst } from "./build-ast.js";
import { braceIndented } from "./indented.js";
import { layOut } from "./layout.js";
import { lex } from "./lex.js";
import { ArchParser } from "./parser.js";
import { Reports } from "./reports.js";
import { type Source, spanOf } from "./source.js";
import { reportFailures } from "./syntax-messages.js";
import { Eol } from "./tokens.js";

/** What is read of one file, or of a spec and its imports together: the specs of all published models take 25,000. */
const limits = { characters: 512 * 1024, words: 30_000 } as const;

/** What may still be read: UTF-16 units, and words and signs. Each file read takes its part. */
export interface Allowance {
  characters: number;
  words: number;
}

/** What a spec may take with all that it imports. */
export const allowance = (): Allowance => ({ ...limits });

/** A file has been refused: no other of its spec is read. */
export const isSpent = (left: Allowance): boolean => left.characters === 0 || left.words === 0;

/** Most texts are in order, and for those a parser is enough that knows of no recovery. */
let strict: ArchParser | undefined;
let recovering: ArchParser | undefined;

/**
 * Reads the text of an `.arch` file. Total: any string yields a tree, with `Missing` nodes where
 * nothing usable stood, and every problem goes to `sink` in the order of the text. `file` is the
 * name that spans carry. Files of one spec share what is `left`; a file beyond that is reported and
 * yields an empty tree.
 */
export function parse(text: string, file: string, sink: Diagnostics, left: Allowance = allowance()): File {
  const reports = new Reports(text);
  const tree = read({ text, file, sink: reports, broken: new Set() }, left);
  reports.flush(sink);
  return tree;
}

function read(source: Source, left: Allowance): File {
  const { text, file, sink } = source;
  const start = { file, start: 0, end: 0 };
  const empty: File = { kind: "file", imports: [], items: [], span: { ...start, end: text.length } };
  if (text.length > left.characters) {
    const others = limits.characters - left.characters;
    sink.report(
      "syntax/too-large",
      { length: text.length, limit: limits.characters, others },
      { span: start },
    );
    left.characters = 0;
    return empty;
  }
  left.characters -= text.length;
  try {
    const merged = { ...source, text: firstVersion(source) };
    const { tokens } = lex(merged);
    const words = tokens.filter((token) => token.tokenType !== Eol);
    const beyond = words[left.words];
    if (beyond !== undefined) {
      const others = limits.words - left.words;
      sink.report("syntax/too-many-words", { limit: limits.words, others }, { span: spanOf(source, beyond) });
      left.words = 0;
      return empty;
    }
    left.words -= words.length;
    const prepared = layOut(merged, balance(merged, braceIndented(merged, tokens)));
    strict ??= new ArchParser({ recovers: false });
    const tree = strict.parseFile(prepared, new Set());
    if (strict.failures.list.length === 0) return buildAst(source, tree);
    recovering ??= new ArchParser();
    const whole = recovering.parseFile(prepared, source.broken);
    reportFailures(source, recovering.failures.list);
    return buildAst(source, whole);
  } catch (error) {
    // Recovery recurses once for each of many faults in one list; the stack is its only limit.
    if (!(error instanceof RangeError)) throw error;
    sink.report("syntax/too-deep", { reason: "faults", limit: 0 }, { span: start });
    return empty;
  }
}

/**
 * The text without the second of two versions that git left for someone to choose from; spaces stand in its place, so
 * that all else stays where it is.
 */
function firstVersion({ text, file, sink }: Source): string {
  if (!/^<{7} /m.test(text)) return text;
  const blanks: [start: number, end: number][] = [];
  let opened: readonly [start: number, end: number] | undefined;
  let second: number | undefined;
  for (const line of text.matchAll(/^.+/gm)) {
    const [mark] = /^(?:<{7} |={7}$|\|{7}|>{7} )/.exec(line[0]) ?? [];
    const end = line.index + line[0].length;
    if (mark === "<<<<<<< ") [opened, second] = [[line.index, end], undefined];
    else if (mark === ">>>>>>> " && opened !== undefined && second !== undefined) {
      blanks.push([...opened], [second, end]);
      opened = undefined;
    } else if (mark !== undefined && opened !== undefined) second ??= line.index;
  }
  const [first] = blanks;
  if (first !== undefined)
    sink.report("syntax/conflict", {}, { span: { file, start: first[0], end: first[1] } });
  const parts = blanks.map(([start, end], i) => {
    const before = text.slice(blanks[i - 1]?.[1] ?? 0, start);
    return before + text.slice(start, end).replace(/[^\r\n]/g, " ");
  });
  return parts.join("") + text.slice(blanks.at(-1)?.[1] ?? 0);
}

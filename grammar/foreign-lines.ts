import type { IToken } from "chevrotain";
import type { ForeignForm } from "./foreign-forms.js";
import { endOf, info, makeToken, retag, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";
import { isName } from "./words.js";

// Lines that other languages begin as ours and go on with otherwise: each is reported once, and read as what was meant.

/** What an import names that cannot be read: all that its file declares. */
export const everything = "*";

/** What other formats call a stack of blocks. */
const stackWords = new Set(["blocks", "layers", "n_layers", "n_layer", "num_layers", "num_hidden_layers"]);

/** The line that begins at a token; undefined where it is one of ours. */
export function readForeignLine(
  source: Source,
  tokens: readonly IToken[],
  at: number,
  out: readonly IToken[],
): ForeignForm | undefined {
  const before = out[out.length - 1]?.tokenType;
  if (before !== undefined && before !== t.Newline && before !== t.LBrace) return undefined;
  const { image } = tokens[at]!;
  if (stackWords.has(image)) return readStack(source, tokens, at, out.length);
  return image === "import" || image === "from" ? readImport(source, tokens, at, out.length) : undefined;
}

/** `blocks = 4 {`, `layers: 4 {`, `blocks "4" {`; without a block, what is built of the line says it. */
function readStack(
  source: Source,
  tokens: readonly IToken[],
  at: number,
  kept: number,
): ForeignForm | undefined {
  const word = tokens[at]!;
  const sign = tokens[at + 1];
  const quoted = sign?.tokenType === t.TextToken && word.image === "blocks" && /^"\d+"$/.test(sign.image);
  const first = quoted ? at + 1 : at + 2;
  if (!quoted && sign?.tokenType !== t.Equals && sign?.tokenType !== t.Colon) return undefined;
  const count = tokens[first];
  if (count === undefined || !(quoted || isName(count) || count.tokenType === t.NumberToken))
    return undefined;
  if (["if", "for", "list"].includes(count.image)) return undefined;
  let brace = first + 1;
  while ([t.Newline, t.LBrace, t.RBrace, undefined].indexOf(tokens[brace]?.tokenType) < 0) brace++;
  const last = tokens[brace - 1]!;
  const end = brace;
  if (tokens[brace]?.tokenType === t.Newline) brace++;
  const isBlock = tokens[brace]?.tokenType === t.LBrace;
  if (!quoted && !isBlock) return undefined;
  const written = source.text.slice(count.startOffset, endOf(last));
  const number = quoted ? count.image.slice(1, -1) : written;
  const span = { ...spanOf(source, word), end: endOf(last) };
  const replacement = `blocks ${number}`;
  source.sink.report(
    "syntax/blocks-form",
    { word: word.image, count: number },
    { span, fixes: [{ title: `write \`${replacement}\``, span, replacement }] },
  );
  retag(word, t.Blocks);
  if (quoted) {
    retag(count, t.NumberToken);
    count.image = number;
    count.startOffset++;
    count.endOffset = endOf(count) - 1;
  }
  return { kept, put: [word], next: first, ...(isBlock ? { without: [end, brace] } : {}) };
}

/** `import * from "std"`, `from std import decoder`, `import std.decoder`: read as an import of all. */
function readImport(
  source: Source,
  tokens: readonly IToken[],
  at: number,
  kept: number,
): ForeignForm | undefined {
  const token = tokens[at]!;
  const sign = tokens[at + 1];
  const foreign =
    isName(sign) ||
    (token.image === "import" && (sign?.tokenType === t.TextToken || sign?.tokenType === t.Star));
  if (!foreign || sign === undefined) return undefined;
  source.sink.report("syntax/import-form", { found: `\`${sign.image}\`` }, { span: spanOf(source, sign) });
  if (info(token).depth > 0) return undefined;
  let next = at + 1;
  while (next < tokens.length && tokens[next]!.tokenType !== t.Newline) next++;
  const line = tokens.slice(at + 1, next);
  const from = line.find((x) => x.tokenType === t.TextToken) ?? makeToken(t.TextToken, endOf(sign), '"std"');
  retag(token, t.Import);
  const made = (type: typeof t.Name, image: string) => makeToken(type, sign.startOffset, image);
  const put = [
    token,
    made(t.LBrace, "{"),
    made(t.Name, everything),
    made(t.RBrace, "}"),
    made(t.From, "from"),
    from,
  ];
  return { kept, put, next };
}

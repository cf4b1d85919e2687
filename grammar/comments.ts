import type { IToken } from "chevrotain";
import { info, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";

/** Reports comments of other languages and hands each run of `///` lines to the token below it. */
export function readComments(source: Source, comments: readonly IToken[], tokens: readonly IToken[]): void {
  let at = 0;
  let behind = 0;
  let doc: string[] = [];
  for (const [i, comment] of comments.entries()) {
    const { image } = comment;
    while (behind < tokens.length && tokens[behind]!.startOffset < comment.startOffset) behind++;
    const before = tokens[behind - 1];
    if (!image.startsWith("//")) reportComment(source, comment);
    else if (/^\/\/ *\d+ *$/.test(image)) reportDivision(source, comment, before);
    if (!image.startsWith("///")) {
      doc = [];
      continue;
    }
    doc.push(image.slice(image.startsWith("/// ") ? 4 : 3).trimEnd());
    while (
      at < tokens.length &&
      (tokens[at]!.tokenType === t.Eol || tokens[at]!.startOffset < comment.startOffset)
    )
      at++;
    const token = tokens[at];
    const above = comments[i + 1];
    if (token !== undefined && !(above !== undefined && above.startOffset < token.startOffset)) {
      info(token).doc = doc.join("\n");
    }
    if (above === undefined || token === undefined || above.startOffset > token.startOffset) doc = [];
  }
}

/** `n // 2` behind a value with a name: where that divides, the half that was meant is lost without a word. */
function reportDivision(source: Source, comment: IToken, before: IToken | undefined): void {
  if (before?.tokenType !== t.Name && before?.tokenType !== t.AxisName && before?.tokenType !== t.RParen)
    return;
  const by = comment.image.slice(2).trim();
  source.sink.report(
    "syntax/comment-divides",
    { value: before.image, by },
    { span: spanOf(source, comment) },
  );
}

function reportComment(source: Source, comment: IToken): void {
  const span = spanOf(source, comment);
  const opener = comment.image.startsWith("#") ? "#" : "/*";
  const body = comment.image.replace(/^#+|^\/\*+|\*+\/$/g, "").trim();
  const replacement = body
    .split(/\r\n|\n|\r/)
    .map((line) => `// ${line.replace(/^\s*\*\s?/, "").trim()}`.trimEnd())
    .join("\n");
  source.sink.report(
    "syntax/comment",
    { opener },
    {
      span,
      // Before code on its line, `//` would hide that code.
      fixes: /^[ \t]*($|[\r\n])/.test(source.text.slice(span.end, span.end + 200))
        ? [{ title: "write `//`", span, replacement }]
        : [],
    },
  );
}

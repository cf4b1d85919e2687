import type { IParserErrorMessageProvider, IToken, TokenType } from "chevrotain";
import { EOF } from "./chevrotain.js";
import { endOf, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";

/** A place where the parser could not go on. `expected` is set where only one token would do. */
export interface Failure {
  readonly kind: "expected" | "adjacent";
  readonly rule: string;
  readonly expected: TokenType | undefined;
  readonly actual: IToken;
  readonly previous: IToken;
  /** The first token of the item, where two values stand side by side. */
  readonly first?: IToken;
}

/** Collects the parser's failures as facts; Chevrotain's own sentences are never shown. */
export class Failures implements IParserErrorMessageProvider {
  list: Failure[] = [];

  addAdjacent(first: IToken, actual: IToken, previous: IToken): void {
    this.list.push({ kind: "adjacent", rule: "item", expected: undefined, actual, previous, first });
  }

  buildMismatchTokenMessage(at: {
    expected: TokenType;
    actual: IToken;
    previous: IToken;
    ruleName: string;
  }): string {
    this.list.push({
      kind: "expected",
      rule: at.ruleName,
      expected: at.expected,
      actual: at.actual,
      previous: at.previous,
    });
    return "";
  }

  buildNotAllInputParsedMessage(at: { firstRedundant: IToken; ruleName: string }): string {
    const { firstRedundant: actual, ruleName: rule } = at;
    this.list.push({ kind: "expected", rule, expected: undefined, actual, previous: actual });
    return "";
  }

  buildNoViableAltMessage(at: { actual: IToken[]; previous: IToken; ruleName: string }): string {
    return this.addUnexpected(at);
  }

  buildEarlyExitMessage(at: { actual: IToken[]; previous: IToken; ruleName: string }): string {
    return this.addUnexpected(at);
  }

  private addUnexpected(at: { actual: IToken[]; previous: IToken; ruleName: string }): string {
    const actual = at.actual[0] ?? at.previous;
    this.list.push({
      kind: "expected",
      rule: at.ruleName,
      expected: undefined,
      actual,
      previous: at.previous,
    });
    return "";
  }
}

/** What a rule would have read where it found nothing it knows. */
const wantedByRule: Record<string, string> = {
  file: "a declaration",
  item: "a statement",
  arg: "a value or a pattern",
  range: "a value",
  result: "a shape such as `[.. D]`",
  operand: "a value",
  annotation: "a shape or a kind",
  results: "a shape such as `[.. D]`",
  fn: "`=` and an expression",
  conditional: "`{` or `then`",
  selector: "a block's number",
  for: "`in` or `along`",
  axis: "an axis",
  patternAxis: "an axis",
  pattern: "an axis",
  postfix: "a name, `(` or `[`",
  constraints: "`{`",
};

const wantedByToken = new Map<TokenType, string>([
  [t.Name, "a name"],
  [t.AxisName, "an axis"],
  [t.TextToken, "a text in double quotes"],
  [t.LParen, "`(`"],
  [t.RParen, "`)`"],
  [t.CallParen, "`(`"],
  [t.LBracket, "`[`"],
  [t.RBracket, "`]`"],
  [t.LBrace, "`{`"],
  [t.RBrace, "`}`"],
  [t.Colon, "`:`"],
  [t.Comma, "`,`"],
  [t.Equals, "`=`"],
  [t.Arrow, "`->`"],
  [t.In, "`in`"],
  [t.Then, "`then`"],
  [t.Else, "`else`"],
  [t.From, "`from`"],
]);

/** A token as a reader would name it. */
export function describe(token: IToken): string {
  if (token.tokenType === EOF) return "the end of the file";
  if (token.tokenType === t.Newline) return "the end of the line";
  if (token.image === "") return "the end of a bracket";
  return `\`${token.image.length > 40 ? `${token.image.slice(0, 40)}…` : token.image}\``;
}

/** Reports what the parser could not read, in our words. */
export function reportFailures(source: Source, failures: readonly Failure[]): void {
  let importLine = -1;
  for (const failure of failures) {
    const { actual, previous } = failure;
    const ends = actual.tokenType === t.Newline || actual.tokenType === EOF || actual.image === "";
    const after = Number.isNaN(previous.startOffset) ? 0 : Math.min(endOf(previous), source.text.length);
    const span = ends ? { file: source.file, start: after, end: after } : spanOf(source, actual);
    if (failure.kind === "adjacent") {
      reportAdjacent(source, failure);
      continue;
    }
    if (failure.rule === "import") {
      const line = Math.max(0, source.text.lastIndexOf("\n", span.start - 1));
      if (line !== importLine)
        source.sink.report("syntax/import-form", { found: describe(actual) }, { span });
      importLine = line;
      continue;
    }
    if (isCommaMissing(source, failure)) {
      const gap = { file: source.file, start: after, end: actual.startOffset };
      const closer = failure.expected === t.RBracket ? "]" : ")";
      source.sink.report(
        "syntax/expected",
        { wanted: `\`,\` or \`${closer}\``, found: describe(actual), rule: failure.rule },
        { span, fixes: [{ title: "add the comma", span: gap, replacement: ", " }] },
      );
      continue;
    }
    const byToken = failure.expected === undefined ? undefined : wantedByToken.get(failure.expected);
    const wanted = byToken ?? wantedByRule[failure.rule] ?? "a value";
    source.sink.report("syntax/expected", { wanted, found: describe(actual), rule: failure.rule }, { span });
  }
}

/** In brackets, a value on the line of the one before it: `f(x y)`. */
function isCommaMissing(source: Source, { expected, actual, previous }: Failure): boolean {
  const values = [t.Name, t.AxisName, t.NumberToken, t.TextToken];
  if (expected !== t.RParen && expected !== t.RBracket) return false;
  const isBehind = [...values, t.RParen, t.RBracket].includes(previous.tokenType);
  const between = source.text.slice(endOf(previous), actual.startOffset);
  return isBehind && values.includes(actual.tokenType) && /^[ \t]+$/.test(between);
}

/** Two values side by side: a missing line end, operator or comma, or a call that does not touch its `(`. */
function reportAdjacent(source: Source, failure: Failure): void {
  const { actual, previous } = failure;
  const span = spanOf(source, actual);
  const gap = { file: source.file, start: endOf(previous), end: actual.startOffset };
  const calls =
    (actual.tokenType === t.LParen || actual.tokenType === t.LBracket) &&
    (previous.tokenType === t.Name || previous.tokenType === t.AxisName) &&
    gap.end > gap.start;
  if (calls) {
    source.sink.report(
      "syntax/space-before-bracket",
      { name: previous.image, bracket: actual.image },
      {
        span,
        fixes: [{ title: "remove the space", span: gap, replacement: "" }],
      },
    );
    return;
  }
  const values = [t.NumberToken, t.TextToken, t.LBracket, t.Question];
  if (failure.first === previous && previous.tokenType === t.Name && values.includes(actual.tokenType)) {
    const { image: name } = previous;
    source.sink.report(
      "syntax/field-without-equals",
      { name, value: actual.image },
      {
        span,
        fixes: [{ title: `write \`${name} = …\``, span: gap, replacement: " = " }],
      },
    );
    return;
  }
  source.sink.report("syntax/adjacent", { found: describe(actual), previous: describe(previous) }, { span });
}

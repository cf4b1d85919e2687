import type { TokenType } from "chevrotain";
import { createToken, Lexer } from "./chevrotain.js";

/**
 * The tokens of `.arch`. The lexer knows no keywords: `layout.ts` turns names into keywords where
 * they stand as such, so that a field may be called `at` or `weight`.
 */

function symbol(name: string, pattern: string, categories: TokenType[] = []): TokenType {
  return createToken({ name, pattern, categories });
}

/** Given to a token by the layout, never by the lexer. */
function given(name: string, categories: TokenType[] = []): TokenType {
  return createToken({ name, pattern: Lexer.NA, categories });
}

export const BinaryOperator = given("BinaryOperator");

export const Eol = createToken({ name: "Eol", pattern: /\r\n|\n|\r/, line_breaks: true });
const Space = createToken({ name: "Space", pattern: /[ \t\f\v\u00a0\ufeff]+/, group: Lexer.SKIPPED });
const LineComment = createToken({ name: "LineComment", pattern: /\/\/[^\r\n]*/, group: "comments" });
const HashComment = createToken({ name: "HashComment", pattern: /#[^\r\n]*/, group: "comments" });
const BlockComment = createToken({
  name: "BlockComment",
  pattern: /\/\*(?:[^*]|\*(?!\/))*\*\//,
  group: "comments",
  line_breaks: true,
});
const OpenComment = createToken({ name: "OpenComment", pattern: /\/\*[^\r\n]*/, group: "comments" });

export const NumberToken = createToken({
  name: "Number",
  pattern: /\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?(?:[A-Za-z_]\w*)?/,
});
export const TextToken = createToken({ name: "Text", pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/ });
export const OpenText = createToken({ name: "OpenText", pattern: /"[^\r\n]*/ });
export const SingleText = createToken({
  name: "SingleText",
  pattern: /'[^'\r\n]*'|[“„][^“”\r\n]*[“”]|‘[^’\r\n]*’/,
});
export const Name = createToken({ name: "Name", pattern: /[A-Za-z_]\w*/ });
export const AxisName = createToken({ name: "AxisName", pattern: /[A-Z]\w*/, categories: [Name] });

export const LParen = symbol("LParen", "(");
export const RParen = symbol("RParen", ")");
export const LBracket = symbol("LBracket", "[");
export const RBracket = symbol("RBracket", "]");
export const LBrace = symbol("LBrace", "{");
export const RBrace = symbol("RBrace", "}");
export const Comma = symbol("Comma", ",");
export const Colon = symbol("Colon", ":");
export const Semicolon = symbol("Semicolon", ";");
export const Question = symbol("Question", "?");
export const Arrow = symbol("Arrow", "->");
export const Equals = symbol("Equals", "=");
export const DotDot = symbol("DotDot", "..");
export const DotDotLess = symbol("DotDotLess", "..<");
export const Dot = symbol("Dot", ".");
export const LessEqual = symbol("LessEqual", "<=", [BinaryOperator]);
export const Less = symbol("Less", "<", [BinaryOperator]);
export const GreaterEqual = symbol("GreaterEqual", ">=", [BinaryOperator]);
export const Greater = symbol("Greater", ">", [BinaryOperator]);
export const EqualEqual = symbol("EqualEqual", "==", [BinaryOperator]);
export const NotEqual = symbol("NotEqual", "!=", [BinaryOperator]);
export const Plus = symbol("Plus", "+", [BinaryOperator]);
export const Minus = symbol("Minus", "-", [BinaryOperator]);
export const Star = symbol("Star", "*", [BinaryOperator]);
export const Slash = symbol("Slash", "/", [BinaryOperator]);
export const Percent = symbol("Percent", "%", [BinaryOperator]);
export const Caret = symbol("Caret", "^", [BinaryOperator]);

/** Operators of other languages; the layout reports them and reads them as ours. */
export const Foreign = createToken({
  name: "Foreign",
  pattern: /\*\*|&&|\|\||===|!==|<>|:=|\.\.\.|\.\.=|=>|[+\-*/%^]=|!(?!=)|[≤≥≠×→−–—…（），：＝]/,
});

/** Ends a statement; a significant `Eol`, or one that the layout put there. */
export const Newline = given("Newline");
/** `(` and `[` that touch the operand before them. */
export const CallParen = given("CallParen", [LParen]);
export const IndexBracket = given("IndexBracket", [LBracket]);
/** A unit word after a number. */
export const Unit = given("Unit");

export const Import = given("Import");
export const From = given("From");
export const As = given("As");
export const Model = given("Model");
export const Layer = given("Layer");
export const Profile = given("Profile");
export const Fn = given("Fn");
export const Blocks = given("Blocks");
export const Slot = given("Slot");
export const At = given("At");
export const Every = given("Every");
export const Forward = given("Forward");
export const Budget = given("Budget");
export const Expect = given("Expect");
export const Solve = given("Solve");
export const Checkpoint = given("Checkpoint");
export const Aim = given("Aim");
export const Weight = given("Weight");
export const Init = given("Init");
export const Lookup = given("Lookup");
export const State = given("State");
export const Next = given("Next");
export const Random = given("Random");
export const Loss = given("Loss");
export const Require = given("Require");
export const Return = given("Return");
export const Inverse = given("Inverse");
export const For = given("For");
export const In = given("In");
export const Along = given("Along");
export const Step = given("Step");
export const If = given("If");
export const Then = given("Then");
export const Else = given("Else");
export const Einsum = given("Einsum");
export const Not = given("Not");
export const And = given("And", [BinaryOperator]);
export const Or = given("Or", [BinaryOperator]);

const lexed: TokenType[] = [
  Space,
  Eol,
  LineComment,
  BlockComment,
  OpenComment,
  HashComment,
  NumberToken,
  TextToken,
  OpenText,
  SingleText,
  AxisName,
  Name,
  Foreign,
  Arrow,
  DotDotLess,
  DotDot,
  Dot,
  EqualEqual,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Equals,
  Less,
  Greater,
  Plus,
  Minus,
  Star,
  Slash,
  Percent,
  Caret,
  LParen,
  RParen,
  LBracket,
  RBracket,
  LBrace,
  RBrace,
  Comma,
  Colon,
  Semicolon,
  Question,
];

const givenTokens: TokenType[] = [
  BinaryOperator,
  Newline,
  CallParen,
  IndexBracket,
  Unit,
  Import,
  From,
  As,
  Model,
  Layer,
  Profile,
  Fn,
  Blocks,
  Slot,
  At,
  Every,
  Forward,
  Budget,
  Expect,
  Solve,
  Checkpoint,
  Aim,
  Weight,
  Init,
  Lookup,
  State,
  Next,
  Random,
  Loss,
  Require,
  Return,
  Inverse,
  For,
  In,
  Along,
  Step,
  If,
  Then,
  Else,
  Einsum,
  Not,
  And,
  Or,
];

export const vocabulary: TokenType[] = [...lexed, ...givenTokens];

/** `validates` looks for patterns that can never match, for tests: the tokens are the same at every start. */
export function makeLexer(validates: boolean): InstanceType<typeof Lexer> {
  return new Lexer(lexed, {
    positionTracking: "onlyOffset",
    ensureOptimizations: false,
    skipValidations: !validates,
  });
}

export const lexer = makeLexer(false);

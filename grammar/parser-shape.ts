import type { CstNode, ParserMethod } from "chevrotain";
import { CstParser } from "./chevrotain.js";
import { LazyLookahead } from "./lookahead.js";
import type { Failures } from "./syntax-messages.js";
import * as t from "./tokens.js";

export interface ParserOptions {
  /** Reads on behind a fault; without, it stops at the first and is ready sooner. */
  readonly recovers?: boolean;
  /** Checks the grammar itself, for tests. */
  readonly validates?: boolean;
}

/** The part of the grammar that names axes: shapes, patterns and `einsum`. Expressions build on it. */
export abstract class ShapeParser extends CstParser {
  /** A value, which only the grammar of expressions knows. */
  protected abstract readonly expr: ParserMethod<[], CstNode>;

  constructor(failures: Failures, { recovers = true, validates = false }: ParserOptions) {
    const maxLookahead = 2;
    super(t.vocabulary, {
      recoveryEnabled: recovers,
      maxLookahead,
      lookaheadStrategy: new LazyLookahead({ maxLookahead }),
      nodeLocationTracking: "onlyOffset",
      errorMessageProvider: failures,
      skipValidations: !validates,
    });
  }

  protected readonly pattern = this.RULE("pattern", () => {
    this.AT_LEAST_ONE(() => this.SUBRULE(this.patternAxis));
    this.OPTION(() => {
      this.CONSUME(t.Arrow);
      this.MANY(() => this.SUBRULE2(this.patternAxis, { LABEL: "to" }));
    });
  });

  protected readonly patternAxis = this.RULE("patternAxis", () => {
    this.OR([{ ALT: () => this.CONSUME(t.DotDot) }, { ALT: () => this.CONSUME(t.Name) }]);
  });

  protected readonly shape = this.RULE("shape", () => {
    this.CONSUME(t.LBracket);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Comma) }, { ALT: () => this.SUBRULE(this.axis) }]);
    });
    this.CONSUME(t.RBracket);
  });

  protected readonly axis = this.RULE("axis", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.DotDot) },
      { ALT: () => this.CONSUME(t.Star) },
      {
        GATE: () => this.startsAxis(),
        IGNORE_AMBIGUITIES: true,
        ALT: () => {
          this.CONSUME(t.AxisName);
          this.OPTION(() => {
            this.OR2([{ ALT: () => this.CONSUME(t.Equals) }, { ALT: () => this.CONSUME(t.LessEqual) }]);
            this.SUBRULE(this.expr);
          });
        },
      },
      {
        ALT: () => {
          this.SUBRULE2(this.expr, { LABEL: "size" });
          this.OPTION2(() => {
            this.CONSUME2(t.Equals);
            this.SUBRULE3(this.expr, { LABEL: "value" });
          });
        },
      },
    ]);
  });

  /** An axis in a shape, unless an operator makes it an expression. */
  private startsAxis(): boolean {
    const after = this.LA(2);
    if (after.tokenType === t.LessEqual || after.tokenType === t.Equals) return true;
    if (after.tokenType === t.CallParen || after.tokenType === t.IndexBracket) return false;
    return after.tokenType !== t.Dot && !(after.tokenType.CATEGORIES ?? []).includes(t.BinaryOperator);
  }

  protected readonly einsum = this.RULE("einsum", () => {
    this.CONSUME(t.Einsum);
    this.CONSUME(t.LBracket);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.einsumInput) });
    this.CONSUME(t.Arrow);
    this.MANY(() => this.SUBRULE(this.patternAxis));
    this.CONSUME(t.RBracket);
    this.CONSUME(t.LParen);
    this.MANY_SEP2({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expr) });
    this.CONSUME(t.RParen);
  });

  protected readonly einsumInput = this.RULE("einsumInput", () => {
    this.MANY(() => this.SUBRULE(this.patternAxis));
  });
}

import type { CstNode, ParserMethod } from "chevrotain";
import { ShapeParser } from "./parser-shape.js";
import * as t from "./tokens.js";

/** The part of the grammar that has values. Statements build on it. */
export abstract class ExprParser extends ShapeParser {
  /** `{ … }`, whose lines only the whole grammar knows. */
  protected abstract readonly block: ParserMethod<[], CstNode>;

  /** Flat; `build-expr.ts` knows the precedence. */
  protected readonly expr = this.RULE("expr", () => {
    this.SUBRULE(this.operand);
    this.MANY(() => {
      this.CONSUME(t.BinaryOperator);
      this.SUBRULE2(this.operand);
    });
  });

  protected readonly operand = this.RULE("operand", () => {
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Minus, { LABEL: "prefix" }) },
        { ALT: () => this.CONSUME(t.Not, { LABEL: "prefix" }) },
        { ALT: () => this.CONSUME(t.Plus, { LABEL: "prefix" }) },
      ]);
    });
    this.OR2([
      { ALT: () => this.CONSUME(t.NumberToken) },
      { ALT: () => this.CONSUME(t.Name) },
      { ALT: () => this.CONSUME(t.TextToken) },
      { ALT: () => this.SUBRULE(this.tuple) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.einsum) },
      { ALT: () => this.SUBRULE(this.nextValue) },
      { ALT: () => this.SUBRULE(this.hole) },
      { ALT: () => this.SUBRULE(this.for) },
      { ALT: () => this.SUBRULE(this.conditional) },
    ]);
    this.OPTION(() => this.CONSUME(t.Unit));
    this.MANY2(() => this.SUBRULE(this.postfix));
  });

  protected readonly postfix = this.RULE("postfix", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          this.CONSUME(t.Name);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.CallParen);
          this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.arg) });
          this.CONSUME(t.RParen);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.IndexBracket);
          this.MANY_SEP2({ SEP: t.Comma, DEF: () => this.SUBRULE(this.subscript) });
          this.CONSUME(t.RBracket);
        },
      },
    ]);
  });

  protected readonly tuple = this.RULE("tuple", () => {
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expr) });
    this.CONSUME(t.RParen);
  });

  protected readonly list = this.RULE("list", () => {
    this.CONSUME(t.LBracket);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expr) });
    this.CONSUME(t.RBracket);
  });

  protected readonly nextValue = this.RULE("nextValue", () => {
    this.CONSUME(t.Next);
    this.CONSUME(t.Name);
  });

  protected readonly hole = this.RULE("hole", () => {
    this.CONSUME(t.Question);
    this.OPTION(() => {
      this.CONSUME(t.In);
      this.SUBRULE(this.range);
    });
  });

  protected readonly for = this.RULE("for", () => {
    this.CONSUME(t.For);
    this.CONSUME(t.Name);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.In);
          this.SUBRULE(this.range);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Along);
          this.CONSUME2(t.Name, { LABEL: "axis" });
        },
      },
    ]);
    this.SUBRULE(this.block);
  });

  /** `a`, `a .. b`, `a ..< b`, `a ..`, each with a step. */
  protected readonly range = this.RULE("range", () => {
    this.SUBRULE(this.expr, { LABEL: "from" });
    this.OPTION(() => {
      this.OR([{ ALT: () => this.CONSUME(t.DotDot) }, { ALT: () => this.CONSUME(t.DotDotLess) }]);
      this.OPTION2(() => this.SUBRULE2(this.expr, { LABEL: "to" }));
    });
    this.OPTION3(() => {
      this.CONSUME(t.Step);
      this.SUBRULE3(this.expr, { LABEL: "step" });
    });
  });

  protected readonly arg = this.RULE("arg", () => {
    this.OPTION({
      GATE: () => this.LA(2).tokenType === t.Equals || this.LA(2).tokenType === t.Colon,
      DEF: () => {
        this.CONSUME(t.Name);
        this.OR([{ ALT: () => this.CONSUME(t.Equals) }, { ALT: () => this.CONSUME(t.Colon) }]);
      },
    });
    this.OR2([
      { GATE: () => this.startsPattern(), IGNORE_AMBIGUITIES: true, ALT: () => this.SUBRULE(this.pattern) },
      { ALT: () => this.SUBRULE(this.expr) },
    ]);
  });

  /** A pattern starts with `..`, or with an axis followed by an axis or `->`. */
  private startsPattern(): boolean {
    if (this.LA(1).tokenType === t.DotDot) return true;
    const after = this.LA(2).tokenType;
    return after === t.AxisName || after === t.Arrow || after === t.DotDot;
  }

  /** `H K` in a checkpoint's `x[D, H K]`: axes that are one in the file. */
  private startsGroup(): boolean {
    return this.LA(1).tokenType === t.AxisName && this.LA(2).tokenType === t.AxisName;
  }

  protected readonly subscript = this.RULE("subscript", () => {
    this.OPTION({
      GATE: () => this.LA(2).tokenType === t.Equals || this.LA(2).tokenType === t.Colon,
      DEF: () => {
        this.CONSUME(t.Name);
        this.OR([{ ALT: () => this.CONSUME(t.Equals) }, { ALT: () => this.CONSUME(t.Colon) }]);
      },
    });
    this.OPTION2({
      GATE: () => this.LA(1).tokenType !== t.DotDot,
      DEF: () => {
        this.OR3([
          { GATE: () => this.startsGroup(), IGNORE_AMBIGUITIES: true, ALT: () => this.SUBRULE(this.pattern) },
          { ALT: () => this.SUBRULE(this.expr, { LABEL: "from" }) },
        ]);
      },
    });
    this.OPTION3(() => {
      this.OR2([
        { ALT: () => this.CONSUME(t.DotDot) },
        { ALT: () => this.CONSUME(t.DotDotLess) },
        { ALT: () => this.CONSUME2(t.Colon, { LABEL: "colonRange" }) },
      ]);
      this.OPTION4(() => this.SUBRULE2(this.expr, { LABEL: "to" }));
    });
    this.OPTION5(() => {
      this.CONSUME(t.Arrow);
      this.CONSUME2(t.Name, { LABEL: "as" });
    });
  });

  /** `if c { … } else { … }` and `if c then a else b`: one rule, since they part after the condition. */
  protected readonly conditional = this.RULE("conditional", () => {
    this.CONSUME(t.If);
    this.SUBRULE(this.condition);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Then);
          this.SUBRULE(this.expr);
          this.CONSUME(t.Else);
          this.SUBRULE2(this.expr, { LABEL: "otherwise" });
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.block);
          this.OPTION(() => {
            this.CONSUME2(t.Else);
            this.OR2([
              { ALT: () => this.SUBRULE2(this.block, { LABEL: "elseBlock" }) },
              { ALT: () => this.SUBRULE(this.conditional) },
            ]);
          });
        },
      },
    ]);
  });

  /** An expression; `a = b` is read as `a == b`. */
  protected readonly condition = this.RULE("condition", () => {
    this.SUBRULE(this.expr);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE2(this.expr);
    });
  });

  /** What stands after `:`. A shape is a tensor's; an expression is a kind, or a value of foreign habit. */
  protected readonly annotation = this.RULE("annotation", () => {
    this.OR([
      {
        IGNORE_AMBIGUITIES: true,
        ALT: () => {
          this.SUBRULE(this.shape);
          this.OPTION(() => this.CONSUME(t.Name, { LABEL: "dtype" }));
        },
      },
      { ALT: () => this.SUBRULE(this.expr) },
    ]);
  });
}

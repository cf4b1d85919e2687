import { ExprParser } from "./parser-expr.js";
import * as t from "./tokens.js";

/** The part of the grammar that layers are written in: what they take and give, and their lines. */
export abstract class LineParser extends ExprParser {
  protected readonly fn = this.RULE("fn", () => {
    this.CONSUME(t.Fn);
    this.CONSUME(t.Name);
    this.SUBRULE(this.params);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Equals);
          this.SUBRULE(this.expr);
        },
      },
      {
        ALT: () => {
          this.OPTION(() => this.SUBRULE(this.results));
          this.SUBRULE(this.block);
        },
      },
    ]);
  });

  protected readonly params = this.RULE("params", () => {
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.param) });
    this.CONSUME(t.RParen);
  });

  protected readonly param = this.RULE("param", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.annotation);
    });
    this.OPTION2(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expr);
    });
    this.OPTION3(() => {
      this.CONSUME(t.In);
      this.SUBRULE(this.range);
    });
  });

  protected readonly results = this.RULE("results", () => {
    this.CONSUME(t.Arrow);
    this.OR([
      { ALT: () => this.SUBRULE(this.result) },
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE2(this.result) });
          this.CONSUME(t.RParen);
        },
      },
    ]);
  });

  protected readonly result = this.RULE("result", () => {
    this.OPTION(() => {
      this.CONSUME(t.Name);
      this.CONSUME(t.Colon);
    });
    this.SUBRULE(this.shape);
    this.OPTION2(() => this.CONSUME2(t.Name, { LABEL: "dtype" }));
  });

  private names(): void {
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
  }

  protected readonly weight = this.RULE("weight", () => {
    this.CONSUME(t.Weight);
    this.names();
    this.CONSUME(t.Colon);
    this.SUBRULE(this.annotation);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Lookup) },
        {
          ALT: () => {
            this.CONSUME(t.Init);
            this.SUBRULE(this.expr);
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.In);
            this.SUBRULE(this.range);
          },
        },
      ]);
    });
  });

  protected readonly state = this.RULE("state", () => {
    this.CONSUME(t.State);
    this.names();
    this.CONSUME(t.Colon);
    this.SUBRULE(this.annotation);
    this.OPTION(() => {
      this.CONSUME(t.Init);
      this.SUBRULE(this.expr);
    });
  });

  protected readonly random = this.RULE("random", () => {
    this.CONSUME(t.Random);
    this.names();
    this.CONSUME(t.Colon);
    this.SUBRULE(this.shape);
    this.OPTION(() => this.SUBRULE(this.expr));
  });

  protected readonly loss = this.RULE("loss", () => {
    this.CONSUME(t.Loss);
    this.SUBRULE(this.expr);
  });

  protected readonly require = this.RULE("require", () => {
    this.CONSUME(t.Require);
    this.SUBRULE(this.condition);
    this.OPTION(() => {
      this.OPTION2(() => this.CONSUME(t.Comma));
      this.CONSUME(t.TextToken);
    });
  });

  protected readonly return = this.RULE("return", () => {
    this.CONSUME(t.Return);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expr) });
  });

  protected readonly inverse = this.RULE("inverse", () => {
    this.CONSUME(t.Inverse);
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
    this.CONSUME(t.RParen);
    this.SUBRULE(this.block);
  });

  /** Every line that begins with an expression: `x = 1`, `a, b: layer = f()`, `y: [T] = x`, `params.total <= 1M`. */
  protected readonly simple = this.RULE("simple", () => {
    this.OPTION5({
      GATE: () => this.startsOptional(),
      DEF: () => this.CONSUME(t.Name, { LABEL: "optional" }),
    });
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expr) });
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.annotation);
    });
    this.OPTION2(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE2(this.expr, { LABEL: "value" });
    });
    this.OPTION3(() => {
      this.CONSUME(t.In);
      this.SUBRULE(this.range);
    });
    this.OPTION4(() => this.CONSUME(t.TextToken));
  });

  /** `optional "name in the file" = weight`, a line of a checkpoint. */
  private startsOptional(): boolean {
    return this.LA(1).image === "optional" && this.LA(2).tokenType === t.TextToken;
  }
}

import type { CstNode, IToken, TokenType } from "chevrotain";
import { EOF } from "./chevrotain.js";
import { LineParser } from "./parser-line.js";
import type { ParserOptions } from "./parser-shape.js";
import { info } from "./source.js";
import { Failures } from "./syntax-messages.js";
import * as t from "./tokens.js";

/** Ends of a statement within its block. */
const statementEnds = new Set<TokenType>([t.Newline, t.RBrace, t.Comma, EOF]);

/** A text with more faults is not followed to its end: it is no `.arch`. */
const maxFailures = 1000;
/** Recovery from a fault may look at all tokens: so many looks take half a second. */
const maxLooks = 8_000_000;

/**
 * The grammar, on tokens that the layout has prepared. What other languages would write is read
 * here as well, where it has a clear meaning; `build-ast.ts` says how it is written.
 */
export class ArchParser extends LineParser {
  readonly failures: Failures;
  private broken = new Set<number>();
  private failureLimit = maxFailures;

  constructor(options: ParserOptions = {}) {
    const failures = new Failures();
    super(failures, options);
    this.failures = failures;
    this.performSelfAnalysis();
  }

  /**
   * The tree of prepared tokens. What could not be read is in `failures`, and the items where it
   * stood begin at the offsets in `broken`.
   */
  parseFile(tokens: IToken[], broken: Set<number>): CstNode {
    this.failures.list = [];
    this.broken = broken;
    this.failureLimit = Math.min(maxFailures, Math.max(16, Math.floor(maxLooks / (tokens.length + 1))));
    this.input = tokens;
    return this.file();
  }

  /** A `{` that is not there would take in the lines below its header. */
  protected override canTokenTypeBeInsertedInRecovery(type: TokenType): boolean {
    return type !== t.LBrace;
  }

  /** Recovery recurses for each fault, so that a text of nothing else is left after many. */
  protected override SKIP_TOKEN(): IToken {
    let token = super.SKIP_TOKEN();
    const hopeless = this.failures.list.length > this.failureLimit;
    while (hopeless && token.tokenType !== EOF) token = super.SKIP_TOKEN();
    return token;
  }

  private readonly file = this.RULE("file", () => {
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Newline) },
        { ALT: () => this.CONSUME(t.Comma) },
        { ALT: () => this.CONSUME(t.RBrace) },
        { ALT: () => this.wholeItem() },
      ]);
    });
  });

  protected readonly block = this.RULE("block", () => {
    this.CONSUME(t.LBrace);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Newline) },
        { ALT: () => this.CONSUME(t.Comma) },
        { ALT: () => this.wholeItem() },
      ]);
    });
    this.CONSUME(t.RBrace);
  });

  /** One item, and past whatever else stands on its line. */
  private wholeItem(): void {
    let first = this.LA(1);
    let failures = 0;
    this.ACTION(() => {
      first = this.LA(1);
      failures = this.failures.list.length;
    });
    this.SUBRULE(this.item);
    this.ACTION(() => {
      const next = this.LA(1);
      const { list } = this.failures;
      if (list.length === failures && statementEnds.has(next.tokenType)) return;
      if (list.length === failures) this.failures.addAdjacent(first, next, this.LA(0));
      this.broken.add(first.startOffset);
      this.skipLine(info(first).depth);
    });
  }

  private skipLine(depth: number): void {
    const hopeless = this.failures.list.length > this.failureLimit;
    for (;;) {
      const { tokenType } = this.LA(1);
      if (tokenType === EOF) return;
      const ends = tokenType === t.Newline || tokenType === t.RBrace;
      const level = info(this.LA(1)).depth - (tokenType === t.RBrace ? -1 : 0);
      if (ends && level <= depth && !hopeless) return;
      if (this.SKIP_TOKEN().tokenType === EOF) return;
    }
  }

  private readonly item = this.RULE("item", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.conditional), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.simple) },
      { ALT: () => this.SUBRULE(this.weight) },
      { ALT: () => this.SUBRULE(this.state) },
      { ALT: () => this.SUBRULE(this.random) },
      { ALT: () => this.SUBRULE(this.loss) },
      { ALT: () => this.SUBRULE(this.require) },
      { ALT: () => this.SUBRULE(this.return) },
      { ALT: () => this.SUBRULE(this.inverse) },
      { ALT: () => this.SUBRULE(this.fn) },
      { ALT: () => this.SUBRULE(this.slot) },
      { ALT: () => this.SUBRULE(this.blocks) },
      { ALT: () => this.SUBRULE(this.at) },
      { ALT: () => this.SUBRULE(this.forward) },
      { ALT: () => this.SUBRULE(this.constraints) },
      { ALT: () => this.SUBRULE(this.solve) },
      { ALT: () => this.SUBRULE(this.checkpoint) },
      { ALT: () => this.SUBRULE(this.aim) },
      { ALT: () => this.SUBRULE(this.import) },
      { ALT: () => this.SUBRULE(this.model) },
      { ALT: () => this.SUBRULE(this.layer) },
      { ALT: () => this.SUBRULE(this.profile) },
    ]);
  });

  // ------------------------------------------------------------------------------- declarations

  private readonly import = this.RULE("import", () => {
    this.CONSUME(t.Import);
    this.CONSUME(t.LBrace);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Newline) },
        { ALT: () => this.CONSUME(t.Comma) },
        { ALT: () => this.SUBRULE(this.imported) },
      ]);
    });
    this.CONSUME(t.RBrace);
    this.CONSUME(t.From);
    this.CONSUME(t.TextToken);
  });

  private readonly imported = this.RULE("imported", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.As);
      this.CONSUME2(t.Name);
    });
  });

  private readonly model = this.RULE("model", () => {
    this.CONSUME(t.Model);
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Colon) },
        { ALT: () => this.CONSUME(t.CallParen) },
        { ALT: () => this.CONSUME2(t.Name, { LABEL: "extends" }) },
      ]);
      this.CONSUME3(t.Name, { LABEL: "base" });
      this.OPTION2(() => this.CONSUME(t.RParen));
    });
    this.SUBRULE(this.block);
  });

  private readonly profile = this.RULE("profile", () => {
    this.CONSUME(t.Profile);
    this.CONSUME(t.Name);
    this.SUBRULE(this.block);
  });

  private readonly layer = this.RULE("layer", () => {
    this.CONSUME(t.Layer);
    this.CONSUME(t.Name);
    this.SUBRULE(this.params);
    this.SUBRULE(this.results);
    this.SUBRULE(this.block);
  });

  // -------------------------------------------------------------------------------- model items

  private readonly slot = this.RULE("slot", () => {
    this.CONSUME(t.Slot);
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.annotation);
    });
    this.OPTION2(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expr);
    });
  });

  private readonly blocks = this.RULE("blocks", () => {
    this.CONSUME(t.Blocks);
    this.OPTION({
      GATE: () => {
        const after = this.LA(2).tokenType;
        return after === t.NumberToken || after === t.LParen || after === t.Name;
      },
      DEF: () => this.CONSUME(t.Name),
    });
    this.OPTION2(() => this.SUBRULE(this.expr));
    this.OPTION3(() => this.SUBRULE(this.block));
  });

  private readonly at = this.RULE("at", () => {
    this.CONSUME(t.At);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.selector) });
    this.SUBRULE(this.block);
  });

  private readonly selector = this.RULE("selector", () => {
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.range);
          this.OPTION(() => {
            this.CONSUME(t.Every);
            this.SUBRULE(this.expr);
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME2(t.Every);
          this.SUBRULE2(this.expr);
        },
      },
    ]);
  });

  private readonly forward = this.RULE("forward", () => {
    this.CONSUME(t.Forward);
    this.SUBRULE(this.params);
    this.OPTION(() => this.SUBRULE(this.results));
    this.SUBRULE(this.block);
  });

  private readonly constraints = this.RULE("constraints", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Budget) }, { ALT: () => this.CONSUME(t.Expect) }]);
    this.OPTION(() => this.CONSUME(t.Name));
    this.SUBRULE(this.block);
  });

  private readonly solve = this.RULE("solve", () => {
    this.CONSUME(t.Solve);
    this.SUBRULE(this.block);
  });

  private readonly checkpoint = this.RULE("checkpoint", () => {
    this.CONSUME(t.Checkpoint);
    this.OPTION(() => this.CONSUME(t.Name));
    this.SUBRULE(this.block);
  });

  private readonly aim = this.RULE("aim", () => {
    this.CONSUME(t.Aim);
    this.SUBRULE(this.expr);
  });
}

import type { ILookaheadStrategy } from "chevrotain";
import { LLkLookaheadStrategy } from "./chevrotain.js";

type Alternation = ILookaheadStrategy["buildLookaheadForAlternation"];
type Optional = ILookaheadStrategy["buildLookaheadForOptional"];

/** Chevrotain's own lookahead, each choice of the grammar worked out when a text first comes to it. */
export class LazyLookahead extends LLkLookaheadStrategy {
  override buildLookaheadForAlternation(options: Parameters<Alternation>[0]): ReturnType<Alternation> {
    let choose: ReturnType<Alternation> | undefined;
    const make = () => super.buildLookaheadForAlternation(options);
    return function (this: unknown, alternatives) {
      choose ??= make();
      return choose.call(this, alternatives);
    };
  }

  override buildLookaheadForOptional(options: Parameters<Optional>[0]): ReturnType<Optional> {
    let enter: ReturnType<Optional> | undefined;
    const make = () => super.buildLookaheadForOptional(options);
    return function (this: unknown) {
      enter ??= make();
      return enter.call(this);
    };
  }
}

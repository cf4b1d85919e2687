import type * as Library from "chevrotain";

/**
 * Chevrotain as one file, which its package carries beside the entry: the entry imports 300 files of lodash, and to
 * find and compile those takes ten times as long as to check a spec.
 */
async function load(): Promise<typeof Library> {
  try {
    // lib/src/api.js is the entry, lib/chevrotain.mjs the same bundled.
    return (await import(
      new URL("../chevrotain.mjs", import.meta.resolve("chevrotain")).href
    )) as typeof Library;
  } catch {
    return await import("chevrotain");
  }
}

export const { createToken, CstParser, EOF, Lexer, LLkLookaheadStrategy, tokenMatcher } = await load();

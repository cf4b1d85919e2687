import { describe, expect, it } from "vitest";
import { commentsOf } from "../../compiler/lint/comments.js";
import { decoder, findings, lint } from "./support.js";

const odd = (before: string, after = "") =>
  decoder({ fields: `${before}vocab = 50_257${after}\n  seq = 64\n  dim = 32\n  heads = 4` });

describe("archc-ignore", () => {
  it("suppresses a rule on its own line, or on the next one with code", () => {
    expect(lint(odd(""))).toEqual(["vocab-size vocab = 50_257"]);
    expect(lint(odd("", "  // archc-ignore vocab-size: as released"))).toEqual([]);
    expect(lint(odd("// archc-ignore vocab-size: as released\n  "))).toEqual([]);
    expect(lint(odd("// archc-ignore vocab-size: as released\n\n  // and more\n  "))).toEqual([]);
  });

  it("suppresses several rules, and only the ones named", () => {
    const text = odd("// archc-ignore head-size, vocab-size: as released\n  ");
    expect(lint(text)).toEqual(["suppression-unused // archc-ignore head-size, vocab-size: as released"]);
    expect(lint(odd("// archc-ignore head-size: as released\n  "))).toEqual([
      "suppression-unused // archc-ignore head-size: as released",
      "vocab-size vocab = 50_257",
    ]);
  });

  it("wants a reason, and a rule that there is", () => {
    for (const comment of [
      "// archc-ignore vocab-size",
      "// archc-ignore vocab-size:  ",
      "// archc-ignore",
    ]) {
      expect(lint(odd(`${comment}\n  `)).map((f) => f.split(" ")[0])).toEqual([
        "suppression-reason",
        "vocab-size",
      ]);
    }
    const [found] = findings(odd("// archc-ignore vocab-sise: as released\n  "));
    expect(found).toMatchObject({
      code: "lint/suppression-rule",
      message: "there is no lint rule `vocab-sise`",
      helps: ["did you mean `vocab-size`?"],
    });
  });

  it("is not unused where its rule did not look", () => {
    const text = odd("// archc-ignore vocab-size, missing-budget, table-size: so be it\n  ");
    expect(lint(text, { levels: { "vocab-size": "off" } })).toEqual([]);
    expect(lint(text.replace("attention(heads", "attention(heads, kausal = true"))).not.toContainEqual(
      expect.stringMatching(/^suppression/),
    );
  });

  it("takes nothing away but lint: a budget that does not hold stays", () => {
    const text = decoder({
      more: "budget {\n    params.total <= 1 // archc-ignore budget/exceeded: no\n  }",
    });
    expect(lint(text).map((f) => f.split(" ")[0])).toEqual(["budget/exceeded", "suppression-rule"]);
  });

  it("follows the level of `suppression`", () => {
    const text = odd("// archc-ignore head-size: no\n  ");
    expect(findings(text, { levels: { suppression: "error" } })[0]!.severity).toBe("error");
    expect(lint(text, { levels: { suppression: "off" } })).toEqual(["vocab-size vocab = 50_257"]);
  });
});

describe("comments", () => {
  it("are those of the lexer: none within texts", () => {
    const text = 'a = "// no"  // one\n\n/// two\nb = 1\n// three';
    expect(commentsOf(text, "a.arch").map((c) => [c.text, c.line, c.target])).toEqual([
      ["one", 0, 0],
      ["two", 2, 3],
      ["three", 4, 4],
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parseConfig } from "../../compiler/lint/config.js";

function read(text: string) {
  const sink = new Diagnostics();
  const config = parseConfig(text, "archc.config.json", sink);
  return {
    config,
    found: sink.list.map((d) => [d.code, text.slice(d.span!.start, d.span!.end), d.message, ...d.helps]),
  };
}

describe("archc.config.json", () => {
  it("sets levels, warnings and the size of the data", () => {
    const text =
      '{ "lint": { "rules": { "vocab-size": "off" }, "maxWarnings": 3 }, "data": { "tokens": "1.5B" } }';
    expect(read(text)).toEqual({
      config: { levels: { "vocab-size": "off" }, maxWarnings: 3, dataTokens: 1_500_000_000n },
      found: [],
    });
    expect(read("{}").found).toEqual([]);
    expect(read('{ "data": { "tokens": 7 } }').config?.dataTokens).toBe(7n);
    expect(read('{ "data": { "tokens": "0.0001K" } }').config?.dataTokens).toBe(0n);
  });

  it("names keys near a wrong one, where it stands", () => {
    expect(read('{ "lints": {} }').found).toEqual([
      ["config/unknown-key", '"lints"', "the configuration has no key `lints`", "did you mean `lint`?"],
    ]);
    expect(read('{ "lint": { "rules": { "vocab-sise": "off" } } }').found).toEqual([
      [
        "config/unknown-key",
        '"vocab-sise"',
        "`lint.rules` has no key `vocab-sise`",
        "did you mean `vocab-size`?",
      ],
    ]);
    expect(read('{ "lint": { "maxWarning": 1 } }').found[0]).toContain("did you mean `maxWarnings`?");
  });

  it("says what a value must be, all at once", () => {
    const text =
      '{ "lint": { "rules": { "width": "wran", "head-size": 2 }, "maxWarnings": -1 }, "data": { "tokens": "many" } }';
    expect(read(text).found.map(([code, at]) => [code, at])).toEqual([
      ["config/bad-value", '"head-size"'],
      ["config/bad-value", '"width"'],
      ["config/bad-value", '"maxWarnings"'],
      ["config/bad-value", '"tokens"'],
    ]);
    expect(read('{ "lint": { "rules": { "width": "wran" } } }').found[0]).toEqual([
      "config/bad-value",
      '"width"',
      '`lint.rules.width` cannot be `"wran"`: expected `"off"`, `"warn"` or `"error"`',
      "did you mean `warn`?",
    ]);
  });

  it("has each key once, whatever stands in its values", () => {
    const twice = '{ "lint": { "rules": { "width": "off", "wi\\u0064th": "warn" }, "rules": {} } }';
    expect(read(twice)).toEqual({
      config: undefined,
      found: [
        [
          "config/key-twice",
          '"wi\\u0064th"',
          "`lint.rules` has the key `width` twice",
          expect.stringContaining("the last"),
        ],
        ["config/key-twice", '"rules"', "`lint` has the key `rules` twice", expect.any(String)],
      ],
    });
    const lines = '{ "$schema": "\\"lint\\": {", "lint": { "maxWarnings": 1 }, "data": { "tokens": 2 } }';
    expect(read(lines).found).toEqual([]);
    expect(read('{ "lint": [{ "a": 1, "a": 2 }] }').found[0]![2]).toBe("`lint` has the key `a` twice");
  });

  it("is told from what is no JSON, or no object", () => {
    expect(read("{ lint: 1 }").found[0]![0]).toBe("config/not-json");
    expect(read("").found[0]![0]).toBe("config/not-json");
    for (const text of ["[]", "null", '"a"', '{ "lint": [] }', '{ "__proto__": 1 }']) {
      expect(read(text).config, text).toBeUndefined();
      expect(read(text).found.length, text).toBeGreaterThan(0);
    }
  });
});

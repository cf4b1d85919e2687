import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parseConfig } from "../../compiler/lint/config.js";
import { scanJson } from "../../compiler/lint/json.js";

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
    expect(read('{ "data": { "tokens": "0.002K" } }').config?.dataTokens).toBe(2n);
    for (const tokens of ["0B", "0.0001K", "1.5", `${"9".repeat(1000)}T`])
      expect(read(JSON.stringify({ data: { tokens } })).found[0]?.[0]).toBe("config/bad-value");
  });

  it("finds thousands of wrong keys in a moment, each at its place", () => {
    const text = JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, 1])));
    const began = performance.now();
    const { found } = read(text);
    expect(performance.now() - began).toBeLessThan(3000);
    expect([found.length, found[4999]?.[1]]).toEqual([5000, '"k4999"']);
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
      ["config/bad-value", '"width"'],
      ["config/bad-value", '"head-size"'],
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

  it("lists problems in the order of the text, each at its own key", () => {
    const text = `{
  "data": { "tokens": "many", "lint": 1 },
  "lint": { "maxWarnings": "rules", "rules": { "wdth": "off", "width": "of", "width": "warn" }, "max": 2 },
  "$schema": 7
}`;
    expect(read(text).found.map(([code, at]) => [code, at])).toEqual([
      ["config/bad-value", '"tokens"'],
      ["config/unknown-key", '"lint"'],
      ["config/bad-value", '"maxWarnings"'],
      ["config/unknown-key", '"wdth"'],
      ["config/key-twice", '"width"'],
      ["config/unknown-key", '"max"'],
      ["config/bad-value", '"$schema"'],
    ]);
  });

  it.each([
    ["{ lint: 1 }", "lint", 'a key needs double quotes: `"lint"`'],
    ['{ "lint": off }', "off", 'text needs double quotes: `"off"`'],
    ["{ 'lint': 1 }", "'lint'", "JSON has double quotes only"],
    ['{ "lint": {}, }', ",", "no comma can stand before `}`"],
    ['{ "lint": {} "data": {} }', '"data"', "expected `,` before this"],
    ['{ "lint" {} }', "{", "expected `:` after the key"],
    ['{ "lint": {}', "}", "the last `}` is missing"],
    ['{ "lint": {} } }', "}", "nothing can follow the last closing bracket"],
    ['{ // none\n "lint": {} }', "// none", "JSON has no comments"],
    ['{ "lint\n": {} }', '"lint', "this string has no closing quote on its line"],
    ['{ "lint": 01 }', "1", "this is not a number of JSON"],
    ['{ "lint": True }', "True", "this is written `true`"],
    ['{ "lint": { "maxWarnings": +1 } }', "+1", "this is not a number of JSON"],
    ['{ "lint": {},, "data": {} }', ",", "no comma can stand before `,`"],
    ['{ "lint": ', ":", "the text ends where a value is expected"],
    ["", "", "the file is empty: `{}` sets nothing"],
  ])("says why %j is no JSON, and where", (text, at, why) => {
    expect(read(text).found[0]!.slice(0, 3)).toEqual([
      "config/not-json",
      at,
      `the configuration is not valid JSON: ${why}`,
    ]);
  });

  it("says all that is no JSON at once, one fault a line", () => {
    const text = `{
  // levels
  "lint": { "rules": { "width": off } },
  "data": { "tokens": 1 2 },
}`;
    expect(read(text).found.map(([, at]) => at)).toEqual(["// levels", "off", "2", ","]);
  });

  it("takes as JSON what JSON.parse takes, and nothing else", () => {
    const edit = fc.record({
      at: fc.nat(400),
      cut: fc.nat(3),
      put: fc.constantFrom("", ..."{}[],:\"'\\/-+.e0 1\ntru"),
    });
    fc.assert(
      fc.property(fc.json(), fc.array(edit, { maxLength: 3 }), (whole, edits) => {
        const text = edits.reduce((t, { at, cut, put }) => {
          const i = at % (t.length + 1);
          return t.slice(0, i) + put + t.slice(i + cut);
        }, whole);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const { faults } = scanJson(text);
        expect(faults.length === 0, text).toBe(isJson);
        for (const { start, end } of faults) expect(start <= end && end <= text.length, text).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(scanJson("[".repeat(200_000))).toMatchObject({
      faults: [{ why: "brackets are nested too deeply" }],
    });
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
    expect(read('{ "lint": [{ "a": 1, "a": 2 }] }').found[1]![2]).toBe("`lint.0` has the key `a` twice");
    expect(read('{ "lint": [{ "a": 1 }, { "a": 2 }] }').found.map(([code]) => code)).toEqual([
      "config/bad-value",
    ]);
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

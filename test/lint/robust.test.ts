import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toSarif } from "../../compiler/diagnostics/render-sarif.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parseConfig } from "../../compiler/lint/config.js";
import { decoder, findings } from "./support.js";

const runs = Number(process.env.ARCHC_FUZZ_RUNS ?? 60);
const layer = `
// archc-ignore width, head-size: odd on purpose
layer odd(x: [.. D], n: count = 3) -> [.. D] {
  weight w, u: [D] init zeros
  (a, b) = topk(x, n, D -> E)
  return x + w // archc-ignore unused-name
}
profile train { data = 1, batch = 2 }
`;
const spec = `${decoder({ ffn: "odd()", more: "expect { params.total >= 1 }\n  budget train { growth(seq) <= 2 }" })}${layer}`;

/** A text with parts cut out, doubled or replaced. */
const mutated = fc
  .array(
    fc.record({
      at: fc.nat(spec.length),
      length: fc.nat(40),
      put: fc.oneof(
        fc.constant(""),
        fc.constantFrom("}", "{", "// archc-ignore", ":", "\u0000", "\n", "9".repeat(30)),
        fc.string({ maxLength: 8 }),
      ),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((edits) =>
    edits.reduce((text, { at, length, put }) => text.slice(0, at) + put + text.slice(at + length), spec),
  );

describe("lint is total", () => {
  it("on mutated specs, and each of its findings has a place in SARIF", () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const diagnostics = findings(text, { levels: { "missing-budget": "warn", "loose-budget": "error" } });
        const log = toSarif([{ file: "a.arch", diagnostics, options: { source: () => text } }], {
          version: "1.0.0",
        });
        for (const { locations } of JSON.parse(log).runs[0].results) {
          const { artifactLocation, region } = locations[0].physicalLocation;
          expect(artifactLocation.uri).toMatch(/\.arch$/);
          expect(region.startLine).toBeGreaterThan(0);
          expect(region.endLine).toBeGreaterThanOrEqual(region.startLine);
        }
      }),
      { numRuns: runs },
    );
  });

  it("on any configuration: it is one, or something is said", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const sink = new Diagnostics();
        const config = parseConfig(text, "archc.config.json", sink);
        expect(config === undefined).toBe(sink.list.length > 0);
        for (const { span } of sink.list) expect(span!.end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 500 },
    );
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { archc } from "../cli/archc.js";
import { decoder } from "./support.js";

let folder = "";
const file = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(file(name), text);

const odd = decoder({ fields: "vocab = 50_257\n  seq = 64\n  dim = 48\n  heads = 4" });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "archc-lint-"));
  mkdirSync(file("specs"));
  write("package.json", "{}");
  write("specs/odd.arch", odd);
  write("specs/well.arch", decoder({ more: "budget { params.total <= 1M }" }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configured(config: object | undefined): void {
  rmSync(file("archc.config.json"), { force: true });
  if (config !== undefined) write("archc.config.json", JSON.stringify(config));
}

describe("archc lint", () => {
  it("ends with 0 on warnings, unless there are more than are allowed", async () => {
    configured(undefined);
    const { code, stderr, stdout } = await archc("lint", file("specs/odd.arch"));
    expect(code).toBe(0);
    expect(stderr).toContain("warning[lint/vocab-size]: a vocabulary of 50,257 is not a multiple of 64");
    expect(stdout).toBe("no budgets or expectations\nlint rules: 2 warnings\n");
    expect((await archc("lint", file("specs"), "--max-warnings", "2")).code).toBe(0);
    const over = await archc("lint", file("specs"), "--max-warnings", "1");
    expect([over.code, over.stderr.endsWith("2 warnings, but at most 1 allowed\n")]).toEqual([1, true]);
    expect((await archc("lint", file("specs"), "--max-warnings", "no")).code).toBe(2);
  });

  it("finds the levels at the project's root", async () => {
    configured({ lint: { rules: { "head-size": "error", "vocab-size": "off" } } });
    const { code, stderr } = await archc("lint", file("specs/odd.arch"));
    expect(code).toBe(1);
    expect(stderr).toContain("error[lint/head-size]");
    expect(stderr).not.toContain("vocab-size");
    configured({ lint: { maxWarnings: 1 } });
    expect((await archc("lint", file("specs"))).code).toBe(1);
    expect((await archc("lint", file("specs"), "--max-warnings", "9")).code).toBe(0);
  });

  it("ends with 2 on a configuration that is no file, which would seem to hold", async () => {
    configured(undefined);
    const at = file("archc.config.json");
    for (const [make, why] of [
      [() => mkdirSync(at), "it is not a file"],
      [() => symlinkSync("/etc/passwd", at), "it is a symbolic link that leads out of the project"],
      [() => symlinkSync("no", at), "it is a symbolic link that leads nowhere"],
      [() => writeFileSync(at, " ".repeat(1e6)), "it has 1000000 bytes, but can have at most 524288"],
    ] as const) {
      make();
      const { code, stderr } = await archc("lint", file("specs"));
      rmSync(at, { recursive: true });
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`cannot read \`archc.config.json\`: ${why}`),
      ]);
    }
  });

  it("ends with 2 on a configuration that is wrong, and shows where", async () => {
    configured({ lint: { rules: { "head-sise": "off" } } });
    const { code, stderr } = await archc("lint", file("specs/well.arch"));
    expect(code).toBe(2);
    expect(stderr).toContain("error[config/unknown-key]: `lint.rules` has no key `head-sise`");
    expect(stderr).toContain("archc.config.json:1:19");
    expect(stderr).toContain("did you mean `head-size`?");
  });

  it("tells what ends it in the form that was asked for", async () => {
    configured({ lint: { rules: { "head-sise": "off" } } });
    const as = async (...argv: readonly string[]) => {
      const { code, stdout, stderr } = await archc("lint", ...argv);
      expect([code, stderr]).toEqual([2, ""]);
      return stdout;
    };
    const json = JSON.parse(await as(file("specs"), "--format", "json"));
    expect(json.diagnostics).toMatchObject([{ code: "config/unknown-key", place: { line: 1 } }]);
    expect(await as(file("specs"), "--format=github")).toMatch(
      /^::error file=.*archc\.config\.json,line=1,.*title=config\/unknown-key::/,
    );
    const [result] = sarif.parse(JSON.parse(await as(file("specs"), "--format", "sarif"))).runs[0]!.results;
    expect(result!.locations[0]!.physicalLocation.artifactLocation.uri).toMatch(/archc\.config\.json$/);
    const none = sarif.parse(JSON.parse(await as("--format", "sarif", "none/*.arch"))).runs[0]!.results;
    expect(none).toMatchObject([{ ruleId: "usage/no-match" }]);
  });

  it("is printed for machines", async () => {
    configured(undefined);
    const json = JSON.parse((await archc("lint", file("specs"), "--format", "json")).stdout);
    expect(json.diagnostics.map((d: { code: string }) => d.code)).toEqual([
      "lint/vocab-size",
      "lint/head-size",
    ]);
    expect(json.verdicts).toMatchObject([{ model: "Small", outcome: "held" }]);
    const { stdout } = await archc("lint", file("specs"), "--format", "github");
    expect(stdout).toMatch(
      /^::warning file=.*odd\.arch,line=3,endLine=3,col=3,endColumn=17,title=lint\/vocab-size::/,
    );
  });
});

// The parts of the official schema (OASIS, sarif-schema-2.1.0.json) that are used, as strict as it is there.
const artifact = z.strictObject({ uri: z.string().regex(/^[^\s\\]+$/), uriBaseId: z.string().optional() });
const region = z.strictObject({
  startLine: z.int().min(1),
  startColumn: z.int().min(1),
  endLine: z.int().min(1),
  endColumn: z.int().min(1),
});
const message = z.strictObject({ text: z.string().min(1) });
const physicalLocation = z.strictObject({ artifactLocation: artifact, region });
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({
          driver: z.strictObject({
            name: z.string(),
            semanticVersion: z.string(),
            rules: z.array(z.strictObject({ id: z.string(), shortDescription: message, help: message })),
          }),
        }),
        columnKind: z.enum(["utf16CodeUnits", "unicodeCodePoints"]),
        results: z.array(
          z.strictObject({
            ruleId: z.string(),
            ruleIndex: z.int().min(0),
            level: z.enum(["none", "note", "warning", "error"]),
            message,
            locations: z.array(z.strictObject({ physicalLocation })).min(1),
            relatedLocations: z
              .array(z.strictObject({ id: z.int().min(0), physicalLocation, message }))
              .optional(),
            partialFingerprints: z.record(z.string(), z.string()),
          }),
        ),
      }),
    )
    .min(1),
});

async function log(...specs: string[]) {
  const { stdout, code } = await archc("lint", ...specs.map(file), "--format", "sarif");
  return { code, run: sarif.parse(JSON.parse(stdout)).runs[0]! };
}

describe("archc lint --format sarif", () => {
  it("keeps to the schema, with a rule for every result", async () => {
    const { code, run } = await log("specs");
    expect(code).toBe(0);
    expect(run.results.map((r) => r.ruleId)).toEqual(["lint/vocab-size", "lint/head-size"]);
    for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex]!.id).toBe(result.ruleId);
    expect(new Set(run.tool.driver.rules.map((r) => r.id)).size).toBe(run.tool.driver.rules.length);
  });

  it("has a place in a user's file for every result, whatever is wrong", async () => {
    const head = 'import { decoder } from "std"\n';
    write("syntax.arch", "model {{{ \u0007 `");
    write("empty.arch", "");
    write("within.arch", decoder({ ffn: "mlp(hidden = 0)" }));
    write("layer.arch", decoder({ ffn: "pkm(heads = 2, keys = 4, k = 8)" }));
    write("nothing.arch", 'import { decoder } from "nowhere.arch"\n');
    write("cycle.arch", 'import { Cycle } from "cycle.arch"\nmodel Cycle : Cycle {}\n');
    write(
      "budgets.arch",
      `${head}${decoder({ more: "budget {\n params.total <= 1\n time.forward <= 1 s\n}" }).replace(head, "")}model V : Small { dim = 64 }\n`,
    );
    const { code, run } = await log(
      ...["syntax", "empty", "within", "layer", "nothing", "cycle", "budgets"].map((n) => `${n}.arch`),
    );
    expect(code).toBe(2);
    const codes = new Set(run.results.map((r) => r.ruleId));
    for (const code of ["budget/exceeded", "budget/not-yet", "import/not-found"])
      expect(codes).toContain(code);
    for (const { locations } of run.results) {
      expect(locations[0]!.physicalLocation.artifactLocation.uri).toMatch(/\.arch$/);
      expect(locations[0]!.physicalLocation.artifactLocation.uri).not.toMatch(/^std\//);
    }
  });

  it("has fingerprints that outlive moved lines and changed numbers, each one's own", async () => {
    const prints = async () =>
      (await log("specs/odd.arch")).run.results.map((r) => r.partialFingerprints["archc/subject/v1"]!);
    const before = await prints();
    expect(new Set(before).size).toBe(before.length);
    write(
      "specs/odd.arch",
      `// a line\n\n${odd.replace("50_257", "50_259").replace("dim = 48", "dim = 80")}`,
    );
    expect(await prints()).toEqual(before);
    write("specs/odd.arch", odd);
  });

  it("escapes what a URI cannot hold", async () => {
    write("a b#c.arch", odd);
    const { run } = await log("a b#c.arch");
    expect(run.results[0]!.locations[0]!.physicalLocation.artifactLocation.uri).toMatch(/a%20b%23c\.arch$/);
  });
});

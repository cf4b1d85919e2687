import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestRepository } from "../diff/support.js";
import { decoder } from "../lint/support.js";
import { transpile } from "../support/transpile.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const small = decoder({ more: "budget { params.total <= 60K }" });
const wide = decoder({ ffn: "mlp(hidden = 8 * dim)" });

let action = "";
let bin = "";
let repository: TestRepository;

/** The action's folder as a runner has it after its install step, and a `gh` on the path. */
beforeAll(() => {
  const js = transpile(["compiler", "grammar", "runtime"]);
  symlinkSync(join(root, "compiler/layers"), join(js, "compiler/layers"));
  action = mkdtempSync(join(tmpdir(), "archc-action-"));
  symlinkSync(js, join(action, "dist"));
  cpSync(join(root, "tools/ci"), join(action, "tools/ci"), { recursive: true });
  bin = join(action, "bin");
  mkdirSync(bin);
  // Lists what is in $GH_COMMENTS, and writes down what it is asked to do.
  script("gh", 'echo "$@" >>"$GH_LOG"; case "$*" in *--jq*) cat "$GH_COMMENTS";; esac; exit $GH_EXIT');
}, 120_000);

function script(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/usr/bin/env bash\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
}

beforeEach(() => {
  repository = new TestRepository();
  return () => repository.remove();
});
afterAll(() => rmSync(action, { recursive: true, force: true }));

/** The steps of action.yml: the command and the environment of each. */
function steps(): readonly { readonly run: string; readonly env: Readonly<Record<string, string>> }[] {
  const text = readFileSync(join(root, "action.yml"), "utf8");
  const [, body = ""] = text.split(/^ {2}steps:\n/m);
  return body
    .split(/^ {4}- /m)
    .filter((step) => step.trim() !== "")
    .map((step) => ({
      run: /^ {6}run: (.*)$/m.exec(step)?.[1] ?? "",
      env: Object.fromEntries([...step.matchAll(/^ {8}(\w+): (.*)$/gm)].map((m) => [m[1]!, m[2]!])),
    }));
}

function defaults(): Record<string, string> {
  const text = readFileSync(join(root, "action.yml"), "utf8");
  const [, inputs = ""] = /^inputs:\n([\s\S]*?)^outputs:/m.exec(text) ?? [];
  return Object.fromEntries(
    [...inputs.matchAll(/^ {2}([\w-]+):\n[\s\S]*?^ {4}default: (.*)$/gm)].map((m) => [
      `inputs.${m[1]}`,
      m[2]!.replace(/^"(.*)"$/, "$1"),
    ]),
  );
}

/** `${{ a || b }}` with what each name stands for. */
function filled(text: string, names: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
    const words = expression.split(" || ");
    for (const word of words) expect(word).toMatch(/^(inputs|github)\.[\w.-]+$/);
    return words.map((word) => filled(names[word] ?? "", names)).find((value) => value !== "") ?? "";
  });
}

/** Runs the action as a runner does, in the repository. */
function run(inputs: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) {
  const given = Object.fromEntries(
    Object.entries(inputs).map(([k, v]) => [k.includes(".") ? k : `inputs.${k}`, v]),
  );
  const names = { ...defaults(), "github.token": "t", ...given };
  const files = {
    GITHUB_OUTPUT: "output",
    GITHUB_STEP_SUMMARY: "summary",
    GH_LOG: "gh",
    GH_COMMENTS: "comments",
  };
  const paths = Object.fromEntries(Object.entries(files).map(([k, v]) => [k, join(action, v)]));
  for (const path of Object.values(paths)) writeFileSync(path, "");
  writeFileSync(paths.GH_COMMENTS!, more.comments ?? "");
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: process.env.HOME,
    NO_COLOR: "1",
    GITHUB_ACTION_PATH: action,
    GITHUB_REPOSITORY: "o/r",
    RUNNER_TEMP: action,
    GH_EXIT: more.ghExit ?? "0",
    ...paths,
  };
  let out = "";
  let code = 0;
  for (const step of steps()) {
    const own = Object.fromEntries(Object.entries(step.env).map(([k, v]) => [k, filled(v, names)]));
    const ran = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
      cwd: repository.root,
      env: { ...env, ...own },
      encoding: "utf8",
    });
    out += ran.stdout + ran.stderr;
    code = ran.status ?? -1;
    if (code !== 0) break;
  }
  const read = (name: string) => readFileSync(paths[name]!, "utf8");
  return {
    code,
    out,
    outputs: read("GITHUB_OUTPUT"),
    summary: read("GITHUB_STEP_SUMMARY"),
    gh: read("GH_LOG"),
  };
}

describe("the GitHub Action", () => {
  it("has an input for every variable, and reads every variable that it sets", () => {
    const inputs = Object.keys(defaults());
    const used = steps().flatMap(({ env }) =>
      Object.values(env).flatMap((v) => v.match(/inputs\.[\w-]+/g) ?? []),
    );
    expect([...new Set(used)].sort()).toEqual([...inputs].sort());
    const text = readFileSync(join(root, "tools/ci/check.sh"), "utf8");
    for (const name of Object.keys(steps()[1]!.env))
      expect(name === "GH_TOKEN" || text.includes(name), name).toBe(true);
    // Nothing that a pull request can name is pasted into a command.
    for (const { run } of steps()) expect(run).not.toContain("${{");
  });

  it("lints outside of a pull request, and fails as lint does", () => {
    repository.commit({ "a.arch": small });
    const clean = run({});
    expect(clean).toMatchObject({ code: 0, summary: "", gh: "", outputs: "changed=false\nreport=\n" });
    repository.write({ "a.arch": small.replace("60K", "40K") });
    const over = run({ specs: "a.arch **/*.arch" });
    expect(over.code).toBe(1);
    expect(over.out).toMatch(/^::error file=a\.arch,line=\d+,.*title=budget\/exceeded::/m);
    repository.write({ "a.arch": small.replace("dim = 32", "dimm = 32") });
    expect(run({}).code).toBe(2);
  });

  it("allows so many warnings, and writes SARIF", () => {
    repository.commit({ "a.arch": decoder({ ffn: "mlp(hidden = 100)" }) });
    expect(run({}).code).toBe(0);
    const { code } = run({ "max-warnings": "0", "sarif-file": "archc.sarif" });
    expect(code).toBe(1);
    const log = JSON.parse(readFileSync(join(repository.root, "archc.sarif"), "utf8"));
    const [result] = log.runs[0].results;
    expect([result.ruleId, result.locations[0].physicalLocation.artifactLocation]).toEqual([
      "lint/width",
      { uri: "a.arch", uriBaseId: "%SRCROOT%" },
    ]);
  });

  const pull = (base: string) => ({
    "github.event.pull_request.base.sha": base,
    "github.event.pull_request.number": "7",
  });

  it("compares a pull request with its base: summary, outputs and a comment", () => {
    const base = repository.commit({ "a.arch": small });
    repository.commit({ "a.arch": wide });
    const first = run(pull(base));
    expect(first.code).toBe(0);
    expect(first.summary).toContain("### archc: the cost of 1 model changed");
    expect(first.outputs).toMatch(/^changed=true\nreport=.*archc-diff\.md\n$/);
    expect(first.gh).toMatch(/--method POST repos\/o\/r\/issues\/7\/comments --field body=@/);
    const again = run(pull(base), { comments: "42\n" });
    expect(again.gh).toMatch(/--method PATCH repos\/o\/r\/issues\/comments\/42 /);
    expect(run({ ...pull(base), comment: "never" }).gh).toBe("");
  });

  it("compares the specs that it lints, and no others", () => {
    const base = repository.commit({ "specs/a.arch": small, "tests/broken.arch": "model {" });
    repository.commit({ "specs/a.arch": wide, "tests/broken.arch": "model { x" });
    expect(run(pull(base)).code).toBe(2);
    for (const specs of ["specs", "specs/**/*.arch"]) {
      const { code, summary } = run({ ...pull(base), specs });
      expect([code, summary]).toEqual([0, expect.stringContaining("the cost of 1 model changed")]);
    }
  });

  it("fails on a rise", () => {
    const base = repository.commit({ "a.arch": small });
    repository.commit({ "a.arch": wide });
    expect(run({ ...pull(base), "fail-on": "params:+99%" }).code).toBe(0);
    const { code, out, summary } = run({ ...pull(base), "fail-on": "params:+5%,flops" });
    expect(code).toBe(1);
    expect(out).toContain("`params.total` of `Small` rises");
    expect(summary).toContain("❌");
  });

  it("says nothing where nothing changed, unless it already spoke or is told to", () => {
    const base = repository.commit({ "a.arch": small });
    const quiet = run(pull(base));
    expect(quiet.outputs).toContain("changed=false");
    expect(quiet.gh).not.toContain("--method");
    expect(run(pull(base), { comments: "42" }).gh).toContain("PATCH");
    expect(run({ ...pull(base), comment: "always" }).gh).toContain("POST");
  });

  it("does without a comment where it may not write", () => {
    const base = repository.commit({ "a.arch": small });
    repository.commit({ "a.arch": wide });
    const { code, out, summary } = run(pull(base), { ghExit: "1" });
    expect(code).toBe(0);
    expect(out).toContain("::notice::archc could not comment");
    expect(summary).not.toBe("");
  });

  it("runs no text of a pull request", () => {
    repository.commit({ "a.arch": small });
    const evil = "$(touch stolen); touch stolen; `touch stolen`";
    run({ specs: evil, base: evil, "fail-on": evil, "max-warnings": evil });
    expect(existsSync(join(repository.root, "stolen"))).toBe(false);
    expect(run({ base: "--output=stolen" }).code).toBe(2);
    expect(existsSync(join(repository.root, "stolen"))).toBe(false);
  });
});

/** The hooks of .pre-commit-hooks.yaml by their id. */
function hooks(): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const text = readFileSync(join(root, ".pre-commit-hooks.yaml"), "utf8");
  return new Map(
    text
      .split(/^- /m)
      .slice(1)
      .map((hook) => {
        const fields = Object.fromEntries([...hook.matchAll(/^ *(\w+): (.*)$/gm)].map((m) => [m[1]!, m[2]!]));
        return [fields.id!, fields];
      }),
  );
}

/** What pre-commit does: the hook's entry with the staged files that it is for. */
function commitHook(id: string): { readonly code: number | null; readonly out: string } {
  const { entry = "", files = "" } = hooks().get(id) ?? {};
  const staged = repository.git("diff", "--cached", "--name-only").split("\n");
  const [program = "", ...words] = entry.split(" ");
  const ran = spawnSync(
    join(action, program),
    [...words, ...staged.filter((f) => new RegExp(files).test(f))],
    {
      cwd: repository.root,
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      encoding: "utf8",
    },
  );
  return { code: ran.status, out: ran.stdout + ran.stderr };
}

describe("the pre-commit hooks", () => {
  const stage = (text: string) => {
    repository.write({ "specs/a.arch": text, "other.txt": "not for archc" });
    repository.git("add", "--all");
  };

  it("are scripts of this repository that pre-commit may start", () => {
    for (const { language, entry = "" } of hooks().values()) {
      const [script = "", command = ""] = entry.split(" ");
      expect([language, script]).toEqual(["script", "tools/ci/hook.sh"]);
      expect(statSync(join(root, script)).mode & 0o111).toBe(0o111);
      expect(["check", "lint", "fmt"]).toContain(command);
    }
  });

  it("check and lint the staged specs", () => {
    stage(small);
    expect(commitHook("archc-check")).toMatchObject({ code: 0 });
    expect(commitHook("archc-lint")).toMatchObject({ code: 0 });
    stage(small.replace("60K", "40K"));
    expect(commitHook("archc-check").code).toBe(1);
    expect(commitHook("archc-lint").out).toContain("budget/exceeded");
    stage("model {");
    expect(commitHook("archc-lint").code).toBe(2);
  });

  it("format the staged specs, so that a second run has nothing to do", () => {
    stage(small.replace("attn = ", "attn    =    "));
    commitHook("archc-fmt");
    const formatted = readFileSync(join(repository.root, "specs/a.arch"), "utf8");
    expect(formatted).not.toContain("attn    =");
    repository.git("add", "--all");
    expect(commitHook("archc-fmt").code).toBe(0);
    expect(readFileSync(join(repository.root, "specs/a.arch"), "utf8")).toBe(formatted);
  });
});

describe("shell scripts", () => {
  it("are well formed", () => {
    for (const name of ["install.sh", "check.sh", "hook.sh"]) {
      execFileSync("bash", ["-n", join(root, "tools/ci", name)], { stdio: "pipe" });
    }
  });
});

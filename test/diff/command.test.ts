import { existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decoder } from "../lint/support.js";
import { TestRepository } from "./support.js";

let repository: TestRepository;
beforeEach(() => {
  repository = new TestRepository();
});
afterEach(() => repository.remove());

const small = decoder();
const wide = decoder({ ffn: "mlp(hidden = 8 * dim)" });
const json = async (...argv: string[]) => {
  const ran = await repository.archc("diff", ...argv, "--format", "json");
  return { ...ran, body: JSON.parse(ran.stdout) };
};

// By hand, for one block: two matrices of dim · hidden and a bias of hidden more.
const MORE = 3 * (2 * 32 * 4 * 32 + 4 * 32);

describe("archc diff", () => {
  it("shows what changed since a revision, model by model and block by block", async () => {
    const base = repository.commit({ "a.arch": small });
    repository.write({ "a.arch": wide });
    const { code, body, stderr } = await json("main");
    expect([code, stderr, body.base, body.head]).toEqual([0, "", base, null]);
    const [model] = body.models;
    expect(model).toMatchObject({
      file: "a.arch",
      model: "Small",
      status: "changed",
      at: { base: { seq: 64 } },
    });
    expect(model.figures["params.total"].difference).toBe(MORE);
    expect(model.figures["flops.forward"].difference).toBe(3 * 2 * 64 * 2 * 32 * 4 * 32);
    expect(model.figures["memory.cache"].difference).toBe(0);
    expect(model.parts).toMatchObject([
      {
        path: "blocks.0 .. 2",
        status: "changed",
        count: 3,
        params: { difference: MORE / 3 },
        cache: { difference: 0 },
      },
    ]);
    const { stdout } = await repository.archc("diff", "main");
    expect(stdout).toMatch(/^~ a\.arch Small at batch = 1, seq = 64$/m);
    expect(stdout).toMatch(/^ {2}params\.total +48\.4K +-> +73\.4K +\+25\.0K \(\+51\.6 %\)$/m);
    // The line of three blocks holds the change of all three; with the total below it, that of the model.
    expect(model.total.params.difference).toBe(MORE);
    expect(stdout).toMatch(
      /^ {2}~ blocks\.0 \.\. 2 +3 x \+8,320 \(\+.* %\) +attn attention, ffn mlp, wiring pre_norm +\+25\.0K /m,
    );
    expect(stdout).toMatch(/^ {2}total +\+25\.0K \(\+51\.6 %\) /m);
  });

  it("takes two revisions, files of a folder, and leaves out what nobody changed", async () => {
    const one = repository.commit({ "a.arch": small, "b/b.arch": small, "b/c.arch": small });
    repository.commit({ "a.arch": wide, "b/b.arch": wide });
    repository.write({ "a.arch": small, "b/b.arch": small });
    const changed = async (...argv: string[]) =>
      (await json(...argv)).body.models.map((m: { file: string; status: string }) => [m.file, m.status]);
    expect(await changed(one, "HEAD")).toEqual([
      ["a.arch", "changed"],
      ["b/b.arch", "changed"],
      ["b/c.arch", "same"],
    ]);
    expect(await changed(one)).toEqual([
      ["a.arch", "same"],
      ["b/b.arch", "same"],
      ["b/c.arch", "same"],
    ]);
    expect(await changed(one, "HEAD", "b")).toEqual([
      ["b/b.arch", "changed"],
      ["b/c.arch", "same"],
    ]);
    expect(await changed("HEAD", "a.arch")).toEqual([["a.arch", "changed"]]);
    expect(await changed("HEAD", "b/*.arch")).toHaveLength(2);
    const within = await repository.archcIn("b", "diff", one, "HEAD", "b.arch", "--format", "json");
    expect(JSON.parse(within.stdout).models).toMatchObject([{ file: "b.arch", status: "changed" }]);
  });

  it("sees a change in an imported file, as each side has it", async () => {
    const layer = (by: number) => `layer ff(x: [.. D]) -> [.. D] { return mlp(x, hidden = ${by} * D) }\n`;
    const spec = `import { ff } from "lib/ff.arch"\n${decoder({ ffn: "ff()" })}`;
    repository.commit({ "a.arch": spec, "lib/ff.arch": layer(4) });
    repository.commit({ "lib/ff.arch": layer(8) });
    const { body } = await json("HEAD~1", "HEAD");
    expect(body.models).toMatchObject([{ model: "Small", status: "changed" }]);
    expect(body.models[0].figures["params.total"].difference).toBe(MORE);
  });

  it("compares with where a branch left its base, unless told not to", async () => {
    const left = repository.commit({ "a.arch": small });
    repository.git("checkout", "--quiet", "-b", "feature");
    repository.commit({ "b.arch": small.replace("Small", "Other") });
    repository.git("checkout", "--quiet", "main");
    const main = repository.commit({ "a.arch": wide });
    repository.git("checkout", "--quiet", "feature");
    const own = await json("main");
    expect(own.body.base).toBe(left);
    expect(own.body.models.map((m: { model: string; status: string }) => [m.model, m.status])).toEqual([
      ["Small", "same"],
      ["Other", "added"],
    ]);
    const both = await json("main", "--no-merge-base");
    expect(both.body.base).toBe(main);
    expect(both.body.models[0].figures["params.total"].difference).toBe(-MORE);
    repository.git("checkout", "--quiet", "--orphan", "apart");
    repository.commit({ "a.arch": small });
    const apart = await repository.archc("diff", "main");
    expect([apart.code, apart.stderr.includes("--no-merge-base")]).toEqual([3, true]);
  });

  it("ends with 1 where a figure rises beyond what is allowed", async () => {
    repository.commit({ "a.arch": small });
    repository.write({ "a.arch": wide });
    const code = async (figures: string) =>
      (await repository.archc("diff", "HEAD", "--fail-on", figures)).code;
    expect(await code("params")).toBe(1);
    expect(await code("memory,flops:+1%")).toBe(1);
    const { body } = await json("HEAD");
    const { base, difference } = body.models[0].figures["params.total"];
    const exact = (100 * difference) / base;
    expect(await code(`params:+${Math.ceil(exact)}%`)).toBe(0);
    expect(await code(`params:+${Math.floor(exact * 1e4) / 1e4}%`)).toBe(1);
    expect(await code("params:+1000%")).toBe(0);
    const { stderr, stdout } = await repository.archc("diff", "HEAD", "--fail-on", "params:+2%");
    expect(stderr).toMatch(
      /^error\[diff\/rise\]: `params.total` of `Small` rises from 48\.4K to 73\.4K, \+51\.6 %$/m,
    );
    expect(stderr).toContain("a rise of at most 2 % is allowed");
    expect(stdout).toMatch(/^FAIL params\.total of Small rises/m);
    repository.write({ "a.arch": decoder({ ffn: "mlp(hidden = 2 * dim)" }) });
    expect(await code("params,flops,memory")).toBe(0);
  });

  it("says what is new and what is gone, and which sizes each side is at", async () => {
    repository.commit({ "a.arch": small, "b.arch": small.replace("Small", "Gone") });
    rmSync(join(repository.root, "b.arch"));
    repository.write({
      "a.arch": small.replace("seq = 64", "seq = 128"),
      "c.arch": wide.replace("Small", "New"),
    });
    const { stdout, code } = await repository.archc("diff", "HEAD", "--fail-on", "params:+99%");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^~ a\.arch Small at batch = 1, seq = 64 -> batch = 1, seq = 128$/m);
    expect(stdout).toMatch(/^- b\.arch Gone/m);
    expect(stdout).toMatch(/^\+ c\.arch New/m);
    const same = await json("HEAD", "a.arch", "--at", "seq=64");
    expect(same.body.models[0].at.head.seq).toBe(64);
    expect(same.body.models[0].figures["flops.forward"].difference).toBe(0);
  });

  it("knows a model again that moved or has another name, so that a rise cannot hide behind it", async () => {
    const layer = "layer ff(x: [.. D]) -> [.. D] { return mlp(x, hidden = 4 * D) }\n";
    const spec = (name: string) =>
      `import { ff } from "./ff.arch"\n${decoder({ ffn: "ff()" }).replace("Small", name)}`;
    repository.commit({ "ff.arch": layer, "a.arch": spec("Old"), "b.arch": spec("Other") });
    for (const name of ["a.arch", "b.arch"]) rmSync(join(repository.root, name));
    repository.write({
      "ff.arch": layer.replace("4", "8"),
      "a.arch": spec("New"),
      "moved to/b.arch": spec("Other").replace("./ff", "../ff"),
    });
    const { body, code } = await json("HEAD", "--fail-on", "params");
    expect(code).toBe(1);
    expect(
      body.models.map((m: { file: string; model: string; status: string; was: unknown }) => [
        `${m.file} ${m.model} ${m.status}`,
        m.was,
      ]),
    ).toEqual([
      ["a.arch New changed", { file: "a.arch", model: "Old" }],
      ["moved to/b.arch Other changed", { file: "b.arch", model: "Other" }],
    ]);
    expect(body.failures).toHaveLength(2);
    const { stdout } = await repository.archc("diff", "HEAD");
    expect(stdout).toMatch(/^~ a\.arch New \(Old before\) at batch = 1, seq = 64$/m);
    expect(stdout).toMatch(/^~ moved to\/b\.arch Other \(in b\.arch before\) at /m);
    const markdown = (await repository.archc("diff", "HEAD", "--format", "markdown")).stdout;
    expect(markdown).toContain("| ~ | `New`<br>a.arch, Old before |");
    // Two that are alike: nobody can say which was which.
    repository.write({ "c.arch": spec("Third") });
    expect((await repository.archc("diff", "HEAD")).stdout).toMatch(/^\+ c\.arch Third at/m);
  });

  it("says that a clone without history has none", async () => {
    repository.commit({ "a.arch": small });
    repository.commit({ "a.arch": wide });
    repository.git("clone", "--quiet", "--depth", "1", `file://${repository.root}`, "shallow");
    const { code, stderr } = await repository.archcIn("shallow", "diff", "HEAD~1");
    expect(code).toBe(2);
    expect(stderr).toMatch(/this is a shallow clone[\s\S]*fetch-depth: 0/);
  });

  it("counts a block that is added, removed or filled otherwise", async () => {
    repository.commit({ "a.arch": small });
    const pkm = "mlp(hidden = 4 * dim)\n    at 1 { ffn = pkm(heads = 2, keys = 16, k = 4, key_dim = 8) }";
    repository.write({ "a.arch": decoder({ ffn: pkm }).replace("blocks 3", "blocks 4") });
    const { body } = await json("HEAD");
    expect(body.models[0].parts.map((p: { path: string; status: string }) => [p.path, p.status])).toEqual([
      ["blocks.1", "changed"],
      ["blocks.3", "added"],
    ]);
    const [{ parts, total, figures }] = body.models;
    expect(parts[0].slots.head).toContain("ffn pkm");
    expect(total.params).toEqual(figures["params.total"]);
    const { stdout } = await repository.archc("diff", "HEAD");
    expect(stdout).toMatch(/^ {2}\+ blocks\.3 +attn attention, .* +\+[\d.,]+K? /m);
  });

  it("reports a spec that is broken in the head, and one that was in the base", async () => {
    repository.commit({ "a.arch": small.replace("dim = 32", "dimm = 32") });
    repository.write({ "a.arch": small });
    const mended = await repository.archc("diff", "HEAD");
    expect(mended.code).toBe(0);
    expect(mended.stderr).toContain("warning[diff/not-in-base]");
    expect(mended.stdout).toMatch(/^\+ a\.arch Small/m);
    repository.commit({});
    repository.write({ "a.arch": small.replace("dim = 32", "dimm = 32") });
    const broken = await repository.archc("diff", "HEAD");
    expect([broken.code, broken.stderr.includes("a.arch:5")]).toEqual([2, true]);
  });

  it("writes Markdown for a pull request", async () => {
    repository.commit({ "a.arch": small, "b.arch": small.replace("Small", "Other") });
    repository.write({ "a.arch": wide });
    const { stdout } = await repository.archc("diff", "HEAD", "--format", "markdown", "--fail-on", "params");
    expect(stdout).toMatch(/^<!-- archc diff -->\n### archc: the cost of 1 model changed\n\n\| \| model \|/);
    expect(stdout).toMatch(
      /^\| ~ \| `Small`<br>a\.arch \| 48\.4K → 73\.4K \(\*\*\+\d+\.\d %\*\*\) \| .* \| .* \|$/m,
    );
    expect(stdout).toMatch(/^<details><summary><code>Small<\/code> block by block, at batch = 1, seq = 64/m);
    expect(stdout).toMatch(/^- ❌ params\.total of Small rises/m);
    expect(stdout).toContain("1 other the same.");
    const rows = stdout.split("\n").filter((line) => line.startsWith("|"));
    expect(new Set(rows.slice(0, 3).map((r) => r.split("|").length)).size).toBe(1);
    repository.write({ "a.arch": small });
    expect((await repository.archc("diff", "HEAD", "--format", "markdown")).stdout).toContain(
      "no model's cost changed",
    );
  });
});

describe("archc diff reads git, and nothing else", () => {
  it("refuses what is no revision, whatever it looks like", async () => {
    repository.commit({ "a.arch": small });
    for (const name of ["nowhere", "HEAD~9", "HEAD:a.arch", "main^{tree}", ""]) {
      const { code, stderr } = await repository.archc("diff", name);
      expect([name, code]).toEqual([name, 2]);
      expect(stderr).toContain(name === "" ? "the name of the revision is empty" : "git has no revision");
    }
    for (const range of ["main..next", "main...next"])
      expect((await repository.archc("diff", range)).stderr).toContain("`archc diff main next`");
    expect((await repository.archc("diff", "--", "--output=stolen")).code).toBe(2);
    expect((await repository.archc("diff", "HEAD", "nowhere")).code).toBe(2);
    expect((await repository.archc("diff")).code).toBe(2);
    expect((await repository.archc("diff", "HEAD", "--fail-on", "parms")).stderr).toContain(
      "did you mean `params`?",
    );
    expect((await repository.archc("diff", "HEAD", "--fail-on", "params:5")).code).toBe(2);
  });

  it("follows no link of a commit, and reads nothing above the repository", async () => {
    repository.write({ "real.arch": small });
    symlinkSync("/etc/passwd", join(repository.root, "link.arch"));
    repository.commit({ "a.arch": `import { b } from "../../../etc/passwd"\n${small}` });
    const { stdout, stderr } = await repository.archc("diff", "HEAD", "--no-merge-base", "--format", "json");
    expect(`${stdout}${stderr}`).not.toContain("root:");
  });

  it("leaves the working tree and its index as they are", async () => {
    repository.commit({ "a.arch": small });
    repository.write({ "a.arch": wide, "new.arch": small });
    const before = repository.git("status", "--porcelain");
    await repository.archc("diff", "HEAD");
    expect(repository.git("status", "--porcelain")).toBe(before);
  });
});

describe("archc diff under attack", () => {
  it("says of a name that means no spec that it does, and does not compare nothing", async () => {
    repository.commit({ "a.arch": small, "note.md": "" });
    for (const name of ["nobody.arch", "note.md", "../outside.arch", "/etc/passwd", "none/*.arch"]) {
      const { code, stderr } = await repository.archc("diff", "HEAD", "a.arch", name);
      expect([name, code]).toEqual([name, 2]);
      expect(stderr).toContain(`neither revision has a spec \`${name}\``);
    }
  });

  it("does not say that nothing changed where a spec has errors", async () => {
    repository.commit({ "a.arch": small });
    repository.write({ "a.arch": `${small}\nmodle` });
    for (const format of ["text", "markdown"]) {
      const { code, stdout } = await repository.archc("diff", "HEAD", "--format", format);
      expect(code).toBe(2);
      expect(stdout).not.toContain("no model's cost changed");
    }
    const { stdout } = await repository.archc("diff", "HEAD");
    expect(stdout).toContain("not compared because of errors: a.arch");
  });

  it("reads a file whose name has a backslash on both sides", async () => {
    repository.commit({ 'q"uo\\te.arch': small });
    repository.write({ "b.arch": "" });
    const { code, stdout } = await repository.archc("diff", "HEAD", 'q"uo\\te.arch');
    expect([code, stdout]).toEqual([0, expect.stringContaining("1 model costs the same")]);
  });

  it("runs no program that a repository names", async () => {
    repository.commit({ "a.arch": small });
    const proof = join(repository.root, ".git/ran");
    const hook = join(repository.root, ".git/hook");
    writeFileSync(hook, `#!/bin/sh\ntouch '${proof}'\n`, { mode: 0o755 });
    repository.git("config", "core.fsmonitor", hook);
    expect((await repository.archc("diff", "HEAD")).code).toBe(0);
    expect(existsSync(proof)).toBe(false);
  });

  it("says why there is no working tree", async () => {
    repository.commit({ "a.arch": small });
    const inside = await repository.archcIn(".git", "diff", "HEAD");
    expect([inside.code, inside.stderr]).toEqual([2, expect.stringContaining("has no working tree")]);
    const { PATH } = process.env;
    try {
      process.env.PATH = "/nowhere";
      const none = await repository.archc("diff", "HEAD");
      expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("`git` is not installed")]);
    } finally {
      process.env.PATH = PATH;
    }
  });
});

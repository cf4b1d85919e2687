import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { archc } from "../cli/archc.js";

const folder = mkdtempSync(join(tmpdir(), "archc-identical-"));
const home = process.cwd();
const { TZ, LANG, LC_ALL } = process.env;
afterAll(() => {
  process.chdir(home);
  Object.assign(process.env, { TZ: TZ ?? "", LANG: LANG ?? "", LC_ALL: LC_ALL ?? "" });
  rmSync(folder, { recursive: true });
});

// With other numbers of threads: test/weights/safetensors.test.ts.
it("two builds have the same bytes, wherever, whenever and in whatever language they run", async () => {
  const spec = fileURLToPath(new URL("../../specs/small.arch", import.meta.url));
  const build = async (name: string, cwd: string, env: Record<string, string>) => {
    process.chdir(cwd);
    Object.assign(process.env, env);
    const out = join(folder, name);
    const { code } = await archc("build", spec, "--model", "TinyPkm", "-o", out);
    expect(code).toBe(0);
    return readdirSync(out)
      .sort()
      .map((file) => [file, readFileSync(join(out, file)).toString("base64")]);
  };
  const one = await build("one", home, { TZ: "UTC", LANG: "C", LC_ALL: "C" });
  const two = await build("two", folder, { TZ: "Asia/Kolkata", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" });
  expect(one.length).toBe(6);
  expect(two).toEqual(one);
});

import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { specFile } from "./archc.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder = "";

const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });

/** What `npm install archc-….tgz` leaves, with the dependencies of this checkout in place of a download. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "archc-package-"));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "archc"), { recursive: true });
  execFileSync("tar", ["xzf", join(folder, tarball), "-C", join(modules, "archc"), "--strip-components=1"]);
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed package", () => {
  it("holds what it needs and no tests", () => {
    const files = readdirSync(join(folder, "node_modules/archc"), { recursive: true }).map(String);
    for (const file of [
      "README.md",
      "LICENSE",
      "compiler/layers/attention.arch",
      "compiler/diagnostics/explain/syntax.md",
      "specs/pkm-lm.arch",
      "dist/bin/archc.js",
    ]) {
      expect(files).toContain(file);
    }
    expect(files.filter((f) => /(^|\/)test\/|\.test\.|^grammar\//.test(f))).toEqual([]);
  });

  it("is imported as `archc` and `archc/runtime`", () => {
    const text = `
      import { createMemoryHost, createNodeHost, createService } from "archc";
      import { sample, encodeBytes } from "archc/runtime";
      const service = createService(createNodeHost(process.argv[1]));
      const { value, diagnostics } = service.cost(process.argv[2]);
      console.log(value.metrics.get("params.total").value[0], diagnostics.length);
      console.log(sample(Float32Array.of(0, 2, 1), {}, 0), encodeBytes("a"));
      console.log(createService(createMemoryHost({ "a.arch": "model" })).diagnostics("a.arch").length > 0);
    `;
    const spec = specFile("tiny");
    const out = node("--input-type=module", "-e", text, "--", root, spec.slice(root.length));
    expect(out).toBe("10528n 0\n1 [ 97 ]\ntrue\n");
  });

  it("has types for both", () => {
    const text = [
      'import { createService, type Service, type CostReport, type Diagnostic } from "archc";',
      'import { Session, loadTfjs, type Manifest } from "archc/runtime";',
      "export const service: Service = createService({ read: () => undefined, std: () => [] });",
      "export const report: CostReport | undefined = service.cost('a').value;",
      "export const list: readonly Diagnostic[] = service.diagnostics('a');",
      "export const open = async (m: Manifest) => new Session(await loadTfjs('x'), m);",
    ];
    writeFileSync(join(folder, "use.ts"), text.join("\n"));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"];
    const types = ["--typeRoots", join(root, "node_modules/@types"), "--skipLibCheck"];
    expect(node(tsc, ...flags, ...types, "use.ts")).toBe("");
  });

  it("brings the command", () => {
    const bin = join(folder, "node_modules/archc/dist/bin/archc.js");
    expect(node(bin, "check", specFile("tiny"))).toContain("Tiny: no problems");
  });

  it("starts threads that load what draws weights, and not the compiler", () => {
    const bin = join(folder, "node_modules/archc/dist/bin");
    const loaded = (file: string): readonly string[] => {
      const text = readFileSync(join(bin, file), "utf8");
      return [file, ...[...text.matchAll(/from"\.\/([^"]+)"/g)].flatMap(([, name]) => loaded(name!))];
    };
    const files = loaded("worker.js");
    expect(files.length).toBeGreaterThan(1);
    expect(files.reduce((sum, file) => sum + statSync(join(bin, file)).size, 0)).toBeLessThan(30_000);
  });

  it("works without ONNX Runtime, and says what it is and how to get it", () => {
    const bin = join(folder, "node_modules/archc/dist/bin/archc.js");
    const get = "npm_config_onnxruntime_node_install=skip npm install onnxruntime-node@";
    const failing = (...args: string[]): string => {
      try {
        node(...args);
      } catch (error) {
        return String((error as { stderr?: unknown }).stderr);
      }
      throw new Error("it succeeded");
    };
    const library = join(folder, "node_modules/onnxruntime-node");
    rmSync(library);
    try {
      const listed = node(bin, "backends");
      expect(listed).toMatch(/^ +onnx +onnx +missing +`onnxruntime-node` \(ONNX Runtime/m);
      expect(listed).toContain(get);
      node(bin, "build", specFile("tiny"), "-o", "built");
      expect(readdirSync(join(folder, "built"))).toContain("model.onnx");
      const ran = node(bin, "run", "built", "--backend", "cpu", "--tokens", "2", "--format", "json");
      expect(JSON.parse(ran)).toMatchObject({ target: "tfjs", backend: "cpu" });
      expect(JSON.parse(node(bin, "run", "built", "--tokens", "2", "--format", "json")).target).toBe("tfjs");
      const told = failing(bin, "run", "built", "--target", "onnx");
      expect(told).toContain("`onnxruntime-node` (ONNX Runtime, runs `model.onnx`) is not installed");
      expect(told).toContain(get);
      const load = 'await (await import("archc/runtime")).loadOnnx("built")';
      expect(failing("--input-type=module", "-e", load)).toContain(get);
    } finally {
      symlinkSync(join(root, "node_modules/onnxruntime-node"), library);
    }
  });

  it("requires no package whose installer may download", () => {
    // It only prints a word, and asks the network for nothing.
    const harmless = new Set(["node_modules/protobufjs"]);
    const lock: {
      packages: Record<string, { hasInstallScript?: boolean; optional?: boolean; dev?: boolean }>;
    } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    const scripts = Object.entries(lock.packages).filter(([, p]) => p.hasInstallScript && !p.dev);
    expect(scripts.filter(([name, p]) => !p.optional && !harmless.has(name)).map(([name]) => name)).toEqual(
      [],
    );
    expect(scripts.filter(([, p]) => p.optional).map(([name]) => name)).toContain(
      "node_modules/onnxruntime-node",
    );
  });

  it("pays for no package that a command does not use, and carries those that all do", () => {
    const dist = join(folder, "node_modules/archc/dist");
    const asked = join(folder, "asked.txt");
    const hook = `
      import { appendFileSync } from "node:fs";
      export function resolve(name, context, next) {
        if (/^[a-z@]/.test(name) && !name.includes(":")) appendFileSync(${JSON.stringify(asked)}, name + "\\n");
        return next(name, context);
      }`;
    const code = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
    const register = `import { register } from "node:module"; register(${JSON.stringify(code(hook))});`;
    const askedBy = (bin: string): readonly string[] => {
      writeFileSync(asked, "");
      for (const command of ["check", "cost", "lint"])
        node("--import", code(register), join(dist, bin), command, specFile("tiny"));
      return [...new Set(readFileSync(asked, "utf8").split("\n"))].filter((name) => name !== "").sort();
    };
    const carried = ["chevrotain", "commander", "picocolors"];
    expect(askedBy("compiler/cli/main.js")).toEqual(carried);
    expect(askedBy("bin/archc.js")).toEqual([]);
    const licences = readFileSync(join(dist, "bin/licences.txt"), "utf8");
    for (const name of carried) expect(licences).toMatch(new RegExp(`^${name}$`, "m"));
  });

  it("ends a broken pipe in peace, and a wrong command with 2", () => {
    const bin = join(folder, "node_modules/archc/dist/bin/archc.js");
    const shell = (command: string) =>
      execFileSync("bash", ["-c", command], { encoding: "utf8", cwd: folder });
    expect(
      shell(
        `"${process.execPath}" "${bin}" graph "${specFile("tiny")}" | head -n 1; echo "\${PIPESTATUS[0]}"`,
      ),
    ).toMatch(/\n0\n$/);
    expect(shell(`"${process.execPath}" "${bin}" chek 2>/dev/null; echo $?`)).toBe("2\n");
  });
});

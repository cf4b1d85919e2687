import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { main } from "../../compiler/cli/app.js";
import { capturedIo, processIo } from "../../compiler/cli/io.js";
import { specFile } from "./archc.js";

/*
 * Work of over a second is told on a terminal, and not a byte of it goes anywhere else. The clock runs two seconds each
 * time it is read, so that small models take long.
 */

const tiny = specFile("tiny");
const fixture = (name: string) =>
  fileURLToPath(new URL(`../weights/fixtures/gpt2-checkpoint/${name}`, import.meta.url));
const checkpoint = [fixture("small.arch"), "--weights", fixture("whole/model.safetensors")];
const shared = ["--tokens", "2", "--greedy", "--backend", "cpu", "--prompt"];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "archc-progress-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let runs = 0;
beforeEach(() => {
  // A cache of its own, so that each run builds.
  process.env.ARCHC_CACHE = join(folder, `cache-${runs++}`);
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => (now += 2000));
});
afterEach(() => {
  vi.restoreAllMocks();
  delete process.env.ARCHC_CACHE;
});

/** What a command writes to standard error. */
async function told(interactive: boolean, argv: readonly string[]): Promise<string> {
  const io = capturedIo();
  const code = await main(argv, { ...io, interactive });
  expect(code, io.stderr()).toBe(0);
  return io.stderr();
}

describe.each([
  ["build", () => ["build", tiny, "-o", join(folder, `drawn-${runs}`)], ["weights of"]],
  ["build --weights", () => ["build", ...checkpoint, "-o", join(folder, `read-${runs}`)], ["weights of"]],
  ["run", () => ["run", tiny, ...shared, "abc"], ["writing weights", "loading weights"]],
  ["run --weights", () => ["run", ...checkpoint, ...shared, "@@"], ["writing weights", "loading weights"]],
] as const)("%s", (_, argv, lines) => {
  it("tells a terminal how far it is, and clears the line", async () => {
    const text = await told(true, argv());
    for (const line of lines) expect(text).toMatch(new RegExp(`\r.\\[2K${line}[^\r]*: \\d+ %`));
    expect(text.lastIndexOf(" %")).toBeLessThan(text.lastIndexOf("\r\u001b[2K"));
  });

  it("is silent about it where standard error is no terminal", async () => {
    const text = await told(false, argv());
    for (const part of ["\r", "\u001b", "%", ...lines]) expect(text).not.toContain(part);
  });
});

it("a process draws only on a terminal, and never in CI", () => {
  const before = Object.getOwnPropertyDescriptor(process.stderr, "isTTY");
  const drawsOn = (isTTY: boolean | undefined, ci: string | undefined) => {
    Object.defineProperty(process.stderr, "isTTY", { value: isTTY, configurable: true });
    vi.stubEnv("CI", ci);
    return processIo().interactive;
  };
  try {
    expect([drawsOn(true, undefined), drawsOn(true, "true"), drawsOn(false, undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(drawsOn(undefined, undefined)).toBe(false);
  } finally {
    vi.unstubAllEnvs();
    if (before) Object.defineProperty(process.stderr, "isTTY", before);
    else delete (process.stderr as { isTTY?: boolean }).isTTY;
  }
});

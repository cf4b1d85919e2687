import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { conventionNames } from "../../compiler/cost/conventions.js";
import { archc, specFile } from "../cli/archc.js";

const tiny = specFile("tiny");
const json = async (...argv: string[]) =>
  JSON.parse((await archc("cost", tiny, "--format", "json", ...argv)).stdout);

it("prints what the README shows", async () => {
  const readme = readFileSync("README.md", "utf8");
  const [, shown = ""] = /\$ (archc cost specs\/pkm-lm\.arch[^\0]*?)\n\$ /.exec(readme) ?? [];
  const [command = "", ...lines] = shown.split("\n");
  const printed = (await archc(...command.split(" ").slice(1))).stdout.split("\n");
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => line !== "…" && !printed.includes(line))).toEqual([]);
});

describe("archc cost --convention", () => {
  it("counts as one tool does, or as all of them", async () => {
    const one = await json("--convention", "megatron");
    expect(Object.keys(one.conventions)).toEqual(["megatron"]);
    const { conventions, ...body } = await json("--convention", "all");
    expect(Object.keys(conventions)).toEqual([...conventionNames]);
    expect(conventions.torch).toBe(body["flops.forward"]);
    expect(conventions.megatron).toBe(one.conventions.megatron);
    expect(await json()).not.toHaveProperty("conventions");
  });

  it("names the nearest where there is none", async () => {
    const { code, stderr } = await archc("cost", tiny, "--convention", "kaplen");
    expect([code, stderr.includes("did you mean `kaplan`?")]).toEqual([2, true]);
  });
});

describe("archc cost --dtype", () => {
  it("counts memory for other types, by either of their names", async () => {
    const full = await json();
    for (const name of ["f16", "fp16", "bf16"]) {
      const half = await json("--dtype", name);
      expect(half["params.bytes"] * 2).toBe(full["params.bytes"]);
      expect(half["memory.cache"] * 2).toBe(full["memory.cache"]);
    }
    const int8 = await json("--dtype", "int8");
    expect(int8["params.bytes"] * 4).toBe(full["params.bytes"]);
    expect([int8["memory.cache"], int8.dtype]).toEqual([full["memory.cache"], "int8"]);
    expect((await archc("cost", tiny, "--dtype", "bf61")).code).toBe(2);
  });
});

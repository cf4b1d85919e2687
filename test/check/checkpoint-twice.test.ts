import { describe, expect, it } from "vitest";
import { check } from "./support.js";

/** What is said of a model whose checkpoint has these lines. */
const said = (...lines: readonly string[]) =>
  check(`import { decoder } from "std"
model M : decoder {
  vocab = 64
  seq   = 16
  dim   = 16
  heads = 2
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn  = mlp()
  }
  checkpoint c {
    ${lines.join("\n    ")}
  }
}
`).said;

/** Two weights of one shape, for each block. */
const [first, second] = ["blocks[i].wiring.norm_a.scale", "blocks[i].wiring.norm_b.scale"];

describe("one tensor that two patterns name", () => {
  const twice = (name: string) => [expect.stringMatching(new RegExp(`^checkpoint/twice: .*${name}`))];

  it("is told where one has an index and the other that very number", () => {
    expect(said(`"h.{i}.a" = ${first}`, `"h.1.a" = embed.table`)).toEqual(twice("h\\.1\\.a"));
    expect(said(`"h.1.a" = embed.table`, `"h.{i}.a" = ${first}`)).toEqual(twice("h\\.1\\.a"));
    expect(said(`"h.{i}.a" = ${first}`, `"h.2.a" = embed.table`)).toEqual([]);
  });

  it("is told where one leaves out what the other does not have", () => {
    expect(said(`"[model.]h.{i}.a" = ${first}`, `"h.{i}.a" = ${second}`)).toEqual(twice("h\\.0\\.a"));
    expect(said(`"h.{i}.a" = ${first}`, `"[model.]h.{i}.a" = ${second}`)).toEqual(twice("h\\.0\\.a"));
    expect(said(`"[model.]h.{i}.a" = ${first}`, `"[model.]h.{i}.b" = ${second}`)).toEqual([]);
  });

  it("is told where indices stand side by side", () => {
    expect(said(`"h{i}1" = ${first}`, `"h1{i}" = ${second}`)).toEqual(twice("h11"));
    expect(said(`"x.{i}.a" = ${first}`, `"{i}.x.a" = ${second}`)).toEqual([]);
  });
});

describe("a tensor that is read and ignored", () => {
  const both = (name: string) => [
    expect.stringMatching(new RegExp(`^checkpoint/read-and-ignored: .*covers the tensor .${name}.,`)),
  ];

  it("is told where the name of a line lies below, in every way it may be written", () => {
    expect(said(`"cls.a" = embed.table`, `ignore "cls.*"`)).toEqual(both("cls\\.a"));
    expect(said(`ignore "h.1.*"`, `"h.{i}.a" = ${first}`)).toEqual(both("h\\.1\\.a"));
    expect(said(`"h.1.a" = embed.table`, `ignore "h.{i}.*"`)).toEqual(both("h\\.1\\.a"));
    expect(said(`"[model.]h.{i}.a" = ${first}`, `ignore "h.*"`)).toEqual(both("h\\.0\\.a"));
    expect(said(`"h.{i}.[a|b]" = ${first}`, `ignore "h.{i}.b"`)).toEqual(both("h\\.0\\.b"));
  });

  it("is not where names differ, or the index is that of no block", () => {
    expect(said(`"clsx.a" = embed.table`, `ignore "cls.*"`)).toEqual([]);
    expect(said(`"cls" = embed.table`, `ignore "cls.*"`)).toEqual([]);
    expect(said(`"h.{i}.a" = ${first}`, `ignore "h.2.*"`)).toEqual([]);
    expect(said(`"h.{i}.a" = ${first}`, `ignore "h.{i}.b"`)).toEqual([]);
  });

  it("is told in a variant that ignores what its base reads, and not in one that reads what its base ignores", () => {
    const variant = (base: string, own: string) =>
      check(`import { decoder } from "std"
model A : decoder {
  vocab = 64
  seq   = 16
  dim   = 16
  heads = 2
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn  = mlp()
  }
  checkpoint c { ${base} }
}
model B : A {
  checkpoint c { ${own} }
}
`).said;
    expect(variant(`"cls.a" = embed.table`, `ignore "cls.*"`)).toEqual(both("cls\\.a"));
    expect(variant(`ignore "cls.*"`, `"cls.a" = embed.table`)).toEqual([]);
  });

  it("has a `*` in no line that reads", () => {
    expect(said(`"cls.*" = embed.table`)).toEqual([expect.stringContaining("checkpoint/name")]);
  });
});

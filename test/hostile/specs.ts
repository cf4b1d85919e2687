import { spec, specBeside, specWith } from "./project.js";

const many = (n: number, line: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => line(i)).join("\n");
const layer = (name: string, body: string) => `layer ${name}(x: [.. D]) -> [.. D] {\n${body}\n}`;

/** Names of axes, each with `size` behind it. */
const axes = (name: string, n: number, size = "") =>
  Array.from({ length: n }, (_, i) => `${name}${i}${size}`).join(size ? ", " : " ");

/** As many lines as a text of that length takes. */
function filled(length: number, line: (i: number) => string): string {
  const lines: string[] = [];
  for (let left = length; left >= 0; left -= lines.at(-1)!.length + 1) lines.push(line(lines.length));
  return lines.slice(0, -1).join("\n");
}

/** A spec that is meant to hurt, and a word of what is said of it. */
export interface HostileSpec {
  readonly name: string;
  readonly text: string | Uint8Array;
  /** A code, or words of its message. */
  readonly says: string;
  /** How many errors it is, where a reader must not be told the same again. */
  readonly errors?: number;
  /** Wrong in what a build does not ask: what the model may cost, or another model of the file. */
  readonly builds?: true;
  /** Runs in a process of its own too, whose memory is measured. */
  readonly heavy?: true;
}

export const hostileSpecs: readonly HostileSpec[] = [
  {
    name: "10^9 blocks",
    text: spec("blocks 1_000_000_000 {\n attn = attention(heads)\n ffn = mlp()\n }"),
    says: "limit/blocks",
    heavy: true,
  },
  { name: "10^400 blocks", text: spec(`blocks ${"9".repeat(400)} { ffn = mlp() }`), says: "limit/blocks" },
  {
    name: "blocks up to 10^12",
    text: spec("blocks 4 { at 0..1_000_000_000_000 { ffn = mlp() } }"),
    says: "blocks/",
  },
  {
    name: "an expression 200 deep",
    text: spec(`dim = ${"(".repeat(200)}8${")".repeat(200)}`),
    says: "syntax/too-deep",
    heavy: true,
  },
  {
    name: "an expression 10^4 deep",
    text: spec(`dim = ${"(".repeat(1e4)}8${")".repeat(1e4)}`),
    says: "syntax/too-deep",
  },
  {
    name: "an expression 10^5 deep",
    text: spec(`dim = ${"(".repeat(1e5)}8${")".repeat(1e5)}`),
    says: "syntax/too-many-words",
    heavy: true,
  },
  { name: "10^4 signs", text: spec(`dim = ${"-".repeat(1e4)}1`), says: "syntax/too-deep" },
  { name: "10^4 sums", text: spec(`dim = 1${" + 1".repeat(1e4)}`), says: "syntax/too-deep" },
  { name: "10^5 blank lines before the end", text: `model M {${"\n".repeat(1e5)}`, says: "syntax/unclosed" },
  {
    name: "10^5 blank lines below a header of another language",
    text: `model M:${"\n".repeat(1e5)}  dim = 8\n`,
    says: "syntax/missing-open",
  },
  { name: "a file of 50 MB", text: `${spec()}//${"x".repeat(50e6)}`, says: "usage/not-a-spec", heavy: true },
  { name: "braces that never close", text: "model M {".repeat(9_000), says: "syntax/unclosed", heavy: true },
  { name: "parentheses that never close", text: "(".repeat(29_000), says: "syntax/unclosed", heavy: true },
  {
    name: "half a million parentheses",
    text: "(".repeat(500_000),
    says: "syntax/too-many-words",
    errors: 1,
    heavy: true,
  },
  { name: "brackets of all kinds", text: "}}}}))))]]]]", says: "syntax/stray-closer" },
  {
    name: "calls that never close",
    text: specBeside(`x = ${"f(".repeat(50_000)}`),
    says: "error[",
    heavy: true,
  },
  { name: "choices within choices", text: specBeside(`x = ${"if a then ".repeat(20_000)}`), says: "error[" },
  {
    name: "half a megabyte of junk",
    text: 'x = 1 ) ( } { ] " \n'.repeat(27_000),
    says: "syntax/",
    heavy: true,
  },
  {
    name: "one word without end",
    text: specBeside(`${"a".repeat(400_000)} = 1`),
    says: "model/unknown-field",
  },
  { name: "one line without end", text: "a ".repeat(250_000), says: "syntax/" },
  { name: "a text without end", text: specBeside(`x = "${"a".repeat(400_000)}`), says: "syntax/" },
  {
    name: "9,000 unknown fields",
    text: spec(many(9_000, (i) => `f${i} = ${i}`)),
    says: "model/unknown-field",
    heavy: true,
  },
  ...Object.entries({
    "one layer's name without end": (_: number) => layer("a", "  return x"),
    "12,000 right layers": (i: number) => layer(`a${i}`, "  return x"),
    "layers that run what is not there": (i: number) => layer(`a${i}`, `  return b${i}(x)`),
    "30,000 empty models": (i: number) => `model m${i} { }`,
    "models of a base that is not there": (i: number) => `model m${i} : nothing { }`,
    "models of the standard base": (i: number) =>
      i === 0 ? 'import { decoder } from "std"' : `model m${i} : decoder { }`,
    "20,000 imports": (i: number) => `import { a${i} } from "std"`,
    "20,000 functions": (i: number) => `fn f${i}(x) = x`,
    "declarations on one line": (i: number) => `model m${i} { },`,
  }).flatMap(([name, line]): HostileSpec[] => [
    // Those of few words are too many declarations first.
    { name, text: filled(512 * 1024, line), says: "syntax/too-many-", errors: 1 },
    // As many as are read, where these are wrong.
    ...(/right|functions/.test(name)
      ? []
      : [{ name: `4,096: ${name}`, text: many(4096, line), says: "error[" }]),
  ]),
  {
    name: "a chain of 3,000 models",
    text: `import { decoder } from "std"\n${many(3000, (i) => `model M${i} : ${i ? `M${i - 1}` : "decoder"} { dim = ${i + 1} }`)}`,
    says: "limit/bases",
  },
  {
    name: "layers that double twenty times",
    text: specWith(
      "l20()",
      `${layer("l0", "  return x + 1")}\n${many(20, (i) => layer(`l${i + 1}`, `  return l${i}(x) + l${i}(x)`))}`,
    ),
    says: "limit/steps",
    heavy: true,
  },
  {
    name: "layers that run the one before twice, forty times",
    text: specWith(
      "l40()",
      `${layer("l0", "  return x + 1")}\n${many(40, (i) => layer(`l${i + 1}`, `  return l${i}(l${i}(x))`))}`,
    ),
    says: "limit/steps",
    heavy: true,
  },
  {
    name: "10^9 rounds",
    text: specWith("lp()", layer("lp", "  y = for i in 0 ..< 1_000_000_000 { i }\n  return x")),
    says: "limit/rounds",
  },
  {
    name: "rounds within rounds within rounds",
    text: specWith(
      "lp()",
      layer(
        "lp",
        "  y = for i in 0 ..< 4000 { for j in 0 ..< 4000 { for k in 0 ..< 4000 { i } } }\n  return x",
      ),
    ),
    says: "limit/steps",
  },
  {
    name: "a size of run time that holds itself twice on every line",
    text: specWith(
      "w()",
      `layer w(x: [B T D]) -> [B T D] {\n  n0 = T\n${many(300, (i) => `  n${i + 1} = floor_div(3 * n${i} + ${i}, 7) + n${i} % 5`)}\n  require n300 > 3\n  return x\n}`,
    ),
    says: "limit/count",
  },
  {
    name: "a list that is added to itself on every line",
    text: specWith(
      "w()",
      layer("w", `  l0 = [1]\n${many(40, (i) => `  l${i + 1} = l${i} + l${i}`)}\n  return x * sum(l40)`),
    ),
    says: "limit/steps",
  },
  {
    name: "layers in a circle",
    text: specWith("ping()", `${layer("ping", "  return pong(x)")}\n${layer("pong", "  return ping(x)")}`),
    says: "layer/too-deep",
  },
  { name: "models in a circle", text: "model A : B { }\nmodel B : A { }", says: "model/cycle-of-bases" },
  { name: "a tower of powers", text: spec("dim = 9 ^ 9 ^ 9 ^ 9 ^ 9"), says: "limit/count" },
  {
    name: "a tower of powers as a budget",
    text: specBeside("budget { params.total <= 9 ^ 9 ^ 9 ^ 9 }"),
    says: "budget/not-a-quantity",
    builds: true,
  },
  { name: "a number of 10^5 digits", text: spec(`dim = 1${"0".repeat(100_000)}`), says: "syntax/number" },
  { name: "an exponent without end", text: spec("dim = 1e999999999"), says: "error[" },
  {
    name: "an einsum of 3,000 axes",
    text: specWith(
      "e()",
      layer("e", `  return einsum[${many(3000, (i) => `A${i}`).replaceAll("\n", " ")} -> D](x)`),
    ),
    says: "syntax/too-many-axes",
  },
  ...Object.entries({
    "a weight": (axes: string) => `  weight t: [${axes}]`,
    "a value": (axes: string) => `  y: [${axes}] = x`,
    "parts of an axis": (axes: string) => `  y = split(x, D -> ${axes})`,
    "one merged axis": (axes: string) => `  y = merge(x, ${axes} -> Z)`,
  }).map(([name, body]) => ({
    name: `${name} of 25,000 axes`,
    text: specWith(
      "e()",
      layer("e", `${body(Array.from({ length: 25_000 }, (_, i) => `A${i}`).join(" "))}\n  return x`),
    ),
    says: "syntax/too-many-axes",
  })),
  {
    name: "parameters of 25,000 axes",
    text: specWith(
      "e()",
      `layer e(x: [${Array.from({ length: 25_000 }, (_, i) => `A${i}`).join(" ")}]) -> [..] {\n  return x\n}`,
    ),
    says: "syntax/too-many-axes",
  },
  {
    name: "an einsum of 55 axes",
    text: specWith(
      "e()",
      layer(
        "e",
        `  weight s: [${axes("A", 27, " = 2")}, D]\n  weight t: [${axes("B", 27, " = 2")}, D]
  y = einsum[${axes("A", 27)} D, ${axes("B", 27)} D -> D](s, t)
  return x`,
      ),
    ),
    says: "einsum/axes",
  },
  {
    name: "3,000 fields, each of which reads the next",
    text: specBeside(`${many(3000, (i) => `  f${i}: count = f${i + 1} + 1`)}\n  f3000: count = 1`),
    says: "limit/fields",
    errors: 1,
  },
  {
    name: "a cycle of 3,000 fields",
    text: specBeside(many(3000, (i) => `  f${i}: count = f${(i + 1) % 3000} + 1`)),
    says: "limit/fields",
    errors: 1,
  },
  {
    name: "100 fields in a chain, each 70 levels deep",
    text: specBeside(
      `${many(100, (i) => `  f${i}: count = ${"(".repeat(70)}f${i + 1}${" + 1)".repeat(70)}`)}\n  f100: count = 1`,
    ),
    says: "limit/nesting",
    errors: 1,
  },
  {
    name: "an import of 14,000 names that are not there",
    text: `import { ${Array.from({ length: 14_000 }, (_, i) => `a${i}`).join(", ")} } from "std"`,
    says: "import/no-such-name",
  },
  {
    name: "7,000 requirements that do not hold",
    text: specBeside(many(7000, (i) => `require dim > ${i + 10}`)),
    says: "limit/errors",
    heavy: true,
  },
  {
    name: "2,200 figures of memory",
    text: specBeside(`budget {\n${many(2200, (i) => `memory.train(adam, batch = ${i + 1}) <= 1 PB`)}\n}`),
    says: "limit/figures",
    builds: true,
    errors: 1,
  },
  {
    name: "600 variants of a model",
    text: `${spec()}${many(600, (i) => `model V${i} : M { dim = ${8 * i + 8} }`)}`,
    says: "limit/steps",
    builds: true,
    errors: 1,
    heavy: true,
  },
  {
    name: "4,096 blocks, each other than the last",
    text: spec(
      `blocks 4096 {\n attn = attention(heads)\n ffn = mlp()\n ${many(2500, (i) => `at ${i} { ffn = mlp(${i + 1}) }`)} }`,
    ),
    says: "limit/steps",
    errors: 1,
  },
  {
    name: "1,500 lines of a checkpoint for each of 4,096 blocks",
    text: spec(
      `blocks 4096 {\n attn = attention(heads)\n ffn = mlp()\n }\n checkpoint c {\n${many(1500, (i) => `"h.{i}.n${i}" = blocks[i].attn.query[H G K, D]`)} }`,
    ),
    says: "limit/tensors",
    errors: 1,
    heavy: true,
  },
  {
    name: "quotients of long sums",
    text: layer(
      "e",
      `${many(300, (i) => `  n${i} = floor_div((${axes("A", 13).replaceAll(" ", " + ")}) * (${axes("B", 13).replaceAll(" ", " + ")}), A1 + ${i})`)}\n  return x`,
    ).replaceAll("[.. D]", `[${axes("A", 13)} ${axes("B", 13)}]`),
    says: "limit/",
  },
  {
    name: "a trillion tensors of zeros",
    text: specBeside('checkpoint c { "h.{e}.{f}" = embed.table[V = e, D = f] }').replace(
      "vocab = 64",
      "vocab = 1_000_000",
    ),
    says: "limit/tensors",
    errors: 1,
  },
  {
    name: "2,500 fields and names that are nearly theirs",
    text: specBeside(
      `${many(2500, (i) => `  some_field_${i}: count = 3`)}\n${many(2500, (i) => `  feild_some_${i} = 3`)}`,
    ),
    says: "model/unknown-field",
    heavy: true,
  },
  { name: "a NUL", text: `${spec()}\0`, says: "it is not text" },
  { name: "NULs alone", text: "\0".repeat(1000), says: "it is not text" },
  { name: "UTF-16", text: new Uint8Array(Buffer.from(`\ufeff${spec()}`, "utf16le")), says: "it is not text" },
  {
    name: "all bytes",
    text: Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919 + 13) % 256),
    says: "it is not text",
  },
  { name: "a terminal escape in a name", text: specBeside("x\x1b[2J\x1b]0;owned\x07 = 3"), says: "U+001B" },
  { name: "a terminal escape in a text", text: specBeside('y = "\x1b[31mred\x07" + nope'), says: "␛[31m" },
  { name: "a terminal escape in an import", text: 'import { a } from "\x1b[2Jx"', says: "␛[2Jx" },
  { name: "text that turns around", text: specBeside('y = "a\u2028b\u202e\u2066" + nope'), says: "error[" },
  {
    name: "fields of objects",
    text: specBeside("__proto__ = 3\n  constructor = 4\n  toString = 5\n  hasOwnProperty = 6"),
    says: "`__proto__`",
  },
  {
    name: "a base of objects",
    text: "model M : __proto__ { }\nmodel N : constructor { }",
    says: "cannot find a model named `constructor`",
  },
  {
    name: "a layer of objects",
    text: specWith("constructor()"),
    says: "cannot find a layer or function named `constructor`",
  },
  {
    name: "a member of objects",
    text: specWith("mlp(hidden = dim.constructor.constructor)"),
    says: "error[",
  },
];

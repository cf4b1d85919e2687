import { code } from "../code.js";

/** What helps where a text is too long to be read. */
const shorten =
  "split it into specs that are checked on their own, or turn declarations that differ in a number into one with a parameter";

/** What a form looks like, for the rule that broke off. */
export const syntaxForms: Record<string, string> = {
  model: "`model Small : decoder { … }`",
  layer: "`layer scale(x: [.. D], by: number) -> [.. D] { … }`",
  profile: "`profile serve { batch = 8 }`",
  fn: "`fn double(x) = 2 * x`",
  param: "`x: [.. D]` for a tensor, `heads: count = 8` for a value with a default",
  params: "`(x: [.. D], heads: count = 8)`",
  results: "`layer scale(x: [.. D]) -> [.. D] { … }`",
  result: "`-> [.. D]`, or with names `-> (a: [.. D], b: [.. D])`",
  weight: "`weight gate, up: [D, hidden] init normal(0.02)`",
  state: "`state keys: [.., P, H = heads]`",
  random: "`random turn: [H = heads] normal`",
  slot: "`slot ffn: layer = mlp(4 * dim)`",
  blocks: "`blocks 12 { … }`",
  at: "`at 5 { ffn = pkm() }`, `at 0..3 { … }`, `at every 2 { … }`",
  selector: "`at 5`, `at 0..3`, `at 2.. every 4`, `at 1, 5, 7`",
  forward: "`forward(ids: [B T] int) -> [B T, V = vocab] { … }`",
  inverse: "`inverse (u, w) { … }`",
  conditional: "`if c { … } else { … }` around lines, `if c then a else b` for a value",
  for: "`for i in 0 ..< n { … }`, or `for c along C { … }`",
  einsum: "`einsum[.. T D, D H -> .. T H](x, w)`",
  shape: "`[.. T, H = heads]`",
  axis: "`[.. T, H = heads]`",
  range: "`0 ..< n` to exclude `n`, or `0 .. n` to include it",
  solve: "`solve { maximize params.total }`",
  budget: "`budget { params.total <= 400M }`",
  expect: "`expect { params.total == 124_439_808 }`",
  checkpoint: '`checkpoint { "wte.weight" = embed.table }`',
  return: "`return y`",
  require: '`require D > 0, "why"`',
  loss: "`loss 0.01 * penalty`",
  import: '`import { decoder, pkm as memory } from "std"`',
};

/** Characters, words, brackets and numbers that have no meaning here. */
export const lexicalCodes = {
  // ------------------------------------------------------------------------------- characters
  "syntax/character": code<{ characters: string }>("error", ({ characters }) => {
    const help = characterHelp(characters);
    const word = /^[\w\p{L}\p{M}]{2,}$/u.test(characters);
    return {
      message: `${printable(characters)} ${word ? "cannot be a name" : "has no meaning here"}`,
      ...(help === undefined ? {} : { helps: [help] }),
    };
  }),
  "syntax/conflict": code<Record<string, never>>("error", () => ({
    message: "this file has an unresolved merge conflict",
    label: "the conflict starts here",
    notes: ["archc checks only the first version"],
    helps: ["keep one version, and remove the lines that start with `<<<<<<<`, `=======` and `>>>>>>>`"],
  })),
  "syntax/reserved-name": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` cannot be a name: every JavaScript object in the generated code already has it`,
    helps: [`choose another name, for example \`${name.replace(/^_+|_+$/g, "")}\``],
  })),
  "syntax/comment": code<{ opener: string }>("error", ({ opener }) => ({
    message: `a comment starts with \`//\`, not with \`${opener}\``,
    helps: ["`//` starts a comment that ends with the line; `///` documents the declaration below it"],
  })),
  "syntax/comment-divides": code<{ value: string; by: string }>("warning", ({ value, by }) => ({
    message: `\`// ${by}\` is a comment, not a division`,
    helps: [
      `to divide and round down, write \`floor_div(${value === ")" ? "…" : value}, ${by})\`; if you meant a comment, write it in words`,
    ],
  })),
  "syntax/semicolon": code<{ trailing: boolean }>("error", ({ trailing }) => ({
    message: trailing ? "lines do not end with `;`" : "write one statement per line",
    label: trailing ? "remove this" : "start a new line here",
  })),
  "syntax/foreign-operator": code<{ written: string; write: string }>("error", ({ written, write }) => ({
    message: `\`${written}\` is written \`${write}\``,
  })),
  "syntax/update": code<{ written: string; operand: string; operator: string }>(
    "error",
    ({ written, operand, operator }) => ({
      message: `there is no operator \`${written}\``,
      helps: [`write \`${operand} = ${operand} ${operator} …\`: the name has the new value from here on`],
    }),
  ),
  "syntax/choice-form": code<{ write: string }>("error", ({ write }) => ({
    message: "to choose a value, write `if c then a else b`",
    helps: [`write \`${clip(write)}\``],
  })),
  "syntax/nameless-function": code<{ params: string; body: string }>("error", ({ params, body }) => ({
    message: "there are no anonymous functions",
    helps: [
      `name it on a line of its own: \`fn f(${clip(params)}) = ${clip(body)}\``,
      "to pass it to a layer, declare a layer: `layer f(x: [..]) -> [..] { return … }`",
    ],
  })),
  "syntax/foreign-word": code<{ word: string; write: string | undefined }>("error", ({ word, write }) =>
    write === undefined
      ? {
          message: `\`${word}\` is not needed`,
          label: "remove this",
          helps: ["to set a value, write `name = …`"],
        }
      : {
          message: `\`${word}\` is written \`${write}\``,
          helps: [`it should look like ${syntaxForms[write] ?? `\`${write}\``}`],
        },
  ),
  "syntax/single-quotes": code<Record<string, never>>("error", () => ({
    message: 'a string needs double quotes: `"…"`',
  })),
  "syntax/open-text": code<Record<string, never>>("error", () => ({
    message: 'this string has no closing `"`',
    helps: ["a string must end on the line where it starts"],
  })),
  "syntax/leading-operator": code<{ operator: string; alone: boolean }>("error", ({ operator, alone }) => ({
    message: `a line cannot start with \`${operator}\``,
    label: alone ? "there is nothing before it" : "without it, the line above is already complete",
    helps: alone ? [] : [`move \`${operator}\` to the end of the line above to continue it`],
  })),

  // --------------------------------------------------------------------------------- brackets
  "syntax/unclosed": code<{ opener: string; closer: string }>("error", ({ opener, closer }) => ({
    message: `\`${opener}\` is never closed`,
    label: `its \`${closer}\` is missing`,
  })),
  "syntax/stray-closer": code<{ closer: string }>("error", ({ closer }) => ({
    message: `\`${closer}\` closes nothing`,
    label: "no bracket is open here",
  })),
  "syntax/wrong-closer": code<{ found: string; opener: string; closer: string }>(
    "error",
    ({ found, opener, closer }) => ({
      message: `\`${opener}\` must be closed by \`${closer}\`, not \`${found}\``,
      label: `expected \`${closer}\``,
    }),
  ),
  "syntax/missing-open": code<{ opener: string; header: string }>("error", ({ opener, header }) => ({
    message: `\`${opener}\` is missing at the end of this line`,
    label: `\`${header}\` needs a block in braces`,
  })),
  "syntax/too-deep": code<{ reason: string; limit: number }>("error", ({ reason, limit }) => ({
    message:
      reason === "nesting"
        ? `brackets, \`if\` and \`for\` are nested more than ${limit} levels deep`
        : reason === "length"
          ? `this expression has more than ${limit} operators`
          : "too many errors in one place to read on",
    label: "archc stops reading here",
    helps: ["split it: name parts of it on lines of their own"],
  })),
  "syntax/too-many": code<{ left: number }>("error", ({ left }) => ({
    message: `${left} more problem${left === 1 ? " in this file is" : "s in this file are"} not shown`,
  })),
  "syntax/too-many-axes": code<{ axes: number; limit: number }>("error", ({ axes, limit }) => ({
    message: `${axes} axes are listed here, more than the ${limit} that a shape or a pattern may have`,
    label: "the first axis beyond the limit",
    helps: ["give axes that always stand together one name: their `merge`"],
  })),
  "syntax/too-many-declarations": code<{ kind: string; name: string | undefined; limit: number }>(
    "error",
    ({ kind, name, limit }) => ({
      message: `the file has more than ${limit} declarations and imports`,
      label: `${name === undefined ? `this \`${kind}\`` : `\`${clip(name)}\``} is the first one over the limit; archc does not read the file`,
      helps: ["split the file, and `import` from one part what the other needs"],
    }),
  ),
  "syntax/too-large": code<{ length: number; limit: number; others: number }>(
    "error",
    ({ length, limit, others }) => ({
      message: `the file has ${length} characters; the limit is ${limit}`,
      notes: others === 0 ? [] : [`the files that archc has read before it for the same spec have ${others}`],
      helps: [shorten],
    }),
  ),
  "syntax/too-many-words": code<{ limit: number; others: number }>("error", ({ limit, others }) => ({
    message: `the spec has more than ${limit} words and signs`,
    label: "the first one over the limit; archc does not read the file",
    notes: others === 0 ? [] : [`the files that archc has read before it for the same spec have ${others}`],
    helps: [shorten],
  })),

  // ---------------------------------------------------------------------------------- numbers
  "syntax/number": code<{ written: string; limit: number }>("error", ({ written, limit }) => ({
    message: `\`${clip(written)}\` is not a valid number`,
    helps: [`write \`50_257\`, \`0.5\`, \`1e-5\` or \`1.3B\`, with at most ${limit} digits or powers of ten`],
  })),
  "syntax/suffix": code<{ written: string; glued: string; write: string | undefined }>(
    "error",
    ({ written, glued, write }) => ({
      message: `\`${clip(glued)}\` is not a number suffix`,
      helps:
        write === undefined
          ? ["the suffixes are `K`, `M`, `B` and `T`: `50K`, `400M`, `1.3B`"]
          : [`write \`${write}\` for ${suffixWords[glued.toUpperCase()] ?? "it"}, not \`${written}\``],
    }),
  ),
  "syntax/spaced-suffix": code<{ written: string; write: string; word: string }>(
    "error",
    ({ written, write, word }) => ({
      message: `\`${word}\` in \`${written}\` is not a unit`,
      helps: [
        word.toUpperCase() === "B"
          ? `for a billion, write \`${write}\` without a space; for bytes, use \`KiB\`, \`MiB\`, \`GiB\` or \`kB\`, \`MB\`, \`GB\``
          : `write a suffix without a space: \`${write}\``,
      ],
    }),
  ),
  "syntax/glued-unit": code<{ written: string; write: string }>("error", ({ written, write }) => ({
    message: `a unit needs a space before it: \`${write}\``,
    label: `\`${clip(written)}\` would be a multiplier`,
    notes: ["only the multipliers `K`, `M`, `B` and `T` touch their number: `400M`"],
  })),
  "syntax/unknown-unit": code<{ word: string; digits: string; write: string | undefined }>(
    "error",
    ({ word, digits, write }) =>
      write === undefined
        ? {
            message: `\`${word}\` is not a unit`,
            label: "a word after a number must be a unit",
            helps: [
              /^(layer|block)s?$/.test(word)
                ? `for a stack of ${digits} blocks, write \`blocks ${digits} { … }\``
                : `write \`${digits}\` alone, or a unit: \`GiB\`, \`GB\`, \`GFLOP\`, \`ms\``,
            ],
          }
        : {
            message: `the unit \`${word}\` is written \`${write.split(" ")[1] ?? write}\``,
            helps: [unitHelp(digits, write)],
          },
  ),
  "syntax/quoted-number": code<{ written: string; write: string }>("error", ({ written, write }) => ({
    message: `${clip(written)} is a string; as a number it is \`${write}\``,
    label: "numbers and units have no quotes",
  })),
};

const suffixWords: Record<string, string> = { K: "thousands", M: "millions", B: "billions", T: "trillions" };

/** Long pieces of the user's text are cut in messages. */
export function clip(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

/** Characters as a message can show them: invisible ones by their code point. */
function printable(characters: string): string {
  const shown = [...characters].slice(0, 12).map((c) => {
    const point = c.codePointAt(0) ?? 0;
    const invisible = point < 0x20 || (point >= 0x7f && point < 0xa1) || (point >= 0xd800 && point < 0xe000);
    return invisible || /\p{C}|\p{Z}/u.test(c) ? `U+${point.toString(16).toUpperCase().padStart(4, "0")}` : c;
  });
  return shown.every((c) => c.startsWith("U+")) ? shown.join(" ") : `\`${shown.join("")}\``;
}

function characterHelp(characters: string): string | undefined {
  if (characters.startsWith("@")) return "for a matrix product, write `einsum[.. T D, D H -> .. T H](x, w)`";
  if (characters.startsWith("&")) return "write `and`";
  if (characters.startsWith("|")) return "write `or`";
  if (/^[“”„‘’'`]/.test(characters)) return 'a string needs plain double quotes: `"…"`';
  if (/[\p{L}\p{M}]/u.test(characters)) return "names use the letters a to z, digits and `_`";
  return undefined;
}

function unitHelp(digits: string, write: string): string {
  const unit = write.split(" ")[1] ?? "";
  const decimal = /^([KMGTP])B$/.exec(unit);
  if (decimal === null) return `write \`${write}\``;
  const power = { K: "1e3", M: "1e6", G: "1e9", T: "1e12", P: "1e15" }[decimal[1] ?? ""] ?? "1";
  const shift = { K: "10", M: "20", G: "30", T: "40", P: "50" }[decimal[1] ?? ""] ?? "0";
  return `write \`${write}\` for ${power} bytes each, or \`${digits} ${decimal[1]}iB\` for 2^${shift}`;
}

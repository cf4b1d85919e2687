import { code } from "../code.js";

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
  range: "`0 ..< n`, which leaves `n` out, or `0 .. n`, which includes it",
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
    message: "two versions of this file were to be merged, and nobody has said which holds",
    label: "from here on",
    notes: ["the first of the two is checked"],
    helps: ["keep one of the two, and remove the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`"],
  })),
  "syntax/reserved-name": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` cannot be a name: every object of the generated code has it already`,
    helps: [`call it something else, for example \`${name.replace(/^_+|_+$/g, "")}\``],
  })),
  "syntax/comment": code<{ opener: string }>("error", ({ opener }) => ({
    message: `a comment starts with \`//\`, not with \`${opener}\``,
    helps: ["`//` comments to the end of the line; `///` documents the declaration below"],
  })),
  "syntax/comment-divides": code<{ value: string; by: string }>("warning", ({ value, by }) => ({
    message: `\`// ${by}\` is a comment, and divides nothing`,
    helps: [
      `to divide and round down, write \`floor_div(${value === ")" ? "…" : value}, ${by})\`; a comment of words is not taken for this`,
    ],
  })),
  "syntax/semicolon": code<{ trailing: boolean }>("error", ({ trailing }) => ({
    message: trailing ? "a line ends without `;`" : "two statements stand on two lines",
    label: trailing ? "remove this" : "start a new line here",
  })),
  "syntax/foreign-operator": code<{ written: string; write: string }>("error", ({ written, write }) => ({
    message: `\`${written}\` is written \`${write}\``,
  })),
  "syntax/update": code<{ written: string; operand: string; operator: string }>(
    "error",
    ({ written, operand, operator }) => ({
      message: `\`${written}\` does not exist: a name has one value`,
      helps: [
        `write \`${operand} = ${operand} ${operator} …\`, which gives the name a new value from here on`,
      ],
    }),
  ),
  "syntax/choice-form": code<{ write: string }>("error", ({ write }) => ({
    message: "a value is chosen by `if c then a else b`",
    helps: [`write \`${clip(write)}\``],
  })),
  "syntax/nameless-function": code<{ params: string; body: string }>("error", ({ params, body }) => ({
    message: "a function has a name here",
    helps: [
      `give it one on a line of its own, \`fn f(${clip(params)}) = ${clip(body)}\``,
      "what is passed on to a layer is a layer: `layer f(x: [..]) -> [..] { return … }`",
    ],
  })),
  "syntax/foreign-word": code<{ word: string; write: string | undefined }>("error", ({ word, write }) =>
    write === undefined
      ? {
          message: `\`${word}\` is not needed`,
          label: "remove this",
          helps: ["a name gets its value by `name = …`"],
        }
      : {
          message: `\`${word}\` is written \`${write}\``,
          helps: [`the form is ${syntaxForms[write] ?? `\`${write}\``}`],
        },
  ),
  "syntax/single-quotes": code<Record<string, never>>("error", () => ({
    message: 'a text stands in double quotes: `"…"`',
  })),
  "syntax/open-text": code<Record<string, never>>("error", () => ({
    message: 'this text has no closing `"`',
    helps: ["a text ends on the line where it starts"],
  })),
  "syntax/leading-operator": code<{ operator: string; alone: boolean }>("error", ({ operator, alone }) => ({
    message: `a line cannot begin with \`${operator}\``,
    label: alone ? "nothing stands before it" : "the line above would end without it",
    helps: alone ? [] : [`move \`${operator}\` to the end of the line above, so that it goes on here`],
  })),

  // --------------------------------------------------------------------------------- brackets
  "syntax/unclosed": code<{ opener: string; closer: string }>("error", ({ opener, closer }) => ({
    message: `\`${opener}\` is never closed`,
    label: `its \`${closer}\` is missing`,
  })),
  "syntax/stray-closer": code<{ closer: string }>("error", ({ closer }) => ({
    message: `\`${closer}\` closes nothing`,
    label: "nothing is open here",
  })),
  "syntax/wrong-closer": code<{ found: string; opener: string; closer: string }>(
    "error",
    ({ found, opener, closer }) => ({
      message: `\`${opener}\` is closed by \`${closer}\`, not by \`${found}\``,
      label: `expected \`${closer}\``,
    }),
  ),
  "syntax/missing-open": code<{ opener: string; header: string }>("error", ({ opener, header }) => ({
    message: `\`${opener}\` is missing at the end of this line`,
    label: `\`${header}\` is followed by a block in braces`,
  })),
  "syntax/too-deep": code<{ reason: string; limit: number }>("error", ({ reason, limit }) => ({
    message:
      reason === "nesting"
        ? `brackets, \`if\` and \`for\` nest deeper than ${limit}`
        : reason === "length"
          ? `more than ${limit} operators lead to one value`
          : "the text has too many faults in one place to be read",
    label: "nothing is read from here on",
    helps: ["give parts of it names on lines of their own"],
  })),
  "syntax/too-many": code<{ left: number }>("error", ({ left }) => ({
    message: `${left} more problems of this file are not shown`,
  })),
  "syntax/too-many-declarations": code<{ kind: string; name: string | undefined; limit: number }>(
    "error",
    ({ kind, name, limit }) => ({
      message: `the file has more than the ${limit} declarations and imports that are read`,
      label: `${name === undefined ? `this \`${kind}\`` : `\`${clip(name)}\``} is the first beyond; nothing of the file is read`,
      helps: ["split it, and `import` from one file what the other needs"],
    }),
  ),
  "syntax/too-large": code<{ length: number; limit: number }>("error", ({ length, limit }) => ({
    message: `the file has ${length} characters, more than the ${limit} that are read`,
    helps: ["split it, and `import` from one file what the other needs"],
  })),

  // ---------------------------------------------------------------------------------- numbers
  "syntax/number": code<{ written: string; limit: number }>("error", ({ written, limit }) => ({
    message: `\`${clip(written)}\` is not a number that can be read`,
    helps: [`numbers have up to ${limit} digits and powers of ten: \`50_257\`, \`0.5\`, \`1e-5\`, \`1.3B\``],
  })),
  "syntax/suffix": code<{ written: string; glued: string; write: string | undefined }>(
    "error",
    ({ written, glued, write }) => ({
      message: `\`${clip(glued)}\` does not multiply a number`,
      helps:
        write === undefined
          ? ["`K`, `M`, `B` and `T` do: `50K`, `400M`, `1.3B`"]
          : [
              `write \`${write}\` for ${suffixWords[glued.toUpperCase()] ?? "it"}; \`${written}\` has a small letter`,
            ],
    }),
  ),
  "syntax/spaced-suffix": code<{ written: string; write: string; word: string }>(
    "error",
    ({ written, write, word }) => ({
      message: `\`${written}\` has no unit: \`${word}\` is not one`,
      helps: [
        word.toUpperCase() === "B"
          ? `a byte is never \`B\`; bytes are \`KiB\`, \`MiB\`, \`GiB\` or \`kB\`, \`MB\`, \`GB\`, and a billion is glued: \`${write}\``
          : `glued to the number it multiplies: \`${write}\``,
      ],
    }),
  ),
  "syntax/glued-unit": code<{ written: string; write: string }>("error", ({ written, write }) => ({
    message: `a unit stands apart from its number: \`${write}\``,
    label: `\`${clip(written)}\` would multiply`,
    notes: ["only `K`, `M`, `B` and `T` are glued, and multiply a count: `400M`"],
  })),
  "syntax/unknown-unit": code<{ word: string; digits: string; write: string | undefined }>(
    "error",
    ({ word, digits, write }) =>
      write === undefined
        ? {
            message: `\`${word}\` is not a unit`,
            label: "a word after a number is read as its unit",
            helps: [
              /^(layer|block)s?$/.test(word)
                ? `a stack of ${digits} blocks is \`blocks ${digits} { … }\``
                : `write \`${digits}\` alone, or a unit: \`GiB\`, \`GB\`, \`GFLOP\`, \`ms\``,
            ],
          }
        : {
            message: `the unit \`${word}\` is written \`${write.split(" ")[1] ?? write}\``,
            helps: [unitHelp(digits, write)],
          },
  ),
  "syntax/quoted-number": code<{ written: string; write: string }>("error", ({ written, write }) => ({
    message: `${clip(written)} is a text; the number is written \`${write}\``,
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
  if (characters.startsWith("@")) return "a matrix product is `einsum[.. T D, D H -> .. T H](x, w)`";
  if (characters.startsWith("&")) return "write `and`";
  if (characters.startsWith("|")) return "write `or`";
  if (/^[“”„‘’'`]/.test(characters)) return 'a text stands in plain double quotes: `"…"`';
  if (/[\p{L}\p{M}]/u.test(characters)) return "names have the letters a to z, digits and `_`";
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

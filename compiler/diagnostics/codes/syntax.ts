import { code } from "../code.js";
import { layerSyntaxCodes } from "./syntax-layer.js";
import { clip, syntaxForms as forms, lexicalCodes } from "./syntax-lexical.js";

/** How each kind of line is called, and where it belongs. */
const lineWords: Record<string, { readonly what: string; readonly belongs: string }> = {
  import: { what: "an `import`", belongs: "imports stand at the top of the file" },
  model: { what: "a model", belongs: "models stand at the top level, not inside braces" },
  layer: { what: "a layer", belongs: "layers stand at the top level, not inside braces" },
  profile: { what: "a profile", belongs: "profiles stand at the top level, not inside braces" },
  fn: { what: "an `fn`", belongs: "an `fn` stands at the top level or in a layer" },
  field: { what: "a field", belongs: "fields stand in a model: `model Name { … }`" },
  slot: { what: "a slot", belongs: "slots stand in a model or its `blocks`" },
  instances: { what: "an instance", belongs: "instances stand in a model or a layer" },
  assign: { what: "a field", belongs: "fields are set in a model, `blocks`, `at` or `profile`" },
  blocks: {
    what: "a stack of blocks",
    belongs: "`blocks` stands in a model: `model Name { blocks 12 { … } }`",
  },
  at: { what: "an `at`", belongs: "`at` stands inside `blocks { … }`, beside the default that it replaces" },
  forward: { what: "a `forward`", belongs: "`forward` stands in a model; a layer's body is its equations" },
  budget: { what: "a budget", belongs: "budgets stand in a model: `model Name { budget { … } }`" },
  expect: { what: "an `expect`", belongs: "`expect` stands in a model: `model Name { expect { … } }`" },
  solve: { what: "a `solve`", belongs: "`solve` stands in a model: `model Name { solve { … } }`" },
  checkpoint: {
    what: "a `checkpoint`",
    belongs: "`checkpoint` stands in a model: `model Name { checkpoint huggingface { … } }`",
  },
  stored: { what: "a tensor of a file", belongs: "tensors of files stand in `checkpoint { … }`" },
  ignored: { what: "an ignored tensor", belongs: "tensors of files stand in `checkpoint { … }`" },
  aim: { what: "an aim", belongs: "aims stand in `solve { … }`" },
  constraint: { what: "a constraint", belongs: "constraints stand in `budget { … }` or `expect { … }`" },
  weight: { what: "a weight", belongs: "weights stand in a layer or a model" },
  state: { what: "a state", belongs: "states stand in a layer" },
  next: { what: "a `next`", belongs: "`next` stands in a layer, beside its `state`" },
  random: { what: "a random draw", belongs: "`random` stands in a layer" },
  loss: { what: "a loss term", belongs: "`loss` stands in a layer" },
  require: { what: "a requirement", belongs: "`require` stands in a model or a layer" },
  if: {
    what: "an `if { … }`",
    belongs: "`if` with braces stands in a layer; a value is chosen by `if c then a else b`",
  },
  return: { what: "a `return`", belongs: "`return` stands in a layer or in `forward`" },
  inverse: { what: "an `inverse`", belongs: "`inverse` stands in a layer" },
  let: { what: "an equation", belongs: "equations stand in a layer" },
  expr: { what: "a value", belongs: "a value alone stands in a layer, as the last line of a `for` or `if`" },
};

const places: Record<string, string> = {
  file: "at the top level",
  model: "directly in a model",
  blocks: "in `blocks` or `at`",
  layer: "in a body of equations",
  constraints: "in a budget or `expect`",
  solve: "in `solve`",
  profile: "in a profile",
  checkpoint: "in a `checkpoint`",
};

/** What does not parse, and what other languages and formats would write here. */
export const syntaxCodes = {
  ...lexicalCodes,
  ...layerSyntaxCodes,
  "syntax/expected": code<{ wanted: string; found: string; rule: string }>(
    "error",
    ({ wanted, found, rule }) => {
      const form = forms[rule];
      return {
        message: `expected ${wanted}, found ${found}`,
        label: `${wanted} is missing here`,
        ...(form === undefined ? {} : { helps: [`the form is ${form}`] }),
      };
    },
  ),
  "syntax/import-form": code<{ found: string }>("error", ({ found }) => ({
    message: `this import cannot be read from ${found} on`,
    helps: ['the form is `import { decoder, pkm as memory } from "std"`'],
  })),
  "syntax/adjacent": code<{ found: string; previous: string }>("error", ({ found, previous }) => ({
    message: `${found} cannot follow ${previous} here`,
    label: "a line end, an operator or a comma is missing before this",
  })),
  "syntax/field-without-equals": code<{ name: string; value: string }>("error", ({ name }) => ({
    message: `\`${clip(name)}\` gets its value by \`=\``,
    label: "`=` is missing before this",
  })),
  "syntax/comma-between": code<{ trailing: boolean }>("error", ({ trailing }) => ({
    message: trailing ? "a line ends without `,`" : "a line holds one statement",
    label: trailing ? "remove this" : "start a new line here",
    notes: ["only `profile`, `budget` and `expect` take commas"],
  })),
  "syntax/comma-in-number": code<{ write: string }>("error", ({ write }) => ({
    message: `digits are grouped with \`_\`: \`${write}\``,
  })),
  "syntax/bare-point": code<{ write: string }>("error", ({ write }) => ({
    message: `a number begins with a digit: \`${write}\``,
  })),
  "syntax/space-before-bracket": code<{ name: string; bracket: string }>("error", ({ name, bracket }) => ({
    message: `\`${bracket}\` must touch \`${name}\``,
    label: `a ${bracket === "(" ? "call" : "subscript"} has no space before its bracket`,
    helps: [bracket === "(" ? `write \`${name}(…)\`` : `write \`${name}[…]\``],
  })),
  "syntax/misplaced": code<{ kind: string; where: string }>("error", ({ kind, where }) => {
    const words = lineWords[kind] ?? { what: "this", belongs: "" };
    return {
      message: `${words.what} cannot stand ${places[where] ?? "here"}`,
      ...(words.belongs === "" ? {} : { helps: [words.belongs] }),
    };
  }),

  // ------------------------------------------------------------------------------------ models
  "syntax/colon": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` is set with \`=\`, not with \`:\``,
    label: "write `=`",
    notes: ["`:` comes before a shape or a kind: `heads: count`"],
  })),
  "syntax/blocks-form": code<{ word: string; count: string }>("error", ({ word, count }) => ({
    message: `\`${word}\` is no field: a stack of blocks is \`blocks ${clip(count)} { … }\``,
    helps: [`write \`blocks ${clip(count)} { … }\`, with what stands in each block inside the braces`],
  })),
  "syntax/base-form": code<{ name: string; base: string }>("error", ({ name, base }) => ({
    message: `a model names its base after \`:\``,
    helps: [`write \`model ${name} : ${base} { … }\``],
  })),
  "syntax/field-without-value": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` has no value`,
    helps: [`write \`${name} = …\`; or \`${name}: count\` to let a variant set it`],
  })),
  "syntax/not-a-declaration": code<{ text: string }>("error", ({ text }) => ({
    message: `\`${clip(text)}\` declares nothing`,
    helps: [
      forms[text] === undefined
        ? "at the top level stand `import`, `model`, `layer`, `fn` and `profile`"
        : `the form is ${forms[text]}`,
    ],
  })),
  "syntax/checkpoint-form": code<{ turned: boolean }>("error", ({ turned }) => ({
    message: turned
      ? "in a checkpoint the name in the file stands on the left"
      : "this says nothing about a tensor of a file",
    helps: ['a line is `"name in the file" = weight`, or `ignore "name in the file"`'],
  })),
  "syntax/several-fields": code<Record<string, never>>("error", () => ({
    message: "a line sets one field",
    helps: ["write one line for each"],
  })),
  "syntax/shape-in-model": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` cannot have a shape: a model's fields are no tensors`,
    helps: [
      `kinds are \`count\`, \`number\`, \`flag\`, \`layer\`, \`list(count)\`; a tensor is \`weight ${name}: […]\``,
    ],
  })),
  "syntax/stray-text": code<Record<string, never>>("error", () => ({
    message: "a text has no meaning at the end of this line",
    helps: ["a text stands after a constraint, and says why it is there; a comment starts with `//`"],
  })),
  "syntax/forward-without-result": code<Record<string, never>>("error", () => ({
    message: "`forward` does not say what it returns",
    helps: ["write `forward(ids: [B T] int) -> [B T, V = vocab] { … }`"],
  })),
  "syntax/exclusive-selector": code<Record<string, never>>("error", () => ({
    message: "`at` includes the last block that it names",
    helps: ["write `at 0..3` for blocks 0, 1, 2 and 3"],
  })),
  "syntax/step-in-selector": code<Record<string, never>>("error", () => ({
    message: "`at` counts with `every`, not with `step`",
    helps: ["write `at 2.. every 4`"],
  })),
  "syntax/constraint-form": code<{ metric: string; written: string | undefined }>(
    "error",
    ({ metric, written }) => ({
      message:
        written === undefined
          ? `\`${clip(metric)}\` has no limit`
          : `a constraint compares; \`${written}\` does not`,
      helps: [
        `write \`${clip(metric)} <= …\` for a limit, \`${clip(metric)} == …\` for a figure that must hold exactly`,
      ],
    }),
  ),
  "syntax/solve-without-aim": code<Record<string, never>>("error", () => ({
    message: "`solve` has no aim",
    helps: ["write `solve { maximize params.total }`"],
  })),
  "syntax/second-aim": code<Record<string, never>>("error", () => ({
    message: "`solve` has one aim",
    helps: ["keep one, and bound the other in a `budget`"],
  })),
};

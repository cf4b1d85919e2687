import { code } from "../code.js";
import { layerSyntaxCodes } from "./syntax-layer.js";
import { clip, syntaxForms as forms, lexicalCodes } from "./syntax-lexical.js";

/** How each kind of line is called, and where it belongs. */
const lineWords: Record<string, { readonly what: string; readonly belongs: string }> = {
  import: { what: "an `import`", belongs: "imports go at the top of the file" },
  model: { what: "a model", belongs: "models go at the top level, not inside braces" },
  layer: { what: "a layer", belongs: "layers go at the top level, not inside braces" },
  profile: { what: "a profile", belongs: "profiles go at the top level, not inside braces" },
  fn: { what: "an `fn`", belongs: "an `fn` goes at the top level or in a layer" },
  field: { what: "a field", belongs: "fields go in a model: `model Name { … }`" },
  slot: { what: "a slot", belongs: "slots go in a model or its `blocks`" },
  instances: { what: "an instance", belongs: "instances go in a model or a layer" },
  assign: { what: "a field", belongs: "set fields in a model, `blocks`, `at` or `profile`" },
  blocks: {
    what: "a stack of blocks",
    belongs: "`blocks` goes in a model: `model Name { blocks 12 { … } }`",
  },
  at: { what: "an `at`", belongs: "`at` goes inside `blocks { … }`, next to the default that it overrides" },
  forward: {
    what: "a `forward`",
    belongs: "`forward` goes in a model; the body of a layer is its equations",
  },
  budget: { what: "a budget", belongs: "budgets go in a model: `model Name { budget { … } }`" },
  expect: { what: "an `expect`", belongs: "`expect` goes in a model: `model Name { expect { … } }`" },
  solve: { what: "a `solve`", belongs: "`solve` goes in a model: `model Name { solve { … } }`" },
  checkpoint: {
    what: "a `checkpoint`",
    belongs: "`checkpoint` goes in a model: `model Name { checkpoint huggingface { … } }`",
  },
  stored: { what: "a tensor of a file", belongs: "tensors of files go in `checkpoint { … }`" },
  ignored: { what: "an ignored tensor", belongs: "tensors of files go in `checkpoint { … }`" },
  aim: { what: "an objective", belongs: "objectives go in `solve { … }`" },
  constraint: { what: "a constraint", belongs: "constraints go in `budget { … }` or `expect { … }`" },
  weight: { what: "a weight", belongs: "weights go in a layer or a model" },
  state: { what: "a state", belongs: "states go in a layer" },
  next: { what: "a `next`", belongs: "`next` goes in a layer, next to its `state`" },
  random: { what: "a random draw", belongs: "`random` goes in a layer" },
  loss: { what: "a loss term", belongs: "`loss` goes in a layer" },
  require: { what: "a requirement", belongs: "`require` goes in a model or a layer" },
  if: {
    what: "an `if { … }`",
    belongs: "`if` with braces goes in a layer; to choose a value, write `if c then a else b`",
  },
  return: { what: "a `return`", belongs: "`return` goes in a layer or in `forward`" },
  inverse: { what: "an `inverse`", belongs: "`inverse` goes in a layer" },
  let: { what: "an equation", belongs: "equations go in a layer" },
  expr: { what: "a value", belongs: "a bare value goes in a layer, as the last line of a `for` or `if`" },
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
        label: `expected ${wanted} here`,
        ...(form === undefined ? {} : { helps: [`it should look like ${form}`] }),
      };
    },
  ),
  "syntax/import-form": code<{ found: string }>("error", ({ found }) => ({
    message: `unexpected ${found} in this import`,
    helps: ['write `import { decoder, pkm as memory } from "std"`'],
  })),
  "syntax/adjacent": code<{ found: string; previous: string }>("error", ({ found, previous }) => ({
    message: `${found} cannot follow ${previous} here`,
    label: "expected a new line, an operator or a comma before this",
  })),
  "syntax/field-without-equals": code<{ name: string; value: string }>("error", ({ name }) => ({
    message: `\`${clip(name)}\` needs \`=\` before its value`,
    label: "`=` is missing before this",
  })),
  "syntax/comma-between": code<{ trailing: boolean }>("error", ({ trailing }) => ({
    message: trailing ? "lines do not end with `,`" : "write one statement per line",
    label: trailing ? "remove this" : "start a new line here",
    notes: ["commas separate lines only in `profile`, `budget` and `expect`"],
  })),
  "syntax/comma-in-number": code<{ write: string }>("error", ({ write }) => ({
    message: `group digits with \`_\`: \`${write}\``,
  })),
  "syntax/bare-point": code<{ write: string }>("error", ({ write }) => ({
    message: `a number must start with a digit: \`${write}\``,
  })),
  "syntax/space-before-bracket": code<{ name: string; bracket: string }>("error", ({ name, bracket }) => ({
    message: `remove the space between \`${name}\` and \`${bracket}\``,
    label: `a ${bracket === "(" ? "call" : "subscript"} cannot have a space before its bracket`,
    helps: [bracket === "(" ? `write \`${name}(…)\`` : `write \`${name}[…]\``],
  })),
  "syntax/misplaced": code<{ kind: string; where: string }>("error", ({ kind, where }) => {
    const words = lineWords[kind] ?? { what: "this", belongs: "" };
    return {
      message: `${words.what} is not allowed ${places[where] ?? "here"}`,
      ...(words.belongs === "" ? {} : { helps: [words.belongs] }),
    };
  }),

  // ------------------------------------------------------------------------------------ models
  "syntax/colon": code<{ name: string }>("error", ({ name }) => ({
    message: `set \`${name}\` with \`=\`, not \`:\``,
    label: "write `=`",
    notes: ["`:` comes before a shape or a kind: `heads: count`"],
  })),
  "syntax/blocks-form": code<{ word: string; count: string }>("error", ({ word, count }) => ({
    message: `\`${word}\` is not a field: write a stack of blocks as \`blocks ${clip(count)} { … }\``,
    helps: [`write \`blocks ${clip(count)} { … }\` and set the layers of each block inside the braces`],
  })),
  "syntax/base-form": code<{ name: string; base: string }>("error", ({ name, base }) => ({
    message: `a model names its base model after \`:\``,
    helps: [`write \`model ${name} : ${base} { … }\``],
  })),
  "syntax/field-without-value": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` has no value`,
    helps: [`write \`${name} = …\`, or \`${name}: count\` to let a variant set it`],
  })),
  "syntax/not-a-declaration": code<{ text: string }>("error", ({ text }) => ({
    message: `\`${clip(text)}\` is not a declaration`,
    helps: [
      forms[text] === undefined
        ? "the top level of a file takes `import`, `model`, `layer`, `fn` and `profile`"
        : `it should look like ${forms[text]}`,
    ],
  })),
  "syntax/checkpoint-form": code<{ turned: boolean }>("error", ({ turned }) => ({
    message: turned
      ? "in a checkpoint, the name in the file goes on the left"
      : "this line does not describe a tensor of the file",
    helps: [
      'write `"name in the file" = weight`, with `optional` before it if some files lack the tensor, or `ignore "name in the file"`',
    ],
  })),
  "syntax/several-fields": code<Record<string, never>>("error", () => ({
    message: "a line can set only one field",
    helps: ["write one line for each field"],
  })),
  "syntax/shape-in-model": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` cannot have a shape: a model's fields are not tensors`,
    helps: [
      `a field's kind is \`count\`, \`number\`, \`flag\`, \`layer\` or \`list(count)\`; for a tensor, write \`weight ${name}: […]\``,
    ],
  })),
  "syntax/stray-text": code<Record<string, never>>("error", () => ({
    message: "a string is not allowed at the end of this line",
    helps: ["only a constraint can end with a string that explains it; to write a comment, use `//`"],
  })),
  "syntax/forward-without-result": code<Record<string, never>>("error", () => ({
    message: "`forward` does not say what it returns",
    helps: ["write `forward(ids: [B T] int) -> [B T, V = vocab] { … }`"],
  })),
  "syntax/exclusive-selector": code<Record<string, never>>("error", () => ({
    message: "`at` takes a range that includes its last block",
    helps: ["write `at 0..3` for blocks 0, 1, 2 and 3"],
  })),
  "syntax/step-in-selector": code<Record<string, never>>("error", () => ({
    message: "`at` uses `every`, not `step`",
    helps: ["write `at 2.. every 4`"],
  })),
  "syntax/constraint-form": code<{ metric: string; written: string | undefined }>(
    "error",
    ({ metric, written }) => ({
      message:
        written === undefined
          ? `\`${clip(metric)}\` has no limit`
          : `a constraint needs a comparison: \`${written}\` is not one`,
      helps: [`write \`${clip(metric)} <= …\` for a limit, or \`${clip(metric)} == …\` for an exact value`],
    }),
  ),
  "syntax/solve-without-aim": code<Record<string, never>>("error", () => ({
    message: "`solve` has no objective",
    helps: ["write `solve { maximize params.total }`"],
  })),
  "syntax/second-aim": code<Record<string, never>>("error", () => ({
    message: "`solve` can have only one objective",
    helps: ["keep one, and limit the other in a `budget`"],
  })),
};

import { code } from "../code.js";
import { list } from "../listed.js";
import { fieldHere } from "./foreign.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];

/** Models: fields, slots and blocks. */
export const modelCodes = {
  "model/not-found": code<{ name: string; models: readonly string[] }>("error", ({ name, models }) => ({
    message: `the spec has no model \`${name}\``,
    helps: [models.length > 0 ? `it has ${list(models)}` : "it declares no models"],
  })),
  "model/unknown-field": code<{
    name: string;
    near: string | undefined;
    known: readonly string[];
    inBlocks: boolean;
    model: string;
    value: string;
  }>("error", ({ name, near, known, inBlocks, value }) => ({
    message: `the model has no field or slot \`${name}\``,
    notes: known.length > 0 ? [`it has ${list(known)}`] : [],
    helps: inBlocks
      ? [`\`${name}\` is a slot of the blocks: set it inside \`blocks { … }\``]
      : fieldHere(name, value, known) !== undefined
        ? [fieldHere(name, value, known)!]
        : near
          ? meant(near)
          : [`to add a field, declare its kind: \`${name}: count = …\``],
  })),
  "model/unset-fields": code<{ model: string; fields: readonly string[] }>("error", ({ model, fields }) => ({
    message: `model \`${model}\` does not set ${list(fields)}`,
    helps: [
      `set ${fields.length === 1 ? "it" : "them"} in \`${model}\`: \`${fields[0]?.split(":")[0]} = …\``,
    ],
  })),
  "model/unknown-slot": code<{
    name: string;
    near: string | undefined;
    known: readonly string[];
    isField: boolean;
  }>("error", ({ name, near, known, isField }) => ({
    message: `the blocks have no slot \`${name}\``,
    notes: [`their slots are ${list(known)}`],
    helps: isField ? [`\`${name}\` is a field of the model: set it outside \`blocks\``] : meant(near),
  })),
  "model/unknown-stack": code<{ name: string; near: string | undefined; known: readonly string[] }>(
    "error",
    ({ name, near, known }) => ({
      message: `the base model has no blocks named \`${name}\``,
      notes: [`it has ${list(known)}`],
      helps: meant(near),
    }),
  ),
  "model/slot-empty": code<{ slot: string; stack: string }>("error", ({ slot, stack }) => ({
    message: `slot \`${slot}\` of \`${stack}\` has no layer`,
    helps: [`fill it inside \`blocks\`: \`${slot} = …\``],
  })),
  "model/field-in-blocks": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` cannot be declared here: blocks have slots, not fields`,
    helps: [`write \`slot ${name}: layer\``],
  })),
  "model/at-in-at": code<object>("error", () => ({ message: "`at` cannot be nested inside another `at`" })),
  "model/at-kind": code<object>("error", () => ({
    message: "a block number must be a whole number",
    helps: ["write `at 5`, `at 0..3`, `at 2.. every 4` or `at every 2`"],
  })),
  "model/no-wiring": code<{ stack: string; slots: readonly string[] }>("error", ({ stack, slots }) => ({
    message: `the blocks of \`${stack}\` have no \`wiring\` slot to connect their layers`,
    notes: [`their slots are ${list(slots)}`],
    helps: ["add `slot wiring: layer = pre_norm(attn, ffn)`"],
  })),
  "model/no-block-count": code<{ stack: string }>("error", ({ stack }) => ({
    message: `the model does not say how many \`${stack}\` it has`,
    helps: [`write \`blocks 12 { … }\``],
  })),
  "model/no-forward": code<{ model: string }>("error", ({ model }) => ({
    message: `model \`${model}\` has no \`forward\``,
    helps: [
      'build on a base model: `model M : decoder { … }` with `import { decoder } from "std"`, or write `forward(ids: [B T] int) -> [B T D] { … }`',
    ],
  })),
  "model/field-cycle": code<{ chain: readonly string[] }>("error", ({ chain }) => ({
    message: "these fields depend on each other in a cycle",
    notes: [chain.join(" → ")],
  })),
  "model/cycle-of-bases": code<{ name: string }>("error", ({ name }) => ({
    message: `model \`${name}\` extends itself`,
  })),
  "model/no-arguments": code<{ name: string }>("error", ({ name }) => ({
    message: `there is no layer here with an argument \`${name}\` to change`,
    helps: ["`ffn.k = 64` changes one argument of a slot's layer"],
  })),
  "model/forward-parameter": code<{ name: string }>("error", ({ name }) => ({
    message: `the input \`${name}\` of \`forward\` is neither a tensor nor a count`,
    notes: ["a run passes in tensors, and counts that sizes depend on"],
    helps: [
      `give it a shape, \`${name}: [B T]\`, or make it a count, \`${name}: count\``,
      "if the value is the same in every run, make it a field of the model",
    ],
  })),
  "model/rest-in-forward": code<object>("error", () => ({
    message: "an input of `forward` must name all its axes",
    helps: ["write `[B T]`"],
  })),
  "model/hole": code<{ model: string; name: string }>("error", ({ model, name }) => ({
    message: `\`${name}\` of \`${model}\` is a hole, and archc cannot solve for holes yet`,
    helps: [`give it a value: \`${name} = …\``],
  })),
  "model/hole-not-solved": code<{ name: string }>("warning", ({ name }) => ({
    message: `archc cannot solve for holes yet: \`${name}\` is checked with the first value of its range`,
  })),
  "model/nothing-to-solve": code<{ model: string; field: string | undefined }>(
    "warning",
    ({ model, field }) => ({
      message: `\`solve\` has nothing to choose: \`${model}\` has no hole`,
      label: "no effect",
      helps: [
        `mark what a solver may choose, \`${field ?? "dim"} = ? in 64..512 step 64\`, or remove \`solve\``,
      ],
    }),
  ),
  "blocks/index-out-of-range": code<{ index: number; blocks: number }>("error", ({ index, blocks }) => ({
    message: `there is no block ${index}`,
    label: `the last block is ${blocks - 1}`,
    notes: [
      `blocks count from 0${index === blocks ? `, so the last one of ${blocks} is \`at ${blocks - 1}\`` : ""}`,
    ],
  })),
  "blocks/every": code<{ every: number }>("error", ({ every }) => ({
    message: `the step of \`every\` must be at least 1, not ${every}`,
  })),
  "blocks/empty-range": code<{ from: number; to: number }>("error", ({ from, to }) => ({
    message: `the range ${from}..${to} is empty`,
    helps: [`write \`at ${to}..${from}\``],
  })),
};

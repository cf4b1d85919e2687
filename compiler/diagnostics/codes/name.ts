import { code } from "../code.js";
import { list } from "../listed.js";
import { saidHere } from "./foreign.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];

const ofBlocks = (blocks: readonly number[]): string =>
  blocks.length === 0
    ? ""
    : ` of block${blocks.length === 1 ? "" : "s"} ${blocks.slice(0, 4).join(", ")}${blocks.length > 4 ? ` and ${blocks.length - 4} more` : ""}`;

/** What blocks are often called by their place. */
const firsts: ReadonlySet<string> = new Set(["first", "start", "begin"]);
const lasts: ReadonlySet<string> = new Set(["last", "end", "final", "top"]);
export const isPlaceOfBlock = (name: string): boolean => firsts.has(name) || lasts.has(name);

/** The number of the last of as many blocks. */
const lastOf = (count: string): string => (/^\d{1,9}$/.test(count) ? `${Number(count) - 1}` : `${count} - 1`);

/** Names that stand nowhere, or twice; imports. */
export const nameCodes = {
  /** `ofStack`: it was to name a block by its place; the stack's count as written. */
  "name/unknown": code<{
    name: string;
    near: string | undefined;
    argumentOf: string | undefined;
    ofStack?: string | undefined;
  }>("error", ({ name, near, argumentOf, ofStack }) => ({
    message: `cannot find the name \`${name}\``,
    label: "not declared here",
    helps:
      ofStack !== undefined
        ? [`blocks are counted from 0: write \`at ${firsts.has(name) ? "0" : lastOf(ofStack)}\``]
        : argumentOf === undefined
          ? meant(near)
          : [`\`${name}\` is an argument of \`${argumentOf}\`: give it a value, \`${name} = …\``],
  })),
  /** `said`: how it is said here, where that is not by a layer or a function of `meant`'s name. */
  "name/foreign-module": code<{
    module: string;
    name: string | undefined;
    meant: string | undefined;
    usage: string | undefined;
  }>("error", ({ module, name, meant, usage }) => {
    if (module === "self")
      return {
        message: "`self` does not exist: refer to what a layer declares by its plain name",
        helps: [name === undefined ? "leave `self` out" : `write \`${name}\``],
      };
    const said = name === undefined ? undefined : saidHere(name);
    return {
      message: `\`${module}\` is a library of another language: a spec cannot call into modules`,
      label: "call layers and functions by their plain names",
      helps:
        usage !== undefined
          ? [`call \`${meant}\` as \`${usage}\``]
          : [said ?? "docs/language.md lists the functions; the layers are in the standard library"],
    };
  }),
  "name/unknown-layer": code<{ name: string; near: string | undefined; file: string }>(
    "error",
    ({ name, near }) => ({
      message: `cannot find a layer or function named \`${name}\``,
      label: "not declared here or in the standard library",
      helps: saidHere(name)
        ? [saidHere(name)!]
        : near === undefined
          ? [`declare it (\`layer ${name}(x: [.. D]) -> [.. D] { … }\`), or import it from its file`]
          : meant(near),
    }),
  ),
  "name/unknown-model": code<{
    name: string;
    near: string | undefined;
    isLayer: boolean;
    inStd: boolean;
    model: string;
  }>("error", ({ name, near, isLayer, inStd, model }) => ({
    message: isLayer
      ? `\`${name}\` is a layer: a model cannot extend it`
      : `cannot find a model named \`${name}\``,
    helps: inStd
      ? [`import it: \`import { ${name} } from "std"\``]
      : isLayer
        ? [
            `use the layer in a slot: \`model ${model} : decoder { … }\` with \`ffn = ${name}(…)\` in its blocks`,
          ]
        : meant(near),
  })),
  /** `layer`: whose member is asked for; `having`: layers that have one of that name. */
  "name/unknown-member": code<{
    name: string;
    layer: string | undefined;
    near: string | undefined;
    known: readonly string[];
    having: readonly string[];
  }>("error", ({ name, layer, near, known, having }) => ({
    message: `${layer === undefined ? "this" : `\`${layer}\``} has no weight, inner layer, argument or value named \`${name}\``,
    notes: known.length > 0 ? [`it has ${list(known)}`] : ["it has no members"],
    helps: [
      ...meant(near),
      ...(having.length > 0
        ? [
            `${list(having)} ${having.length === 1 ? "has" : "have"} one${layer === undefined ? "" : `, and may stand in the place of \`${layer}\``}`,
          ]
        : []),
    ],
  })),
  "name/unknown-state": code<{ name: string; near: string | undefined }>("error", ({ name, near }) => ({
    message: `there is no state named \`${name}\``,
    helps: near === undefined ? [`declare it first: \`state ${name}: [.., P, D]\``] : meant(near),
  })),
  "name/not-yet": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` has no value yet at this point`,
    label: "used before it is set, or set only in a branch that is not taken",
  })),
  "name/function-as-value": code<{ name: string }>("error", ({ name }) => ({
    message: `the function \`${name}\` is used without arguments`,
    helps: [
      `write \`${name}(…)\`; to pass it on as a layer, declare one: \`layer my_${name}(x: [..]) -> [..] { return ${name}(x) }\``,
    ],
  })),
  "name/declared-twice": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` is declared twice`,
    label: "declared again here",
  })),
  /** `blocks`: numbers of those for which lines of `at` set a slot; none for a field. */
  "name/set-twice": code<{ name: string; blocks: readonly number[] }>("error", ({ name, blocks }) => ({
    message: `\`${name}\`${ofBlocks(blocks)} is set twice`,
    label: "set again here",
    helps: ["remove one of the two: the second would override the first"],
  })),
  "name/parameter-twice": code<{ name: string }>("error", ({ name }) => ({
    message: `two parameters are named \`${name}\``,
    label: "named again here",
    helps: ["rename or remove one of them: a call could set only one"],
  })),
  "name/result-twice": code<{ name: string }>("error", ({ name }) => ({
    message: `two results are named \`${name}\``,
    label: "named again here",
    helps: ["rename or remove one of them: a run gives its results by name"],
  })),
  "name/shadows-builtin": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` is a built-in function and cannot be redeclared`,
    helps: [`choose another name, for example \`my_${name}\``],
  })),
  "import/not-found": code<{ path: string; resolved: string }>("error", ({ path, resolved }) => ({
    message: `cannot read the file "${path}"`,
    label: `looked for ${resolved}`,
    helps: [
      'paths are relative to this file and must stay inside the project; the standard library is "std"',
    ],
  })),
  "import/no-spec": code<{ path: string }>("error", ({ path }) => ({
    message: `cannot read the spec ${path}`,
    helps: ["check the path; a spec is a text file that ends in .arch"],
  })),
  "import/no-such-name": code<{ name: string; from: string; near: string | undefined }>(
    "error",
    ({ name, from, near }) => ({
      message: `"${from}" declares no \`${name}\``,
      helps: meant(near),
    }),
  ),
  "import/cycle": code<{ chain: readonly string[] }>("error", ({ chain }) => ({
    message: "these files import each other in a cycle",
    notes: [chain.join(" → ")],
    helps: ["move what they share into another file"],
  })),
  "import/too-many": code<{ limit: number }>("error", ({ limit }) => ({
    message: `a spec may import at most ${limit} files`,
  })),
};

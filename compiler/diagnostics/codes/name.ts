import { code } from "../code.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];
const list = (names: readonly string[]): string => names.map((n) => `\`${n}\``).join(", ");

/** What libraries for tensors name so, and how it is said here. */
const foreignCalls = new Map<string, string>(
  Object.entries({
    "matmul mm bmm dot": "a matrix product is `einsum[.. T D, D H -> .. T H](x, w)`",
    "reshape view flatten unflatten rearrange":
      "an axis is cut by `split(x, L -> C M, M = size)`, and several are made one by `merge(x, A B -> P)`",
    "transpose permute swapaxes t T":
      "axes have names, and `einsum[.. T D -> .. D T](x)` writes them in another order",
    "var variance std": "with `m = mean(x, D)`, the variance is `mean((x - m) * (x - m), D)`",
    "cat concatenate stack": "two axes are put one behind the other by `concat(a, b, P T -> S)`",
    "range arange": "a range is `0 ..< n`; the places along an axis are `index(T)`",
    "shape size dim": "the size of an axis is its name: `T`, `D`",
  }).flatMap(([names, help]) => names.split(" ").map((name) => [name, help] as const)),
);

/** How what other libraries call `name` is said here. */
export const saidHere = (name: string): string | undefined => foreignCalls.get(name);

/** Names that stand nowhere, or twice; imports. */
export const nameCodes = {
  "name/unknown": code<{ name: string; near: string | undefined; argumentOf: string | undefined }>(
    "error",
    ({ name, near, argumentOf }) => ({
      message: `cannot find the name \`${name}\``,
      label: "not declared here",
      helps:
        argumentOf === undefined
          ? meant(near)
          : [`\`${name}\` is an argument of \`${argumentOf}\`: give it a value, \`${name} = …\``],
    }),
  ),
  "name/unknown-layer": code<{ name: string; near: string | undefined; file: string }>(
    "error",
    ({ name, near }) => ({
      message: `cannot find a layer or function named \`${name}\``,
      label: "neither declared here nor in the standard library",
      helps: foreignCalls.has(name)
        ? [foreignCalls.get(name)!]
        : near === undefined
          ? [`declare it (\`layer ${name}(x: [.. D]) -> [.. D] { … }\`), or import it from its file`]
          : meant(near),
    }),
  ),
  "name/unknown-model": code<{ name: string; near: string | undefined; isLayer: boolean; inStd: boolean }>(
    "error",
    ({ name, near, isLayer, inStd }) => ({
      message: isLayer
        ? `\`${name}\` is a layer, not a model to build on`
        : `cannot find a model named \`${name}\``,
      helps: inStd ? [`import it: \`import { ${name} } from "std"\``] : isLayer ? [] : meant(near),
    }),
  ),
  "name/unknown-member": code<{ name: string; near: string | undefined; known: readonly string[] }>(
    "error",
    ({ name, near, known }) => ({
      message: `there is no weight, inner layer, argument or number named \`${name}\` here`,
      notes: known.length > 0 ? [`it has ${list(known)}`] : ["it has none"],
      helps: meant(near),
    }),
  ),
  "name/unknown-state": code<{ name: string; near: string | undefined }>("error", ({ name, near }) => ({
    message: `there is no state named \`${name}\``,
    helps: near === undefined ? [`declare it first: \`state ${name}: [.., P, D]\``] : meant(near),
  })),
  "name/not-yet": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` has no value yet at this place`,
    label: "used before the line that sets it, or set only in a branch that is not taken",
  })),
  "name/function-as-value": code<{ name: string }>("error", ({ name }) => ({
    message: `the function \`${name}\` is used without its arguments`,
    helps: [
      `write \`${name}(…)\`; to pass it on as a layer, declare one: \`layer my_${name}(x: [..]) -> [..] { return ${name}(x) }\``,
    ],
  })),
  "name/declared-twice": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` is declared twice`,
    label: "declared again here",
  })),
  "name/set-twice": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` is set twice`,
    label: "set again here",
    helps: ["remove one of the two: only the second would count"],
  })),
  "name/shadows-builtin": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` is a built-in function and cannot be declared anew`,
    helps: [`call it something else, for example \`my_${name}\``],
  })),
  "import/not-found": code<{ path: string; resolved: string }>("error", ({ path, resolved }) => ({
    message: `cannot read the file "${path}"`,
    label: `looked for ${resolved}`,
    helps: ['paths are relative to this file and stay inside the project; the standard library is "std"'],
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
    message: "files import each other in a circle",
    notes: [chain.join(" → ")],
    helps: ["move what both need into a third file"],
  })),
  "import/too-many": code<{ limit: number }>("error", ({ limit }) => ({
    message: `a spec may import at most ${limit} files`,
  })),
};

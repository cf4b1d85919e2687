import { code } from "../code.js";
import { list } from "../listed.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];
const brief = (x: number): string => `${Number(x.toPrecision(3))}`;

/** Layers: calls, weights, states and inverses; limits. */
export const layerCodes = {
  "call/unknown-argument": code<{
    layer: string;
    name: string;
    near: string | undefined;
    known: readonly string[];
    signature: string;
  }>("error", ({ layer, name, near, known, signature }) => ({
    message: `\`${layer}\` has no argument \`${name}\``,
    // Where nothing is like it, the one that was meant can be any of them.
    notes: [
      near === undefined && known.length > 0 ? `its arguments are ${list(known)}` : `it takes ${signature}`,
    ],
    helps: meant(near),
  })),
  "call/missing-argument": code<{ layer: string; name: string; what: string; signature: string }>(
    "error",
    ({ layer, name, what, signature }) => ({
      message: `\`${layer}\` is missing the argument \`${name}\` (${what})`,
      notes: [`it takes ${signature}`],
      helps: [`add \`${name} = …\``],
    }),
  ),
  "call/too-many": code<{ layer: string; most: number; signature: string }>(
    "error",
    ({ layer, most, signature }) => ({
      message: `\`${layer}\` takes at most ${most} positional argument${most === 1 ? "" : "s"}`,
      notes: [`it takes ${signature}`],
    }),
  ),
  "call/too-many-tensors": code<{ layer: string; most: number; given: number }>(
    "error",
    ({ layer, most, given }) => ({
      message: `\`${layer}\` takes ${most} tensor${most === 1 ? "" : "s"}, but ${given} ${given === 1 ? "was" : "were"} given`,
    }),
  ),
  "call/twice": code<{ name: string }>("error", ({ name }) => ({
    message: `argument \`${name}\` is given twice`,
  })),
  "call/fn-arguments": code<{ name: string; params: readonly string[]; given: number }>(
    "error",
    ({ name, params, given }) => ({
      message: `\`${name}\` takes ${params.length} positional argument${params.length === 1 ? "" : "s"} (${params.join(", ")}), but ${given} ${given === 1 ? "was" : "were"} given`,
    }),
  ),
  "layer/not-run-yet": code<{ path: string; name: string }>("error", ({ path, name }) => ({
    message: `\`${path}\` has not been called yet, so its \`${name}\` is unknown`,
    helps: ["call the layer first, then read from it"],
  })),
  "layer/no-return": code<{ layer: string }>("error", ({ layer }) => ({
    message: `\`${layer}\` returns nothing`,
    helps: ["end it with `return …`"],
  })),
  "layer/result-count": code<{ layer: string; declared: number; returned: number }>(
    "error",
    ({ layer, declared, returned }) => ({
      message: `\`${layer}\` declares ${declared} result${declared === 1 ? "" : "s"}, but returns ${returned}`,
    }),
  ),
  /** `circle`: names of layers each of which runs the next, from one back to it. */
  "layer/too-deep": code<{ layer: string; limit: number; circle: readonly string[] }>(
    "error",
    ({ layer, limit, circle }) =>
      circle.length > 0
        ? {
            message: `\`${layer}\` calls itself more than ${limit} levels deep`,
            label: "calls it again",
            notes: [
              circle.map((c) => `\`${c}\``).join(" calls "),
              "archc unrolls every call, so layers cannot be recursive",
            ],
            helps: ["to repeat a layer, write `for i in 0 ..< n { … }`, or `blocks 12 { … }` in a model"],
          }
        : {
            message: `\`${layer}\` is nested more than ${limit} levels deep`,
            notes: ["archc unrolls every call, up to this depth"],
            helps: ["nest fewer layers, or call them one after another"],
          },
  ),
  "inverse/names": code<{ names: number; results: number }>("error", ({ names, results }) => ({
    message: `the inverse takes ${names} value${names === 1 ? "" : "s"}, but the layer returns ${results}`,
    helps: ["name each of the layer's results: `inverse (u, w) { … }`"],
  })),
  "inverse/results": code<{ returned: number; inputs: readonly string[] }>(
    "error",
    ({ returned, inputs }) => ({
      message: `the inverse returns ${returned} value${returned === 1 ? "" : "s"}, but the layer has ${inputs.length} input${inputs.length === 1 ? "" : "s"} to recover: ${list(inputs)}`,
    }),
  ),
  "inverse/does-not-invert": code<{
    layer: string;
    tensor: string;
    shape: readonly number[];
    was: number;
    came: number;
    stood: readonly string[];
  }>("error", ({ layer, tensor, shape, was, came, stood }) => ({
    message: `the inverse of \`${layer}\` does not recover \`${tensor}\``,
    notes: [
      `on random input \`${tensor}\` [${shape.join(", ")}], the worst element comes back as ${brief(came)} instead of ${brief(was)}`,
      ...(stood.length > 0
        ? [
            `${list(stood)} ${stood.length === 1 ? "is" : "are"} too large to run in a check, so a stand-in function took ${stood.length === 1 ? "its" : "their"} place`,
          ]
        : []),
    ],
    helps: ["undo the layer's last line first, using only the layer's results"],
  })),
  "inverse/not-for-all": code<{
    layer: string;
    tensor: string;
    shape: readonly number[];
    was: number;
    came: number;
    standing: readonly string[];
  }>("warning", ({ layer, tensor, shape, was, came, standing }) => ({
    message: `the inverse of \`${layer}\` does not recover \`${tensor}\` for every possible ${list(standing)}`,
    notes: [
      `with stand-in functions, the worst element of \`${tensor}\` [${shape.join(", ")}] comes back as ${brief(came)} instead of ${brief(was)}`,
    ],
    helps: [
      "undo the layer's last line first, using only the layer's results",
      "if the inverse relies on particular layers, archc tests it with them in a model that uses it",
    ],
  })),
  "inverse/untried": code<{ layer: string; why: "sizes" | "work" | "not-finite" }>(
    "warning",
    ({ layer, why }) => ({
      message: `archc could not test whether the inverse of \`${layer}\` recovers the layer's input`,
      notes: [
        {
          sizes: "no small sizes satisfy every `require` of the layer and its model",
          work: "its own matrix products are too large to run in a check",
          "not-finite": "on random input it returns values that are not finite",
        }[why],
      ],
      helps: [
        {
          sizes: "add a small model with fewer requirements that uses it",
          work: "move its products into a layer that it calls, or add a small model that uses it",
          "not-finite": "make it finite on every input",
        }[why],
      ],
    }),
  ),
  /** `layer`: where the weight is one of a layer of the library. */
  "weight/size-unknown": code<{
    name: string;
    axis: string | undefined;
    size: string;
    layer?: { readonly name: string; readonly takes: string; readonly doc: string | undefined } | undefined;
  }>("error", ({ name, axis, size, layer }) => ({
    message: `the size of \`${name}\` is known only at run time: ${axis === undefined ? "" : `its axis \`${axis}\` is `}${size}`,
    notes: [
      "the size of every weight must be known when the model is built",
      ...(layer?.doc === undefined ? [] : [`\`${layer.name}\`: ${layer.doc}`]),
    ],
    helps:
      layer !== undefined
        ? [
            `\`${layer.name}\` takes ${layer.takes}: pass it tensors ${axis === undefined ? "" : `whose axis \`${axis}\` has a fixed size, `}or use another layer`,
          ]
        : axis === undefined
          ? []
          : [
              `remove \`${axis}\` from \`${name}\`, give it a size (\`${axis} = n\`), or pass the layer a tensor whose axis \`${axis}\` has a fixed size`,
            ],
  })),
  "weight/init": code<{ name: string; near: string | undefined }>("error", ({ name, near }) => ({
    message: name === "" ? "this is not an initializer" : `\`${name}\` is not an initializer`,
    helps: [
      ...meant(near),
      "write `init zeros`, `ones`, `constant(x)`, `normal(std)`, `normal(mean, std)`, `uniform(bound)` or `uniform(low, high)`",
    ],
  })),
  "state/next-not-set": code<{ name: string }>("error", ({ name }) => ({
    message: `\`next ${name}\` is read before it is set`,
  })),
  "state/never-set": code<{ name: string }>("error", ({ name }) => ({
    message: `state \`${name}\` is never updated, so it keeps its initial value forever`,
    label: `no line sets \`next ${name}\``,
    helps: [
      `set its value for the next step: \`next ${name} = …\``,
      `for a trained tensor, declare \`weight ${name}: […]\`; for a buffer stored with the weights, declare the state without \`..\``,
    ],
  })),
  "state/grows-twice": code<{ name: string }>("error", ({ name }) => ({
    message: `state \`${name}\` has two axes without a size, but only one can grow`,
  })),
  "state/twice": code<{ name: string; path: string }>("error", ({ name, path }) => ({
    message: `\`${path}\` is called twice in one step, but its state \`${name}\` can be updated only once`,
    helps: ["declare two instances, each with its own state: `a, b: layer = …`"],
  })),
  "state/in-loop": code<{ name: string }>("error", ({ name }) => ({
    message: `state \`${name}\` cannot be declared inside \`for … along\``,
  })),
  "state/next-shape": code<{ name: string; state: string; next: string }>(
    "error",
    ({ name, state, next }) => ({
      message: `\`next ${name}\` has the axes [.. ${next}], but the state has [.. ${state}]`,
      helps: ["only the growing axis may have a different name"],
    }),
  ),
  "state/next-size": code<{ name: string; axis: string; state: string; next: string }>(
    "error",
    ({ name, axis, state, next }) => ({
      message: `\`next ${name}\` has size ${next} on axis \`${axis}\`, but the state has ${state}`,
    }),
  ),
  "limit/errors": code<{ limit: number }>("error", ({ limit }) => ({
    message: `archc stops after ${limit} errors`,
    label: "the last one it tells",
    helps: ["fix these first; many may have one cause"],
  })),
  "limit/blocks": code<{ blocks: string; limit: number }>("error", ({ blocks, limit }) => ({
    message: `${blocks} blocks are too many: archc unrolls at most ${limit}`,
  })),
  "limit/bases": code<{ name: string; limit: number }>("error", ({ name, limit }) => ({
    message: `model \`${name}\` has more than ${limit} base models in a chain`,
  })),
  "limit/steps": code<{ limit: number; ofFile: boolean }>("error", ({ limit, ofFile }) => ({
    message: ofFile
      ? `the models and layers of this file together take more than ${limit} steps to evaluate`
      : `the spec takes more than ${limit} steps to evaluate`,
    label: ofFile ? "those after this one are not checked" : "",
    notes: ofFile ? [] : ["nested loops or a very large number of blocks usually cause this"],
    helps: ofFile ? ["split the file: each file has its own limit"] : [],
  })),
  "limit/figures": code<Record<never, never>>("error", () => ({
    message: "the budgets and expectations of this spec take too long to work out",
    label: "neither this one nor those after it are checked",
    notes: ["each figure of memory, and each other size that it is asked at, is a run of the whole graph"],
    helps: ["state fewer of them, or split the spec into several"],
  })),
  "limit/tensors": code<{ limit: number }>("error", ({ limit }) => ({
    message: `the \`checkpoint\` lines of this model stand for more than ${limit} tensors`,
    label: "neither this line nor those after it are read",
    helps: [
      "store weights that many blocks have as one tensor, or leave out lines that name the same weights again",
    ],
  })),
  "limit/count": code<{ bits: number; terms: number; characters: number }>(
    "error",
    ({ bits, terms, characters }) => ({
      message: `this count is too large: more than ${bits} bits, ${terms} terms or ${characters} characters`,
    }),
  ),
  "limit/fields": code<{ name: string; limit: number }>("error", ({ name, limit }) => ({
    message: `fields depend on each other more than ${limit} levels deep`,
    notes: [`the chain reaches \`${name}\` here`],
    helps: ["declare each field above those that use it, or calculate the last one directly"],
  })),
  "limit/nesting": code<Record<never, never>>("error", () => ({
    message: "fields, calls and expressions are nested too deep to evaluate here",
  })),
  "limit/rounds": code<{ rounds: number; limit: number }>("error", ({ rounds, limit }) => ({
    message: `${rounds} iterations are too many: archc unrolls at most ${limit}`,
  })),
};

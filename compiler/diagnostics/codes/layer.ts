import { code } from "../code.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];
const brief = (x: number): string => `${Number(x.toPrecision(3))}`;
const list = (names: readonly string[]): string => names.map((n) => `\`${n}\``).join(", ");

/** Layers: calls, weights, states and inverses; limits. */
export const layerCodes = {
  "call/unknown-argument": code<{ layer: string; name: string; near: string | undefined; signature: string }>(
    "error",
    ({ layer, name, near, signature }) => ({
      message: `\`${layer}\` has no argument \`${name}\``,
      notes: [`it takes ${signature}`],
      helps: meant(near),
    }),
  ),
  "call/missing-argument": code<{ layer: string; name: string; what: string; signature: string }>(
    "error",
    ({ layer, name, what, signature }) => ({
      message: `\`${layer}\` needs its argument \`${name}\` (${what})`,
      notes: [`it takes ${signature}`],
      helps: [`add \`${name} = …\``],
    }),
  ),
  "call/too-many": code<{ layer: string; most: number; signature: string }>(
    "error",
    ({ layer, most, signature }) => ({
      message: `\`${layer}\` takes at most ${most} argument${most === 1 ? "" : "s"} by position`,
      notes: [`it takes ${signature}`],
    }),
  ),
  "call/too-many-tensors": code<{ layer: string; most: number; given: number }>(
    "error",
    ({ layer, most, given }) => ({
      message: `\`${layer}\` takes ${most} tensor${most === 1 ? "" : "s"}, ${given} were given`,
    }),
  ),
  "call/twice": code<{ name: string }>("error", ({ name }) => ({
    message: `argument \`${name}\` is given twice`,
  })),
  "call/fn-arguments": code<{ name: string; params: readonly string[]; given: number }>(
    "error",
    ({ name, params, given }) => ({
      message: `\`${name}\` takes ${params.length} argument${params.length === 1 ? "" : "s"} by position (${params.join(", ")}), ${given} given`,
    }),
  ),
  "layer/not-run-yet": code<{ path: string; name: string }>("error", ({ path, name }) => ({
    message: `\`${path}\` has not run yet, so its \`${name}\` is not known`,
    helps: ["use the layer on its tensor first"],
  })),
  "layer/no-return": code<{ layer: string }>("error", ({ layer }) => ({
    message: `\`${layer}\` returns nothing`,
    helps: ["end it with `return …`"],
  })),
  "layer/result-count": code<{ layer: string; declared: number; returned: number }>(
    "error",
    ({ layer, declared, returned }) => ({
      message: `\`${layer}\` declares ${declared} result${declared === 1 ? "" : "s"} and returns ${returned}`,
    }),
  ),
  /** `circle`: names of layers each of which runs the next, from one back to it. */
  "layer/too-deep": code<{ layer: string; limit: number; circle: readonly string[] }>(
    "error",
    ({ layer, limit, circle }) =>
      circle.length > 0
        ? {
            message: `\`${layer}\` runs itself, more than ${limit} deep`,
            label: "runs it again",
            notes: [circle.map((c) => `\`${c}\``).join(" runs "), "every evaluation must end"],
            helps: [
              "for layers one after another write `for i in 0 ..< n { … }`, or `blocks 12 { … }` in a model",
            ],
          }
        : {
            message: `\`${layer}\` is nested more than ${limit} deep`,
            notes: ["every evaluation must end"],
            helps: ["nest fewer layers, or write them one after another"],
          },
  ),
  "inverse/names": code<{ names: number; results: number }>("error", ({ names, results }) => ({
    message: `the inverse names ${names} value${names === 1 ? "" : "s"}, the layer gives ${results}`,
    helps: ["an inverse takes the layer's results: `inverse (u, w) { … }`"],
  })),
  "inverse/results": code<{ returned: number; inputs: readonly string[] }>(
    "error",
    ({ returned, inputs }) => ({
      message: `the inverse returns ${returned} value${returned === 1 ? "" : "s"}, the layer has ${inputs.length} tensor${inputs.length === 1 ? "" : "s"} to give back: ${list(inputs)}`,
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
    message: `the inverse of \`${layer}\` does not give back \`${tensor}\``,
    notes: [
      `on random numbers \`${tensor}\` [${shape.join(", ")}] comes back as ${brief(came)} where it was ${brief(was)}, at the place where it is furthest off`,
      ...(stood.length > 0
        ? [
            `${list(stood)} ${stood.length === 1 ? "is" : "are"} too large to run here: any function stood there`,
          ]
        : []),
    ],
    helps: ["an inverse undoes the last line of its layer first, from its results alone"],
  })),
  "inverse/not-for-all": code<{
    layer: string;
    tensor: string;
    shape: readonly number[];
    was: number;
    came: number;
    standing: readonly string[];
  }>("warning", ({ layer, tensor, shape, was, came, standing }) => ({
    message: `the inverse of \`${layer}\` does not give back \`${tensor}\` for every ${list(standing)}`,
    notes: [
      `with functions that stood there \`${tensor}\` [${shape.join(", ")}] comes back as ${brief(came)} where it was ${brief(was)}, at the place where it is furthest off`,
    ],
    helps: [
      "an inverse undoes the last line of its layer first, from its results alone",
      "one that relies on what these layers are is tried with them where a model runs it",
    ],
  })),
  "inverse/untried": code<{ layer: string; why: "sizes" | "work" | "not-finite" }>(
    "warning",
    ({ layer, why }) => ({
      message: `whether the inverse of \`${layer}\` gives back what came in was not tried`,
      notes: [
        {
          sizes: "no small sizes meet all that the layer and its model require",
          work: "the products of its own lines are too many to run in a check",
          "not-finite": "on random numbers it gives what is not finite",
        }[why],
      ],
      helps: [
        {
          sizes: "use it in a small model beside this one, with fewer requirements",
          work: "put its products into a layer that it runs, or use it in a small model beside this one",
          "not-finite": "write it so that it is finite on every input",
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
    message: `the size of \`${name}\` is only known at run time: ${axis === undefined ? "" : `its axis \`${axis}\` is `}${size}`,
    notes: [
      "the sizes of weights must be known when the model is built",
      ...(layer?.doc === undefined ? [] : [`\`${layer.name}\`: ${layer.doc}`]),
    ],
    helps:
      layer !== undefined
        ? [
            `\`${layer.name}\` takes ${layer.takes}: give it tensors ${axis === undefined ? "" : `whose axis \`${axis}\` has a size, `}or another layer its place`,
          ]
        : axis === undefined
          ? []
          : [
              `leave \`${axis}\` out of \`${name}\`, give it a size (\`${axis} = n\`), or hand the layer a tensor whose axis \`${axis}\` has one`,
            ],
  })),
  "weight/init": code<{ name: string; near: string | undefined }>("error", ({ name, near }) => ({
    message: name === "" ? "this is no way to start a weight" : `\`${name}\` is no way to start a weight`,
    helps: [
      ...meant(near),
      "write `init zeros`, `ones`, `constant(x)`, `normal(std)`, `normal(mean, std)`, `uniform(bound)` or `uniform(low, high)`",
    ],
  })),
  "state/next-not-set": code<{ name: string }>("error", ({ name }) => ({
    message: `\`next ${name}\` is read before it is set`,
  })),
  "state/never-set": code<{ name: string }>("error", ({ name }) => ({
    message: `state \`${name}\` is never set, so that every step finds it as it began`,
    label: `no line says \`next ${name} = …\``,
    helps: [
      `say what a step leaves: \`next ${name} = …\``,
      `what is trained and stays is a weight, \`weight ${name}: […]\`; what is kept beside the weights is a state without \`..\``,
    ],
  })),
  "state/grows-twice": code<{ name: string }>("error", ({ name }) => ({
    message: `state \`${name}\` has two axes without a size; only one can grow`,
  })),
  "state/twice": code<{ name: string; path: string }>("error", ({ name, path }) => ({
    message: `\`${path}\` runs twice in one step, and its state \`${name}\` can be updated only once`,
    helps: ["declare two instances: `a, b: layer = …`"],
  })),
  "state/in-loop": code<{ name: string }>("error", ({ name }) => ({
    message: `state \`${name}\` cannot be declared inside \`for … along\``,
  })),
  "state/next-shape": code<{ name: string; state: string; next: string }>(
    "error",
    ({ name, state, next }) => ({
      message: `\`next ${name}\` has axes [.. ${next}], the state [.. ${state}]`,
      helps: ["only the growing axis may have another name"],
    }),
  ),
  "state/next-size": code<{ name: string; axis: string; state: string; next: string }>(
    "error",
    ({ name, axis, state, next }) => ({
      message: `\`next ${name}\` has ${next} on axis \`${axis}\`, the state ${state}`,
    }),
  ),
  "limit/blocks": code<{ blocks: string; limit: number }>("error", ({ blocks, limit }) => ({
    message: `${blocks} blocks are more than the ${limit} that archc unrolls`,
  })),
  "limit/bases": code<{ name: string; limit: number }>("error", ({ name, limit }) => ({
    message: `model \`${name}\` builds on a chain of more than ${limit} models`,
  })),
  "limit/steps": code<{ limit: number }>("error", ({ limit }) => ({
    message: `the spec takes more than ${limit} steps to evaluate`,
    notes: ["every evaluation must end: loops inside loops, or very many blocks, are cut off"],
  })),
  "limit/count": code<{ bits: number; terms: number }>("error", ({ bits, terms }) => ({
    message: `this count outgrows all use: more than ${bits} bits or ${terms} terms`,
  })),
  "limit/rounds": code<{ rounds: number; limit: number }>("error", ({ rounds, limit }) => ({
    message: `${rounds} rounds are more than the ${limit} that archc unrolls`,
  })),
};

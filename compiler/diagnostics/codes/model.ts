import { code } from "../code.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];
const brief = (x: number): string => `${Number(x.toPrecision(3))}`;
const list = (names: readonly string[]): string => names.map((n) => `\`${n}\``).join(", ");

/** Models: fields, slots and blocks; layers: calls, weights and states; limits. */
export const modelCodes = {
  "model/not-found": code<{ name: string; models: readonly string[] }>("error", ({ name, models }) => ({
    message: `the spec has no model \`${name}\``,
    helps: [models.length > 0 ? `it has ${list(models)}` : "it declares no model"],
  })),
  "model/unknown-field": code<{
    name: string;
    near: string | undefined;
    known: readonly string[];
    inBlocks: boolean;
    model: string;
  }>("error", ({ name, near, known, inBlocks }) => ({
    message: `the model has no field or slot \`${name}\``,
    notes: known.length > 0 ? [`it has ${list(known)}`] : [],
    helps: inBlocks
      ? [`\`${name}\` is a slot of the blocks: set it inside \`blocks { … }\``]
      : near
        ? meant(near)
        : [`to add a field, declare its kind: \`${name}: count = …\``],
  })),
  "model/unset-fields": code<{ model: string; fields: readonly string[] }>("error", ({ model, fields }) => ({
    message: `model \`${model}\` leaves ${list(fields)} without a value`,
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
    message: `blocks have slots, not fields: \`${name}\` cannot be declared here`,
    helps: [`write \`slot ${name}: layer\``],
  })),
  "model/at-in-at": code<object>("error", () => ({ message: "`at` cannot stand inside another `at`" })),
  "model/at-kind": code<object>("error", () => ({
    message: "the number of a block is a whole count",
    helps: ["write `at 5`, `at 0..3`, `at 2.. every 4` or `at every 2`"],
  })),
  "model/no-wiring": code<{ stack: string; slots: readonly string[] }>("error", ({ stack, slots }) => ({
    message: `the blocks of \`${stack}\` have no slot \`wiring\` that says how their layers are connected`,
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
    message: "fields need each other in a circle",
    notes: [chain.join(" → ")],
  })),
  "model/cycle-of-bases": code<{ name: string }>("error", ({ name }) => ({
    message: `model \`${name}\` builds on itself`,
  })),
  "model/no-arguments": code<{ name: string }>("error", ({ name }) => ({
    message: `there is no layer here whose argument \`${name}\` could be changed`,
    helps: ["`ffn.k = 64` changes one argument of a slot's layer"],
  })),
  "model/forward-parameter": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` of \`forward\` is neither a tensor nor a count`,
    notes: ["what a run gives are tensors, and numbers that sizes follow from"],
    helps: [
      `give it a shape, \`${name}: [B T]\`, or make it a count, \`${name}: count\``,
      "what is the same in every run is a field of the model",
    ],
  })),
  "model/rest-in-forward": code<object>("error", () => ({
    message: "an input of `forward` names all its axes",
    helps: ["write `[B T]`"],
  })),
  "model/hole": code<{ model: string; name: string }>("error", ({ model, name }) => ({
    message: `\`${name}\` of \`${model}\` is a hole, and holes are not solved yet`,
    helps: [`give it a value: \`${name} = …\``],
  })),
  "model/hole-not-solved": code<{ name: string }>("warning", ({ name }) => ({
    message: `holes are not solved yet: \`${name}\` is checked with the first value of its range`,
  })),
  "blocks/index-out-of-range": code<{ index: number; blocks: number }>("error", ({ index, blocks }) => ({
    message: `there is no block ${index}`,
    label: `the last block is ${blocks - 1}`,
    notes: [
      `blocks count from 0${index === blocks ? `, so the last one of ${blocks} is \`at ${blocks - 1}\`` : ""}`,
    ],
  })),
  "blocks/every": code<{ every: number }>("error", ({ every }) => ({
    message: `\`every\` wants a step of at least 1, not ${every}`,
  })),
  "blocks/empty-range": code<{ from: number; to: number }>("error", ({ from, to }) => ({
    message: `the range ${from}..${to} is empty`,
    helps: [`write \`at ${to}..${from}\``],
  })),
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
  "layer/too-deep": code<{ layer: string; limit: number }>("error", ({ layer, limit }) => ({
    message: `\`${layer}\` is nested more than ${limit} deep`,
    notes: ["a layer cannot contain itself: every evaluation must end"],
  })),
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
  "weight/size-unknown": code<{ name: string; axis: string | undefined; size: string }>(
    "error",
    ({ name, axis, size }) => ({
      message: `the size of \`${name}\` is only known at run time: ${axis === undefined ? "" : `its axis \`${axis}\` is `}${size}`,
      notes: ["the sizes of weights must be known when the model is built"],
      helps:
        axis === undefined
          ? []
          : [
              `leave \`${axis}\` out of \`${name}\`, give it a size (\`${axis} = n\`), or hand the layer a tensor whose axis \`${axis}\` has one`,
            ],
    }),
  ),
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

import { code } from "../code.js";
import { list } from "../listed.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];
const plain = (axis: string): string =>
  axis === ".." ? "`..`" : axis.startsWith("..") ? "an axis of `..`" : `axis \`${axis}\``;

/** Axes and sizes, and the forms that use them. */
export const shapeCodes = {
  "shape/unknown-axis": code<{ axis: string; near: string | undefined; known: readonly string[] }>(
    "error",
    ({ axis, near, known }) => ({
      message: `axis \`${axis}\` has no size here`,
      label: "no tensor here has this axis, and no line gives it a size",
      notes: known.length > 0 ? [`known axes: ${list(known)}`] : [],
      helps: near === undefined ? [`give it a size where it is declared: \`${axis} = …\``] : meant(near),
    }),
  ),
  "shape/axis-has-two-sizes": code<{ axis: string; first: string; second: string }>(
    "error",
    ({ axis, first, second }) => ({
      message: `axis \`${axis}\` has two sizes, ${first} and ${second}`,
      label: `${second} here`,
      helps: ["within a layer, an axis name has one size: rename one of the two"],
    }),
  ),
  "shape/dim-mismatch": code<{ what: string; axis: string; expected: string; found: string }>(
    "error",
    ({ what, axis, expected, found }) => ({
      message: `${what} has size ${found} on axis \`${axis}\`, expected ${expected}`,
      label: `this is ${found}, expected ${expected}`,
    }),
  ),
  "shape/operands-differ": code<{ axis: string; left: string; right: string }>(
    "error",
    ({ axis, left, right }) => ({
      message: `${plain(axis)} has two sizes in this expression, ${left} and ${right}`,
    }),
  ),
  "shape/operands-do-not-meet": code<{ left: string; right: string; example: string }>(
    "error",
    ({ left, right, example }) => ({
      message: `${left} and ${right} cannot be broadcast: neither has all the axes of the other`,
      helps: [
        `to broadcast both, write the result's shape: \`name: [${example}] = …\`; to treat two axes as the same, write \`rename(x, A -> B)\``,
      ],
    }),
  ),
  "shape/rank": code<{
    what: string;
    expected: string;
    atLeast: boolean;
    axes: number;
    found: string;
    rank: number;
  }>("error", ({ what, expected, atLeast, axes, found, rank }) => ({
    message: `${what} must be ${expected}, with ${atLeast ? "at least " : ""}${axes} ${axes === 1 ? "axis" : "axes"}, but this has ${rank}`,
    label: found,
  })),
  "shape/rest-differs": code<{ what: string; first: string; second: string }>(
    "error",
    ({ what, first, second }) => ({
      message: `\`..\` must stand for the same axes throughout a layer: it was [${first}] before, but is [${second}] for ${what}`,
    }),
  ),
  "shape/axis-twice": code<{ axis: string }>("error", ({ axis }) => ({
    message: `a tensor cannot have ${plain(axis)} twice`,
    helps:
      axis === ".."
        ? []
        : ["rename one of the two: `rename(x, A -> B)`, or use another letter in the pattern"],
  })),
  "shape/op": code<{ reason: string }>("error", ({ reason }) => ({
    message: `these shapes do not fit: ${reason}`,
  })),
  "einsum/operands": code<{ patterns: number; given: number }>("error", ({ patterns, given }) => ({
    message: `this einsum has ${patterns} pattern${patterns === 1 ? "" : "s"}, but ${given} operand${given === 1 ? "" : "s"}`,
    helps: ["write one pattern per operand, separated by commas: `einsum[.. D, D F -> .. F](x, w)`"],
  })),
  "einsum/rank": code<{ axes: number; atLeast: boolean; found: string; rank: number }>(
    "error",
    ({ axes, atLeast, rank }) => ({
      message: `this pattern has ${atLeast ? "at least " : ""}${axes} ${axes === 1 ? "axis" : "axes"}, but its operand has ${rank}`,
      label: "must name every axis of the operand, or start with `..`",
    }),
  ),
  "einsum/dim-mismatch": code<{ axis: string; expected: string; found: string; own: string }>(
    "error",
    ({ axis, expected, found, own }) => ({
      message: `axis \`${axis}\` has two sizes in this layer, ${expected} and ${found}`,
      label: `this axis of the operand is ${found}, but \`${axis}\` is ${expected}`,
      helps:
        own !== axis && !own.startsWith("..") && !own.includes("'")
          ? [
              `the operand calls this axis \`${own}\`: write \`${own}\` here, or declare the operand with \`${axis}\``,
            ]
          : [],
    }),
  ),
  "einsum/axes": code<{ axes: number; limit: number }>("error", ({ axes, limit }) => ({
    message: `this einsum has ${axes} different axes: at most ${limit} are possible`,
  })),
  "einsum/output-axis": code<{ axis: string }>("error", ({ axis }) => ({
    message: `axis \`${axis}\` of the result is not in any operand`,
    label: "no operand has this axis",
  })),
  "index/needs-axis": code<{ axes: readonly string[] }>("error", ({ axes }) => ({
    message: "index a tensor by the name of an axis",
    helps: [`write \`x[${axes[0] ?? "T"} = …]\``],
  })),
  "index/no-such-axis": code<{ axis: string; near: string | undefined; axes: readonly string[] }>(
    "error",
    ({ axis, near, axes }) => ({
      message: `the tensor has no axis \`${axis}\``,
      notes: axes.length > 0 ? [`its axes are ${list(axes)}`] : ["it has no named axes"],
      helps: meant(near),
    }),
  ),
  "index/out-of-range": code<{ axis: string; index: string; size: string }>(
    "error",
    ({ axis, index, size }) => ({
      message:
        axis === ""
          ? `index ${index} is out of range for a list of ${size}`
          : `index ${index} is out of range for axis \`${axis}\` of size ${size}`,
      notes: ["indices start at 0"],
    }),
  ),
  "index/slice-out-of-range": code<{ axis: string; start: string; end: string; size: string }>(
    "error",
    ({ axis, start, end, size }) => ({
      message: `the slice ${start} ..< ${end} is out of range for axis \`${axis}\` of size ${size}`,
    }),
  ),
  "index/slice-needs-name": code<{ axis: string; size: string; length: string }>(
    "error",
    ({ axis, size, length }) => ({
      message: `this slice of axis \`${axis}\` needs its own name: its size is ${length}, but \`${axis}\` is ${size}`,
      helps: [`name it: \`x[${axis} = … -> N]\``],
    }),
  ),
  "index/list": code<object>("error", () => ({ message: "index a list with one number: `list[0]`" })),
  "builtin/arguments": code<{ name: string; given: number; usage: string }>(
    "error",
    ({ name, given, usage }) => ({
      message: `\`${name}\` does not take ${given} argument${given === 1 ? "" : "s"}`,
      helps: [`write \`${usage}\``],
    }),
  ),
  "builtin/unknown-argument": code<{
    name: string;
    argument: string;
    near: string | undefined;
    usage: string;
  }>("error", ({ name, argument, near, usage }) => ({
    message: `\`${name}\` has no argument \`${argument}\``,
    helps: [...meant(near), `write \`${usage}\``],
  })),
  "builtin/axis-expected": code<{ name: string; usage: string; axes: readonly string[] }>(
    "error",
    ({ name, usage, axes }) => ({
      message: `\`${name}\` expects the name of an axis here`,
      notes: axes.length > 0 ? [`the axes are ${list(axes)}`] : [],
      helps: [`write \`${usage}\``],
    }),
  ),
  "builtin/pattern-expected": code<{ name: string; usage: string; found: string }>(
    "error",
    ({ name, usage }) => ({
      message: `\`${name}\` expects an axis pattern here`,
      helps: [`write \`${usage}\``],
    }),
  ),
  "builtin/over-all-axes": code<{ name: string; axes: readonly string[] }>("warning", ({ name, axes }) => ({
    message: `\`${name}\` without an axis reduces over everything, mixing the examples of a batch`,
    label: "combined with a tensor that has one row per example",
    helps: [
      `name the axes: \`${name}(x, ${axes.at(-1) ?? "D"})\`${axes.length > 1 ? `, \`${name}(x, ${axes.join(" ")})\`` : ""}; reducing over everything is right only in a \`loss\``,
    ],
  })),
  "builtin/reduces": code<{ name: string; other: string }>("error", ({ name, other }) => ({
    message: `\`${name}\` reduces along an axis; to compare two values, use \`${other}\``,
    helps: [`write \`${other}(a, b)\``],
  })),
  "builtin/empty-list": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` of an empty list`,
  })),
  "builtin/topk-too-many": code<{ k: string; axis: string; size: string }>("error", ({ k, axis, size }) => ({
    message: `\`topk\` cannot keep ${k} elements of axis \`${axis}\`, which has ${size}`,
    helps: [`keep at most ${size}, or make axis \`${axis}\` longer`],
  })),
  "builtin/split-sizes": code<{ axes: readonly string[] }>("error", ({ axes }) => ({
    message: `the sizes of ${list(axes)} are unknown: \`split\` can infer at most one`,
    helps: [`give a size: \`split(x, …, ${axes.at(-1) ?? "M"} = size)\``],
  })),
  "builtin/split-uneven": code<{ axis: string; size: string; parts: string }>(
    "error",
    ({ axis, size, parts }) => ({
      message: `axis \`${axis}\` of size ${size} does not divide into parts of ${parts}`,
    }),
  ),
  "builtin/concat-pattern": code<{ tensors: number; axes: number }>("error", ({ tensors, axes }) => ({
    message: `\`concat\` has ${tensors} tensor${tensors === 1 ? "" : "s"}, but its pattern names ${axes} ax${axes === 1 ? "i" : "e"}s`,
    helps: ["name one axis per tensor, then the result's axis: `concat(a, b, P T -> S)`"],
  })),
  "builtin/concat-axes": code<{ first: readonly string[]; other: readonly string[] }>(
    "error",
    ({ first, other }) => ({
      message: `the tensors to concatenate have different other axes: ${list(first)} and ${list(other)}`,
    }),
  ),
  "for/range-unknown": code<object>("error", () => ({
    message: "the range of a `for` must be known when the model is built",
    helps: ["to loop over an axis whose size is known only at run time, write `for c along C { … }`"],
  })),
  "for/axis-in-result": code<{ axis: string }>("error", ({ axis }) => ({
    message: `the result of each iteration still has axis \`${axis}\`, but the loop stacks its results along it`,
    helps: [`index the axis: \`x[${axis} = c]\``],
  })),
  "let/tuple": code<{ names: number; values: number }>("error", ({ names, values }) => ({
    message: `${names} name${names === 1 ? "" : "s"} for ${values} value${values === 1 ? "" : "s"}`,
  })),
  "loss/not-scalar": code<{ axes: number }>("error", ({ axes }) => ({
    message: `a loss must be a single number, but this has ${axes} ax${axes === 1 ? "i" : "e"}s`,
    helps: ["reduce it: `mean(x)`"],
  })),
  "size/undecidable": code<{ condition: string }>("error", ({ condition }) => ({
    message: `\`${condition}\` is not known until the model runs`,
    helps: [
      "a size known only at run time cannot choose a branch; to state a condition on it, use `require`",
    ],
  })),
  "size/at-declared": code<{
    reason: string;
    condition: string;
    figures: string;
    at: readonly string[];
    values: readonly string[];
  }>("error", ({ reason, condition, figures, at, values }) => ({
    message: reason,
    label: figures === condition ? "required" : `${figures} is false`,
    notes: [
      `\`${condition}\` must hold at the model's declared sizes: ${at.join(", ")}`,
      ...(values.length > 0 ? [`with ${values.join(", ")}`] : []),
    ],
  })),
  "require/failed": code<{ reason: string | undefined; values: readonly string[] }>(
    "error",
    ({ reason, values }) => ({
      message: reason ?? "this requirement does not hold",
      label: "required",
      notes: values.length > 0 ? [`with ${values.join(", ")}`] : [],
    }),
  ),
};

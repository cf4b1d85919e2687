import { code } from "../code.js";

const meant = (near: string | undefined): string[] =>
  near === undefined ? [] : [`did you mean \`${near}\`?`];
const list = (names: readonly string[]): string => names.map((n) => `\`${n}\``).join(", ");
const plain = (axis: string): string =>
  axis === ".." ? "`..`" : axis.startsWith("..") ? "an axis behind `..`" : `axis \`${axis}\``;

/** Axes and sizes, and the forms that use them. */
export const shapeCodes = {
  "shape/unknown-axis": code<{ axis: string; near: string | undefined; known: readonly string[] }>(
    "error",
    ({ axis, near, known }) => ({
      message: `axis \`${axis}\` has no size here`,
      label: "no tensor has shown it, and no size is written",
      notes: known.length > 0 ? [`known axes: ${list(known)}`] : [],
      helps: near === undefined ? [`give it a size where it is declared: \`${axis} = …\``] : meant(near),
    }),
  ),
  "shape/axis-has-two-sizes": code<{ axis: string; first: string; second: string }>(
    "error",
    ({ axis, first, second }) => ({
      message: `axis \`${axis}\` has two sizes, ${first} and ${second}`,
      label: `${second} here`,
      helps: ["an axis name has one size in a layer: give one of the two another name"],
    }),
  ),
  "shape/dim-mismatch": code<{ what: string; axis: string; expected: string; found: string }>(
    "error",
    ({ what, axis, expected, found }) => ({
      message: `${what} has ${found} where axis \`${axis}\` is ${expected}`,
      label: `${found} here, ${expected} expected`,
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
      message: `${left} and ${right} do not meet: neither has all axes of the other`,
      helps: [
        `to spread both, write the result's shape: \`name: [${example}] = …\`; to make two axes one, \`rename(x, A -> B)\``,
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
    message: `${what} must be ${expected}, which is ${atLeast ? "at least " : ""}${axes} ${axes === 1 ? "axis" : "axes"}; this has ${rank}`,
    label: found,
  })),
  "shape/rest-differs": code<{ what: string; first: string; second: string }>(
    "error",
    ({ what, first, second }) => ({
      message: `\`..\` means the same axes everywhere in a layer: [${first}] before, [${second}] for ${what}`,
    }),
  ),
  "shape/axis-twice": code<{ axis: string }>("error", ({ axis }) => ({
    message: `a tensor cannot have ${plain(axis)} twice`,
    helps:
      axis === ".."
        ? []
        : ["give one of the two another name: `rename(x, A -> B)`, or another letter in the pattern"],
  })),
  "shape/op": code<{ reason: string }>("error", ({ reason }) => ({
    message: `this line does not fit together: ${reason}`,
  })),
  "einsum/operands": code<{ patterns: number; given: number }>("error", ({ patterns, given }) => ({
    message: `this einsum has ${patterns} patterns and ${given} operands`,
    helps: ["one pattern an operand, separated by commas: `einsum[.. D, D F -> .. F](x, w)`"],
  })),
  "einsum/rank": code<{ axes: number; atLeast: boolean; found: string; rank: number }>(
    "error",
    ({ axes, atLeast, rank }) => ({
      message: `this pattern has ${atLeast ? "at least " : ""}${axes} ${axes === 1 ? "axis" : "axes"}, its operand ${rank}`,
      label: "must name every axis of the operand, or begin with `..`",
    }),
  ),
  "einsum/dim-mismatch": code<{ axis: string; expected: string; found: string; own: string }>(
    "error",
    ({ axis, expected, found, own }) => ({
      message: `axis \`${axis}\` has two sizes in this layer, ${expected} and ${found}`,
      label: `the operand's axis here is ${found}, \`${axis}\` is ${expected}`,
      helps:
        own !== axis && !own.startsWith("..") && !own.includes("'")
          ? [
              `the operand calls this axis \`${own}\`: write \`${own}\` here, or declare the operand with \`${axis}\``,
            ]
          : [],
    }),
  ),
  "einsum/output-axis": code<{ axis: string }>("error", ({ axis }) => ({
    message: `axis \`${axis}\` of the result stands in no operand`,
    label: "comes from nowhere",
  })),
  "index/needs-axis": code<{ axes: readonly string[] }>("error", ({ axes }) => ({
    message: "a tensor is indexed by the name of an axis",
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
          ? `there is no element ${index} in a list of ${size}`
          : `there is no place ${index} on axis \`${axis}\` of ${size}`,
      notes: ["places are counted from 0"],
    }),
  ),
  "index/slice-out-of-range": code<{ axis: string; start: string; end: string; size: string }>(
    "error",
    ({ axis, start, end, size }) => ({
      message: `the slice ${start} ..< ${end} does not lie inside axis \`${axis}\` of ${size}`,
    }),
  ),
  "index/slice-needs-name": code<{ axis: string; size: string; length: string }>(
    "error",
    ({ axis, size, length }) => ({
      message: `this slice of axis \`${axis}\` needs a name: it is ${length} long, \`${axis}\` is ${size}`,
      helps: [`name it: \`x[${axis} = … -> N]\``],
    }),
  ),
  "index/list": code<object>("error", () => ({ message: "a list is indexed by one number: `list[0]`" })),
  "builtin/arguments": code<{ name: string; given: number; usage: string }>(
    "error",
    ({ name, given, usage }) => ({
      message: `\`${name}\` cannot take ${given} argument${given === 1 ? "" : "s"}`,
      helps: [`it is written \`${usage}\``],
    }),
  ),
  "builtin/unknown-argument": code<{
    name: string;
    argument: string;
    near: string | undefined;
    usage: string;
  }>("error", ({ name, argument, near, usage }) => ({
    message: `\`${name}\` has no argument \`${argument}\``,
    helps: [...meant(near), `it is written \`${usage}\``],
  })),
  "builtin/axis-expected": code<{ name: string; usage: string; axes: readonly string[] }>(
    "error",
    ({ name, usage, axes }) => ({
      message: `\`${name}\` wants the name of an axis here`,
      notes: axes.length > 0 ? [`there are ${list(axes)}`] : [],
      helps: [`it is written \`${usage}\``],
    }),
  ),
  "builtin/pattern-expected": code<{ name: string; usage: string; found: string }>(
    "error",
    ({ name, usage }) => ({
      message: `\`${name}\` wants an axis pattern here`,
      helps: [`it is written \`${usage}\``],
    }),
  ),
  "builtin/over-all-axes": code<{ name: string; axes: readonly string[] }>("warning", ({ name, axes }) => ({
    message: `\`${name}\` without an axis is of all numbers, so that the examples of a batch mix`,
    label: "meets a tensor that has one row for each example",
    helps: [
      `name the axes: \`${name}(x, ${axes.at(-1) ?? "D"})\`${axes.length > 1 ? `, \`${name}(x, ${axes.join(" ")})\`` : ""}; for a term of a \`loss\` all of them are right`,
    ],
  })),
  "builtin/reduces": code<{ name: string; other: string }>("error", ({ name, other }) => ({
    message: `\`${name}\` reduces along an axis; the larger or smaller of two values is \`${other}\``,
    helps: [`write \`${other}(a, b)\``],
  })),
  "builtin/empty-list": code<{ name: string }>("error", ({ name }) => ({
    message: `\`${name}\` of an empty list`,
  })),
  "builtin/topk-too-many": code<{ k: string; axis: string; size: string }>("error", ({ k, axis, size }) => ({
    message: `\`topk\` cannot keep ${k} of the ${size} places of axis \`${axis}\``,
    helps: [`keep at most ${size}, or make axis \`${axis}\` longer`],
  })),
  "builtin/split-sizes": code<{ axes: readonly string[] }>("error", ({ axes }) => ({
    message: `the sizes of ${list(axes)} are not known: at most one may follow from the others`,
    helps: [`give one: \`split(x, …, ${axes.at(-1) ?? "M"} = size)\``],
  })),
  "builtin/split-uneven": code<{ axis: string; size: string; parts: string }>(
    "error",
    ({ axis, size, parts }) => ({
      message: `axis \`${axis}\` of ${size} does not divide into parts of ${parts}`,
    }),
  ),
  "builtin/concat-pattern": code<{ tensors: number; axes: number }>("error", ({ tensors, axes }) => ({
    message: `\`concat\` of ${tensors} tensors names ${axes} axes`,
    helps: ["name the axis of each and the result's: `concat(a, b, P T -> S)`"],
  })),
  "builtin/concat-axes": code<{ first: readonly string[]; other: readonly string[] }>(
    "error",
    ({ first, other }) => ({
      message: `tensors to concatenate differ in their other axes: ${list(first)} and ${list(other)}`,
    }),
  ),
  "for/range-unknown": code<object>("error", () => ({
    message: "the rounds of a `for` must be known numbers",
    helps: ["to go along an axis of run time, write `for c along C { … }`"],
  })),
  "for/axis-in-result": code<{ axis: string }>("error", ({ axis }) => ({
    message: `the result of a round still has axis \`${axis}\`, along which rounds are stacked`,
    helps: [`pick the place: \`x[${axis} = c]\``],
  })),
  "let/tuple": code<{ names: number; values: number }>("error", ({ names, values }) => ({
    message: `${names} names for ${values} value${values === 1 ? "" : "s"}`,
  })),
  "loss/not-scalar": code<{ axes: number }>("error", ({ axes }) => ({
    message: `a loss is one number; this has ${axes} axes`,
    helps: ["reduce it: `mean(x)`"],
  })),
  "size/undecidable": code<{ condition: string }>("error", ({ condition }) => ({
    message: `\`${condition}\` cannot be decided before the model runs`,
    helps: ["sizes of run time cannot choose a branch; state what must hold with `require`"],
  })),
  "size/at-declared": code<{
    reason: string;
    condition: string;
    figures: string;
    at: readonly string[];
    values: readonly string[];
  }>("error", ({ reason, condition, figures, at, values }) => ({
    message: reason,
    label: figures === condition ? "required" : `${figures} does not hold`,
    notes: [
      `\`${condition}\` must hold at the sizes that the model declares: ${at.join(", ")}`,
      ...(values.length > 0 ? [`with ${values.join(", ")}`] : []),
    ],
  })),
  "require/failed": code<{ reason: string | undefined; values: readonly string[] }>(
    "error",
    ({ reason, values }) => ({
      message: reason ?? "a requirement of this layer does not hold",
      label: "required",
      notes: values.length > 0 ? [`with ${values.join(", ")}`] : [],
    }),
  ),
};

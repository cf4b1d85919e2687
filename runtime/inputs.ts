import type { Manifest } from "./manifest.js";
import type { HostTensor } from "./model.js";
import { evaluateSize } from "./size-expression.js";

/** What a caller gave does not fit the model; the message says what and where. */
export class InputError extends Error {
  override readonly name = "InputError";
}

export type Inputs = Readonly<Record<string, HostTensor>>;
export type Sizes = Readonly<Record<string, number>>;

const isSymbol = (size: number | string): size is string =>
  typeof size === "string" && /^[A-Za-z_]\w*$/.test(size);
const shapeText = (shape: readonly (number | string)[]) => `[${shape.join(", ")}]`;

/**
 * Holds the data inputs of a run against the manifest, and reads the run-time sizes (`batch`, `seq`, …) off them.
 * Throws InputError on a missing or unknown input, a wrong dtype, shape or number of elements.
 */
export function readSizes(manifest: Manifest, inputs: Inputs, past: number): Sizes {
  const sizes: Record<string, number> = { past };
  const wanted = new Set(manifest.inputs.map((i) => i.name));
  const list = [...wanted].map((n) => `\`${n}\``).join(", ");
  for (const name of Object.keys(inputs))
    if (!wanted.has(name))
      throw new InputError(`\`${manifest.model}\` has no input \`${name}\`; it takes ${list}`);
  for (const { name, dtype, shape } of manifest.inputs) {
    const tensor = inputs[name];
    if (!tensor) throw new InputError(`input \`${name}\` is missing; \`${manifest.model}\` takes ${list}`);
    if (tensor.dtype !== dtype) throw new InputError(`input \`${name}\` is ${tensor.dtype}, not ${dtype}`);
    const wrong = () =>
      new InputError(
        `input \`${name}\` has shape ${shapeText(tensor.shape)}, where ${shapeText(shape)} is needed`,
      );
    if (tensor.shape.length !== shape.length) throw wrong();
    const count = tensor.shape.reduce((a, b) => a * b, 1);
    if (tensor.data.length !== count)
      throw new InputError(
        `input \`${name}\` of shape ${shapeText(tensor.shape)} has ${tensor.data.length} elements`,
      );
    shape.forEach((size, axis) => {
      const here = tensor.shape[axis]!;
      if (isSymbol(size)) {
        if (Object.hasOwn(sizes, size) && sizes[size] !== here)
          throw new InputError(
            `\`${size}\` is ${sizes[size]} in one place, and ${here} in input \`${name}\``,
          );
        sizes[size] = here;
      } else if (typeof size === "number" && size !== here) throw wrong();
    });
  }
  for (const { name, shape } of manifest.inputs)
    shape.forEach((size, axis) => {
      const here = inputs[name]!.shape[axis]!;
      const due = typeof size === "string" ? evaluateSize(size, sizes) : size;
      if (due !== here)
        throw new InputError(`input \`${name}\` has ${here} at axis ${axis}, where \`${size}\` is ${due}`);
    });
  for (const { name, least } of manifest.symbols)
    if (Object.hasOwn(sizes, name) && sizes[name]! < least)
      throw new InputError(`\`${name}\` is ${sizes[name]}; it must be at least ${least}`);
  return sizes;
}

/** Throws InputError, in the words of the spec, where the sizes of a run break what the model was compiled for. */
export function checkAssumptions(manifest: Manifest, sizes: Sizes): void {
  for (const { left, relation, right, reason } of manifest.assumptions) {
    const [a, b] = [evaluateSize(left, sizes), evaluateSize(right, sizes)];
    const holds = relation === "==" ? a === b : relation === "<=" ? a <= b : a < b;
    // A size that this run does not have (`past` of a model without state) says nothing.
    if (holds || Number.isNaN(a) || Number.isNaN(b)) continue;
    const value = (text: string, n: number) => (text === String(n) ? `${n}` : `\`${text}\` (${n})`);
    const not = { "==": "is not", "<=": "is more than", "<": "is not less than" }[relation];
    throw new InputError(`${reason}: ${value(left, a)} ${not} ${value(right, b)}`);
  }
}

/** Throws InputError where integers of an input lie outside 0 … below − 1. */
export function checkIndices(name: string, tensor: HostTensor, below: number): void {
  const at = tensor.data.findIndex((id) => id < 0 || id >= below);
  if (at >= 0)
    throw new InputError(
      `input \`${name}\` holds ${tensor.data[at]} (element ${at}); it must lie in 0 … ${below - 1}`,
    );
}

import type { Manifest } from "./manifest.js";
import type { HostTensor } from "./model.js";
import { evaluateSize } from "./size-expression.js";

/** An argument does not fit the model; the message says which and why. */
export class InputError extends Error {
  override readonly name = "InputError";
}

export type Inputs = Readonly<Record<string, HostTensor>>;
export type Sizes = Readonly<Record<string, number>>;

const isSymbol = (size: number | string): size is string =>
  typeof size === "string" && /^[A-Za-z_]\w*$/.test(size);
const shapeText = (shape: readonly (number | string)[]) => `[${shape.join(", ")}]`;

/** The state that a run continues from. */
export interface Before {
  readonly past: number;
  readonly kept: Sizes;
}

/** The numbers that a model takes besides tensors, with defaults. Throws InputError on unknown or invalid ones. */
function usualCounts(manifest: Manifest, counts: Sizes): Sizes {
  const shown = new Set<number | string>(["past", ...manifest.inputs.flatMap((i) => i.shape)]);
  const taken = manifest.symbols.filter((s) => s.left === undefined && !shown.has(s.name));
  for (const [name, value] of Object.entries(counts)) {
    if (!taken.some((s) => s.name === name))
      throw new InputError(`\`${manifest.model}\` has no count \`${name}\``);
    if (!Number.isSafeInteger(value))
      throw new InputError(`\`${name}\` is ${value}; it must be a whole number`);
  }
  return Object.fromEntries(
    taken.map(({ name, usual }) => {
      const value = counts[name] ?? usual;
      if (value === undefined) throw new InputError(`\`${manifest.model}\` needs the count \`${name}\``);
      return [name, value];
    }),
  );
}

/** The sizes after a run of states that keep less than the whole past, read from the states themselves. */
export function keptSizes(manifest: Manifest, shapeOf: (input: string) => readonly number[]): Sizes {
  const kept: Record<string, number> = {};
  const names = new Set(manifest.symbols.flatMap((s) => (s.left === undefined ? [] : [s.name])));
  for (const { input, shape } of manifest.states)
    shape.forEach((size, axis) => {
      if (typeof size === "string" && names.has(size)) kept[size] = shapeOf(input)[axis]!;
    });
  return kept;
}

/**
 * Checks the data inputs of a run against the manifest, and reads the run-time sizes (`batch`, `seq`, …) from them.
 * Throws InputError on a missing or unknown input, a wrong dtype, shape or number of elements, an unknown count.
 */
export function readSizes(
  manifest: Manifest,
  inputs: Inputs,
  before: Before = { past: 0, kept: {} },
  counts: Sizes = {},
): Sizes {
  const sizes: Record<string, number> = { ...usualCounts(manifest, counts), past: before.past };
  for (const { name, left } of manifest.symbols) if (left !== undefined) sizes[name] = before.kept[name] ?? 0;
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
      new InputError(`input \`${name}\` has shape ${shapeText(tensor.shape)}, expected ${shapeText(shape)}`);
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
          throw new InputError(`\`${size}\` is ${here} in input \`${name}\`, but ${sizes[size]} elsewhere`);
        sizes[size] = here;
      } else if (typeof size === "number" && size !== here) throw wrong();
    });
  }
  for (const { name, shape } of manifest.inputs)
    shape.forEach((size, axis) => {
      const here = inputs[name]!.shape[axis]!;
      const due = typeof size === "string" ? evaluateSize(size, sizes) : size;
      if (due !== here)
        throw new InputError(`input \`${name}\` has size ${here} on axis ${axis}, but \`${size}\` is ${due}`);
    });
  for (const { name, least } of manifest.symbols)
    if (Object.hasOwn(sizes, name) && sizes[name]! < least)
      throw new InputError(`\`${name}\` is ${sizes[name]}; it must be at least ${least}`);
  return sizes;
}

/** Whether an expression of sizes contains this name. */
export function mentions(text: string, name: string): boolean {
  return [...text.matchAll(/\w+/g)].some((m) => m[0] === name);
}

/** Throws InputError, in the words of the spec, if the sizes of a run break an assumption of the compiled model. */
export function checkAssumptions(manifest: Manifest, sizes: Sizes): void {
  // What is said of states speaks of steps; a run from nothing has none.
  const empty = manifest.symbols.filter((s) => s.left !== undefined && sizes[s.name] === 0);
  for (const { left, relation, right, reason } of manifest.assumptions) {
    if (empty.some((s) => mentions(left, s.name))) continue;
    const [a, b] = [evaluateSize(left, sizes), evaluateSize(right, sizes)];
    const holds = relation === "==" ? a === b : relation === "<=" ? a <= b : a < b;
    // A size that this run does not have (`past` of a model without state) says nothing.
    if (holds || Number.isNaN(a) || Number.isNaN(b)) continue;
    const value = (text: string, n: number) => (text === String(n) ? `${n}` : `\`${text}\` (${n})`);
    const not = { "==": "is not", "<=": "is more than", "<": "is not less than" }[relation];
    throw new InputError(`${reason}: ${value(left, a)} ${not} ${value(right, b)}`);
  }
}

/** Throws InputError if integers of an input are outside 0 … below − 1. */
export function checkIndices(name: string, tensor: HostTensor, below: number): void {
  const at = tensor.data.findIndex((id) => id < 0 || id >= below);
  if (at >= 0)
    throw new InputError(
      `input \`${name}\` holds ${tensor.data[at]} (element ${at}); it must be from 0 to ${below - 1}`,
    );
}

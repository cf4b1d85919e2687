/** Where a box of numbers lies in a tensor: its first element, and the step from one to the next along each axis. */
export interface Place {
  readonly start: number;
  readonly steps: readonly number[];
}

/** A box of numbers that a weight and a foreign tensor share. */
export interface Piece {
  readonly weight: string;
  readonly sizes: readonly number[];
  readonly ours: Place;
  readonly theirs: Place;
}

/** A tensor of a foreign file, made of pieces of our weights. */
export interface ForeignTensor {
  /** As an export writes it. */
  readonly name: string;
  /** Every name under which a file may have it. */
  readonly names: readonly string[];
  readonly shape: readonly number[];
  readonly pieces: readonly Piece[];
  /** Its numbers that are in no piece: an import passes them over, an export writes zeros. */
  readonly unused: number;
  /**
   * The line that gives it, as the spec writes its name, if a file may lack the tensors of that line: all of them or
   * none. Their weights then keep their initial values, which are not random.
   */
  readonly optional?: string | undefined;
}

/** One `checkpoint` section with its indices written out. */
export interface Checkpoint {
  readonly name: string;
  readonly tensors: readonly ForeignTensor[];
  /** Patterns of names that a file may have and nobody reads, as a spec writes them: `[bert.]pooler.*`. */
  readonly ignored: readonly string[];
  /** Lines of a base for weights that a variant does not have. */
  readonly unused?: readonly UnusedLine[] | undefined;
}

/** The name that a line states, and a weight of its right side that the model does not have. */
export interface UnusedLine {
  readonly name: string;
  readonly weight: string;
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Steps of a tensor stored row by row. */
export function stepsOf(shape: readonly number[]): number[] {
  const steps = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    steps[i] = step;
    step *= shape[i]!;
  }
  return steps;
}

/** The last element of a box. */
export function lastOf(place: Place, sizes: readonly number[]): number {
  return place.steps.reduce((at, step, i) => at + step * (sizes[i]! - 1), place.start);
}

/** The name of the section that every model has: its weights under their own names. */
export const OWN = "archc";

/** The section that says: each of our tensors under its own name. */
export function ownNames(weights: readonly { name: string; shape: readonly number[] }[]): Checkpoint {
  const tensors = weights.map(({ name, shape }) => {
    const place = { start: 0, steps: stepsOf(shape) };
    return {
      name,
      names: [name],
      shape,
      pieces: [{ weight: name, sizes: shape, ours: place, theirs: place }],
      unused: 0,
    };
  });
  return { name: OWN, tensors, ignored: [] };
}

import { type Piece, stepsOf } from "./checkpoint.js";

/** The part of a weight that a piece is: for each axis one index, or undefined for all of it. */
export type Box = readonly (number | undefined)[];

/** The box of a piece, whatever the order of its axes in the file. */
export function boxOf({ sizes, ours }: Piece, shape: readonly number[]): Box {
  return stepsOf(shape).map((step, axis) => {
    const size = shape[axis]!;
    const isWhole = size <= 1 || ours.steps.some((s, i) => s === step && sizes[i]! > 1);
    return isWhole ? undefined : Math.floor(ours.start / step) % size;
  });
}

/** Whether boxes leave nothing of a weight out. */
export function covers(boxes: readonly Box[], shape: readonly number[], axis = 0): boolean {
  if (shape.includes(0)) return true;
  if (axis === shape.length || boxes.length === 0) return boxes.length > 0;
  const indices = new Set(boxes.flatMap((box) => box[axis] ?? []));
  const whole = boxes.filter((box) => box[axis] === undefined);
  if (covers(whole, shape, axis + 1)) return true;
  if (indices.size < shape[axis]!) return false;
  return [...indices].every((index) =>
    covers([...whole, ...boxes.filter((box) => box[axis] === index)], shape, axis + 1),
  );
}

/** Functions that a generated module carries where it needs them: what tfjs lacks, or does wrongly on some backend. */
export const helpers = {
  argmax: `
/** The first index of the largest value along an axis (\`tf.argMax\` on webgpu may give a later one). */
function argmax(tf, x, axis) {
  return tf.tidy(() => {
    const size = x.shape[axis];
    const places = tf.range(0, size, 1, "int32").reshape(x.shape.map((_, i) => (i === axis ? size : 1)));
    const largest = tf.equal(x, tf.max(x, axis, true));
    return tf.min(tf.where(largest, places, tf.scalar(size - 1, "int32")), axis);
  });
}`,
  argsort: `
/** Sorts the last axis ascending, stably: the largest of the negated values first, equals by lowest index. */
function argsort(tf, x) {
  return tf.tidy(() => tf.topk(tf.neg(x), x.shape[x.shape.length - 1], true).indices);
}`,
  mapPlaces: `
/** Runs \`f\` on one place of axis 0 after another, and stacks what it gives. */
function mapPlaces(tf, tensors, f) {
  const places = [];
  for (let i = 0; i < tensors[0].shape[0]; i++) {
    const cuts = tensors.map((x) => tf.tidy(() => tf.unstack(x.slice([i], [1]))[0]));
    places.push(f(...cuts));
    tf.dispose(cuts);
  }
  const stacked = places[0].map((_, k) => tf.stack(places.map((outputs) => outputs[k])));
  tf.dispose(places);
  return stacked;
}`,
  scatterRows: `
/** Adds rows of \`updates\` into zeros of \`shape\` at the row numbers \`rows\`, of shape [n, 1]. */
function scatterRows(tf, rows, updates, shape) {
  // TensorFlow's GPU kernel of scatterND is not trusted; wasm has no unsortedSegmentSum.
  if (tf.getBackend() !== "tensorflow") return tf.scatterND(rows, updates, shape);
  return tf.tidy(() => tf.unsortedSegmentSum(updates, rows.flatten(), shape[0]));
}`,
} as const;

export type HelperName = keyof typeof helpers;

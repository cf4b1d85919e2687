/** Helpers that go through axis 0, or add into it by row numbers. */
export const placeHelpers = {
  mapPlaces: `
/** Runs \`f\` on one place of axis 0 after another, and stacks what it gives. */
function mapPlaces(tf, tensors, f) {
  const count = tensors[0].shape[0];
  const places = [];
  for (let i = 0; i < count || i === 0; i++) {
    // Where there is no place, one of zeros tells shapes and types.
    const cuts = tensors.map((x) => count === 0 ? tf.zeros(x.shape.slice(1), x.dtype)
      : tf.tidy(() => tf.unstack(tf.slice(x, [i], [1]))[0]));
    places.push(f(...cuts));
    tf.dispose(cuts);
  }
  const stacked = places[0].map((one, k) => count === 0 ? tf.tensor([], [0, ...one.shape], one.dtype)
    : tf.stack(places.map((outputs) => outputs[k])));
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

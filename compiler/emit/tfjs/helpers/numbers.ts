/** Helpers for single elements and their order: what tfjs lacks for integers, sines, and the largest of several. */
export const numberHelpers = {
  argmax: `
/** The first index of the largest value along an axis (\`tf.argMax\` on webgpu may give a later one). */
function argmax(tf, x, axis) {
  return tf.tidy(() => {
    const count = (sizes) => sizes.reduce((a, b) => a * b, 1);
    const size = x.shape[axis];
    // webgpu selects in up to 4 axes: what stands before and after the one is made one each.
    const flat = tf.reshape(x, [count(x.shape.slice(0, axis)), size, count(x.shape.slice(axis + 1))]);
    const places = tf.reshape(tf.range(0, size, 1, "int32"), [1, size, 1]);
    const largest = tf.equal(flat, tf.max(flat, 1, true));
    const first = tf.min(tf.where(largest, tf.cast(places, "float32"), size - 1), 1);
    return tf.reshape(tf.cast(first, "int32"), x.shape.filter((_, i) => i !== axis));
  });
}`,
  argsort: `
/** Sorts the last axis ascending, stably: the largest of the negated values first, equals by lowest index. */
function argsort(tf, x) {
  return tf.tidy(() => {
    const negative = tf.sub(tf.scalar(0, x.dtype), x);
    return topk(tf, negative, x.shape[x.shape.length - 1]).indices;
  });
}`,
  topk: `
/** The largest values and their indices; of a single one, webgpu's \`tf.topk\` gives its argument back as if it were new. */
function topk(tf, x, k) {
  if (x.shape[x.shape.length - 1] > 1) return tf.topk(x, k, true);
  return { values: tf.clone(x), indices: tf.fill(x.shape, 0, "int32") };
}`,
  asFloats: `
/** Runs \`f\` on integers or bools as floats on webgpu, whose own kernel takes floats alone. */
function asFloats(tf, x, f) {
  if (tf.getBackend() !== "webgpu") return f(x);
  return tf.tidy(() => tf.cast(f(tf.mul(tf.cast(x, "float32"), 1)), x.dtype));
}`,
  floats: `
/** Integers or bools as floats; webgpu's \`tf.cast\` keeps the integers' buffer, which some of its kernels then misread. */
function floats(tf, x) {
  if (tf.getBackend() !== "webgpu") return tf.cast(x, "float32");
  return tf.tidy(() => tf.mul(tf.cast(x, "float32"), 1));
}`,
  cosine: `
/** Cosine, to single precision; webgpu's own is good to three digits. */
function cosine(tf, x) {
  return tf.getBackend() === "webgpu" ? perRow(tf, [x], [], "cosine(x0)") : tf.cos(x);
}`,
  sine: `
/** Sine, to single precision; webgpu's own is good to three digits. */
function sine(tf, x) {
  return tf.getBackend() === "webgpu" ? perRow(tf, [x], [], "sine(x0)") : tf.sin(x);
}`,
} as const;

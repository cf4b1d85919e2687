/** Helpers for products with weights, which are laid out once, when the model is loaded. */
export const projectionHelpers = {
  laid: `
/**
 * A matrix of weights as \`project\` takes it: turned on cpu; on TensorFlow's CPU blocks of columns [blocks, inner, width],
 * which oneDNN multiplies by as they lie, where it copies a wide matrix into such blocks for each product. What is gained
 * grows with \`inner\`; putting the product in order costs as much for any, and nothing where \`heads\` are the blocks.
 */
function laid(tf, matrix, width = 64, heads = false) {
  const backend = tf.getBackend();
  if (backend === "cpu") return tf.transpose(matrix, matrix.rank === 3 ? [0, 2, 1] : [1, 0]);
  const [inner, columns] = matrix.shape.slice(-2);
  const gains = heads ? inner >= 128 && width >= 32 : inner >= 512 && columns <= 8 * inner;
  const divides = columns > width && columns % width === 0;
  if (backend !== "tensorflow" || tf.backend().isUsingGpuDevice || !gains || !divides) return tf.clone(matrix);
  return tf.tidy(() => tf.transpose(tf.reshape(matrix, [inner, columns / width, width]), [1, 0, 2]));
}`,
  blocksOf: `
/** Rows of \`x\`, whatever its axes, times blocks of columns: [blocks, rows, width]. */
function blocksOf(tf, x, blocks) {
  const inner = x.shape[x.rank - 1];
  if (x.rank === 3 && x.shape[0] === 1) return tf.matMul(x, blocks);
  return tf.tidy(() => tf.matMul(tf.reshape(x, [1, x.size / inner, inner]), blocks));
}`,
  project: `
/** Rows of \`x\` times a matrix that is laid out for it, and a shift of its columns added. */
function project(tf, x, matrix, shift) {
  if (matrix.rank < 3 || matrix.shape[0] === 1) return times(tf, x, matrix, shift, tf.getBackend() === "cpu");
  const made = blocksOf(tf, x, matrix);
  const shape = [...x.shape.slice(0, -1), matrix.shape[0] * matrix.shape[2]];
  const rows = made.shape[1] === 1 ? tf.clone(made) : tf.transpose(made, [1, 0, 2]);
  made.dispose();
  const product = tf.reshape(rows, shape);
  rows.dispose();
  if (shift === undefined) return product;
  const sum = tf.add(product, shift);
  product.dispose();
  return sum;
}`,
  projectHeads: `
/** As \`project\`, of [batch, seq, inner], its columns shared out: [batch, heads, seq, width]. */
function projectHeads(tf, x, matrix, shift, heads) {
  return tf.tidy(() => {
    const [batch, seq] = x.shape;
    if (matrix.rank === 3 && matrix.shape[0] === heads && heads > 1) {
      const width = matrix.shape[2];
      const made = blocksOf(tf, x, matrix);
      const sum = shift === undefined ? made : tf.add(made, tf.reshape(shift, [heads, 1, width]));
      if (batch === 1) return tf.reshape(sum, [1, heads, seq, width]);
      return tf.transpose(tf.reshape(sum, [heads, batch, seq, width]), [1, 0, 2, 3]);
    }
    const rows = project(tf, x, matrix, shift);
    return tf.transpose(tf.reshape(rows, [batch, seq, heads, rows.shape[2] / heads]), [0, 2, 1, 3]);
  });
}`,
} as const;

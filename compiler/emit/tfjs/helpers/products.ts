/** Helpers for products of matrices: each backend is fast with operands in its own order. */
export const productHelpers = {
  products: `
/** Products of two stacks of matrices, the second \`turned\` or not; wasm is fast at one pair at a time, not at stacks. */
function products(tf, a, b, turned = false) {
  const [rows, inner] = a.shape.slice(-2);
  if (tf.getBackend() !== "wasm" || rows < 16) return tf.matMul(a, b, false, turned);
  return tf.tidy(() => {
    const count = a.shape.slice(0, -2).reduce((x, y) => x * y, 1);
    const right = tf.reshape(b, [count, ...b.shape.slice(-2)]);
    const seconds = tf.unstack(turned ? tf.transpose(right, [0, 2, 1]) : right);
    const pairs = tf.unstack(tf.reshape(a, [count, rows, inner])).map((x, i) => tf.matMul(x, seconds[i]));
    return tf.reshape(tf.stack(pairs), [...a.shape.slice(0, -1), seconds[0].shape[1]]);
  });
}`,
  rowsOf: `
/**
 * Rows of a table [n, width] by their numbers [k, 1]. On cpu gatherND is ten times slower than gather, on wasm gather; and
 * on TensorFlow gather waits for the numbers, to look at each.
 */
function rowsOf(tf, table, numbers) {
  if (tf.getBackend() !== "cpu") return tf.gatherND(table, numbers);
  return tf.tidy(() => tf.gather(table, tf.reshape(numbers, [numbers.size])));
}`,
  rowsByMatrix: `
/** Each row of \`x\` times the matrix of \`table\` (\`turned\` or not) that its number in \`picks\` names. */
function rowsByMatrix(tf, x, table, picks, turned = false) {
  const [count, height, width] = table.shape;
  const wasm = tf.getBackend() === "wasm";
  const take = (numbers) => tf.gatherND(tf.reshape(table, [count, height * width]), numbers);
  // A GPU in a browser cannot be waited for here, and wasm is slow to begin with a matrix that serves few rows: as many
  // matrices at a time as there are, each for one row.
  if (tf.getBackend() === "webgpu" || (wasm && x.shape[0] <= count)) {
    return tf.tidy(() => {
      const parts = [];
      for (let at = 0; at < x.shape[0]; at += count) {
        const size = Math.min(count, x.shape[0] - at);
        const rows = tf.reshape(tf.slice(x, [at, 0], [size, x.shape[1]]), [size, 1, x.shape[1]]);
        const numbers = tf.reshape(tf.slice(picks, [at], [size]), [size, 1]);
        const products = tf.matMul(rows, tf.reshape(take(numbers), [size, height, width]), false, turned);
        parts.push(tf.reshape(products, [size, turned ? height : width]));
      }
      return parts.length === 1 ? parts[0] : tf.concat(parts, 0);
    });
  }
  return tf.tidy(() => {
    // One matrix after another, with all the rows that name it; then every row goes back to its place.
    const places = Array.from({ length: count }, () => []);
    picks.dataSync().forEach((matrix, row) => places[matrix].push(row));
    const order = places.flat();
    const column = (numbers) => tf.tensor(numbers, [numbers.length, 1], "int32");
    const products = places.flatMap((own, i) => {
      if (own.length === 0) return [];
      const rows = own.length === x.shape[0] ? x : tf.gatherND(x, column(own));
      // To slice, wasm copies the whole table.
      const part = wasm ? take(column([i])) : tf.slice(table, [i, 0, 0], [1, height, width]);
      const matrix = tf.reshape(part, [height, width]);
      return [times(tf, rows, matrix, undefined, turned)];
    });
    if (products.length === 1) return products[0];
    const back = new Array(order.length);
    order.forEach((row, at) => (back[row] = at));
    return tf.gatherND(tf.concat(products, 0), column(back));
  });
}`,
  times: `
/**
 * Rows of \`x\`, whatever its axes, times a matrix, \`turned\` or not, and a shift of its columns added. On cpu a turned
 * matrix is the filter of a transposed convolution, whose loop takes three quarters of matMul's time. TensorFlow takes
 * up to three axes as they are: of [b, 1, m, k] oneDNN writes beyond the product (TensorFlow 2.21). The others want one
 * matrix; wasm is fast only without turning, so the smaller \`x\` turns there, and webgpu adds the shift in the same kernel
 * (wasm would as well, but not a shift that was reshaped).
 */
function times(tf, x, matrix, shift, turned = false) {
  const backend = tf.getBackend();
  if (turned && backend === "cpu" && x.dtype === "float32" && x.size > 0) {
    return tf.tidy(() => {
      const [width, inner] = matrix.shape.slice(-2);
      const row = tf.reshape(x, [1, 1, x.size / inner, inner]);
      const filter = tf.reshape(matrix, [1, 1, width, inner]);
      const made = tf.conv2dTranspose(row, filter, [1, 1, x.size / inner, width], 1, "valid");
      const sum = shift === undefined ? made : tf.add(made, shift);
      return tf.reshape(sum, [...x.shape.slice(0, -1), width]);
    });
  }
  const inOne = shift !== undefined && backend === "webgpu";
  const product = (a) =>
    inOne ? tf.fused.matMul({ a, b: matrix, transposeB: turned, bias: shift }) : tf.matMul(a, matrix, false, turned);
  const turns = turned && backend === "wasm";
  const isOne = x.rank === matrix.rank && (x.rank === 2 || x.shape[0] === 1);
  if (backend === "tensorflow" ? x.rank <= 3 : isOne && !turns) {
    const made = product(x);
    if (inOne || shift === undefined) return made;
    const sum = tf.add(made, shift);
    made.dispose();
    return sum;
  }
  return tf.tidy(() => {
    const rows = x.shape.slice(0, -1);
    const inner = x.shape[x.rank - 1];
    const count = rows.reduce((a, b) => a * b, 1);
    const flat = tf.reshape(x, matrix.rank === 3 ? [1, count, inner] : [count, inner]);
    const made = turns ? tf.transpose(tf.matMul(matrix, tf.transpose(flat))) : product(flat);
    const sum = shift === undefined || inOne ? made : tf.add(made, shift);
    return tf.reshape(sum, [...rows, matrix.shape[matrix.rank - (turned ? 2 : 1)]]);
  });
}`,
} as const;

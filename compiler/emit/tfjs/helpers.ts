import { perRow } from "./per-row.js";

/** Functions that a generated module carries where it needs them: what tfjs lacks, or does wrongly on some backend. */
export const helpers = {
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
  spread: `
/** A column [rows, 1] as wide as told, as a product: within a sum cpu takes ten times as long to spread it. */
function spread(tf, column, width) {
  const ones = tf.ones([1, width]);
  const wide = tf.matMul(column, ones);
  ones.dispose();
  return wide;
}`,
  softmax: `
/**
 * Softmax of the last axis, of \`x\` and what is added to its last axes; tfjs's own on cpu spreads its columns slowly. Frees
 * \`x\` as soon as it has the sum where it \`takes\` it over.
 */
function softmax(tf, x, bias, takes = false) {
  if (tf.getBackend() === "webgpu") {
    const sum = bias ? "x0 + x1" : "x0";
    const made = perRow(tf, bias ? [x, bias] : [x], ["max", sum, "sum", \`exp(\${sum} - r0)\`], \`exp(\${sum} - r0) / r1\`);
    if (takes) x.dispose();
    return made;
  }
  const given = bias ? tf.add(x, bias) : x;
  if (takes) x.dispose();
  const made = tf.getBackend() !== "cpu" ? tf.softmax(given) : tf.tidy(() => {
    const width = x.shape[x.rank - 1];
    const rows = tf.reshape(given, [x.size / width, width]);
    const powers = tf.exp(tf.sub(rows, spread(tf, tf.max(rows, 1, true), width)));
    return tf.reshape(tf.div(powers, spread(tf, tf.sum(powers, 1, true), width)), x.shape);
  });
  if (bias) given.dispose();
  return made;
}`,
  layerNorm: `
/** Each vector to mean 0 and variance 1, then scaled and shifted where told. */
function layerNorm(tf, x, epsilon, scale, shift) {
  const axis = x.rank - 1;
  if (tf.getBackend() === "webgpu") {
    const centred = "(x0 - r0 / n)";
    const normal = \`\${centred} * inverseSqrt(r1 / n + \${epsilon})\`;
    const sums = ["sum", "x0", "sum", \`\${centred} * \${centred}\`];
    return perRow(tf, scale ? [x, scale, shift] : [x], sums, scale ? \`\${normal} * x1 + x2\` : normal);
  }
  return tf.tidy(() => {
    const width = x.shape[axis];
    const cpu = tf.getBackend() === "cpu";
    const rows = cpu ? tf.reshape(x, [x.size / width, width]) : x;
    const average = (t) => tf.mul(tf.sum(t, t.rank - 1, true), 1 / width);
    const across = (column) => cpu ? spread(tf, column, width) : column;
    const centred = tf.sub(rows, across(average(rows)));
    const deviation = tf.rsqrt(tf.add(average(tf.square(centred)), epsilon));
    const normal = tf.mul(centred, across(deviation));
    const scaled = scale ? tf.add(tf.mul(normal, scale), shift) : normal;
    return cpu ? tf.reshape(scaled, x.shape) : scaled;
  });
}`,
  centredNorm: `
/** As layerNorm, of vectors whose mean is 0 already. */
function centredNorm(tf, x, epsilon, scale, shift) {
  if (tf.getBackend() === "webgpu") {
    const normal = \`x0 * inverseSqrt(r0 / n + \${epsilon})\`;
    const scaled = scale ? \`\${normal} * x1\` : normal;
    return perRow(tf, [x, scale, shift].filter((t) => t), ["sum", "x0 * x0"], shift ? \`\${scaled} + x2\` : scaled);
  }
  const width = x.shape[x.rank - 1];
  const rows = tf.getBackend() === "cpu" ? tf.reshape(x, [x.size / width, width]) : x;
  const square = tf.square(rows);
  const total = tf.sum(square, rows.rank - 1, true);
  const variance = tf.mul(total, 1 / width);
  const raised = tf.add(variance, epsilon);
  const factor = tf.rsqrt(raised);
  const across = rows === x ? factor : spread(tf, factor, width);
  const normal = tf.mul(rows, across);
  const scaled = scale ? tf.mul(normal, scale) : normal;
  const shifted = shift ? tf.add(scaled, shift) : scaled;
  const result = rows === x ? tf.clone(shifted) : tf.reshape(shifted, x.shape);
  if (rows !== x) tf.dispose([rows, across]);
  tf.dispose([square, total, variance, raised, factor, normal, scaled, shifted]);
  return result;
}`,
  perRow,
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

export type HelperName = keyof typeof helpers;

/** Helpers that work along the last axis: softmax and norms. */
export const rowHelpers = {
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
 * Softmax of the last axis, of \`x\` and what is added to its last axes. Scores are large: where it \`takes\` \`x\` over, it
 * frees it as soon as it can. tfjs's own on cpu spreads its columns slowly.
 */
function softmax(tf, x, takes, bias) {
  const backend = tf.getBackend();
  if (backend === "webgpu") {
    const sum = bias ? "x0 + x1" : "x0";
    const made = perRow(tf, bias ? [x, bias] : [x], ["max", sum, "sum", \`exp(\${sum} - r0)\`], \`exp(\${sum} - r0) / r1\`);
    if (takes) x.dispose();
    return made;
  }
  const given = bias ? tf.add(x, bias) : x;
  if (bias && takes) x.dispose();
  const own = takes || bias !== undefined;
  if (backend !== "cpu") {
    const made = tf.softmax(given);
    if (own) given.dispose();
    return made;
  }
  // Each stage frees what the one before it made.
  const stage = (t, own, f) => {
    const made = tf.tidy(() => f(t));
    if (own) t.dispose();
    return made;
  };
  const width = x.shape[x.rank - 1];
  const across = (t, column) => spread(tf, column(tf.reshape(t, [x.size / width, width]), 1, true), width);
  const less = stage(given, own, (t) => tf.sub(tf.reshape(t, [x.size / width, width]), across(t, tf.max)));
  const powers = stage(less, true, (t) => tf.exp(t));
  return stage(powers, true, (t) => tf.reshape(tf.div(t, across(t, tf.sum)), x.shape));
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
} as const;

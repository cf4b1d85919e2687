/**
 * The helper by which a generated module does in one kernel of webgpu what works along the last axis: norms, softmax,
 * activations. Sizes are uniforms, so that a cache that grows compiles no shader anew.
 */
export const perRow = `
/**
 * Work along the last axis in one kernel of webgpu, where tfjs's own calls would take one a step. In WGSL, \`xI\` is the
 * element of operand I, which fits the last axes of the first; n the size of the last axis; and rI the I-th of the
 * \`totals\`, "sum" or "max" of an expression over the row, each of which may read those before it.
 */
function perRow(tf, operands, totals, result) {
  const [x] = operands;
  const width = x.rank === 0 ? 1 : x.shape[x.rank - 1];
  // A group of threads shares a row out and waits once a total: more for longer rows, as each has some 16 elements.
  const threads = totals.length === 0 ? 64 : Math.min(64, 2 ** Math.max(2, Math.floor(Math.log2(width / 8))));
  const phases = [];
  const known = [];
  for (let i = 0; i < totals.length; i += 2) {
    const combine = totals[i] === "max" ? (a, b) => \`max(\${a}, \${b})\` : (a, b) => \`\${a} + \${b}\`;
    const r = \`r\${i / 2}\`;
    phases.push(\`
      var own_\${r} = \${totals[i] === "max" ? "-3.4028234e38" : "0.0"};
      for (var i = thread; i < end; i += \${threads}) {
        own_\${r} = \${combine(\`own_\${r}\`, \`expression_\${r}(row * uniforms.width + i\${known.join("")})\`)};
      }
      parts_\${r}[thread] = own_\${r};
      workgroupBarrier();
      var \${r} = parts_\${r}[0];
      for (var i = 1; i < \${threads}; i++) { \${r} = \${combine(r, \`parts_\${r}[i]\`)}; }\`);
    known.push(\`, \${r}\`);
  }
  const operandsAt = operands
    .map((t, i) => \`let x\${i} = x\${i}s[\${t.size === x.size ? "at" : \`at % uniforms.size\${i}\`}];\`)
    .join(" ");
  const sameSize = operands.map((t) => (t.size === x.size ? 1 : 0)).join("");
  const expression = (name, text, count) => \`
    fn \${name}(at : i32\${known.slice(0, count).map((r) => \`\${r} : f32\`).join("")}) -> f32 {
      let n = f32(uniforms.width); \${operandsAt}
      return \${text};
    }\`;
  // What WGSL lacks, or has to three digits alone: erf by Abramowitz and Stegun, 7.1.26, good to 1.5e-7; sine and cosine as
  // Taylor series of the angle in -pi ... pi, from which two pi is taken off in parts that are exact in single precision.
  const series = (divisors) => divisors.reduceRight((sum, d) => \`(1.0 - square / \${d}.0 * \${sum})\`, "1.0");
  const functions = \`
    fn erf(x : f32) -> f32 {
      let t = 1.0 / (1.0 + 0.3275911 * abs(x));
      let p = 0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)));
      return sign(x) * (1.0 - p * t * exp(-x * x));
    }
    fn angle(x : f32) -> f32 {
      let turns = floor(x * 0.15915494309189535 + 0.5);
      return x - turns * 6.28125 - turns * 0.0019340515136718750 - turns * 0.0000012556659146699;
    }
    fn sine(x : f32) -> f32 {
      let a = angle(x); let square = a * a;
      return a * \${series([6, 20, 42, 72, 110, 156, 210, 272])};
    }
    fn cosine(x : f32) -> f32 {
      let a = angle(x); let square = a * a;
      return \${series([2, 12, 30, 56, 90, 132, 182, 240])};
    }\`;
  const program = {
    shaderKey: \`perRow \${totals.join()} \${result} \${sameSize} \${threads}\`,
    variableNames: operands.map((_, i) => \`x\${i}s\`),
    uniforms: \`width : i32,\${operands.map((_, i) => \` size\${i} : i32,\`).join("")}\`,
    outputShape: [x.size],
    workgroupSize: [threads, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [totals.length === 0 ? Math.ceil(x.size / threads) : x.size / width, 1, 1],
    size: true,
    getUserCode: () => totals.length === 0 ? \`\${functions}
    \${expression("expression", result, 0)}
    fn main(index : i32) {
      if (index < uniforms.size) { setOutputAtIndex(index, expression(index)); }
    }\` : \`\${functions}
    \${known.map((_, i) => \`var<workgroup> parts_r\${i} : array<f32, \${threads}>;\`).join(" ")}
    \${known.map((_, i) => expression(\`expression_r\${i}\`, totals[2 * i + 1], i)).join("")}
    \${expression("expression", result, known.length)}
    fn main(index : i32) {
      let row = index / \${threads};
      let thread = index % \${threads};
      let end = select(0, uniforms.width, row * uniforms.width < uniforms.size);
      \${phases.join("")}
      for (var i = thread; i < end; i += \${threads}) {
        let at = row * uniforms.width + i;
        setOutputAtIndex(at, expression(at\${known.join("")}));
      }
    }\`,
  };
  const sizes = [width, ...operands.map((t) => t.size)].map((size) => ({ type: "int32", data: [size] }));
  const flat = operands.map(({ dataId, dtype, size }) => ({ dataId, dtype, shape: [size] }));
  const { dataId, dtype } = tf.backend().runWebGPUProgram(program, flat, "float32", sizes);
  return tf.engine().makeTensorFromTensorInfo({ dataId, dtype, shape: x.shape });
}`;

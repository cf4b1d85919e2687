import * as tf from "@tensorflow/tfjs-core";

/** Multiply-adds of the products that tfjs executes while `run` does, by the shapes of its kernels; loading a model may do others. */
export async function executed<T>(run: () => Promise<T>): Promise<{ result: T; macs: bigint }> {
  const engine = tf.engine();
  const plain = engine.runKernel;
  let macs = 0n;
  engine.runKernel = ((name, inputs, attrs) => {
    const made = plain.call(engine, name, inputs, attrs);
    if (name === "Conv2DBackpropInput") {
      // On cpu rows times a matrix are a transposed convolution by a filter [1, 1, columns, rows of the matrix].
      const { dy, filter } = inputs as unknown as { dy: tf.Tensor; filter: tf.Tensor };
      if (filter.shape[0] !== 1 || filter.shape[1] !== 1) throw new Error(`a filter of [${filter.shape}]`);
      macs += BigInt((made as tf.Tensor).size) * BigInt(dy.shape.at(-1)!);
    } else if (/MatMul/.test(name)) {
      const { a, b } = inputs as unknown as { a: tf.Tensor; b: tf.Tensor };
      const { transposeA } = attrs as unknown as { transposeA: boolean };
      const summed = a.shape.at(transposeA ? -2 : -1)!;
      // A column times a row of ones is that column spread, which other backends do within a sum or a quotient.
      const spreads = summed === 1 && b.rank === 2 && b.shape[0] === 1 && b.dataSync().every((v) => v === 1);
      if (!spreads) macs += BigInt((made as tf.Tensor).size) * BigInt(summed);
    } else if (/Einsum|Conv/.test(name)) throw new Error(`\`${name}\` is not counted here`);
    return made;
  }) as typeof plain;
  try {
    return { result: await run(), macs };
  } finally {
    engine.runKernel = plain;
  }
}

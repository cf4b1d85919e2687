import * as tf from "@tensorflow/tfjs-core";

/** Multiply-adds of the products that tfjs executes while `run` does, by the shapes of its kernels; loading a model may do others. */
export async function executed<T>(run: () => Promise<T>): Promise<{ result: T; macs: bigint }> {
  const engine = tf.engine();
  const plain = engine.runKernel;
  let macs = 0n;
  engine.runKernel = ((name, inputs, attrs) => {
    const made = plain.call(engine, name, inputs, attrs);
    if (/MatMul/.test(name)) {
      const { a } = inputs as unknown as { a: tf.Tensor };
      const { transposeA } = attrs as unknown as { transposeA: boolean };
      const summed = a.shape.at(transposeA ? -2 : -1)!;
      macs += BigInt((made as tf.Tensor).size) * BigInt(summed);
    } else if (/Einsum|Conv/.test(name)) throw new Error(`\`${name}\` is not counted here`);
    return made;
  }) as typeof plain;
  try {
    return { result: await run(), macs };
  } finally {
    engine.runKernel = plain;
  }
}

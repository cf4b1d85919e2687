import { z } from "zod";

/** A size: a number, or a polynomial in the run-time sizes in archc's notation (`past + seq`). */
const size = z.union([z.number().int().nonnegative(), z.string()]);
const dtype = z.enum(["f32", "i32", "bool"]);
const tensor = z.object({ name: z.string(), dtype, shape: z.array(size) });

/** A tensor kept from step to step: the model returns it as `output` and takes it back as `input`. */
const state = z.object({
  /** `blocks.5.attn` */
  path: z.string(),
  /** The name in the layer: `keys` */
  name: z.string(),
  /** `past_key_values.5.key` */
  input: z.string(),
  /** `present.5.key` */
  output: z.string(),
  dtype,
  /** Shape of the input; the growing axis is a size of run time, 0 at first. */
  shape: z.array(size),
  /** Index of the growing axis. */
  grows: z.number().int().nullable(),
  /** Largest length of the growing axis. */
  bound: z.number().int().nullable(),
});

/** A file in the build folder itself: no path leads out of it. */
const file = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/);

const assumption = z.object({
  left: z.string(),
  relation: z.enum(["==", "<=", "<"]),
  right: z.string(),
  reason: z.string(),
});

/**
 * `manifest.json` of a build. A runtime needs nothing else to feed the model: `start` runs whole sequences from
 * nothing, `step` continues from states (the same ONNX file where the model allows it).
 */
export const manifestSchema = z.object({
  format: z.literal(1),
  archc: z.string(),
  model: z.string(),
  spec: z.object({ file: z.string(), sha256: z.string() }),
  seed: z.number().int(),
  /** Run-time sizes and their least values. */
  symbols: z.array(
    z.object({
      name: z.string(),
      least: z.number().int(),
      /** Its value if a run does not give one. */
      usual: z.number().int().optional(),
      /** For what states keep, if that is not the whole past: its size after a run from empty states. */
      left: z.string().optional(),
    }),
  ),
  /** Longest sequence (past + seq) that the assumptions allow; null if nothing bounds it. */
  context: z.number().int().nullable(),
  inputs: z.array(tensor),
  outputs: z.array(tensor),
  states: z.array(state),
  assumptions: z.array(assumption),
  /** Tensors in weights.safetensors, in file order. `parameters` counts the trained ones. */
  weights: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(["weight", "buffer"]),
      dtype,
      shape: z.array(z.number().int()),
    }),
  ),
  /** Counts that the weights decided when they were read, by the line that declares them; left out if there are none. */
  learned: z
    .array(
      z.object({
        path: z.string(),
        value: z.number().int().nonnegative(),
        /** Its value without known weights. */
        most: z.number().int().nonnegative(),
      }),
    )
    .optional(),
  onnx: z.object({ start: file, step: file, opset: z.number().int(), ir: z.number().int() }).nullable(),
  tfjs: z.object({ module: file }).nullable(),
  /** Name, bytes and SHA-256 of each file beside the manifest. */
  files: z.array(z.object({ name: file, bytes: z.number().int().nonnegative(), sha256: z.string() })),
  /** Headline numbers; exact, so as decimal strings. Polynomials in archc's notation. */
  cost: z.record(z.string(), z.string()),
});

export type Manifest = z.infer<typeof manifestSchema>;

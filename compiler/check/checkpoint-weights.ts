import type { Init, WeightInfo } from "../ir/graph.js";
import { formOf } from "../ir/path.js";
import type { ModelEnv } from "./model.js";
import type { Tracer } from "./tracer.js";

/** A weight as checkpoints speak of it. */
export interface NamedWeight {
  readonly path: string;
  /** The path with `#` for each number in it. */
  readonly form: string;
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly init: Init;
  /** Its axes and sizes as one text: the same for weights that lie alike. */
  readonly type: string;
}

export function weightsOf(tracer: Tracer): readonly NamedWeight[] {
  // What is declared once stands in blocks alike: under paths of one form, with one shape.
  const known = new Map<WeightInfo, Omit<NamedWeight, "path">>();
  return Array.from(tracer.weights.values(), ({ name: path, value, weight }) => {
    let like = known.get(weight);
    if (!like) {
      const axes = tracer.weightAxes.get(weight) ?? [];
      const shape = value.shape.map((d) => Number(d.int));
      known.set(
        weight,
        (like = { form: formOf(path), axes, shape, init: weight.init, type: `${axes}|${shape}` }),
      );
    }
    const { form, axes, shape, init, type } = like;
    return { path, form, axes, shape, init, type };
  });
}

/**
 * What is certain of the weights of a model that has errors: those of layers that ran to their end, and whether a weight
 * that is not among them would be missing in a right model too.
 */
export function brokenWeights(env: ModelEnv): {
  readonly whole: readonly NamedWeight[];
  readonly isMissing: (path: readonly string[]) => boolean;
} {
  const { ran } = env.tracer;
  /** The innermost layer around a path that has run; undefined where none has. */
  const around = (segments: readonly string[]): boolean | undefined => {
    let found: boolean | undefined;
    for (let n = 1; n < segments.length; n++) {
      const state = ran.get(segments.slice(0, n).join("."));
      if (state === false) return false;
      found = state ?? found;
    }
    return found;
  };
  return {
    whole: weightsOf(env.tracer).filter((w) => around(w.form.split(".")) !== false),
    isMissing: (path) => {
      const [first = "", , slot = ""] = path;
      const stack = env.stacks.get(first);
      if (stack) return !stack.has(slot) || around(path) === true;
      return env.fields.has(first) ? around(path) === true : true;
    },
  };
}

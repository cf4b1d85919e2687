import { type NamedWeight, weightsOf } from "./checkpoint.js";
import type { ModelEnv } from "./model.js";

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

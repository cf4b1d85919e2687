import { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import type { NodeOf, Value } from "../ir/graph.js";

/** The cotangent of a call's first operand from that of its one result. */
type Rule = (b: Builder, node: NodeOf<"call">, cotangent: Value) => Value;

/**
 * Derivatives of library functions by what they mean, where that keeps and computes less than their bodies' would: the
 * result, which is kept anyhow, in the place of exponentials.
 */
const byMeaning: Readonly<Record<string, Rule>> = {
  // y · (c − Σ c · y)
  softmax(b, { outputs, attrs }, c) {
    const [y] = outputs;
    const share = along(b, b.op("mul", [c, y!], {}), attrs);
    return b.op("mul", [y!, b.op("sub", [c, share], {})], {});
  },
  // c − exp(y) · Σ c
  log_softmax(b, { outputs, attrs }, c) {
    const mass = b.op("exp", [outputs[0]!], {});
    return b.op("sub", [c, b.op("mul", [mass, along(b, c, attrs)], {})], {});
  },
  // exp(x − y) · c
  logsumexp(b, { inputs: [x], outputs: [y], attrs }, c) {
    const at = axisOf(attrs);
    const mass = b.op("exp", [b.op("sub", [x!, spread(b, y!, at)], {})], {});
    return b.op("mul", [mass, spread(b, c, at)], {});
  },
};

/** The rule of a call that has one. */
export function ruleOf({ attrs }: NodeOf<"call">): Rule | undefined {
  return attrs.path === "" && "axis" in attrs.args ? byMeaning[attrs.name] : undefined;
}

/** Does the derivative of a call read its result in the place of its operands? */
export const derivesFromResult = (node: NodeOf<"call">): boolean =>
  ruleOf(node) !== undefined && node.attrs.name !== "logsumexp";

const axisOf = ({ args }: NodeOf<"call">["attrs"]): number => Number(args.axis);

/** The sum along the axis of the call, with a size of 1 in its place. */
function along(b: Builder, x: Value, attrs: NodeOf<"call">["attrs"]): Value {
  const at = axisOf(attrs);
  return spread(b, b.op("reduce_sum", [x], { axes: [at] }), at);
}

function spread(b: Builder, x: Value, at: number): Value {
  return b.op("reshape", [x], { shape: [...x.shape.slice(0, at), Dim.one, ...x.shape.slice(at)] });
}

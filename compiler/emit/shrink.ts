import { Dim } from "../dim/dim.js";
import type { Node, NodeOf, Region } from "../ir/graph.js";
import { bodyOf, withBody } from "../ir/traverse.js";
import type { OpName } from "../ops/attrs.js";
import { elementwiseNames } from "../ops/elementwise-names.js";

type Call = NodeOf<"call">;

/** Ops that do the same whatever the size of an axis is, as long as all operands have it. */
const sizeless: ReadonlySet<OpName> = new Set<OpName>([
  ...elementwiseNames,
  ...(["reduce_sum", "reduce_max", "reduce_min", "reshape", "transpose", "broadcast"] as const),
  ...(["cast", "stop_gradient", "constant", "call"] as const),
]);

/** Sizes up to this are left as they are. */
const SMALL = 8;

/** A call whose body is the same with other sizes, and those sizes for each operand. */
export interface Shrunk {
  readonly body: Region;
  readonly shapes: readonly (readonly Dim[])[];
}

/**
 * The call with small sizes in the place of large ones, the same everywhere for the same; `along` is that of the axes
 * that the call works along (undefined: they stay). Undefined where the body may depend on sizes otherwise.
 */
export function shrink(node: Call, along: number | undefined): Shrunk | undefined {
  const { body } = node.attrs;
  if (!isSizeless(body)) return undefined;
  const worked = new Set(workedAxes(node).map((axis) => node.inputs[0]?.shape[axis]?.key));
  const sizes = new Map<string, Dim>();
  for (const dim of node.inputs.flatMap((v) => v.shape)) {
    if (dim.int === undefined || dim.int <= SMALL || sizes.has(dim.key)) continue;
    if (!worked.has(dim.key)) sizes.set(dim.key, Dim.of(3 + (sizes.size % 2)));
    else if (along !== undefined) sizes.set(dim.key, Dim.of(along));
  }
  const small = (shape: readonly Dim[]) => shape.map((dim) => sizes.get(dim.key) ?? dim);
  return { body: resized(body, small), shapes: node.inputs.map((v) => small(v.shape)) };
}

/** Those that arguments name, and the last one, along which norms go. */
function workedAxes({ inputs, attrs }: Call): readonly number[] {
  const named = Object.entries(attrs.args).flatMap(([name, axis]) =>
    name.startsWith("axis") ? [Number(axis)] : [],
  );
  return [...named, (inputs[0]?.shape.length ?? 0) - 1];
}

function isSizeless(region: Region): boolean {
  return region.nodes.every((node) => {
    if (!sizeless.has(node.op)) return false;
    if (node.op === "constant") return node.attrs.shape.length === 0;
    const body = bodyOf(node);
    return body === undefined || isSizeless(body);
  });
}

function resized(region: Region, small: (shape: readonly Dim[]) => readonly Dim[]): Region {
  const nodes = region.nodes.map((node): Node => {
    if (node.op === "reshape") return { ...node, attrs: { shape: small(node.attrs.shape) } };
    if (node.op === "broadcast") return { ...node, attrs: { shape: small(node.attrs.shape) } };
    return node.op === "call" ? withBody(node, resized(node.attrs.body, small)) : node;
  });
  return { ...region, nodes };
}

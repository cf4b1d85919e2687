import type { Node } from "./graph.js";
import { withBody } from "./traverse.js";

/** The path of what `path` calls `name`. */
export const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

/**
 * Where an instance stands, as seen from another: the names on the way in, after a `^` for each step out. From
 * `blocks.0.wiring`, `blocks.0.attn` is `^.attn`; so it is from `blocks.1.wiring` to `blocks.1.attn`, and what two
 * blocks alike call reads alike. From the model itself ("") every path is its own whole.
 */
export function pathFrom(base: string, path: string): string {
  if (base === "") return path;
  if (path.startsWith(base) && path[base.length] === ".") return path.slice(base.length + 1);
  const from = base.split(".");
  const to = path.split(".");
  let shared = 0;
  while (shared < from.length && shared < to.length && from[shared] === to[shared]) shared++;
  return [...from.slice(shared).fill("^"), ...to.slice(shared)].join(".");
}

/** The path that `seen` from `base` means; `pathFrom` undone. A `base` that is itself seen from elsewhere gives one so seen. */
export function pathAt(base: string, seen: string): string {
  if (seen === "") return base;
  if (base === "") return seen;
  const dot = base.lastIndexOf(".");
  if (seen[0] !== "^" || base.slice(dot + 1) === "^") return `${base}.${seen}`;
  return pathAt(base.slice(0, Math.max(dot, 0)), seen.slice(2));
}

/** A node taken out of the body of a call at `path`, so that the calls in it still name the same instances. */
export function takenOut(node: Node, path: string): Node {
  if (node.op === "call" && node.attrs.path !== "") {
    return { ...node, attrs: { ...node.attrs, path: pathAt(path, node.attrs.path) } };
  }
  if (node.op !== "call" && node.op !== "map") return node;
  const { body } = node.attrs;
  const nodes = body.nodes.map((inner) => takenOut(inner, path));
  return nodes.every((inner, i) => inner === body.nodes[i]) ? node : withBody(node, { ...body, nodes });
}

/** A path with `#` for each number in it: the same for what blocks alike hold. */
export function formOf(path: string): string {
  let form = "";
  let done = 0;
  eachNumber(path, (start, end) => {
    form += `${path.slice(done, start)}#`;
    done = end;
  });
  return done === 0 ? path : form + path.slice(done);
}

/** The numbers for which `formOf` has `#`, in their order. */
export function numbersIn(path: string): readonly number[] {
  const numbers: number[] = [];
  eachNumber(path, (start, end) => void numbers.push(Number(path.slice(start, end))));
  return numbers;
}

function eachNumber(path: string, visit: (start: number, end: number) => void): void {
  for (let start = 0; start < path.length; ) {
    const dot = path.indexOf(".", start);
    const end = dot < 0 ? path.length : dot;
    if (isNumber(path, start, end)) visit(start, end);
    start = end + 1;
  }
}

function isNumber(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return end > start;
}

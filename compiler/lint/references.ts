/** The fields of a declaration that give it its names: what stands there is no use of them. */
const declaring: Readonly<Record<string, readonly string[]>> = {
  let: ["names"],
  weight: ["names"],
  state: ["names"],
  random: ["names"],
  instances: ["names"],
  field: ["names"],
  slot: ["name"],
  fn: ["name"],
  layer: ["name"],
  model: ["name"],
  profile: ["name"],
};

/**
 * How often each name is referred to in a part of the tree: in an expression, a shape, as a base, after a point. Names
 * of declarations, of parameters and of arguments do not count.
 */
export function referencesIn(node: unknown, found = new Map<string, number>()): ReadonlyMap<string, number> {
  if (typeof node !== "object" || node === null) return found;
  if (Array.isArray(node)) {
    for (const item of node) referencesIn(item, found);
    return found;
  }
  const fields = node as Readonly<Record<string, unknown>>;
  const { kind } = fields;
  const add = (name: unknown) => typeof name === "string" && found.set(name, (found.get(name) ?? 0) + 1);
  if (kind === "name") add(fields.name);
  else if (kind === undefined && "text" in fields) add(fields.text);
  const own = typeof kind === "string" && Object.hasOwn(declaring, kind) ? declaring[kind]! : [];
  for (const [key, field] of Object.entries(fields)) {
    if (key === "span" || key === "opSpan" || own.includes(key)) continue;
    // Parameters, arguments and results have no kind: their name is not a use of it.
    if (kind === undefined && key === "name") continue;
    referencesIn(field, found);
  }
  return found;
}

/** Every name in a part of the tree, wherever it stands: in an expression, as a base, as a profile. */
export function namesIn(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(node)) for (const item of node) namesIn(item, found);
  else if (typeof node === "object" && node !== null) {
    const { kind, name, text } = node as { kind?: unknown; name?: unknown; text?: unknown };
    if (kind === "name" && typeof name === "string") found.add(name);
    if (kind === undefined && typeof text === "string") found.add(text);
    for (const field of Object.values(node)) namesIn(field, found);
  }
  return found;
}

/** A name in a foreign file as a checkpoint writes it: `[transformer.]h.{i}.ln_1.weight`. */
export interface NamePattern {
  readonly parts: readonly (
    | { readonly kind: "text"; readonly text: string; readonly optional: boolean }
    | { readonly kind: "index"; readonly name: string; readonly optional: boolean }
    /** One of several texts, as files of different ages have it: `LayerNorm.[weight|gamma]`. The first is what is written. */
    | { readonly kind: "either"; readonly texts: readonly string[]; readonly optional: false }
  )[];
  /** The indices it names. */
  readonly indices: readonly string[];
}

/** Reads a pattern; undefined where its brackets are not in order. */
export function readNamePattern(text: string): NamePattern | undefined {
  const parts: NamePattern["parts"][number][] = [];
  let optional = false;
  for (const [piece] of text.matchAll(/\{[A-Za-z_]\w*\}|[[\]{}]|[^[\]{}]+/g)) {
    if (piece === "[" || piece === "]") {
      if (optional === (piece === "[")) return undefined;
      optional = piece === "[";
    } else if (piece === "{" || piece === "}") return undefined;
    else if (piece.startsWith("{")) parts.push({ kind: "index", name: piece.slice(1, -1), optional });
    else if (optional && piece.includes("|")) {
      const texts = piece.split("|");
      if (texts.some((t) => t === "")) return undefined;
      parts.push({ kind: "either", texts, optional: false });
    } else parts.push({ kind: "text", text: piece, optional });
  }
  if (optional || parts.every((p) => p.optional)) return undefined;
  return { parts, indices: parts.flatMap((p) => (p.kind === "index" ? [p.name] : [])) };
}

/** The name whole, and without what is optional; then the same with each later one of what it says in several ways. */
export function namesAt(pattern: NamePattern, indices: ReadonlyMap<string, number>): string[] {
  const ways = Math.max(1, ...pattern.parts.map((p) => (p.kind === "either" ? p.texts.length : 1)));
  const names = new Set<string>();
  for (let way = 0; way < ways; way++) {
    let whole = "";
    let short = "";
    for (const part of pattern.parts) {
      const text = textOf(part, (name) => String(indices.get(name) ?? ""), way);
      whole += text;
      if (!part.optional) short += text;
    }
    names.add(whole).add(short);
  }
  return [...names];
}

function textOf(part: NamePattern["parts"][number], index: (name: string) => string, way: number): string {
  if (part.kind === "index") return index(part.name);
  return part.kind === "text" ? part.text : part.texts[Math.min(way, part.texts.length - 1)]!;
}

/** The whole name with `{}` (which no name has) for each index, and each number in its words as `number` gives it. */
function formOf(pattern: NamePattern, number: (digits: string) => string): string {
  const form = (p: NamePattern["parts"][number]) =>
    p.kind === "index" ? "{}" : textOf(p, () => "", 0).replace(/\d+/g, number);
  return pattern.parts.map(form).join("");
}

/** False where all names that patterns stand for differ; true where they may not, and must be compared. */
export function mayMeet(patterns: readonly NamePattern[]): boolean {
  // A pattern with parts that some files leave out stands for its names without them as well.
  const forms = patterns.flatMap((p) => {
    const short = p.parts.filter((part) => !part.optional);
    return short.length < p.parts.length ? [p, { ...p, parts: short }] : [p];
  });
  const written = new Set(forms.map((p) => formOf(p, (digits) => digits)));
  const open = new Set(forms.map((p) => formOf(p, () => "{}")));
  // Where one has an index another may have that very number; numbers side by side are read in several ways.
  const kinds = new Set(forms.map((p) => formOf(p, () => "{0}")));
  return written.size < forms.length || open.size < kinds.size || [...open].some((f) => f.includes("}{"));
}

/** A regular expression of all names that a pattern stands for. */
export function expressionOf(pattern: NamePattern): string {
  const parts = pattern.parts.map((p) => {
    const plain = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
    if (p.kind === "either") return `(?:${p.texts.map(plain).join("|")})`;
    const one = p.kind === "index" ? "\\d{1,9}" : plain(p.text);
    return p.optional ? `(?:${one})?` : one;
  });
  return `^${parts.join("")}$`;
}

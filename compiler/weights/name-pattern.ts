/** A name in a foreign file as a checkpoint writes it: `[transformer.]h.{i}.ln_1.weight`. */
export interface NamePattern {
  readonly parts: readonly (
    | { readonly kind: "text"; readonly text: string; readonly optional: boolean }
    | { readonly kind: "index"; readonly name: string; readonly optional: boolean }
    /** One of several texts, as files of different ages have it: `LayerNorm.[weight|gamma]`. The first is what is written. */
    | { readonly kind: "either"; readonly texts: readonly string[]; readonly optional: false }
    /** Everything below what stands before, `cls.*`: only last, and only in a pattern of names that nobody reads. */
    | { readonly kind: "below"; readonly optional: false }
  )[];
  /** The indices it names. */
  readonly indices: readonly string[];
}

/** Reads a pattern; undefined where its brackets are not in order, or its `*` is not last and behind a dot. */
export function readNamePattern(text: string): NamePattern | undefined {
  const parts: NamePattern["parts"][number][] = [];
  let optional = false;
  for (const [piece] of text.matchAll(/\{[A-Za-z_]\w*\}|[[\]{}*]|[^[\]{}*]+/g)) {
    const last = parts.at(-1);
    if (last?.kind === "below") return undefined;
    if (piece === "[" || piece === "]") {
      if (optional === (piece === "[")) return undefined;
      optional = piece === "[";
    } else if (piece === "{" || piece === "}") return undefined;
    else if (piece === "*") {
      if (last?.kind !== "text" || last.optional || optional || !last.text.endsWith(".")) return undefined;
      parts.push({ kind: "below", optional });
    } else if (piece.startsWith("{")) parts.push({ kind: "index", name: piece.slice(1, -1), optional });
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
  if (part.kind === "below") return "";
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

/** Whether a pattern covers what stands below a name, `cls.*`, and so is no tensor's name. */
export function coversBelow(pattern: NamePattern): boolean {
  return pattern.parts.at(-1)?.kind === "below";
}

/** The most digits of an index in a name. */
const DIGITS = 9;

/**
 * Whether a pattern stands for a name. It walks the name once with all places where a part may end, so that no pattern
 * takes longer than its parts times the name's length.
 */
export function standsFor(pattern: NamePattern, name: string): boolean {
  let ends: readonly number[] = [0];
  for (const part of pattern.parts) {
    if (part.kind === "below") return ends.some((at) => at < name.length);
    const next = new Set(part.optional ? ends : []);
    for (const at of ends) {
      if (part.kind === "index") {
        for (let n = 0; n < DIGITS && isDigit(name, at + n); n++) next.add(at + n + 1);
      } else
        for (const text of part.kind === "text" ? [part.text] : part.texts)
          if (name.startsWith(text, at)) next.add(at + text.length);
    }
    if (next.size === 0) return false;
    ends = [...next];
  }
  return ends.includes(name.length);
}

function isDigit(name: string, at: number): boolean {
  const code = name.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** False where no name of a line is one that `ignored` covers; true where one may be, and all must be compared. */
export function mayCover(ignored: NamePattern, line: NamePattern): boolean {
  const plain = (text: string) => text.replace(/\d+/g, "0");
  const parts = ignored.parts.map((p) => {
    if (p.kind === "text") return { ...p, text: plain(p.text) };
    return p.kind === "either" ? { ...p, texts: p.texts.map(plain) } : p;
  });
  const names = namesAt(line, new Map(line.indices.map((index) => [index, 0])));
  return names.some((name) => standsFor({ ...ignored, parts }, plain(name)));
}

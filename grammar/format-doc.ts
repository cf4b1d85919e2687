/** A line of formatted text; the comment at its end waits for its column. */
export interface Line {
  readonly text: string;
  readonly comment?: EndComment;
}

/** A comment at a line's end, and the column where its author put it. */
export interface EndComment {
  readonly text: string;
  readonly column: number;
}

/**
 * What a statement may look like. A `group` stands on one line where it fits and breaks all its `line`s where not; a
 * `hard` line always breaks, and breaks what is around it.
 */
export type Doc =
  | string
  | readonly Doc[]
  | { readonly kind: "line"; readonly flat: string; readonly hard: boolean }
  | { readonly kind: "group"; readonly body: Doc; readonly broken: boolean; readonly last: boolean }
  | { readonly kind: "indent"; readonly body: Doc }
  | { readonly kind: "if-broken"; readonly text: string }
  | { readonly kind: "comment"; readonly comment: EndComment }
  | { readonly kind: "lines"; lines(indent: number): readonly Line[] };

export const line: Doc = { kind: "line", flat: " ", hard: false };
export const softLine: Doc = { kind: "line", flat: "", hard: false };
export const hardLine: Doc = { kind: "line", flat: "", hard: true };

export function indent(body: Doc): Doc {
  return { kind: "indent", body };
}

/** `last` keeps it on one line with what stands before it, which then breaks first. */
export function group(body: Doc, broken = false, last = false): Doc {
  return { kind: "group", body, broken: broken || breaks(body), last };
}

export const step = 2;

function isList(doc: Doc): doc is readonly Doc[] {
  return Array.isArray(doc);
}

function breaks(doc: Doc): boolean {
  if (typeof doc === "string") return false;
  if (isList(doc)) return doc.some(breaks);
  switch (doc.kind) {
    case "line":
      return doc.hard;
    case "group":
      return doc.broken;
    case "indent":
      return breaks(doc.body);
    case "lines":
      return true;
    default:
      return false;
  }
}

interface Command {
  readonly indent: number;
  readonly broken: boolean;
  readonly doc: Doc;
}

/** Whether the first line of `command`, with what follows it on that line, fits in `room`. */
function fits(command: Command, rest: readonly Command[], room: number): boolean {
  const stack = [command];
  let next = rest.length;
  let left = room;
  while (left >= 0) {
    const top = stack.pop() ?? rest[--next];
    if (top === undefined) return true;
    const { doc, broken } = top;
    if (typeof doc === "string") left -= doc.length;
    else if (isList(doc)) for (let i = doc.length - 1; i >= 0; i--) stack.push({ ...top, doc: doc[i]! });
    else if (doc.kind === "line") {
      if (broken || doc.hard) return true;
      left -= doc.flat.length;
    } else if (doc.kind === "group") {
      stack.push({ ...top, broken: doc.broken || (broken && !doc.last), doc: doc.body });
    } else if (doc.kind === "indent") stack.push({ ...top, doc: doc.body });
    else if (doc.kind === "lines") return true;
  }
  return false;
}

/** Lays out a document that begins at `indent`; no line but one that cannot break is wider than `width`. */
export function print(doc: Doc, indent: number, width: number): Line[] {
  const out: Line[] = [];
  const stack: Command[] = [{ indent, broken: true, doc }];
  let text = " ".repeat(indent);
  let comment: EndComment | undefined;
  const end = (): void => {
    const trimmed = text.trimEnd();
    out.push(comment === undefined ? { text: trimmed } : { text: trimmed, comment });
    comment = undefined;
  };
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { doc: one, broken } = top;
    if (typeof one === "string") text += one;
    else if (isList(one)) for (let i = one.length - 1; i >= 0; i--) stack.push({ ...top, doc: one[i]! });
    else if (one.kind === "line") {
      if (broken || one.hard) {
        end();
        text = " ".repeat(top.indent);
      } else text += one.flat;
    } else if (one.kind === "group") {
      const flat = { ...top, broken: false, doc: one.body };
      const whole = !one.broken && fits(flat, stack, width - text.length);
      stack.push(whole ? flat : { ...flat, broken: true });
    } else if (one.kind === "indent") stack.push({ ...top, indent: top.indent + step, doc: one.body });
    else if (one.kind === "if-broken") text += broken ? one.text : "";
    else if (one.kind === "comment") comment = one.comment;
    else {
      end();
      out.push(...one.lines(top.indent + step));
      text = " ".repeat(top.indent);
    }
  }
  end();
  return out;
}

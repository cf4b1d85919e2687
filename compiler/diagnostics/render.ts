import picocolors from "picocolors";
import type { Diagnostic, Label } from "./diagnostic.js";
import { type Mark, type SnippetLook, type Style, snippet } from "./render-snippet.js";
import { LineIndex, safe } from "./render-text.js";

export interface RenderOptions {
  /** The text of a file, or undefined where it cannot be read again. */
  source(file: string): string | undefined;
  /** How the user sees a file's name. Default: the host's path. */
  display?(file: string): string;
  readonly color?: boolean;
  /** Columns of the terminal; longer source lines are cut. */
  readonly width?: number;
}

/** How many steps of a trace are shown before the middle is left out. */
const TRACE_STEPS = 4;

/** More than anyone reads at once. */
const MOST_SHOWN = 100;

/** Characters of one remark; a hostile name can be as long as its file. */
const REMARK_LENGTH = 2000;

/** Of one line of a list, and how many lines are shown: a model has some hundred tensors, a hostile file a million. */
const LINE_LENGTH = 400;
const REMARK_LINES = 2000;

type IndexOf = (file: string) => LineIndex | undefined;

/** One diagnostic for a person: what, where, why and what to do. Nothing in it can drive the terminal. */
export function render(diagnostic: Diagnostic, options: RenderOptions): string {
  return renderWith(diagnostic, options, indices(options));
}

/** Lines of files, each counted once. */
function indices(options: RenderOptions): IndexOf {
  const known = new Map<string, LineIndex | undefined>();
  return (file) => {
    if (!known.has(file)) {
      const text = options.source(file);
      known.set(file, text === undefined ? undefined : new LineIndex(text));
    }
    return known.get(file);
  };
}

function renderWith(diagnostic: Diagnostic, options: RenderOptions, indexOf: IndexOf): string {
  const colors = picocolors.createColors(options.color ?? false);
  const strong = diagnostic.severity === "error" ? colors.red : colors.yellow;
  const paint = (style: Style, text: string): string => {
    if (style === "primary") return colors.bold(strong(text));
    if (style === "secondary" || style === "gutter") return colors.bold(colors.blue(text));
    return text;
  };
  const display = (file: string) => safe(options.display?.(file) ?? file);
  const sections = sectionsOf(diagnostic);
  const gutter = Math.max(1, ...sections.flatMap((s) => s.marks).map((m) => lastLine(m, indexOf)));
  const look: SnippetLook = { gutter, width: options.width ?? 120, paint };

  const head = `${diagnostic.severity}[${diagnostic.code}]`;
  const rows = [`${paint("primary", head)}${colors.bold(`: ${safe(clipped(diagnostic.message))}`)}`];
  for (const [i, section] of sections.entries()) {
    const index = indexOf(section.file);
    const first = section.marks.find((m) => m.primary) ?? section.marks[0]!;
    const at = index?.at(first.span.start);
    const place =
      at === undefined ? display(section.file) : `${display(section.file)}:${at.line}:${at.column}`;
    rows.push(`${" ".repeat(gutter)}${paint("gutter", i === 0 ? "-->" : ":::")} ${place}`);
    if (index !== undefined) rows.push(...snippet(index, section.marks, look));
    if (section.gap !== undefined) rows.push(`${" ".repeat(gutter)}${paint("gutter", ":::")} ${section.gap}`);
  }
  const margin = `${" ".repeat(gutter + 1)}${paint("gutter", "=")} `;
  const remark = (kind: "note" | "help", text: string) => {
    const [first = "", ...more] = safe(clipped(text), true).split("\n");
    rows.push(`${margin}${colors.bold(`${kind}:`)} ${first}`);
    for (const line of more) rows.push(`${" ".repeat(gutter + 3 + kind.length + 2)}${line}`.trimEnd());
  };
  for (const note of diagnostic.notes) remark("note", note);
  for (const help of diagnostic.helps) remark("help", help);
  for (const fix of diagnostic.fixes) {
    const text = fixText(fix.title, fix.replacement);
    // A help that names the replacement has said it already.
    const said = diagnostic.helps.some(
      (help) => help === text || names(help, fix.replacement) || repeats(help, fix),
    );
    if (!said) remark("help", text);
  }
  return rows.join("\n");
}

/**
 * The diagnostics with blank lines between them, and a last line with their number; "" for none. Of very many only the
 * first are shown; if there are errors, only errors.
 */
export function renderAll(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  if (diagnostics.length === 0) return "";
  const indexOf = indices(options);
  const errors = diagnostics.filter((d) => d.severity === "error");
  const many = diagnostics.length > MOST_SHOWN;
  const first = (many && errors.length > 0 ? errors : diagnostics).filter((d) => !isEnd(d));
  const shown = [...first.slice(0, MOST_SHOWN), ...diagnostics.filter(isEnd)];
  const rest = many ? `; ${diagnostics.length - shown.length} of them are not shown` : "";
  const parts = shown.map((d) => renderWith(d, options, indexOf));
  return `${parts.join("\n\n")}\n\n${tally(diagnostics)}${rest}\n`;
}

/** That a check has ended early is told however many errors it has found. */
const isEnd = (diagnostic: Diagnostic): boolean => diagnostic.code === "limit/errors";

/** A text whose endless lines leave out their middle, and a list of very many its end. */
function clipped(text: string): string {
  const lines = text.split("\n");
  const most = lines.length === 1 ? REMARK_LENGTH : LINE_LENGTH;
  const shown = lines.slice(0, REMARK_LINES).map((line) => {
    const half = most / 2;
    return line.length <= most ? line : `${line.slice(0, half)} … ${line.slice(-half)}`;
  });
  const rest = lines.length - shown.length;
  return [...shown, ...(rest > 0 ? [`  … and ${rest} more; \`--format json\` has all of them`] : [])].join(
    "\n",
  );
}

/** `2 errors, 1 warning` */
export function tally(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic["severity"]) => {
    const n = diagnostics.filter((d) => d.severity === severity).length;
    return n === 0 ? [] : [`${n} ${severity}${n === 1 ? "" : "s"}`];
  };
  return [...count("error"), ...count("warning")].join(", ");
}

interface Section {
  readonly file: string;
  readonly marks: readonly Mark[];
  /** A line after it for steps left out. */
  readonly gap?: string;
}

/** The user's place with its labels first, other files' labels next, then the trace, a step each. */
function sectionsOf(diagnostic: Diagnostic): readonly Section[] {
  const { span, label, labels, trace } = diagnostic;
  if (span === undefined) return traceSections(trace);
  const files = [...new Set([span.file, ...labels.map((l) => l.span.file)])];
  const near = files.map((file) => ({
    file,
    marks: [
      ...(file === span.file ? [{ span, text: label, primary: true }] : []),
      ...labels.filter((l) => l.span.file === file).map((l) => ({ ...l, primary: false })),
    ],
  }));
  return [...near, ...traceSections(trace)];
}

function traceSections(trace: readonly Label[]): readonly Section[] {
  const section = (step: Label): Section => ({ file: step.span.file, marks: [{ ...step, primary: false }] });
  if (trace.length <= TRACE_STEPS) return trace.map(section);
  const head = trace.slice(0, TRACE_STEPS - 2).map(section);
  const tail = trace.slice(-2).map(section);
  const last = head.pop()!;
  return [...head, { ...last, gap: `(${trace.length - TRACE_STEPS} calls between)` }, ...tail];
}

function lastLine(mark: Mark, indexOf: IndexOf): number {
  return String(indexOf(mark.span.file)?.at(mark.span.end).line ?? 0).length;
}

function fixText(title: string, replacement: string): string {
  const shown = replacement.trim();
  return shown === "" || shown.includes("\n") || names(title, shown) ? title : `${title}: \`${shown}\``;
}

/** A title such as "write `heads = 3`", of a fix that puts the `3` there, beside a help that has this very line. */
function repeats(help: string, { title, replacement }: { title: string; replacement: string }): boolean {
  const said = /`(.*)`/.exec(title)?.[1] ?? "";
  return said.includes(replacement.trim()) && names(help, said);
}

function names(text: string, replacement: string): boolean {
  return replacement.trim() !== "" && text.includes(`\`${replacement.trim()}\``);
}

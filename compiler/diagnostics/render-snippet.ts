import type { Span } from "../../grammar/ast.js";
import { type Cells, type LineIndex, layout, safe, sliceCells, textWidth } from "./render-text.js";

export type Style = "plain" | "gutter" | "primary" | "secondary";

/** One labelled place of a snippet. */
export interface Mark {
  readonly span: Span;
  readonly text: string;
  readonly primary: boolean;
}

export interface SnippetLook {
  /** Cells of the widest line number, over all snippets of a diagnostic. */
  readonly gutter: number;
  /** Cells of a whole row before source text is cut. */
  readonly width: number;
  paint(style: Style, text: string): string;
}

interface PlacedMark extends Mark {
  readonly first: number;
  readonly last: number;
  /** Cells in `first` and (end, exclusive) in `last`. */
  readonly from: number;
  readonly to: number;
}

/** A row of cells that later marks may draw over. */
class Row {
  private readonly cells: { text: string; style: Style }[] = [];

  put(cell: number, text: string, style: Style): void {
    let at = cell;
    for (const character of text) {
      while (this.cells.length < at) this.cells.push({ text: " ", style: "plain" });
      const width = textWidth(character);
      if (width === 0) {
        const before = this.cells[at - 1];
        if (before !== undefined) before.text += character;
        continue;
      }
      this.cells[at++] = { text: character, style };
      if (width === 2) this.cells[at++] = { text: "", style };
    }
  }

  render(look: SnippetLook): string {
    let out = "";
    let run = "";
    let style: Style = "plain";
    for (const cell of this.cells) {
      if (cell.style !== style) {
        out += run === "" ? "" : look.paint(style, run);
        run = "";
        style = cell.style;
      }
      run += cell.text;
    }
    return (out + (run === "" ? "" : look.paint(style, run))).trimEnd();
  }
}

/** Characters beyond which a line is not laid out: no person wrote it, and none would find the place in it. */
const LONGEST_LINE = 10_000;

/** The lines of one source with marks under them; none where one of them is endless. */
export function snippet(index: LineIndex, marks: readonly Mark[], look: SnippetLook): readonly string[] {
  const ends = marks.flatMap(({ span }) => [index.at(span.start).line, index.at(span.end).line]);
  if (ends.some((line) => index.line(line).length > LONGEST_LINE)) return [];
  const placed = marks.map((mark) => place(index, mark)).sort((a, b) => a.first - b.first || a.from - b.from);
  const tall = placed.filter((mark) => mark.last > mark.first);
  const rails = tall.length;
  const rows: string[] = [];
  const gutter = (label: string) => look.paint("gutter", `${label.padStart(look.gutter)} |`);
  const emit = (label: string, row: Row) => rows.push(`${gutter(label)} ${row.render(look)}`.trimEnd());
  const drawRails = (row: Row, line: number, started: boolean) => {
    tall.forEach((mark, rail) => {
      const style = styleOf(mark);
      if (mark.first === line && started) row.put(2 * rail, "/", style);
      else if (mark.first < line && line <= mark.last) row.put(2 * rail, "|", style);
      else if (mark.first === line && mark.last > line) row.put(2 * rail, "|", style);
    });
  };

  let previous: number | undefined;
  for (const line of shownLines(placed)) {
    if (previous !== undefined && line > previous + 1) {
      if (line === previous + 2) {
        const row = new Row();
        drawRails(row, line - 1, true);
        row.put(2 * rails, cut(index, line - 1, [], look, rails).text, "plain");
        emit(String(line - 1), row);
      } else {
        const row = new Row();
        drawRails(row, line - 1, false);
        rows.push(`${look.paint("gutter", "...".padEnd(look.gutter + 2))} ${row.render(look)}`.trimEnd());
      }
    }
    previous = line;
    const here = placed.filter((mark) => mark.first === line && mark.last === line);
    const ending = tall.filter((mark) => mark.last === line);
    const starting = tall.filter((mark) => mark.first === line);
    const view = cut(
      index,
      line,
      [...here, ...ending.map((m) => ({ ...m, from: m.to - 1 })), ...starting],
      look,
      rails,
    );
    const source = new Row();
    drawRails(source, line, true);
    source.put(2 * rails, view.text, "plain");
    emit(String(line), source);
    for (const row of underlines(here, view.shift, 2 * rails)) {
      drawRails(row, line, false);
      emit("", row);
    }
    for (const mark of ending) {
      const row = new Row();
      const rail = 2 * tall.indexOf(mark);
      const end = 2 * rails + Math.max(0, mark.to - 1 - view.shift);
      drawRails(row, line, false);
      row.put(rail, `|${"_".repeat(Math.max(0, end - rail - 1))}^ ${mark.text}`.trimEnd(), styleOf(mark));
      emit("", row);
    }
  }
  return rows;
}

function styleOf(mark: Mark): Style {
  return mark.primary ? "primary" : "secondary";
}

function place(index: LineIndex, mark: Mark): PlacedMark {
  const start = index.at(mark.span.start);
  let end = index.at(Math.max(mark.span.end, mark.span.start));
  if (end.line > start.line && end.column === 1) {
    end = { line: end.line - 1, column: index.line(end.line - 1).length + 1 };
  }
  const first = layout(index.line(start.line));
  const last = end.line === start.line ? first : layout(index.line(end.line));
  const from = cellAt(first, start.column);
  const to = cellAt(last, end.column);
  return {
    ...mark,
    text: safe(mark.text.slice(0, LONGEST_LINE)),
    first: start.line,
    last: end.line,
    from,
    to: end.line === start.line ? Math.max(to, from + 1) : Math.max(to, 1),
  };
}

function cellAt(cells: Cells, column: number): number {
  return cells.columns[Math.min(column - 1, cells.columns.length - 1)] ?? 0;
}

/** Lines with something to show: both ends of every mark, and the whole of a short one. */
function shownLines(marks: readonly PlacedMark[]): readonly number[] {
  const lines = new Set<number>();
  for (const mark of marks) {
    lines.add(mark.first).add(mark.last);
    if (mark.last - mark.first <= 5) for (let line = mark.first; line < mark.last; line++) lines.add(line);
  }
  return [...lines].sort((a, b) => a - b);
}

/** A line cut to the width around its marks; `shift` is what to take from a cell's place. */
function cut(
  index: LineIndex,
  line: number,
  marks: readonly PlacedMark[],
  look: SnippetLook,
  rails: number,
): { readonly text: string; readonly shift: number } {
  const { text, columns } = layout(index.line(line));
  const total = columns[columns.length - 1] ?? 0;
  const room = Math.max(20, look.width - look.gutter - 3 - 2 * rails);
  if (total <= room) return { text: text.trimEnd(), shift: 0 };
  const wanted = marks.find((mark) => mark.primary) ?? marks[0];
  const lead = Math.floor(room / 4);
  const from = wanted === undefined ? 0 : Math.max(0, Math.min(wanted.from - lead, total - room));
  const left = from === 0 ? "" : "…";
  const right = from + room < total ? "…" : "";
  const shown = sliceCells(text, from + left.length, from + room - right.length);
  return { text: `${left}${shown}${right}`.trimEnd(), shift: from };
}

/** The rows under a line: markers, the last label beside them, the others hanging from theirs, right to left. */
function underlines(marks: readonly PlacedMark[], shift: number, left: number): readonly Row[] {
  if (marks.length === 0) return [];
  const at = (mark: PlacedMark) => left + Math.max(0, mark.from - shift);
  const end = (mark: PlacedMark) => Math.max(left + mark.to - shift, at(mark) + 1);
  const markers = new Row();
  const primaryLast = [...marks].sort((a, b) => Number(a.primary) - Number(b.primary));
  for (const mark of primaryLast) {
    markers.put(at(mark), (mark.primary ? "^" : "-").repeat(end(mark) - at(mark)), styleOf(mark));
  }
  const rows = [markers];
  const worded = marks.filter((mark) => mark.text !== "").sort((a, b) => at(b) - at(a));
  const furthest = Math.max(...marks.map(end));
  const beside = worded[0] !== undefined && end(worded[0]) === furthest ? worded[0] : undefined;
  if (beside !== undefined) markers.put(furthest + 1, beside.text, styleOf(beside));
  const hanging = worded.filter((mark) => mark !== beside);
  if (hanging.length === 0) return rows;
  const stems = (row: Row, of: readonly PlacedMark[]) => {
    for (const mark of of) row.put(at(mark), "|", styleOf(mark));
    return row;
  };
  rows.push(stems(new Row(), hanging));
  hanging.forEach((mark, i) => {
    const row = stems(new Row(), hanging.slice(i + 1));
    row.put(at(mark), mark.text, styleOf(mark));
    rows.push(row);
  });
  return rows;
}

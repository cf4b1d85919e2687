/** Positions in a source, and text that is safe and measured for a terminal. */

const TAB = 4;

/** Line and column (both from 1; columns in UTF-16 units) of offsets in one text. */
export class LineIndex {
  private readonly starts: number[] = [0];

  constructor(readonly text: string) {
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) this.starts.push(i + 1);
  }

  get lines(): number {
    return this.starts.length;
  }

  /** Any offset is answered; those outside the text by its nearest end. */
  at(offset: number): { readonly line: number; readonly column: number } {
    const place = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= place) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: place - this.starts[low]! + 1 };
  }

  /** A line without its line end. */
  line(line: number): string {
    const start = this.starts[line - 1] ?? this.text.length;
    const end = line < this.starts.length ? this.starts[line]! - 1 : this.text.length;
    return this.text.slice(start, end).replace(/\r$/, "");
  }
}

/** A line as cells of a terminal: `columns[i]` is the cell at which UTF-16 unit `i` begins, plus one for the end. */
export interface Cells {
  readonly text: string;
  readonly columns: readonly number[];
}

/** Lays a line out: tabs to stops of four, wide characters as two cells, nothing that a terminal would obey. */
export function layout(line: string): Cells {
  let text = "";
  let cell = 0;
  const columns: number[] = [];
  for (const character of line) {
    for (let i = 0; i < character.length; i++) columns.push(cell);
    if (character === "\t") {
      const width = TAB - (cell % TAB);
      text += " ".repeat(width);
      cell += width;
    } else {
      const shown = visible(character);
      text += shown;
      cell += cellWidth(shown.codePointAt(0)!);
    }
  }
  columns.push(cell);
  return { text, columns };
}

/** Text from a user's file or command line without anything that a terminal would obey; newlines stay where `lines`. */
export function safe(text: string, lines = false): string {
  let out = "";
  for (const character of text) {
    if (character === "\n") out += lines ? "\n" : " ";
    else if (character === "\t") out += " ";
    else out += visible(character);
  }
  return out;
}

export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += cellWidth(character.codePointAt(0)!);
  return width;
}

/** The part of a text between two cells; a wide character cut in half becomes a space. */
export function sliceCells(text: string, from: number, to: number): string {
  let out = "";
  let cell = 0;
  for (const character of text) {
    const width = cellWidth(character.codePointAt(0)!);
    if (cell >= from && cell + width <= to) out += character;
    else if (cell < to && cell + width > from && width > 1) out += " ";
    cell += width;
  }
  return out;
}

function visible(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  if (isUnsafe(code)) return "\ufffd";
  return character;
}

/** C1 controls, lone surrogates, line separators, and marks that change the direction of text or hide in it. */
function isUnsafe(code: number): boolean {
  return (
    (code >= 0x80 && code <= 0x9f) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    code === 0x061c ||
    code === 0xad ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    (code >= 0xe0000 && code <= 0xe007f)
  );
}

const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];

function cellWidth(code: number): number {
  if (code < 0x300) return 1;
  if (/^\p{M}$/u.test(String.fromCodePoint(code))) return 0;
  for (const [low, high] of WIDE) if (code >= low && code <= high) return 2;
  return 1;
}

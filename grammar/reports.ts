import type { CodeName } from "../compiler/diagnostics/codes.js";
import type { DataOf, Diagnostics, Place } from "../compiler/diagnostics/sink.js";

/** More than anyone reads; a file that is no `.arch` at all would have one for each word. */
const most = 500;

/** More than are held; each holds its words and places. */
const mostHeld = 20_000;

/** Faults of the text itself: what else is wrong on their line most likely follows from them. */
const causes = new Set<string>([
  "syntax/character",
  "syntax/open-text",
  "syntax/import-form",
  "syntax/constraint-form",
]);
const effects = new Set<string>([
  "syntax/adjacent",
  "syntax/expected",
  "syntax/field-without-equals",
  "syntax/field-without-value",
  "syntax/leading-operator",
  "syntax/misplaced",
  "syntax/not-a-declaration",
  "syntax/not-assignable",
]);

interface Held {
  readonly code: string;
  readonly start: number;
  send(sink: Diagnostics): void;
}

/** Holds what the steps of one parse report, and hands it on in the order of the text. */
export class Reports {
  private readonly held: Held[] = [];
  private dropped = 0;

  constructor(private readonly text: string) {}

  report<K extends CodeName>(code: K, data: DataOf<K>, place: Place): void {
    if (this.held.length >= mostHeld) {
      this.dropped++;
      return;
    }
    const start = place.span?.start ?? 0;
    this.held.push({ code, start, send: (sink) => sink.report(code, data, place) });
  }

  /** Sends all but those that follow from a fault of their line, and the most that anyone reads. */
  flush(sink: Diagnostics): void {
    const sorted = [...this.held].sort((a, b) => a.start - b.start);
    const lines = this.linesOf(sorted);
    const faulty = new Set(lines.filter((_, i) => causes.has(sorted[i]!.code)));
    const shown = sorted.filter(({ code }, i) => !effects.has(code) || !faulty.has(lines[i]!));
    for (const { send } of shown.slice(0, most)) send(sink);
    const left = Math.max(0, shown.length - most) + this.dropped;
    if (left > 0) sink.report("syntax/too-many", { left });
  }

  /** Where the line of each begins: one pass over the text, however many there are. */
  private linesOf(sorted: readonly Held[]): readonly number[] {
    const breaks = /[\r\n]/g;
    let next = breaks.exec(this.text);
    let line = 0;
    return sorted.map(({ start }) => {
      while (next !== null && next.index < start) {
        line = next.index + 1;
        next = breaks.exec(this.text);
      }
      return line;
    });
  }
}

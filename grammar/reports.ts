import type { CodeName } from "../compiler/diagnostics/codes.js";
import type { DataOf, Diagnostics, Place } from "../compiler/diagnostics/sink.js";

/** More than anyone reads; a file that is no `.arch` at all would have one for each word. */
const most = 500;

/** Faults of the text itself: what else is wrong on their line most likely follows from them. */
const causes = new Set<string>(["syntax/character", "syntax/open-text"]);
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

  constructor(private readonly text: string) {}

  report<K extends CodeName>(code: K, data: DataOf<K>, place: Place): void {
    const start = place.span?.start ?? 0;
    this.held.push({ code, start, send: (sink) => sink.report(code, data, place) });
  }

  /** Sends all but those that follow from a fault of their line, and the most that anyone reads. */
  flush(sink: Diagnostics): void {
    const sorted = [...this.held].sort((a, b) => a.start - b.start);
    const faulty = new Set(
      this.held.filter(({ code }) => causes.has(code)).map((one) => this.lineStart(one.start)),
    );
    const shown = sorted.filter(
      ({ code, start }) => !effects.has(code) || !faulty.has(this.lineStart(start)),
    );
    for (const { send } of shown.slice(0, most)) send(sink);
    if (shown.length > most) sink.report("syntax/too-many", { left: shown.length - most });
  }

  private lineStart(at: number): number {
    return Math.max(this.text.lastIndexOf("\n", at - 1), this.text.lastIndexOf("\r", at - 1)) + 1;
  }
}

import type { CodeName } from "../compiler/diagnostics/codes.js";
import type { DataOf, Diagnostics, Place } from "../compiler/diagnostics/sink.js";

/** More than anyone reads; a file that is no `.arch` at all would have one for each word. */
const most = 500;

/** Holds what the steps of one parse report, and hands it on in the order of the text. */
export class Reports {
  private readonly held: { readonly at: number; readonly send: (sink: Diagnostics) => void }[] = [];

  report<K extends CodeName>(code: K, data: DataOf<K>, place: Place): void {
    const at = place.span?.start ?? 0;
    this.held.push({ at, send: (sink) => sink.report(code, data, place) });
  }

  flush(sink: Diagnostics): void {
    const sorted = [...this.held].sort((a, b) => a.at - b.at);
    for (const { send } of sorted.slice(0, most)) send(sink);
    if (sorted.length > most) sink.report("syntax/too-many", { left: sorted.length - most });
  }
}

import type { Span } from "../../grammar/ast.js";
import type { Code } from "./code.js";
import { type CodeName, type Codes, codes } from "./codes.js";
import type { Diagnostic, Fix, Label } from "./diagnostic.js";

export interface Place {
  readonly span?: Span | undefined;
  readonly labels?: readonly Label[];
  readonly trace?: readonly Label[];
  readonly fixes?: readonly Fix[];
  /** Beyond those of the code's own words. */
  readonly notes?: readonly string[];
  readonly helps?: readonly string[];
  readonly subject?: string;
}

export type DataOf<K extends CodeName> = Codes[K] extends Code<infer D> ? D : never;

/** Errors after which a check ends: nobody mends more at once. */
export const mostErrors = 1000;

/**
 * Collects diagnostics; the same problem at the same place is kept once. After `most` errors it takes no more, says so
 * at the last of them, and has halted.
 */
export class Diagnostics {
  private readonly seen = new Set<string>();
  readonly list: Diagnostic[] = [];
  private errors = 0;

  constructor(private readonly most = Number.POSITIVE_INFINITY) {}

  report<K extends CodeName>(code: K, data: DataOf<K>, place: Place = {}): void {
    if (this.isFull && codes[code].severity === "error") return;
    this.take(this.made(code, data, place));
  }

  private made<K extends CodeName>(code: K, data: DataOf<K>, place: Place): Diagnostic {
    const row = codes[code] as Code<DataOf<K>>;
    const words = row.words(data);
    return {
      code,
      severity: row.severity,
      message: words.message,
      span: place.span,
      label: words.label ?? "",
      labels: place.labels ?? [],
      trace: place.trace ?? [],
      notes: [...(words.notes ?? []), ...(place.notes ?? [])],
      helps: [...(words.helps ?? []), ...(place.helps ?? [])],
      fixes: place.fixes ?? [],
      ...(place.subject === undefined ? {} : { subject: place.subject }),
    };
  }

  /** Takes in what another collector found. */
  take(found: Diagnostic): void {
    const key = this.identity(found);
    if (this.seen.has(key) || (this.isFull && found.severity === "error")) return;
    this.seen.add(key);
    this.list.push(found);
    this.added(found);
    if (found.severity !== "error" || ++this.errors < this.most) return;
    this.list.push(this.made("limit/errors", { limit: this.most }, { span: found.span }));
  }

  private get isFull(): boolean {
    return this.errors >= this.most;
  }

  /** Nothing more needs to be known: tracing may end. */
  get halted(): boolean {
    return this.isFull;
  }

  /** For collectors that look at what comes. */
  protected added(_found: Diagnostic): void {}

  /** What makes two reports the same problem. */
  protected identity({ code, span, message }: Diagnostic): string {
    return `${code}|${span?.file}|${span?.start}|${span?.end}|${message}`;
  }

  /** Says more of what is at a place of the list already. */
  amend(index: number, more: Pick<Diagnostic, "labels" | "helps" | "fixes">): void {
    const old = this.list[index]!;
    this.list[index] = {
      ...old,
      labels: [...old.labels, ...more.labels],
      helps: [...more.helps, ...old.helps],
      fixes: [...old.fixes, ...more.fixes],
    };
  }

  /** How many of the list are errors; nothing leaves the list. */
  get errorCount(): number {
    return this.errors;
  }

  get hasErrors(): boolean {
    return this.errors > 0;
  }
}

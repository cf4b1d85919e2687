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

/** Collects diagnostics; the same problem at the same place is kept once. */
export class Diagnostics {
  private readonly seen = new Set<string>();
  readonly list: Diagnostic[] = [];
  private errors = 0;

  report<K extends CodeName>(code: K, data: DataOf<K>, place: Place = {}): void {
    const row = codes[code] as Code<DataOf<K>>;
    const words = row.words(data);
    const found: Diagnostic = {
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
    this.take(found);
  }

  /** Takes in what another collector found. */
  take(found: Diagnostic): void {
    const key = this.identity(found);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.list.push(found);
    if (found.severity === "error") this.errors++;
    this.added(found);
  }

  /** Nothing more needs to be known: tracing may end. */
  get halted(): boolean {
    return false;
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

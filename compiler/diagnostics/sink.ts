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

  report<K extends CodeName>(code: K, data: DataOf<K>, place: Place = {}): void {
    const row = codes[code] as Code<DataOf<K>>;
    const words = row.words(data);
    const key = `${code}|${place.span?.file}|${place.span?.start}|${place.span?.end}|${words.message}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.list.push({
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
    });
  }

  get hasErrors(): boolean {
    return this.list.some((d) => d.severity === "error");
  }
}

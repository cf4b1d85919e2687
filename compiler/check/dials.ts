import type { Call, Expr, NumberLit } from "../../grammar/ast.js";
import type { Diagnostic, Fix, Label } from "../diagnostics/diagnostic.js";
import { numbersIn } from "./candidates.js";
import type { Program } from "./program.js";
import { type CallRead, type Edit, type Holder, type Trial, within } from "./trial.js";

/** What the user could write instead. */
export interface Change {
  readonly edit: Edit;
  /** The line as it would read: `heads = 3`. */
  readonly text: string;
  readonly fix: Fix | undefined;
}

/** One number that the user wrote, or left to the default of an argument. */
export interface Dial {
  /** What it is called where it is written: `heads`, `attn.kept`. */
  readonly name: string;
  readonly now: bigint;
  change(value: bigint): Change;
  /** Where it is written, if that is not where the error points already. */
  readonly label: Label | undefined;
  /** It stands in the text that the error points at. */
  readonly near: boolean;
  /** The layer that would get an argument more. */
  readonly added: string | undefined;
  /** All numbers of the list that it is one of. */
  readonly list: readonly NumberLit[] | undefined;
}

/** Longer texts than this are no line to offer. */
const LONGEST = 80;

/** The numbers that a trial of the model has read, as far as their lines can be written anew. */
export class Dials {
  constructor(
    private readonly program: Program,
    private readonly trial: Trial,
  ) {}

  /**
   * Those that an error may hang on, `read` before it came, the likeliest first: its words name them, or their values, or
   * they stand where it points at. The rest is for errors that these do not explain.
   */
  for(error: Diagnostic, read: ReadonlySet<NumberLit>): { likely: readonly Dial[]; rest: readonly Dial[] } {
    const words = wordsOf(error);
    const numbers = numbersIn(words);
    const isNamed = (name: string) => words.includes(`\`${lastName(name)}\``);
    const ranked: (readonly [rank: number, dial: Dial])[] = [];
    const add = (dial: Dial, rank: number) =>
      ranked.push([rank + (isNamed(dial.name) ? 0 : 2) + (numbers.includes(dial.now) ? 0 : 2), dial]);
    for (const expr of read) {
      const near = error.span !== undefined && within(expr.span, error.span);
      const dial = this.ofNumber(expr, near);
      if (dial) add(dial, near ? -1 : 1);
    }
    for (const dial of this.ofCalls(error, false)) add(dial, 1);
    ranked.sort(([a], [b]) => a - b);
    const byName = this.ofCalls(error, true).sort(
      (a, b) => Number(isNamed(b.name)) - Number(isNamed(a.name)),
    );
    const those = (holds: (rank: number) => boolean) =>
      ranked.flatMap(([r, dial]) => (holds(r) ? [dial] : []));
    return { likely: those((r) => r < 4), rest: [...those((r) => r >= 4), ...byName] };
  }

  /** The line around some of the user's numbers with others in their place. */
  rewritten(holder: Holder, values: ReadonlyMap<NumberLit, bigint>): Change | undefined {
    const { span } = holder.expr;
    let text = this.source(holder.expr) ?? "";
    const last = [...values].sort(([a], [b]) => b.span.start - a.span.start);
    for (const [expr, value] of last)
      text = `${text.slice(0, expr.span.start - span.start)}${value}${text.slice(expr.span.end - span.start)}`;
    if (text.length > LONGEST) return undefined;
    const line = `${holder.name} = ${text.replace(/\s+/g, " ")}`;
    return {
      edit: { kind: "numbers", values },
      text: line,
      fix: { title: `write \`${line}\``, span, replacement: text },
    };
  }

  /** The name that an expression is written for, and the whole of what is written. */
  holderOf(expr: Expr): Holder | undefined {
    return this.trial.holderOf(expr);
  }

  private ofNumber(expr: NumberLit, near: boolean): Dial | undefined {
    const holder = this.holderOf(expr);
    if (!holder || expr.exact[1] !== 1n || !this.rewritten(holder, new Map())) return undefined;
    const { expr: whole } = holder;
    const items = whole.kind === "list" ? whole.items : [];
    const numbers = items.filter((item): item is NumberLit => item.kind === "number" && item.whole);
    return {
      name: holder.name,
      now: expr.exact[0],
      change: (value) => this.rewritten(holder, new Map([[expr, value]]))!,
      near,
      label: near ? undefined : { span: expr.span, text: `\`${holder.name}\` is written here` },
      added: undefined,
      list: numbers.length > 1 && numbers.length === items.length ? numbers : undefined,
    };
  }

  /** Lists that the error's words name, without their last item. */
  shorterLists(error: Diagnostic): readonly Change[] {
    const words = wordsOf(error);
    return [...this.trial.lists].flatMap((list): Change[] => {
      const holder = this.holderOf(list);
      if (holder?.expr !== list || !words.includes(`\`${lastName(holder.name)}\``)) return [];
      const [before, last] = list.items.slice(-2);
      const { span } = list;
      const text = this.source(list) ?? "";
      const rest = `${text.slice(0, before!.span.end - span.start)}${text.slice(last!.span.end - span.start)}`;
      const line = `${holder.name} = ${rest.replace(/\s+/g, " ")}`;
      if (rest.length > LONGEST) return [];
      const fix = { title: `write \`${line}\``, span, replacement: rest };
      return [{ edit: { kind: "shorter", list }, text: line, fix }];
    });
  }

  /** Flags of calls at the error's place that are left to their default, where its words name them. */
  flags(error: Diagnostic): readonly (Change & { readonly added: string | undefined })[] {
    const words = wordsOf(error);
    return this.around(error).flatMap(([call, { decl, given }]) =>
      decl.params.flatMap(({ name: { text: name }, value }) => {
        const word = value?.kind === "name" ? value.name : "";
        if (given.has(name) || !/^(true|false)$/.test(word) || !words.includes(`\`${name}\``)) return [];
        return [{ ...argument(call, name, word === "false"), added: this.source(call.callee) }];
      }),
    );
  }

  /** Arguments of calls at the error's place, by their value: left to a default, or (`written`) given by a name. */
  private ofCalls(error: Diagnostic, written: boolean): Dial[] {
    return this.around(error).flatMap(([call, { decl, given }]) =>
      decl.params.flatMap(({ name: { text: name }, shape, value }): Dial[] => {
        const val = given.get(name);
        const number = value?.kind === "number" && value.whole ? value.exact[0] : undefined;
        const now = written ? val?.kind === "count" && val.dim.int : given.has(name) ? undefined : number;
        if (shape || typeof now !== "bigint") return [];
        const change = (v: bigint) => argument(call, name, v);
        return [
          {
            name,
            now,
            change,
            label: undefined,
            near: true,
            added: this.source(call.callee),
            list: undefined,
          },
        ];
      }),
    );
  }

  /** Calls of layers within the text that an error points at. */
  private around(error: Diagnostic): readonly (readonly [Call, CallRead])[] {
    const { span } = error;
    return span === undefined ? [] : [...this.trial.calls].filter(([call]) => within(call.span, span));
  }

  private source({ span }: Expr): string | undefined {
    return this.program.source(span.file)?.slice(span.start, span.end);
  }
}

const argument = (call: Call, name: string, value: bigint | boolean): Change => ({
  edit: { kind: "argument", call, name, value },
  text: `${name} = ${value}`,
  fix: undefined,
});

const lastName = (path: string): string => path.split(".").at(-1)!;

/** All that an error says, values included. */
export const wordsOf = (d: Diagnostic): string => [d.message, d.label, ...d.notes].join("\n");

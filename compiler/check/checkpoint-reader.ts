import type { Expr, Name, Span, StoredLine } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { numbersIn } from "../ir/path.js";
import type { ForeignTensor, UnusedLine } from "../weights/checkpoint.js";
import { initialOf } from "../weights/fill.js";
import { type NamePattern, namesAt } from "../weights/name-pattern.js";
import {
  alike,
  type Indices,
  type Laid,
  layOut,
  likeness,
  type Match,
  named,
  type Read,
} from "./checkpoint-layout.js";
import { type Ignored, isIgnored, type Part, readFused, readPart } from "./checkpoint-part.js";
import type { NamedWeight } from "./checkpoint-weights.js";

/** Tensors that all lines of a model stand for: more than any file has, and a spec that asks for more is a slip. */
const MOST = 100_000;

/** A line that reads a tensor. */
export interface Line {
  readonly line: StoredLine;
  readonly pattern: NamePattern;
  /** Stated by the model itself: what matches nothing is a mistake. A base's line may speak of what a variant replaced. */
  readonly own: boolean;
}

/** A line with what it means for every index. */
export interface Written {
  readonly line: StoredLine;
  readonly pattern: NamePattern;
  readonly tensors: readonly { readonly match: Match; readonly laid: Laid }[];
}

/** The tensors of a line, one for every index. */
export function tensorsOf({ line, pattern, tensors }: Written): ForeignTensor[] {
  const optional = line.optional ? { optional: line.foreign.value } : {};
  return tensors.map(({ match, laid }) => {
    return { ...named(laid, namesAt(pattern, match.indices), match.weights), ...optional };
  });
}

/** Weights that a line speaks of and does not fit. */
interface Unfit {
  readonly faults: Diagnostics;
  readonly weights: readonly NamedWeight[];
}

/** Writes the lines of a section out for every index. */
export class CheckpointReader {
  private readonly byPath = new Map<string, NamedWeight>();
  private readonly byForm = new Map<string, NamedWeight[]>();
  /** The indices that are one alone, by its name and number. */
  private readonly single = new Map<string, Map<number, Indices>>();
  private left = MOST;

  constructor(
    weights: readonly NamedWeight[],
    private readonly isMissing: (path: readonly string[]) => boolean,
    private readonly sink: Diagnostics,
  ) {
    for (const weight of weights) {
      this.byPath.set(weight.path, weight);
      const alike = this.byForm.get(weight.form);
      if (alike) alike.push(weight);
      else this.byForm.set(weight.form, [weight]);
    }
  }

  /** The lines that speak of weights of the model, and those of a base that do not. What fits no weight is reported. */
  read(lines: readonly Line[]): {
    readonly written: readonly Written[];
    readonly unused: readonly UnusedLine[];
  } {
    const unfit: Unfit[] = [];
    const unused: UnusedLine[] = [];
    const written = lines.flatMap((line) => this.line(line, unfit, unused) ?? []);
    if (unfit.length > 0) {
      const given = new Set(
        written.flatMap(({ tensors }) => tensors.flatMap(({ match }) => match.weights.map((w) => w.path))),
      );
      // A line of feed-forwards does not fit experts of the same name; where another line does, nothing is wrong.
      for (const { faults, weights } of unfit) {
        if (!weights.every((w) => given.has(w.path))) for (const found of faults.list) this.sink.take(found);
      }
    }
    return { written, unused };
  }

  /** Undefined where the line is wrong (reported), or speaks of weights that a variant replaced. */
  private line({ line, pattern, own }: Line, unfit: Unfit[], unused: UnusedLine[]): Written | undefined {
    if (this.left < 0) return undefined;
    const read = this.rightSide(line.value);
    const parts = read?.parts.filter((p): p is Part => !isIgnored(p)) ?? [];
    if (!read || !this.indicesAgree(pattern, parts, line.foreign.span)) return undefined;
    let all: readonly Match[] = [{ indices: new Map(), weights: [] }];
    for (const part of parts) {
      const next = all.flatMap((match) => this.extend(part, match));
      this.left -= next.length;
      if (this.left < 0) {
        this.sink.report("limit/tensors", { limit: MOST }, { span: line.foreign.span });
        return undefined;
      }
      if (next.length === 0) {
        if (own) this.reportUnknown(part);
        else unused.push({ name: line.foreign.value, weight: part.written });
        return undefined;
      }
      all = next;
    }
    const before = unfit.length;
    const tensors: Written["tensors"][number][] = [];
    const known = new Map<string, { readonly laid: Laid | undefined; readonly faults: Diagnostics }>();
    let last: (typeof tensors)[number] | undefined;
    for (const match of all) {
      const { indices, weights } = match;
      let laid = last?.laid;
      // Weights of blocks alike lie alike.
      if (!last || !alike(parts, last.match, match)) {
        const key = parts.map((part, i) => likeness(part, weights[i]!, indices)).join("");
        let found = known.get(key);
        if (!found) {
          const faults = new Diagnostics();
          known.set(key, (found = { laid: layOut(read, match, line.value.span, faults), faults }));
        }
        laid = found.laid;
        if (!laid) unfit.push({ faults: found.faults, weights });
      }
      if (!laid) continue;
      tensors.push((last = { match, laid }));
    }
    // What a line of the model itself fits nowhere is its mistake; a base's line may be of what a variant replaced.
    if (tensors.length === 0 && own) {
      for (const { faults } of unfit.splice(before)) for (const found of faults.list) this.sink.take(found);
    }
    if (line.optional) this.reportRandom(line, tensors);
    return { line, pattern, tensors };
  }

  /** Reports an optional line of a weight that would start random where a file lacks it. */
  private reportRandom({ value }: StoredLine, tensors: Written["tensors"]): void {
    for (const { weights } of tensors.map((t) => t.match)) {
      const weight = weights.find(({ init }) => initialOf(init) === undefined);
      if (!weight) continue;
      this.sink.report("checkpoint/optional-random", { weight: weight.path }, { span: value.span });
      return;
    }
  }

  /** The parts of one tensor, one of them a weight at least, and the axis along which they stand one after another. */
  private rightSide(expr: Expr): Read | undefined {
    if (expr.kind !== "call") {
      const part = readPart(expr, this.sink);
      return part && { parts: [part], axis: undefined };
    }
    if (expr.callee.kind !== "name" || expr.callee.name !== "concat") {
      this.sink.report("checkpoint/form", {}, { span: expr.span });
      return undefined;
    }
    const parts: (Part | Ignored)[] = [];
    let axis = -1;
    let each: Name | undefined;
    for (const arg of expr.args) {
      if (arg.name?.text === "axis" && arg.value.kind === "number" && arg.value.whole) axis = arg.value.value;
      else if (arg.name?.text === "each" && arg.value.kind === "name")
        each = { text: arg.value.name, span: arg.value.span };
      else if (arg.name !== undefined) {
        this.sink.report("checkpoint/form", {}, { span: arg.span });
        return undefined;
      } else {
        const part = readFused(arg.value, this.sink);
        if (!part) return undefined;
        parts.push(part);
      }
    }
    if (!parts.every(isIgnored)) return { parts, axis, each };
    this.sink.report("checkpoint/form", {}, { span: expr.span });
    return undefined;
  }

  private indicesAgree(pattern: NamePattern, parts: readonly Part[], span: Span): boolean {
    const known = [...new Set(parts.flatMap((p) => p.indices.map((i) => i.name)))];
    for (const name of pattern.indices) {
      if (known.includes(name)) continue;
      this.sink.report("checkpoint/index-without-weight", { name, known }, { span });
      return false;
    }
    for (const { name, span: at } of parts.flatMap((p) => p.indices)) {
      if (pattern.indices.includes(name)) continue;
      this.sink.report("checkpoint/index-without-name", { name }, { span: at });
      return false;
    }
    return true;
  }

  /** All indices for which a part's weight is there, that agree with those known. */
  private extend(part: Part, known: Match): readonly Match[] {
    const matches = this.matches(part, known);
    if (part.picks.length === 0) return matches;
    const found: Match[] = [];
    for (const { indices, weights } of matches) {
      const weight = weights.at(-1)!;
      let all = [indices];
      for (const pick of part.picks) {
        const { index } = pick;
        if (typeof index === "number") continue;
        const size = weight.shape[weight.axes.indexOf(pick.axis.text)] ?? 1;
        // Told by the caller, before so many are written out.
        if (!all[0]?.has(index) && all.length * size > this.left) this.left = -1;
        if (this.left < 0) return [];
        all = all.flatMap((some) =>
          some.has(index) ? [some] : Array.from({ length: size }, (_, i) => new Map(some).set(index, i)),
        );
      }
      for (const one of all) found.push({ indices: one, weights });
    }
    return found;
  }

  private matches(part: Part, { indices: known, weights }: Match): readonly Match[] {
    const open = part.path.some((s) => typeof s === "object" && !known.has(s.index));
    if (!open) {
      const weight = this.byPath.get(part.pathAt(known));
      return weight ? [{ indices: known, weights: [...weights, weight] }] : [];
    }
    const form = part.path.map((s) => (typeof s === "string" ? s : "#")).join(".");
    const wanted = part.path.filter((s) => typeof s !== "string");
    const found: Match[] = [];
    for (const weight of this.byForm.get(form) ?? []) {
      const numbers = numbersIn(weight.path);
      let indices = known;
      const agrees = wanted.every((want, i) => {
        const number = numbers[i]!;
        const before = typeof want === "number" ? want : indices.get(want.index);
        if (before === undefined && typeof want !== "number")
          indices = this.indicesWith(indices, want.index, number);
        return before === undefined || before === number;
      });
      if (agrees) found.push({ indices, weights: [...weights, weight] });
    }
    return found;
  }

  /** The indices and one more. Most lines have that one alone, and share what it gives. */
  private indicesWith(known: Indices, name: string, number: number): Indices {
    if (known.size > 0) return new Map(known).set(name, number);
    let byNumber = this.single.get(name);
    if (!byNumber) this.single.set(name, (byNumber = new Map()));
    let indices = byNumber.get(number);
    if (!indices) byNumber.set(number, (indices = new Map([[name, number]])));
    return indices;
  }

  private reportUnknown(part: Part): void {
    if (!this.isMissing(part.path.map((s) => (typeof s === "string" ? s : "#")))) return;
    const known = [...new Set([...this.byPath.keys()].map((path) => path.replace(/\.\d+(?=\.|$)/g, "[i]")))];
    const plain = part.written.replace(/\[[a-z_]\w*\]/g, "[i]");
    const near = nearest(plain, known);
    const fixes = near === undefined ? [] : [{ title: "replace", span: part.pathSpan, replacement: near }];
    const data = { name: part.written, near, known: known.slice(0, 40) };
    this.sink.report("checkpoint/unknown-weight", data, { span: part.pathSpan, fixes });
  }
}

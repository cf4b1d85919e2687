import type { Call, Expr, PatternAxis, Span } from "../../../grammar/ast.js";
import { nearest } from "../../diagnostics/did-you-mean.js";
import type { Dim } from "../../dim/dim.js";
import type { DType } from "../../ir/graph.js";
import { evaluate } from "../expressions.js";
import { toTensor, type Want } from "../operands.js";
import type { Scope } from "../scope.js";
import { restAxes } from "../shapes.js";
import { kindOf, type Tensor, type Val } from "../values.js";

/** One call of a built-in function, with helpers that read its arguments and report what does not fit. */
export class BuiltinCall {
  readonly name: string;
  readonly expr: Call;
  readonly scope: Scope;
  readonly want: Want;
  readonly positional: readonly Expr[];
  private readonly values = new Map<number, Val>();
  /** How the function is written, for messages. */
  readonly usage: string;

  constructor(name: string, expr: Call, scope: Scope, want: Want, usage: string) {
    this.name = name;
    this.expr = expr;
    this.scope = scope;
    this.want = want;
    this.usage = usage;
    this.positional = expr.args.filter((a) => !a.name).map((a) => a.value);
  }

  get span(): Span {
    return this.expr.span;
  }

  /** Reports and answers false where the number of positional arguments is not within the bounds. */
  takes(least: number, most: number, named: readonly string[] = []): boolean {
    for (const arg of this.expr.args) {
      if (arg.name && !named.includes(arg.name.text)) {
        this.scope.tracer.report(
          "builtin/unknown-argument",
          {
            name: this.name,
            argument: arg.name.text,
            near: nearest(arg.name.text, named),
            usage: this.usage,
          },
          arg.name.span,
        );
        return false;
      }
    }
    const given = this.positional.length;
    if (given >= least && given <= most) return true;
    this.scope.tracer.report("builtin/arguments", { name: this.name, given, usage: this.usage }, this.span);
    return false;
  }

  /** Argument `i`, evaluated once however often it is asked for: evaluating makes nodes and instances. */
  value(i: number, want?: Want): Val {
    let val = this.values.get(i);
    if (!val) {
      val = evaluate(this.positional[i]!, this.scope, want);
      this.values.set(i, val);
    }
    return val;
  }

  named(name: string): Expr | undefined {
    return this.expr.args.find((a) => a.name?.text === name)?.value;
  }

  /** Argument `i` as a tensor; undefined where it is unknown or reported. */
  tensor(i: number, dtype?: DType): Tensor | undefined {
    const val = this.value(i);
    if (val.kind === "unknown" || val.kind === "hole") return undefined;
    return toTensor(this.scope, { val, span: this.positional[i]!.span }, dtype);
  }

  /** A float tensor: what reductions and selections take. */
  float(i: number): Tensor | undefined {
    return this.tensor(i, "f32");
  }

  /** The axis that argument `i` names; it must be one of the tensor's. */
  axis(i: number, tensor: Tensor): string | undefined {
    const expr = this.positional[i]!;
    if (expr.kind === "name") return this.has(tensor, expr.name, expr.span) ? expr.name : undefined;
    this.scope.tracer.report(
      "builtin/axis-expected",
      { name: this.name, usage: this.usage, axes: named(tensor) },
      expr.span,
    );
    return undefined;
  }

  /** Axes from argument `i` on: names, or `..`, or a pattern of several. */
  axes(i: number, tensor: Tensor): readonly string[] | undefined {
    const result: string[] = [];
    for (const expr of this.positional.slice(i)) {
      if (expr.kind === "pattern" && !expr.hasArrow) result.push(...this.expand(expr.from));
      else if (expr.kind === "name") result.push(expr.name);
      else {
        this.scope.tracer.report(
          "builtin/axis-expected",
          { name: this.name, usage: this.usage, axes: named(tensor) },
          expr.span,
        );
        return undefined;
      }
    }
    return result.every((a) => this.has(tensor, a, this.span)) ? result : undefined;
  }

  /** `A B -> P` as argument `i`. */
  pattern(
    i: number,
  ):
    | { from: readonly string[]; to: readonly string[]; toNames: readonly PatternAxis[]; span: Span }
    | undefined {
    const expr = this.positional[i];
    if (expr?.kind !== "pattern" || !expr.hasArrow) {
      this.scope.tracer.report(
        "builtin/pattern-expected",
        { name: this.name, usage: this.usage, found: expr ? "another argument" : "nothing" },
        expr?.span ?? this.span,
      );
      return undefined;
    }
    return { from: this.expand(expr.from), to: this.expand(expr.to), toNames: expr.to, span: expr.span };
  }

  has(tensor: Tensor, axis: string, span: Span): boolean {
    if (tensor.axes.includes(axis)) return true;
    const names = named(tensor);
    const written = this.positional.find((e) => e?.kind === "name" && e.name === axis)?.span ?? span;
    const { tracer } = this.scope;
    if (!tracer.program.unresolved.has(`${written.file}:${written.start}`))
      tracer.report("index/no-such-axis", { axis, near: nearest(axis, names), axes: names }, written);
    return false;
  }

  /** Registers a name that the pattern gives to a new axis. */
  define(axis: PatternAxis | undefined, size: Dim): boolean {
    if (axis?.kind !== "axis") return true;
    const known = this.scope.axes.sizes.get(axis.name.text);
    if (!known) {
      this.scope.axes.sizes.set(axis.name.text, { size, span: axis.span });
      return true;
    }
    const verdict = known.size.compare(size);
    if (verdict !== "different") {
      if (verdict === "unknown")
        this.scope.tracer.assume(
          known.size,
          "==",
          size,
          `axis \`${axis.name.text}\` has one size`,
          axis.span,
        );
      return true;
    }
    this.scope.tracer.report(
      "shape/axis-has-two-sizes",
      { axis: axis.name.text, first: String(known.size), second: String(size) },
      axis.span,
      {
        labels: [{ span: known.span, text: `\`${axis.name.text}\` is ${known.size} here` }],
      },
    );
    return false;
  }

  private expand(axes: readonly PatternAxis[]): string[] {
    return axes.flatMap((a) =>
      a.kind === "rest" ? restAxes(this.scope.axes.rest?.length ?? 0) : [a.name.text],
    );
  }

  expected(what: string, val: Val, span: Span): void {
    if (val.kind !== "unknown" && val.kind !== "hole")
      this.scope.tracer.report("kind/expected", { expected: what, found: kindOf(val) }, span);
  }
}

const named = (t: Tensor): string[] => t.axes.filter((a) => !a.startsWith(".."));

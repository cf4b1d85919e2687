import type { Assign, BlocksDecl, Expr, KindRef, ModelDecl, Name, Range, Span } from "../../grammar/ast.js";
import { fieldNamed } from "../diagnostics/codes/foreign.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { ModelEnv } from "./model.js";
import { stackName } from "./model-names.js";
import { Stack } from "./stack.js";

/** An expression where it is written. */
export interface Source {
  readonly expr: Expr;
  readonly file: string;
  readonly span: Span;
}

/** A field or slot of a model with its bases merged. */
export interface Field {
  readonly name: Name;
  readonly type: KindRef | undefined;
  readonly within: Range | undefined;
  source: Source | undefined;
  /** What the field was declared with, which stands where a variant's value is wrong. */
  readonly usual: Source | undefined;
  /** The line that has set it last. */
  setBy?: { readonly decl: ModelDecl; readonly name: Name };
  /** `ffn.k = 64`: arguments changed afterwards, in order. */
  readonly changes: { readonly path: readonly Name[]; readonly source: Source }[];
}

/** Lays the lines of a model over those of its bases; `depth` counts these. */
export function merge(env: ModelEnv, decl: ModelDecl, file: string, depth: number): void {
  const derived = depth > 0 || decl.base !== undefined;
  for (const item of decl.items) {
    switch (item.kind) {
      case "field":
      case "slot": {
        const names = item.kind === "field" ? item.names : [item.name];
        for (const name of names) {
          const known = env.fields.get(name.text);
          if (known && !item.value) {
            env.tracer.report("name/declared-twice", { name: name.text }, name.span, {
              labels: [{ span: known.name.span, text: "first declared here" }],
            });
            continue;
          }
          const source = item.value && { expr: item.value, file, span: item.span };
          env.fields.set(name.text, {
            name,
            type: item.type,
            within: item.kind === "field" ? item.within : undefined,
            source,
            usual: source,
            changes: [],
          });
        }
        break;
      }
      case "instances":
        for (const name of item.names) {
          const source = { expr: item.value, file, span: item.span };
          env.fields.set(name.text, {
            name,
            type: undefined,
            within: undefined,
            source,
            usual: undefined,
            changes: [],
          });
        }
        break;
      case "assign":
        assign(env, item, decl, file, derived);
        break;
      case "blocks":
        mergeBlocks(env, item, file, depth);
        break;
      case "weight":
        env.weights.push({ stmt: item, file });
        break;
      case "require":
        env.requires.push({ stmt: item, file });
        break;
      case "forward":
        env.forward = { decl: item, file };
        break;
    }
  }
}

function assign(env: ModelEnv, item: Assign, decl: ModelDecl, file: string, derived: boolean): void {
  const [first, ...rest] = item.path;
  const source = { expr: item.value, file, span: item.span };
  const known = env.fields.get(first!.text);
  if (!known) {
    if (!derived && rest.length === 0) {
      env.fields.set(first!.text, {
        name: first!,
        type: undefined,
        within: undefined,
        source,
        usual: undefined,
        setBy: { decl, name: first! },
        changes: [],
      });
      return;
    }
    if (env.tracer.sink.halted) return;
    const stackSlot = [...env.stacks.values()].find((s) => s.has(first!.text));
    const names = [...env.fields.keys()];
    const near = fieldNamed(first!.text, names) ?? env.tracer.program.nearest(first!.text, () => names);
    if (stackSlot) env.misplaced.add(first!.text);
    const { span } = item.value;
    const value = env.tracer.program.source(span.file)?.slice(span.start, span.end) ?? "…";
    env.tracer.report(
      "model/unknown-field",
      {
        name: first!.text,
        near,
        known: names,
        inBlocks: stackSlot !== undefined,
        model: decl.name.text,
        value,
      },
      first!.span,
      {
        fixes: near ? [{ title: "replace", span: first!.span, replacement: near }] : [],
      },
    );
    // Most likely a slip of the pen: with the value in its place the rest can be checked.
    const meant = near === undefined ? undefined : env.fields.get(near);
    if (meant && !meant.source && rest.length === 0) meant.source = source;
    return;
  }
  if (rest.length > 0) known.changes.push({ path: rest, source });
  else {
    if (known.setBy?.decl === decl) env.tracer.reportSetTwice(first!, known.setBy.name);
    known.setBy = { decl, name: first! };
    known.source = source;
    known.changes.length = 0;
  }
}

function mergeBlocks(env: ModelEnv, item: BlocksDecl, file: string, depth: number): void {
  const name = stackName(item, env.declared);
  let stack = env.stacks.get(name);
  if (!stack) {
    const known = [...env.stacks.keys()];
    if (depth > 0 && known.length > 0) {
      const place = item.name?.span ?? item.span;
      env.tracer.report("model/unknown-stack", { name, near: nearest(name, known), known }, place);
      return;
    }
    stack = new Stack(env, name, item.span);
    env.stacks.set(name, stack);
  }
  stack.merge(item, file, depth);
}

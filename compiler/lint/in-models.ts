import type { Span } from "../../grammar/ast.js";
import type { ModelInstance } from "../check/instance.js";
import { placeOf } from "./places.js";
import type { LintContext } from "./rule.js";

/** One line of a spec, with all the places of its models where something is so. */
export interface Found<D> {
  readonly span: Span;
  readonly data: D;
  /** `Gpt2Small/blocks.0.attn`: the first of them. */
  readonly subject: string;
  /** "in `blocks.0.attn` of `Gpt2Small`, and 11 more places" */
  readonly where: string;
}

/** Gathers what several models and blocks owe to the same line of the file. */
export function gather<D extends object>(
  context: LintContext,
  find: (model: ModelInstance, add: (path: string, data: D, span?: Span) => void) => void,
): readonly Found<D>[] {
  const found = new Map<string, { span: Span; data: D; paths: Set<string>; first: [string, string] }>();
  for (const model of context.models) {
    find(model, (path, data, span = placeOf(context.program, model, path)) => {
      const key = `${span.start}|${JSON.stringify(data, (_, v: unknown) => (typeof v === "bigint" ? `${v}` : v))}`;
      const known = found.get(key);
      if (known) known.paths.add(`${model.name}/${path}`);
      else
        found.set(key, { span, data, paths: new Set([`${model.name}/${path}`]), first: [model.name, path] });
    });
  }
  return [...found.values()].map(({ span, data, paths, first: [model, path] }) => {
    const rest = paths.size - 1;
    const more = rest === 0 ? "" : `, and ${rest} more place${rest === 1 ? "" : "s"}`;
    const at = path === "" ? `in \`${model}\`` : `in \`${path}\` of \`${model}\``;
    return { span, data, subject: `${model}/${path}`, where: `${at}${more}` };
  });
}

import type { Span } from "../../../grammar/ast.js";
import { lineOf } from "../places.js";
import type { LintRule } from "../rule.js";

/** A line that fills a slot of a block whose wiring never asks for it: `ffn = mlp()` under `wiring = parallel(attn)`. */
export const unusedSlot: LintRule = {
  name: "unused-slot",
  about: "a line that fills a slot that no block's wiring uses",
  level: "warn",
  models: true,
  check({ program, models }, report) {
    const used = new Set<number>();
    const idle = new Map<number, { span: Span; slot: string; subject: string }>();
    for (const model of models)
      for (const block of model.blocks)
        for (const slot of Object.keys(block.slots)) {
          const span = lineOf(program, model, `${block.path}.${slot}`);
          if (!span) continue;
          if (!block.idle.includes(slot)) used.add(span.start);
          else if (!idle.has(span.start))
            idle.set(span.start, { span, slot, subject: `${model.name}/${block.path}.${slot}` });
        }
    for (const [start, { span, slot, subject }] of idle)
      if (!used.has(start)) report("lint/unused-slot", { slot }, { span, subject });
  },
};

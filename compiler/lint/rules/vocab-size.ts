import { gather } from "../in-models.js";
import { productsOf } from "../products.js";
import type { LintRule } from "../rule.js";

/** Smaller tables (bytes, segments) cost too little to matter. */
const least = 1024n;

/** A head over a vocabulary that is not a multiple of 64: the largest product of a small model runs on odd tiles. */
export const vocabSize: LintRule = {
  name: "vocab-size",
  about: "a vocabulary that is not a multiple of 64",
  level: "warn",
  models: true,
  check(context, report) {
    const found = gather<{ size: bigint }>(context, (model, add) => {
      const field = model.fields.find((f) => f.name === "vocab");
      if (field === undefined || typeof field.value !== "bigint") return;
      const size = field.value;
      if (size < least || size % 64n === 0n) return;
      const head = productsOf(model).find(({ attention, outer }) => !attention && outer.includes(size));
      const own = field.span.file === context.program.path ? field.span : undefined;
      if (head) add(head.path, { size }, own);
    });
    for (const { span, data, subject, where } of found)
      report("lint/vocab-size", { ...data, where }, { span, subject });
  },
};

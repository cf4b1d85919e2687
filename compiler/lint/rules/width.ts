import { gather } from "../in-models.js";
import { productsOf } from "../products.js";
import type { LintRule } from "../rule.js";

/** Below this a product is too small for its width to matter. */
const least = 32n;

/** A product with a weight that sums over a length that is not a multiple of 8. */
export const width: LintRule = {
  name: "width",
  about: "matrix products with weights whose inner size is not a multiple of 8",
  level: "warn",
  models: true,
  check(context, report) {
    const found = gather<{ size: bigint }>(context, (model, add) => {
      for (const { attention, inner, path } of productsOf(model)) {
        if (!attention && inner !== undefined && inner > least && inner % 8n !== 0n)
          add(path, { size: inner });
      }
    });
    for (const { span, data, subject, where } of found)
      report("lint/width", { ...data, where }, { span, subject });
  },
};

import { gather } from "../in-models.js";
import { productsOf } from "../products.js";
import type { LintRule } from "../rule.js";

/** Attention over vectors whose length is not a multiple of 8: matrix units and fused kernels then pad or refuse. */
export const headSize: LintRule = {
  name: "head-size",
  about: "attention heads whose size is not a multiple of 8",
  level: "warn",
  models: true,
  check(context, report) {
    const found = gather<{ size: bigint }>(context, (model, add) => {
      for (const { attention, mixes, inner, path } of productsOf(model)) {
        if (attention && !mixes && inner !== undefined && inner > 1n && inner % 8n !== 0n)
          add(path, { size: inner });
      }
    });
    for (const { span, data, subject, where } of found)
      report("lint/head-size", { ...data, where }, { span, subject });
  },
};

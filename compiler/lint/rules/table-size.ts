import { modelCost } from "../../cost/model.js";
import { gather } from "../in-models.js";
import type { LintRule } from "../rule.js";

/**
 * A sparse table with more rows than all tokens of training can read: the rest keeps what it was drawn as. Silent where
 * no size of the data is known (`data` of a profile, or `data.tokens` of the configuration).
 */
export const tableSize: LintRule = {
  name: "table-size",
  about: "a sparse table with more rows than its training data can read",
  level: "warn",
  models: true,
  check(context, report) {
    const tokens = context.dataTokens;
    if (tokens === undefined) return;
    const found = gather<{ rows: bigint; read: bigint; tokens: bigint; name: string }>(
      context,
      (model, add) => {
        for (const { name, lookup, total, active } of modelCost(model).weights) {
          const port = model.start.inputPorts.find((p) => p.role === "weight" && p.name === name);
          const rows = port?.value.shape[0]?.constant?.[0];
          const [all, used] = [total.constant, active.constant];
          if (!lookup || rows === undefined || !all || !used || all[0] === 0n) continue;
          // Elements that a token reads, over those of a row.
          const read = (tokens * used[0] * rows * all[1]) / (used[1] * all[0]);
          if (read < rows) add(name, { rows, read, tokens, name: name.split(".").at(-1)! });
        }
      },
    );
    for (const { span, data, subject, where } of found)
      report("lint/table-size", { ...data, where }, { span, subject });
  },
};

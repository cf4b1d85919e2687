import type { LintRule } from "../rule.js";

/** Comments that suppress: `lint` looks at them after the other rules. Here for its level alone. */
export const suppression: LintRule = {
  name: "suppression",
  about: "an `archc-ignore` comment without a reason, with an unknown rule, or with nothing to suppress",
  level: "warn",
  check: () => undefined,
};

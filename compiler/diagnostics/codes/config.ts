import { code } from "../code.js";
import { didYouMeanText } from "../did-you-mean.js";

/** What is wrong with `archc.config.json`. */
export const configCodes = {
  "config/unreadable": code<{ why: string }>("error", ({ why }) => ({
    message: `cannot read \`archc.config.json\`: ${why}`,
    helps: ["it must be a file inside the project, or a link to one"],
  })),
  "config/not-json": code<{ why: string }>("error", ({ why }) => ({
    message: `the configuration is not valid JSON: ${why}`,
    helps: ['a valid one is `{ "lint": { "rules": { "vocab-size": "off" } } }`'],
  })),
  "config/unknown-key": code<{ key: string; within: string; known: readonly string[] }>(
    "error",
    ({ key, within, known }) => ({
      message: `${within === "" ? "the configuration" : `\`${within}\``} has no key \`${key}\``,
      helps: [didYouMeanText(key, known) ?? `keys: ${known.map((k) => `\`${k}\``).join(", ")}`],
    }),
  ),
  "config/key-twice": code<{ key: string; within: string }>("error", ({ key, within }) => ({
    message: `${within === "" ? "the configuration" : `\`${within}\``} has the key \`${key}\` twice`,
    helps: ["remove all but one: JSON readers silently keep only the last"],
  })),
  "config/bad-value": code<{ key: string; value: string; want: string; known: readonly string[] }>(
    "error",
    ({ key, value, want, known }) => ({
      message: `${key === "" ? "the configuration" : `\`${key}\``} cannot be \`${value}\`: expected ${want}`,
      helps: [didYouMeanText(value.replace(/^"|"$/g, ""), known) ?? ""].filter((help) => help !== ""),
    }),
  ),
};

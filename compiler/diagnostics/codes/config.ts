import { code } from "../code.js";
import { didYouMeanText } from "../did-you-mean.js";

/** What is wrong with `archc.config.json`. */
export const configCodes = {
  "config/unreadable": code<Record<string, never>>("error", () => ({
    message: "`archc.config.json` cannot be read",
    helps: ["it is a file of the project, or a link to one; not a folder, and nothing outside of it"],
  })),
  "config/not-json": code<{ why: string }>("error", ({ why }) => ({
    message: `the configuration is not JSON: ${why}`,
    helps: ['it looks like `{ "lint": { "rules": { "vocab-size": "off" } } }`, without comments'],
  })),
  "config/unknown-key": code<{ key: string; within: string; known: readonly string[] }>(
    "error",
    ({ key, within, known }) => ({
      message: `${within === "" ? "the configuration" : `\`${within}\``} has no key \`${key}\``,
      helps: [didYouMeanText(key, known) ?? `keys: ${known.map((k) => `\`${k}\``).join(", ")}`],
    }),
  ),
  "config/key-twice": code<{ key: string; within: string }>("error", ({ key, within }) => ({
    message: `${within === "" ? "the configuration" : `\`${within}\``} says \`${key}\` twice`,
    helps: ["keep one of them: readers of JSON take the last and drop the others without a word"],
  })),
  "config/bad-value": code<{ key: string; value: string; want: string; known: readonly string[] }>(
    "error",
    ({ key, value, want, known }) => ({
      message: `${key === "" ? "the configuration" : `\`${key}\``} cannot be \`${value}\`: it is ${want}`,
      helps: [didYouMeanText(value.replace(/^"|"$/g, ""), known) ?? ""].filter((help) => help !== ""),
    }),
  ),
};

import { code } from "../code.js";

/** Comparing revisions. */
export const diffCodes = {
  "diff/rise": code<{
    model: string;
    metric: string;
    base: string;
    head: string;
    rise: string;
    allowed: string | undefined;
  }>("error", ({ model, metric, base, head, rise, allowed }) => ({
    message: `\`${metric}\` of \`${model}\` rises from ${base} to ${head}${rise === "" ? "" : `, ${rise}`}`,
    label: "this model",
    notes: [allowed === undefined ? "no rise is allowed" : `a rise of at most ${allowed} % is allowed`],
  })),
  "diff/no-repository": code<{ folder: string }>("error", ({ folder }) => ({
    message: `\`${folder}\` is not in a git repository`,
    helps: ["`archc diff` reads both versions through `git`, which must be installed"],
  })),
  "diff/unknown-revision": code<{ name: string; shallow: boolean }>("error", ({ name, shallow }) => ({
    message: name === "" ? "the name of the revision is empty" : `git has no revision \`${name}\``,
    notes: shallow ? ["this is a shallow clone: older commits are missing"] : [],
    helps: /\.\./.test(name)
      ? [`write two revisions as two words: \`archc diff ${name.split(/\.{2,3}/).join(" ")}\``]
      : shallow
        ? [
            "fetch the history with `git fetch --unshallow`; in a GitHub workflow, set `fetch-depth: 0` on the checkout step",
          ]
        : ["name a branch, tag or commit; in CI, fetch it first: `git fetch origin main`"],
  })),
  "diff/no-merge-base": code<{ base: string; head: string }>("error", ({ base, head }) => ({
    message: `\`${base}\` and \`${head}\` have no common commit in this clone`,
    helps: ["fetch the whole history (`fetch-depth: 0`), or compare the two as they are: `--no-merge-base`"],
  })),
  "diff/not-in-base": code<{ file: string; base: string }>("warning", ({ file, base }) => ({
    message: `\`${file}\` does not compile at ${base}, so its models count as new`,
  })),
};

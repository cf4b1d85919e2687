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
    message: `\`${folder}\` lies in no git repository`,
    helps: ["`archc diff` reads both sides through `git`, which must be installed"],
  })),
  "diff/unknown-revision": code<{ name: string; shallow: boolean }>("error", ({ name, shallow }) => ({
    message: `git knows no revision \`${name}\``,
    notes: shallow ? ["this clone is shallow: the history before its first commit is not here"] : [],
    helps: /\.\./.test(name)
      ? [`two revisions stand apart: \`archc diff ${name.split(/\.{2,3}/).join(" ")}\``]
      : shallow
        ? ["fetch the history, `git fetch --unshallow`; in a workflow, `fetch-depth: 0` at the checkout"]
        : ["a branch, tag or commit; in CI, fetch it first: `git fetch origin main`"],
  })),
  "diff/no-merge-base": code<{ base: string; head: string }>("error", ({ base, head }) => ({
    message: `\`${base}\` and \`${head}\` have no commit in common here`,
    helps: ["fetch the whole history (`fetch-depth: 0`), or compare the two as they are: `--no-merge-base`"],
  })),
  "diff/not-in-base": code<{ file: string; base: string }>("warning", ({ file, base }) => ({
    message: `\`${file}\` does not compile at ${base}, so that its models count as new`,
  })),
};

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
  "diff/no-repository": code<{ folder: string; why: "outside" | "no git" | "bare" | "owner" }>(
    "error",
    ({ folder, why }) =>
      ({
        outside: {
          message: `\`${folder}\` is not in a git repository`,
          helps: ["`archc diff` compares revisions: run it in a repository, or create one with `git init`"],
        },
        "no git": {
          message: "`git` is not installed, or not on the PATH",
          helps: ["`archc diff` reads both versions through `git`: install it from https://git-scm.com"],
        },
        bare: {
          message: `\`${folder}\` is in a git repository, but has no working tree`,
          helps: ["run `archc diff` in a checkout: `git clone` or `git worktree add` creates one"],
        },
        owner: {
          message: `git does not read the repository of \`${folder}\`, because it belongs to another user`,
          helps: ["if you trust it: `git config --global --add safe.directory DIR`, where DIR is its root"],
        },
      })[why],
  ),
  "diff/no-spec": code<{ name: string; root: string }>("error", ({ name, root }) => ({
    message: `neither revision has a spec \`${name}\``,
    helps: [`name a file, a folder or a pattern in \`${root}\`; the name of a spec ends with \`.arch\``],
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

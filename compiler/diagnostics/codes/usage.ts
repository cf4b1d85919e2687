import { code } from "../code.js";
import { didYouMeanText } from "../did-you-mean.js";

/** Help for a name that is not one of `known`: those near it, or all of them. */
function choices(name: string, known: readonly string[], what: string): readonly string[] {
  const near = didYouMeanText(name, known);
  if (near !== undefined) return [near];
  return known.length === 0 ? [] : [`${what}: ${known.map((k) => `\`${k}\``).join(", ")}`];
}

/** The longest word of a command line that a message repeats whole: longer than any path. */
const LONGEST = 4096;

function short(value: string): string {
  return value.length <= LONGEST ? value : `${value.slice(0, 80)}… (${value.length} characters)`;
}

/** Wrong use of the command line or the library's front door. */
export const usageCodes = {
  "usage/old-node": code<{ found: string; least: number }>("error", ({ found, least }) => ({
    message: `archc needs Node ${least} or later, but this is Node ${found}`,
    helps: [`install a newer Node from https://nodejs.org, or with nvm: \`nvm install ${least}\``],
  })),
  "usage/no-folder": code<Record<string, never>>("error", () => ({
    message: "the current folder no longer exists",
    helps: ["change to a folder that exists: `cd`"],
  })),
  "usage/unknown-command": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: name === "" ? "the name of the command is empty" : `there is no command \`${short(name)}\``,
    helps: choices(name, known, "commands"),
  })),
  "usage/unknown-code": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: name === "" ? "the code is empty" : `there is no diagnostic \`${short(name)}\``,
    helps: [didYouMeanText(name, known) ?? "`archc explain` without a code lists all of them"],
  })),
  "usage/unknown-option": code<{ name: string; command: string; known: readonly string[] }>(
    "error",
    ({ name, command, known }) => ({
      message: `\`${command}\` has no option \`${short(name)}\``,
      helps: choices(name, known, "options"),
    }),
  ),
  "usage/arguments": code<{ why: string; usage: string }>("error", ({ why, usage }) => ({
    message: why,
    helps: [`usage: \`${usage}\``],
  })),
  "usage/bad-value": code<{ option: string; value: string; want: string; near?: string | undefined }>(
    "error",
    ({ option, value, want, near }) => ({
      message:
        value === ""
          ? `\`${option}\` is empty: ${want}`
          : `\`${option}\` cannot be \`${short(value)}\`: ${want}`,
      helps: near === undefined ? [] : [near],
    }),
  ),
  "usage/no-file": code<{ file: string; near: readonly string[] }>("error", ({ file, near }) => ({
    message: file === "" ? "the name of a file is empty" : `there is no file \`${short(file)}\``,
    helps: near.length === 0 ? [] : [`did you mean ${near.map((n) => `\`${n}\``).join(" or ")}?`],
  })),
  "usage/not-a-spec": code<{ file: string; why: string }>("error", ({ file, why }) => ({
    message: `cannot read \`${file}\` as a spec: ${why}`,
  })),
  "usage/cannot-write": code<{ file: string; why: string }>("error", ({ file, why }) => ({
    message: `cannot write \`${file}\`: ${why}`,
    notes: ["whatever was there before is unchanged"],
  })),
  "usage/output-lost": code<{ why: string }>("error", ({ why }) => ({
    message: `cannot write to standard output: ${why}`,
    notes: ["the output written so far is incomplete"],
  })),
  "usage/no-match": code<{ pattern: string; folder?: boolean }>("error", ({ pattern, folder = false }) => ({
    message: folder ? `the folder \`${pattern}\` contains no specs` : `no spec matches \`${pattern}\``,
    helps: folder
      ? ["the name of a spec ends with `.arch`; archc skips `node_modules`, `dist` and `.git`"]
      : ["a pattern can use `*`, `**` and `?`; quote it so that the shell does not expand it"],
  })),
  "usage/no-model": code<{ file: string }>("error", ({ file }) => ({
    message: `\`${file}\` declares no model`,
    helps: ["a model starts with `model Name : decoder {`"],
  })),
  "usage/unknown-model": code<{ name: string; file: string; known: readonly string[] }>(
    "error",
    ({ name, file, known }) => ({
      message: `\`${file}\` has no model \`${short(name)}\``,
      helps: choices(name, known, "its models"),
    }),
  ),
  "usage/unknown-profile": code<{ name: string; file: string; known: readonly string[] }>(
    "error",
    ({ name, file, known }) => ({
      message: `\`${file}\` has no profile \`${short(name)}\``,
      helps: choices(name, known, "its profiles"),
    }),
  ),
  "usage/unknown-size": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `the model has no size \`${short(name)}\` to set`,
    helps: choices(name, known, "its sizes at run time"),
  })),
  "usage/size-range": code<{ name: string; value: string; least: string }>(
    "error",
    ({ name, value, least }) => ({
      message: `\`${name}\` is \`${value}\`, but must be a whole number of at least ${least}`,
    }),
  ),
  "usage/past-without-step": code<{ model: string }>("error", ({ model }) => ({
    message: `\`${model}\` keeps no state between steps, so \`past\` cannot be set`,
    helps: ["leave `past` out of `--at`"],
  })),
  "usage/breaks-assumption": code<{
    left: string;
    relation: string;
    right: string;
    reason: string;
    at: string;
  }>("error", ({ left, relation, right, reason, at }) => ({
    message: `the model cannot run at ${at}: ${reason}`,
    notes: [`it requires \`${left} ${relation} ${right}\``],
  })),
  "usage/not-a-build": code<{ folder: string; why: string }>("error", ({ folder, why }) => ({
    message: `\`${folder}\` is not an archc build: ${why}`,
    helps: ["create one with `archc build SPEC -o DIR`; `archc run SPEC` does not need one"],
  })),
  /** Nothing wrong with the question: the machine lacks what it needs. */
  "usage/no-backend": code<{ why: string }>("error", ({ why }) => ({
    message: why,
    helps: ["`archc backends` lists the installed backends, and how to get the others"],
  })),
  "usage/run-failed": code<{ why: string }>("error", ({ why }) => ({ message: why })),
};

import { code } from "../code.js";
import { didYouMeanText } from "../did-you-mean.js";

/** Help for a name that is not one of `known`: those near it, or all of them. */
function choices(name: string, known: readonly string[], what: string): readonly string[] {
  const near = didYouMeanText(name, known);
  if (near !== undefined) return [near];
  return known.length === 0 ? [] : [`${what}: ${known.map((k) => `\`${k}\``).join(", ")}`];
}

/** Wrong use of the command line or the library's front door. */
export const usageCodes = {
  "usage/old-node": code<{ found: string; least: number }>("error", ({ found, least }) => ({
    message: `archc runs on Node ${least} and later, and this is Node ${found}`,
    helps: [`https://nodejs.org has newer ones; with nvm: \`nvm install ${least}\``],
  })),
  "usage/no-folder": code<Record<string, never>>("error", () => ({
    message: "the folder that this runs in is not there any more",
    helps: ["go to one that is: `cd`"],
  })),
  "usage/unknown-command": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `there is no command \`${name}\``,
    helps: choices(name, known, "commands"),
  })),
  "usage/unknown-code": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `there is no diagnostic \`${name}\``,
    helps: [didYouMeanText(name, known) ?? "`archc explain` without a code shows all of them"],
  })),
  "usage/unknown-option": code<{ name: string; command: string; known: readonly string[] }>(
    "error",
    ({ name, command, known }) => ({
      message: `\`${command}\` has no option \`${name}\``,
      helps: choices(name, known, "options"),
    }),
  ),
  "usage/arguments": code<{ why: string; usage: string }>("error", ({ why, usage }) => ({
    message: why,
    helps: [`usage: \`${usage}\``],
  })),
  "usage/bad-value": code<{ option: string; value: string; want: string; known?: readonly string[] }>(
    "error",
    ({ option, value, want, known }) => ({
      message: `\`${option}\` cannot be \`${value}\`: ${want}`,
      helps: known === undefined ? [] : choices(value, known, "choices"),
    }),
  ),
  "usage/no-file": code<{ file: string; near: readonly string[] }>("error", ({ file, near }) => ({
    message: `there is no file \`${file}\``,
    helps: near.length === 0 ? [] : [`did you mean ${near.map((n) => `\`${n}\``).join(" or ")}?`],
  })),
  "usage/not-a-spec": code<{ file: string; why: string }>("error", ({ file, why }) => ({
    message: `\`${file}\` cannot be read as a spec: ${why}`,
  })),
  "usage/cannot-write": code<{ file: string; why: string }>("error", ({ file, why }) => ({
    message: `\`${file}\` cannot be written: ${why}`,
    notes: ["what was there before is unchanged"],
  })),
  "usage/output-lost": code<{ why: string }>("error", ({ why }) => ({
    message: `what is printed cannot be written to standard output: ${why}`,
    notes: ["what was written before it stopped is not whole"],
  })),
  "usage/no-match": code<{ pattern: string; folder?: boolean }>("error", ({ pattern, folder = false }) => ({
    message: folder ? `no spec lies below the folder \`${pattern}\`` : `no spec matches \`${pattern}\``,
    helps: folder
      ? ["a spec's name ends with `.arch`; `node_modules`, `dist` and `.git` are passed over"]
      : ["a pattern takes `*`, `**` and `?`; quote it, so that the shell leaves it alone"],
  })),
  "usage/no-model": code<{ file: string }>("error", ({ file }) => ({
    message: `\`${file}\` declares no model`,
    helps: ["a model begins with `model Name : decoder {`"],
  })),
  "usage/unknown-model": code<{ name: string; file: string; known: readonly string[] }>(
    "error",
    ({ name, file, known }) => ({
      message: `\`${file}\` has no model \`${name}\``,
      helps: choices(name, known, "its models"),
    }),
  ),
  "usage/unknown-profile": code<{ name: string; file: string; known: readonly string[] }>(
    "error",
    ({ name, file, known }) => ({
      message: `\`${file}\` has no profile \`${name}\``,
      helps: choices(name, known, "its profiles"),
    }),
  ),
  "usage/unknown-size": code<{ name: string; known: readonly string[] }>("error", ({ name, known }) => ({
    message: `the model has no size \`${name}\` to set`,
    helps: choices(name, known, "its sizes at run time"),
  })),
  "usage/size-range": code<{ name: string; value: string; least: string }>(
    "error",
    ({ name, value, least }) => ({
      message: `\`${name}\` is \`${value}\`, but is a whole number of at least ${least}`,
    }),
  ),
  "usage/past-without-step": code<{ model: string }>("error", ({ model }) => ({
    message: `\`${model}\` keeps nothing from step to step, so \`past\` cannot be set`,
    helps: ["leave `past` out of `--at`"],
  })),
  "usage/breaks-assumption": code<{
    left: string;
    relation: string;
    right: string;
    reason: string;
    at: string;
  }>("error", ({ left, relation, right, reason, at }) => ({
    message: `the model does not run at ${at}: ${reason}`,
    notes: [`it needs \`${left} ${relation} ${right}\``],
  })),
  "usage/not-a-build": code<{ folder: string; why: string }>("error", ({ folder, why }) => ({
    message: `\`${folder}\` is not a build of archc: ${why}`,
    helps: ["`archc build SPEC -o DIR` makes one; `archc run SPEC` builds by itself"],
  })),
  /** Nothing wrong with the question: the machine lacks what it needs. */
  "usage/no-backend": code<{ why: string }>("error", ({ why }) => ({
    message: why,
    helps: ["`archc backends` shows what is there, and how to get the rest"],
  })),
  "usage/run-failed": code<{ why: string }>("error", ({ why }) => ({ message: why })),
};

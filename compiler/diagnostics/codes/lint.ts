import { code } from "../code.js";

/** What the rules of `archc lint` find: nothing that keeps a spec from compiling. */
export const lintCodes = {
  "lint/unused-import": code<{ name: string; from: string }>("warning", ({ name, from }) => ({
    message: `\`${name}\` is imported from \`${from}\` and not used`,
    label: "not used in this file",
  })),
  "lint/unused-profile": code<{ name: string }>("warning", ({ name }) => ({
    message: `no budget or expectation is taken at the profile \`${name}\``,
    label: "not used in this file",
    helps: [`name it in a budget: \`budget ${name} { … }\``],
  })),
};

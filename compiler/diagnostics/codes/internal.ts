import { code } from "../code.js";

export const internalCodes = {
  "internal/bug": code<{ what: string; report: string | undefined }>("error", ({ what, report }) => ({
    message: `archc crashed: ${what}`,
    helps: [
      report === undefined
        ? "this is a bug in archc, not in your spec"
        : `this is a bug in archc, not in your spec; please send the report \`${report}\``,
    ],
  })),
};

import { code } from "../code.js";

/** The longest list of files that helps. */
const SHOWN = 5;

/** Problems of writing a build. */
export const emitCodes = {
  "emit/not-a-build": code<{ out: string; files: readonly string[] }>("error", ({ out, files }) => ({
    message: `\`${out}\` holds files that are no part of a build, so it is not replaced`,
    notes: [
      `found ${files
        .slice(0, SHOWN)
        .map((f) => `\`${f}\``)
        .join(", ")}${files.length > SHOWN ? ` and ${files.length - SHOWN} more` : ""}`,
    ],
    helps: ["name a folder that does not exist yet or an earlier build, or move these files away"],
  })),
  "emit/not-a-folder": code<{ out: string }>("error", ({ out }) => ({
    message: `\`${out}\` is not a folder`,
    helps: ["a build is a folder: name one that does not exist yet"],
  })),
  "emit/too-large": code<{ model: string; bytes: string }>("error", ({ model, bytes }) => ({
    message: `the weights of \`${model}\` take ${bytes}: more than any file can hold`,
    helps: ["`archc cost` says which part is so large"],
  })),
  "emit/no-room": code<{ out: string; bytes: string; free: string }>("error", ({ out, bytes, free }) => ({
    message: `the weights take ${bytes}, and the disk of \`${out}\` has ${free} left`,
    helps: ["name a folder on another disk, or make room"],
  })),
  "emit/cannot-write": code<{ out: string; why: string }>("error", ({ out, why }) => ({
    message: `the build cannot be written to \`${out}\`: ${why}`,
    notes: ["what was there before is unchanged"],
  })),
};

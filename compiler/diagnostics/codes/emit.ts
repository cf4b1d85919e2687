import { code } from "../code.js";

/** The longest list of files that helps. */
const SHOWN = 5;

/** Problems of writing a build. */
export const emitCodes = {
  "emit/not-a-build": code<{ out: string; files: readonly string[] }>("error", ({ out, files }) => ({
    message: `\`${out}\` contains files that are not part of a build, so archc will not replace it`,
    notes: [
      `found ${files
        .slice(0, SHOWN)
        .map((f) => `\`${f}\``)
        .join(", ")}${files.length > SHOWN ? ` and ${files.length - SHOWN} more` : ""}`,
    ],
    helps: ["choose a new folder or an earlier build, or move these files away"],
  })),
  "emit/not-a-folder": code<{ out: string; isLink: boolean }>("error", ({ out, isLink }) => ({
    message: isLink ? `\`${out}\` is a symbolic link that leads nowhere` : `\`${out}\` is not a folder`,
    helps: ["`archc build` writes a folder: choose one that does not exist yet"],
  })),
  "emit/too-large": code<{ model: string; bytes: string }>("error", ({ model, bytes }) => ({
    message: `the weights of \`${model}\` take ${bytes}, more than any file can hold`,
    helps: ["`archc cost --by block` shows which part is so large"],
  })),
  "emit/no-room": code<{ out: string; bytes: string; free: string }>("error", ({ out, bytes, free }) => ({
    message: `the weights take ${bytes}, but the disk of \`${out}\` has only ${free} free`,
    helps: ["choose a folder on another disk, or free some space"],
  })),
  "emit/cannot-write": code<{ out: string; why: string }>("error", ({ out, why }) => ({
    message: `cannot write the build to \`${out}\`: ${why}`,
    notes: ["whatever was there before is unchanged"],
  })),
};

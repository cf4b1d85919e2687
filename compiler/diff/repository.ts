import { execFileSync, spawnSync } from "node:child_process";
import { type Host, isLibrary } from "../host.js";
import { createNodeHost, MAX_FILE_BYTES } from "../node-host.js";

/** A state of a repository: a commit, or the files as they lie in the working folder. */
export type Revision = { readonly commit: string } | "working tree";

/** A git repository, read through git alone: nothing is checked out. */
export interface Repository {
  readonly root: string;
  /** It was cloned without its history, as CI does. */
  readonly shallow: boolean;
  /** The commit that a name means. */
  resolve(name: string): string | undefined;
  /** The last commit that both have in their history. */
  mergeBase(a: string, b: string): string | undefined;
  /** Every `.arch` file of a revision, by its path in the repository. */
  specs(at: Revision): readonly string[];
  /** Reads below the repository's root at that revision, and the standard library of this archc. */
  host(at: Revision): Host;
}

/** The repository that a folder lies in; undefined where it lies in none, or there is no git. */
export function openRepository(folder: string): Repository | undefined {
  const root = git(folder, ["rev-parse", "--show-toplevel"])?.replace(/\r?\n$/, "");
  if (root === undefined || root === "") return undefined;
  const working = createNodeHost(root);
  return {
    root,
    shallow: git(root, ["rev-parse", "--is-shallow-repository"])?.trim() === "true",
    resolve: (name) =>
      // A name that begins with a dash would be an option.
      git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`])?.trim(),
    mergeBase: (a, b) => git(root, ["merge-base", a, b])?.trim(),
    specs: (at) => {
      const listed =
        at === "working tree"
          ? git(root, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
          : git(root, ["ls-tree", "-r", "-z", "--full-tree", "--name-only", at.commit]);
      return (listed ?? "").split("\0").filter((path) => path.endsWith(".arch"));
    },
    host: (at) => (at === "working tree" ? working : commitHost(root, at.commit, working)),
  };
}

/** Files of one commit. Links and submodules are none. */
function commitHost(root: string, commit: string, library: Host): Host {
  const files = new Map<string, string>();
  for (const entry of (git(root, ["ls-tree", "-r", "-z", "--full-tree", commit]) ?? "").split("\0")) {
    const match = /^(100\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(entry);
    if (match !== null) files.set(match[3]!, match[2]!);
  }
  return {
    read(path) {
      if (isLibrary(path)) return library.read(path);
      const blob = files.get(path);
      return blob === undefined
        ? undefined
        : git(root, ["cat-file", "blob", blob], MAX_FILE_BYTES)?.replace(/^\ufeff/, "");
    },
    std: () => library.std(),
  };
}

/** Why git finds no working tree for a folder. */
export type NoRepository = "outside" | "no git" | "bare" | "owner";

/** Called where `openRepository` gives none. */
export function whyNoRepository(folder: string): NoRepository {
  const { error, stderr } = spawnSync("git", ["rev-parse", "--show-toplevel"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return "no git";
  if (/dubious ownership/.test(stderr)) return "owner";
  return /must be run in a work tree/.test(stderr) ? "bare" : "outside";
}

/** What git answers; undefined where it refuses, or answers more than `most` bytes. */
function git(folder: string, args: readonly string[], most = 256 * MAX_FILE_BYTES): string | undefined {
  try {
    // The one setting of a repository that would make these commands run a program of it.
    return execFileSync("git", ["-c", "core.fsmonitor=false", ...args], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: most,
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
    });
  } catch {
    return undefined;
  }
}

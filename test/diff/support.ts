import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { archc, type Ran } from "../cli/archc.js";

/** A git repository in a temporary folder. */
export class TestRepository {
  readonly root = mkdtempSync(join(tmpdir(), "archc-diff-"));

  constructor() {
    this.git("init", "--quiet", "--initial-branch=main");
  }

  git(...args: readonly string[]): string {
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    return execFileSync("git", [...identity, ...args], {
      cwd: this.root,
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, name)), { recursive: true });
      writeFileSync(join(this.root, name), text);
    }
  }

  commit(files: Readonly<Record<string, string>>): string {
    this.write(files);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "change");
    return this.git("rev-parse", "HEAD");
  }

  /** `archc` with this repository, or a folder in it, as the working folder. */
  async archc(...argv: readonly string[]): Promise<Ran> {
    return this.archcIn(".", ...argv);
  }

  async archcIn(folder: string, ...argv: readonly string[]): Promise<Ran> {
    const before = process.cwd();
    process.chdir(join(this.root, folder));
    try {
      return await archc(...argv);
    } finally {
      process.chdir(before);
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

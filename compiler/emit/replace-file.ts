import { chmod, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { freshOf, settle } from "../../runtime/settle.js";
import { refusedBecause } from "./refused.js";
import { whileUnfinished } from "./unfinished.js";

/** A file that cannot be written; the message says why in words. */
export class CannotWrite extends Error {
  override readonly name = "CannotWrite";
}

/**
 * Runs `write` on a new file beside `path`, then puts that in the place of `path`: whatever stops it, the file is what
 * it was or all new. A link stays, and what it points to is replaced. Throws CannotWrite, and what `write` throws where
 * that is no refusal of the file system.
 */
export async function replaceFile<T>(path: string, write: (fresh: string) => Promise<T>): Promise<T> {
  let fresh: string | undefined;
  try {
    const target = await realpath(path).catch(() => resolve(path));
    const there = await stat(target).catch(() => undefined);
    // A device would be renamed away, and a folder is never meant.
    if (there !== undefined && !there.isFile()) throw new CannotWrite("it is not a file");
    const above = await stat(dirname(target)).catch(() => undefined);
    if (above === undefined) throw new CannotWrite(`the folder \`${dirname(path)}\` does not exist`);
    await settle(target);
    const made = freshOf(target);
    fresh = made;
    return await whileUnfinished(made, async () => {
      const result = await write(made);
      if (there !== undefined) await chmod(made, there.mode);
      await rename(made, target);
      return result;
    });
  } catch (error) {
    if (fresh !== undefined) await rm(fresh, { force: true });
    const why = refusedBecause(error);
    throw why === undefined ? error : new CannotWrite(why);
  }
}

/** The same for a text, synced to disk. */
export function replaceText(path: string, text: string): Promise<void> {
  return replaceFile(path, async (fresh) => {
    const file = await open(fresh, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

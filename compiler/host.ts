/** The only way the compiler reaches files. Paths are `/`-separated and inside the host's root, or `std/NAME.arch`. */
export interface Host {
  /** The text of a file, or undefined if there is none or it is outside the root. */
  read(path: string): string | undefined;
  /** Names of the standard library's files (`std/attention.arch`, …). */
  std(): readonly string[];
}

/** Whether a file belongs to the standard library and not to the user. */
export const isLibrary = (path: string): boolean => path.startsWith("std/");

const words: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EBUSY: "another program is using it",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is larger than the system allows",
  EROFS: "the file system is read-only",
  EIO: "the disk reports an error",
  EMFILE: "too many files are open",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ELOOP: "its symbolic links form a loop",
  ERR_INVALID_ARG_VALUE: "a path cannot contain a NUL character",
  ENAMETOOLONG: "the name is too long",
};

/** What a file system refused, in words; undefined where the error is none of a file system's, but a bug of ours. */
export function refusedBecause(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? undefined : (words[code] ?? message);
}

/** Errors after which the rest of a batch would fail the same way. */
export const hopeless = new Set(["ENOSPC", "EDQUOT", "EROFS"]);
const words: Record<string, string> = {
  ENOSPC: "The disk is full: free some space and apply again",
  EDQUOT: "The disk quota is used up: free some space and apply again",
  EROFS: "The file system is read-only: mount it for writing and apply again",
  EACCES: "Permission denied: give Phaze's user the right to write there and apply again",
  EPERM: "The system does not permit it: check owner and attributes of file and folder",
  ENAMETOOLONG: "The name is too long for this file system",
  EIO: "The disk reports an input/output error: check it before you go on",
};

/** The reason of a failed move in words, with the file system's code where there is one. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code && words[code] ? `${words[code]} (${message})` : message;
}

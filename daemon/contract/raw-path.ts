/**
 * A path as the disk has it: text when its bytes are valid UTF-8 (not normalised), else the bytes themselves. Every
 * file-system call of Bun takes both. Display forms are NFC and never used to open a file.
 */
export type RawPath = string | Uint8Array;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The raw path of these bytes. */
export function fromBytes(bytes: Uint8Array): RawPath {
  try {
    return strict.decode(bytes);
  } catch {
    return bytes;
  }
}

export function toBytes(path: RawPath): Uint8Array {
  return typeof path === "string" ? new TextEncoder().encode(path) : path;
}

/** `folder` and `name` joined by a slash. */
export function joinRaw(folder: RawPath, name: RawPath): RawPath {
  if (typeof folder === "string" && typeof name === "string") return folder === "/" ? `/${name}` : `${folder}/${name}`;
  const slash = folder === "/" ? "" : "/";
  return Buffer.concat([toBytes(folder), toBytes(slash), toBytes(name)]);
}

/** The folder and the name of an absolute path. */
export function splitRaw(path: RawPath): { folder: RawPath; name: RawPath } {
  if (typeof path === "string") {
    const at = path.lastIndexOf("/");
    return { folder: path.slice(0, at) || "/", name: path.slice(at + 1) };
  }
  const at = path.lastIndexOf(0x2f);
  return { folder: at <= 0 ? "/" : fromBytes(path.slice(0, at)), name: fromBytes(path.slice(at + 1)) };
}

/** How a path is shown: NFC, with U+FFFD where bytes are not UTF-8. */
export function displayPath(path: RawPath): string {
  return (typeof path === "string" ? path : new TextDecoder().decode(path)).normalize("NFC");
}

export function sameRaw(a: RawPath, b: RawPath): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return Buffer.compare(a, b) === 0;
}

/** The lower-case extension of a file name, without the dot; empty when there is none. */
export function extensionOf(name: string): string {
  const at = name.lastIndexOf(".");
  return at <= 0 ? "" : name.slice(at + 1).toLowerCase();
}

/** The name without its extension. */
export function stemOf(name: string): string {
  const at = name.lastIndexOf(".");
  return at <= 0 ? name : name.slice(0, at);
}

/** A path as file systems that ignore case and normal form see it: two paths with the same key may be one place. */
export function foldPath(path: string): string {
  return path.normalize("NFD").toLowerCase().toUpperCase().toLowerCase().normalize("NFC");
}

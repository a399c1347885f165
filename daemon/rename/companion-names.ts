import { extensionOf, stemOf } from "../contract/raw-path.ts";

const fold = (text: string) => text.normalize("NFC").toLowerCase();

/** Cuts a name to 255 bytes of UTF-8 before its extension. */
function fit(stem: string, extension: string): string {
  const tail = extension ? `.${extension}` : "";
  let head = stem;
  while (Buffer.byteLength(head + tail) > 255) head = [...head].slice(0, -1).join("").trimEnd();
  return head + tail;
}

/** The new name of a companion that shares its media file's stem: the new stem, the same rest. */
export function stemCompanionName(companion: string, media: string, newMedia: string): string {
  const rest = fold(companion).startsWith(fold(media))
    ? companion.slice(media.length)
    : companion.slice(stemOf(media).length);
  const extension = extensionOf(rest.startsWith(".") ? `x${rest}` : rest);
  const between = extension ? rest.slice(0, -(extension.length + 1)) : rest;
  return fit(stemOf(newMedia) + between, extension);
}

/**
 * The new name of a companion of a whole folder: its own in an album's folder; beside a lone recording, which shares its
 * new folder with others, it takes the recording's name.
 */
export function folderCompanionName(
  companion: string,
  newMedia: string,
  isAlbum: boolean,
  taken: ReadonlySet<string>,
): string {
  if (isAlbum) return companion;
  const extension = extensionOf(companion);
  const simple = fit(stemOf(newMedia), extension);
  return taken.has(fold(simple)) ? fit(`${stemOf(newMedia)} - ${stemOf(companion)}`, extension) : simple;
}

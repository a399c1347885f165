import { companionExtensions, type FileKind, musicExtensions, videoExtensions } from "../contract/kinds.ts";
import { extensionOf } from "../contract/raw-path.ts";

/** Why an entry of a folder is not taken. */
export const skipReasons = [
  "hidden",
  "system",
  "partial download",
  "other type",
  "symbolic link",
  "not a regular file",
  "unreadable folder",
  "path too long",
] as const;
export type SkipReason = (typeof skipReasons)[number];

const kinds = new Map<string, FileKind>([
  ...musicExtensions.map((extension) => [extension, "music"] as const),
  ...videoExtensions.map((extension) => [extension, "video"] as const),
  ...companionExtensions.map((extension) => [extension, "companion"] as const),
]);

const partial =
  /\.(part|partial|crdownload|download|opdownload|tmp|temp|filepart|aria2|ytdl|!qb|!ut|bc!|unconfirmed|td|part-frag\d+)$|^~\$|^\.?syncthing[.~].*\.tmp$/i;
const partialWithin = /\.(part|f\d+\.part|temp)\.[a-z0-9]{2,5}$/i;
const systemNames = new Set([
  "thumbs.db",
  "desktop.ini",
  "ehthumbs.db",
  "@eadir",
  "#recycle",
  "$recycle.bin",
  "system volume information",
  "lost+found",
  "__macosx",
]);

/** Folders that are never walked. */
export function skipFolder(name: string): SkipReason | null {
  if (systemNames.has(name.toLowerCase())) return "system";
  return name.startsWith(".") ? "hidden" : null;
}

/** What a regular file is by its name, or why it is left alone. */
export function classify(name: string): FileKind | SkipReason {
  if (systemNames.has(name.toLowerCase())) return "system";
  if (partial.test(name) || partialWithin.test(name)) return "partial download";
  if (name.startsWith(".")) return "hidden";
  return kinds.get(extensionOf(name)) ?? "other type";
}

export const isKind = (value: FileKind | SkipReason): value is FileKind =>
  value === "music" || value === "video" || value === "companion";

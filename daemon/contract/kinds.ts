/** What a file is, by its extension. The three lists are the supported file types of the product. */
export const musicExtensions = ["mp3", "m4a", "ogg", "flac", "wav", "aiff", "wma", "aac", "opus"] as const;
export const videoExtensions = ["mp4", "mkv", "avi", "webm", "mov", "wmv", "flv"] as const;
export const companionExtensions = [
  "cue",
  "nfo",
  "txt",
  "jpg",
  "jpeg",
  "png",
  "gif",
  "m3u",
  "m3u8",
  "pls",
  "sfv",
  "md5",
  "log",
] as const;

/** Companions whose text says something about the media beside them; pictures and checksums do not. */
export const textCompanionExtensions = ["cue", "nfo", "txt", "m3u", "m3u8", "pls", "log"] as const;

export const fileKinds = ["music", "video", "companion"] as const;
export type FileKind = (typeof fileKinds)[number];

/** What a file is by its first bytes, and the extensions such a file should have. */
export interface ContentKind {
  readonly name: string;
  /** Chooses music-metadata's parser. */
  readonly mime: string;
  readonly extensions: readonly string[];
}

const marks: readonly (ContentKind & { readonly mark: RegExp })[] = [
  { name: "flac", mime: "audio/flac", extensions: ["flac"], mark: /^fLaC/ },
  { name: "ogg", mime: "audio/ogg", extensions: ["ogg", "opus", "flac"], mark: /^OggS/ },
  { name: "wav", mime: "audio/wav", extensions: ["wav"], mark: /^RIFF.{4}WAVE/s },
  { name: "aiff", mime: "audio/aiff", extensions: ["aiff"], mark: /^FORM.{4}AIF/s },
  { name: "asf", mime: "audio/x-ms-asf", extensions: ["wma", "wmv"], mark: /^0&\xb2u\x8ef/ },
  { name: "matroska", mime: "video/matroska", extensions: ["mkv", "webm"], mark: /^.E\xdf\xa3/s },
  {
    name: "mp4",
    mime: "audio/mp4",
    extensions: ["m4a", "mp4", "mov", "aac"],
    mark: /^.{4}(ftyp|moov|mdat|wide|free|skip|pnot)/s,
  },
];

export const mpegKind: ContentKind = { name: "mpeg", mime: "audio/mpeg", extensions: ["mp3", "aac"] };

/** Null for content without such a mark, as MPEG audio, and for formats that are left to music-metadata to tell. */
export function contentKind(head: Uint8Array): ContentKind | null {
  const text = Buffer.from(head).toString("latin1");
  return marks.find(({ mark }) => mark.test(text)) ?? null;
}

/** Bytes of the ID3v2 tag that begins a file, whatever its kind; 0 if none does. */
export function id3Bytes(head: Uint8Array): number {
  if (Buffer.from(head.subarray(0, 3)).toString("latin1") !== "ID3" || head.length < 10) return 0;
  const [a = 0, b = 0, c = 0, d = 0] = head.subarray(6, 10);
  return 10 + ((a & 127) << 21) + ((b & 127) << 14) + ((c & 127) << 7) + (d & 127);
}

/** A warning if content and extension disagree. */
export function mislabelled(extension: string, kind: ContentKind): string[] {
  const isKnown = [mpegKind, ...marks].some(({ extensions }) => extensions.includes(extension));
  return isKnown && !kind.extensions.includes(extension)
    ? [`named .${extension}, but its content is ${kind.name}`]
    : [];
}

/** Why a head is no media, in words; null if it might be. */
export function noMediaReason(head: Uint8Array): string | null {
  if (head.every((byte) => byte === 0)) return "it holds only zeros";
  if (head.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))) return "it is text";
  return null;
}

import marks from "./data/marks.json";
import words from "./data/words.json";
import { foldText } from "./text.ts";

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/ /g, "[ ._-]?");
const alternatives = (list: readonly string[]) =>
  [...list]
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join("|");

const sourceAlternatives = alternatives(marks.sources);
const qualityAlternatives = alternatives(marks.quality);
const sourceSet = new Set(marks.sources.map(foldText));
const qualitySet = new Set(marks.quality.map(foldText));
const phraseSet = new Set(marks.phrases.map(foldText));
const groupSet = new Set(marks.groups.map((group) => group.toLowerCase()));
const genericFolders = new Set(words.genericFolders.map(foldText));
const junkArtists = new Set(words.junkArtists.map((name) => name.toLowerCase()));
const junkAlbums = new Set(words.junkAlbums.map((name) => name.toLowerCase()));
const junkTitle = new RegExp(
  `^(?:${words.junkTitleWords.map(escaped).join("|")})?[\\s._#-]*(?:\\(?\\d{1,4}\\)?)?[\\s._-]*(?:\\(\\d{1,3}\\))?$`,
  "iu",
);
const junkHead = new RegExp(
  `^(?:\\d{1,3}[\\s._-]+)?(?:${words.junkTitleWords.map(escaped).join("|")})[\\s._#-]*\\d*$`,
  "iu",
);
const webAddress =
  /(?:^|[\s([@])(?:https?:\/\/|www\.)\S+|\b[a-z0-9-]+\.(?:com|net|org|ru|de|info|example|ws|cc|to|me|fm\/\S+|in|pl|tk|biz)\b(?!\w)/i;
/** A quality or source mark that stands alone between separators, as scene names write it. */
const markSegment = new RegExp(`^(?:${sourceAlternatives}|${qualityAlternatives})$`, "i");
/** Marks at the end of a piece, in the case in which they are written as marks: `line` may be a word, `LINE` is not. */
const trailingMarks = new RegExp(`(?:[\\s._-]+(?:${qualityAlternatives}|${sourceAlternatives}))+$`);
const trailingQuality =
  /(?:[\s._-]+(?:\d{3} ?kbps|mp3|flac|lossless|x26[45]|h\.?26[45]|\d{3,4}p|hdtv|web-?rip|web-?dl))+$/i;

/** A well-known release group. */
export function isGroupName(text: string): boolean {
  return groupSet.has(text.toLowerCase());
}

/** A source or quality mark and nothing else: `SAT`, `320kbps`. */
export function isMark(text: string): boolean {
  return markSegment.test(text.trim());
}

/** Without marks at the end; a text of nothing but marks stays. */
export function stripTrailingMarks(text: string): string {
  const stripped = text.replace(trailingQuality, "").replace(trailingMarks, "").replace(trailingQuality, "");
  return stripped.trim() === "" ? text : stripped;
}

const versionWords =
  /\b(?:mix|remix|edit|version|dub|bootleg|mashup|rework|vip|instrumental|remaster(?:ed)?|acoustic|demo|cover|reprise|live (?:at|in|from|on|@)|feat\.?|ft\.?)\b/i;

/** Whether a text tells a version, a guest or a performance. */
export const isVersionText = (text: string): boolean => versionWords.test(text);

/** Whether the text inside brackets says nothing about the music: quality, site, video id, catalogue phrases. */
export function isNoiseBracket(inside: string): boolean {
  const text = inside.trim();
  if (text === "") return true;
  const folded = foldText(text);
  if (folded === "") return true;
  if (phraseSet.has(folded) || sourceSet.has(folded) || qualitySet.has(folded) || isGroupName(text)) return true;
  if (webAddress.test(text)) return true;
  if (versionWords.test(text)) return false;
  const parts = text.split(/[\s,;/|+&_-]+/).filter((part) => part !== "");
  return (
    parts.length > 0 &&
    parts.every((part) => isQualityWord(part)) &&
    parts.some((part) => !/^(?:in|the|and|with)$/i.test(part))
  );
}

/** Words that are noise behind a set but tell versions of a track apart. */
export function isVersionBracket(inside: string): boolean {
  return /^(?:live|single|album|clean|complete|uncut|unedited|ep|full length|exclusive|new|original recording|acoustic)$/i.test(
    inside.trim(),
  );
}

/** Whether a whole piece of a name is a phrase such as `Full Set` or `Official Video`. */
export function isNoisePhrase(piece: string): boolean {
  return (
    phraseSet.has(foldText(piece)) ||
    /^(?:(?:the )?(?:continuous|full|complete|uncut|studio|promo|exclusive|guest|live|dj|entire)\s*)+(?:dj\s*)?(?:mix|set|mixtape)(?: hd| hq)?$/i.test(
      piece.trim(),
    )
  );
}

function isQualityWord(part: string): boolean {
  const folded = foldText(part);
  return (
    qualitySet.has(folded) ||
    sourceSet.has(folded) ||
    phraseSet.has(folded) ||
    /^(?:\d+(?:kbps|kbit|bit|khz|fps|p)|kbps|kbit|bit|khz|full|official|set|hd|hq|in|the|and|with|\d{2}-\d{2,3})$/i.test(
      part,
    )
  );
}

/** An eleven-character video id as download tools append it: never a plain word. */
export function isVideoId(text: string): boolean {
  if (!/^[A-Za-z0-9_-]{11}$/.test(text)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9_-]/].filter((kind) => kind.test(text)).length;
  return kinds >= 2 && !/^[A-Z]?[a-z]+$/.test(text) && !/^[A-Za-z]+-[A-Za-z]+$/.test(text);
}

/** A folder such as `Downloads` or `Techno` that names no artist and no album. */
export function isGenericFolder(name: string): boolean {
  const folded = foldText(name);
  return (
    folded === "" ||
    genericFolders.has(folded) ||
    /^(?:dl|new|temp|tmp|disk|usb)[ _]?\d*$|^\d+$|^(?:disc|cd|rip|album|untitled|new folder)[ _]?\d{3,}$|^(?:untitled|unknown|unnamed|no name)(?: (?:disc|disk|album|cd|folder|artist))?(?: \d+)?$/.test(
      folded,
    ) ||
    /^(?:19|20)\d{2}s?$/.test(folded)
  );
}

/** Tags of only dots, slashes or other marks say nothing. */
export function isEmptyText(text: string): boolean {
  return /^[\s./\\_-]*$/.test(text);
}

const programs =
  "lame|exact audio copy|eac|itunes|ffmpeg|lavf|lavc|xing|fraunhofer|dbpoweramp|cdex|audiograbber|audacity|adobe audition|sound forge|nero|foobar2000|mp3tag|xld|goldwave|format factory|any video converter|y2mate|ytmp3|tunefab";
/** `Ripped by EAC`, `LAME 3.99r`; a program's bare name may be a performer's, but for a few. */
const encoderNote = new RegExp(
  `^(?:(?:encoded|ripped|tagged|uploaded|downloaded)\\s+(?:by|with|from|using)\\b.*|(?:${programs})\\s*(?:v|version)?\\s*\\d[\\w.]*|exact audio copy|itunes|lav[fc]|tunefab|y2mate|ytmp3)$`,
  "i",
);
/** What programs write where nothing is known. */
const placeholder =
  /^[\s"'<([]*(?:n\/?a|none|null|undefined|nil|nan|empty|no (?:name|title|artist|album))[\s"'>)\]]*$/i;

/** A note of a program instead of a name: who encoded, ripped or uploaded, or that nothing is known. */
export function isProgramNote(text: string): boolean {
  return encoderNote.test(text.trim()) || placeholder.test(text.trim()) || /^(?:@|t\.me\/)\w+$/i.test(text.trim());
}

/** An artist tag that says nothing, in several languages. */
export function isJunkArtist(text: string): boolean {
  const plain = text.trim().toLowerCase();
  return (
    isEmptyText(text) ||
    isProgramNote(text) ||
    junkArtists.has(plain) ||
    webAddress.test(plain) ||
    /^(?:artist|track|dj)\s*\d*$/.test(plain)
  );
}

/** An album tag that says nothing, in several languages. */
export function isJunkAlbum(text: string): boolean {
  const plain = text.trim().toLowerCase();
  return (
    isEmptyText(text) ||
    isProgramNote(text) ||
    junkAlbums.has(plain) ||
    (junkTitle.test(plain) && /\d/.test(plain) && !/^\W*\d+\W*$/.test(plain)) ||
    webAddress.test(plain) ||
    /^unknown album\b/.test(plain) ||
    /^(?:new )?(?:album|folder)\s*\d*$/.test(plain)
  );
}

/** Titles that only number a file (`Track 02`, `Titel 7`, `download (3)`). A bare number is junk in a tag only. */
export function isJunkTitle(text: string): boolean {
  const plain = text.trim();
  if (isEmptyText(plain) || webAddress.test(plain) || isProgramNote(plain)) return true;
  return /^\d+$/.test(plain) ? false : junkTitle.test(plain);
}

/** A file name that only numbers or calls the file a set, a track, a download. */
export function isJunkStem(text: string): boolean {
  const plain = text.trim();
  // Telephones name what they receive and record: `AUD-20190412-WA0007`.
  if (/^(?:AUD|PTT|VID|REC|VOICE|Recording|Voice)[-_ ]?\d{6,}[-_ \w]*$/i.test(plain)) return true;
  return junkHead.test(plain) || (junkTitle.test(plain) && !/^\d{3,}$/.test(plain)) || isEmptyText(plain);
}

/** Text that tries to be a command or a path rather than a name; it stays data but gives way to the file name. */
export function isHostile(text: string): boolean {
  return /\b(?:ignore|disregard|forget)\b.{0,40}\b(?:previous|prior|above|all|instructions?|rules)\b|\b(?:system|assistant|developer)\s*(?:prompt|:)|<\/?\s*(?:script|system|img|iframe)|\bdrop\s+table\b|\brm\s+-rf\b|\.\.[\\/]|\$\(|\$\{|\bunion\s+select\b|^\s*['"]?;|\bset\s+(?:artist|kind|title|album)\s+to\b/i.test(
    text,
  );
}

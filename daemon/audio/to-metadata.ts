import { type IAudioMetadata, selectCover } from "music-metadata";
import type { Metadata } from "../contract/metadata.ts";
import { cleanText, cutText, leadingNumber, usableNumber, usableTempo } from "./clean-text.ts";
import type { Measured } from "./measured.ts";

const maxWarnings = 20;
const maxWarningChars = 300;
const losslessCodecs = /flac|pcm|alac|tta|wavpack/i;

/** The parser's result in this product's shape; a field that is present but unusable becomes null and a warning. */
export function toMetadata(parsed: IAudioMetadata, measured: Measured): Metadata {
  const { common, format } = parsed;
  const warnings: string[] = [...measured.warnings];
  const decode = format.tagTypes.join() === "exif" ? decodeRiff : (value: unknown) => value;
  const text = (field: string, value: unknown) =>
    cleanText(decode(value), () => warnings.push(`${field} is over-long: cut`));
  const list = (field: string, values: readonly unknown[] | undefined) => text(field, values?.join(", "));
  const number = (field: string, value: unknown, max: number) => usableNumber(field, value, max, warnings);
  const raw = (...names: string[]) => rawText(parsed, names);
  const date = text("date", common.date ?? raw("DATE", "DATE_RELEASED", "DATE_RECORDED") ?? common.year?.toString());
  const albumArtist = people(common.albumartist, common.albumartists) ?? raw("ALBUM_ARTIST", "ALBUMARTIST");
  return {
    artist: text("artist", people(common.artist, common.artists)),
    title: text("title", common.title),
    album: text("album", common.album ?? raw("ALBUM")),
    albumArtist: text("album artist", albumArtist),
    composer: list("composer", common.composer),
    genre: list("genre", common.genre),
    comment: text("comment", plainComment(parsed) ?? raw("COMMENT", "DESCRIPTION")),
    date: date === "0" ? null : date,
    year: number("year", common.year ?? leadingNumber(/^\d{4}/.exec(date ?? "")?.[0]), 9999),
    trackNumber: number("track number", common.track.no, 9999),
    trackTotal: number("track total", common.track.of ?? leadingNumber(common.totaltracks), 9999),
    discNumber: number("disc number", common.disk.no, 999),
    discTotal: number("disc total", common.disk.of ?? leadingNumber(common.totaldiscs), 999),
    bpm: usableTempo(rawTempo(parsed), warnings),
    key: text("key", common.key ?? itunesKey(parsed)),
    durationSec: finite(measured.durationSec, 6),
    bitrateKbps: finite(measured.bitrateKbps, 1),
    sampleRateHz: whole(format.sampleRate),
    channels: whole(format.numberOfChannels),
    codec: text("codec", format.codec),
    container: text("container", format.container),
    lossless: format.lossless ?? (format.codec === undefined ? null : losslessCodecs.test(format.codec)),
    hasAudio: format.hasAudio ?? null,
    hasVideo: format.hasVideo ?? null,
    cover: cover(parsed),
    tagTypes: [...format.tagTypes],
    warnings: boundWarnings([...warnings, ...parsed.quality.warnings.map(({ message }) => message)]),
  };
}

/** The text of WAV files is Latin-1 by the book, and so the parser reads it, but most programs write UTF-8. */
function decodeRiff(value: unknown): unknown {
  const decoded = Buffer.from(String(value ?? ""), "latin1").toString("utf8");
  return value == null || decoded.includes("\ufffd") ? value : decoded;
}

function finite(value: number | null, decimals: number): number | null {
  return value === null || !Number.isFinite(value) || value < 0 ? null : Number(value.toFixed(decimals));
}

function whole(value: number | undefined): number | null {
  return value !== undefined && value >= 1 && Number.isFinite(value) ? Math.round(value) : null;
}

/** Names written as separate values are joined as one would read them; a value that already joins them is kept. */
function people(joined: string | undefined, names: readonly string[] | undefined): string | undefined {
  if (names === undefined || names.length < 2 || (joined !== undefined && joined !== names[0])) return joined;
  return `${names.slice(0, -1).join(", ")} & ${names.at(-1)}`;
}

/** The first comment that a person wrote; players keep settings in comments with a description of their own. */
function plainComment(parsed: IAudioMetadata): string | undefined {
  const comments = parsed.common.comment?.filter((comment) => comment.text) ?? [];
  const written =
    comments.find((comment) => !comment.descriptor) ??
    comments.find((one) => !/^(iTun|ID3v1|Serato|Songs-DB)/i.test(one.descriptor ?? ""));
  return written?.text;
}

/** Text of a field that the parser knows but does not map: some of Matroska's (`track:ALBUM`) and of ASF's. */
function rawText(parsed: IAudioMetadata, names: readonly string[]): string | undefined {
  const tags = [...(parsed.native.matroska ?? []), ...(parsed.native.asf ?? [])];
  const found = names.map((name) => tags.find((tag) => tag.id.slice(tag.id.indexOf(":") + 1).toUpperCase() === name));
  const value = found.find((tag) => tag !== undefined)?.value;
  return typeof value === "string" ? value : undefined;
}

/** The key as DJ programs write it into MP4. */
function itunesKey(parsed: IAudioMetadata): unknown {
  return parsed.native.iTunes?.find((tag) => /^----:com\.apple\.iTunes:initialkey$/i.test(tag.id))?.value;
}

const tempoFields = /^(TBPM|TBP|BPM|tmpo|WM\/BeatsPerMinute|TXXX:BPM|.*:BPM)$/i;

/** From the raw field, as the parser cuts the decimals. */
function rawTempo(parsed: IAudioMetadata): unknown {
  if (parsed.common.bpm === undefined) return undefined;
  const tags = Object.values(parsed.native).flat();
  return tags.find((tag) => tempoFields.test(tag.id))?.value ?? parsed.common.bpm;
}

/** Kind and size of the picture; taggers write the kind in many ways. */
function cover(parsed: IAudioMetadata): Metadata["cover"] {
  const picture = selectCover(parsed.common.picture);
  if (picture === null) return null;
  const named = picture.format.replaceAll(/[^a-z0-9/.+-]/g, "").slice(0, 100);
  return { mime: named.includes("/") ? named : `image/${named || "unknown"}`, bytes: picture.data.length };
}

/** Of padding in an ID3 tag, of chunks that hold no tags, and a wrong one: any big data chunk "exceeds the file". */
const noWarning = /\0|\xff{4}|^Illegal ID3v2 tag length|^Ignore chunk|^Data chunk size exceeds/;

function boundWarnings(all: readonly string[]): string[] {
  const worth = all.filter((text) => !noWarning.test(text));
  const clean = worth.map((text) => cutText(text.replaceAll(/\p{Cc}/gu, " ").toWellFormed(), maxWarningChars));
  const once = [...new Set(clean)];
  if (once.length <= maxWarnings) return once;
  return [...once.slice(0, maxWarnings - 1), `and ${once.length - maxWarnings + 1} more warnings`];
}

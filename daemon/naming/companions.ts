import { type CompanionOf, type CompanionReading, emptyReading, type ListedTrack } from "./companion-reading.ts";
import { readText } from "./companion-text.ts";
import { readCue } from "./cue-reading.ts";
import { meansFile } from "./file-match.ts";
import { isJunkAlbum, isJunkArtist } from "./noise.ts";
import { readPlaylist } from "./playlist.ts";

/** Most characters of a companion that are looked at, whatever the setting for reading says. */
const maxChars = 40_000;

/** Reads one companion of a media file by its shape; a long text is cut, NULs are ignored. */
export function readCompanion(name: string, text: string, of: CompanionOf): CompanionReading {
  const bounded = text.slice(0, maxChars).replaceAll("\0", "");
  const reading = readShape(name, bounded, of);
  if (text.length <= maxChars) return reading;
  const most = maxChars.toLocaleString("en-US");
  return { ...reading, ignored: [...reading.ignored, `Only the first ${most} characters of ${name} were looked at.`] };
}

function readShape(name: string, text: string, of: CompanionOf): CompanionReading {
  if (/\.cue$/i.test(name)) return readCue(name, text, of);
  if (/\.log$/i.test(name)) return readLog(name, text);
  return /\.(?:m3u8?|pls)$/i.test(name) ? readPlaylist(name, text, of) : readText(name, text);
}

/** The log of a ripping program names the disc behind its head: `The Field / From Here We Go Sublime`. */
function readLog(name: string, text: string): CompanionReading {
  const [, artist, album] =
    /extraction logfile from[^\r\n]*[\r\n]\s*([^\s/][^\r\n/]{0,199}?) \/ ([^\r\n]{1,200})/i.exec(text) ?? [];
  const isKnown = artist !== undefined && album !== undefined && !isJunkArtist(artist) && !isJunkAlbum(album.trim());
  return { ...emptyReading(name), fields: isKnown ? { artist: artist.trim(), album: album.trim() } : {} };
}

/** The one entry of a list that names this very file. A file that holds several entries has no title among them. */
export function ownEntry(reading: CompanionReading, file: string): ListedTrack | undefined {
  const named = reading.tracks.filter((track) => track.file !== undefined && meansFile(track.file, file) !== null);
  const same = named.filter((track) => track.file !== undefined && meansFile(track.file, file) === "same");
  const own = same.length > 0 ? same : named;
  return own.length === 1 ? own[0] : undefined;
}

/**
 * The list's entry for this file: the one that names it, else by number and disc (or set); a list numbered straight
 * through answers without the disc.
 */
export function listedTitle(
  reading: CompanionReading,
  file: string,
  number: string | undefined,
  disc: number | undefined,
): ListedTrack | undefined {
  const own = ownEntry(reading, file);
  if (own) return own;
  // What is in this file, together with others, is a part of it and not its name.
  const tracks = reading.tracks.filter((track) => track.file === undefined || meansFile(track.file, file) === null);
  const same = tracks.filter((track) => track.number === number);
  if (disc === undefined) return same.length === 1 ? same[0] : same.find((track) => track.disc === 1);
  const sections = new Set(tracks.map((track) => track.disc));
  const here = same.find((track) => track.disc === disc);
  return here && (sections.size > 1 || disc > 1 || !tracks.some((track) => track.disc !== 1)) ? here : undefined;
}

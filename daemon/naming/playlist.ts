import { stemOf } from "./clean-name.ts";
import {
  type CompanionOf,
  type CompanionReading,
  emptyReading,
  instructionRemark,
  type ListedTrack,
} from "./companion-reading.ts";
import { meansFile, writtenName } from "./file-match.ts";
import { isHostile } from "./noise.ts";
import { foldText, plainText } from "./text.ts";

const maxLines = 5_000;
const longestLine = 1_000;

/** An entry as a playlist writes it: a path or address, and the line above it. */
interface Entry {
  readonly path: string;
  readonly text: string;
  readonly album?: string;
  readonly albumArtist?: string;
}
interface Playlist {
  readonly title?: string;
  readonly entries: readonly Entry[];
}

/** A value as a person would have typed it; one with letters that could not be read is none. */
const plain = (text: string) => (text.includes("\uFFFD") ? "" : plainText(text));

/** `seconds attributes,Artist - Title`: the text behind the first comma that is in no quotes. */
function infoText(info: string): string {
  const comma = /^(?:[^",]|"[^"]*")*,/.exec(info)?.[0].length;
  return plain(comma === undefined ? info.replace(/^-?\d+\s*/, "") : info.slice(comma));
}

/** M3U with the extended lines `#EXTINF`, `#PLAYLIST`, `#EXTALB`, `#EXTART`; other lines with `#` are remarks. */
function parseM3u(lines: readonly string[]): Playlist {
  const entries: Entry[] = [];
  const said: { title?: string; album?: string; albumArtist?: string } = {};
  let text = "";
  for (const line of lines) {
    const [, word, rest = ""] = /^#\s?(EXTINF|PLAYLIST|EXTALB|EXTART)\s*:(.*)$/i.exec(line) ?? [];
    const key = word?.toUpperCase();
    if (key === "EXTINF") text = infoText(rest);
    else if (key === "PLAYLIST") said.title ??= plain(rest);
    else if (key === "EXTALB") said.album = plain(rest);
    else if (key === "EXTART") said.albumArtist = plain(rest);
    else if (line !== "" && !line.startsWith("#")) {
      const { title: _, ...album } = said;
      entries.push({ path: line, text, ...album });
      text = "";
    }
  }
  return { entries, ...(said.title ? { title: said.title } : {}) };
}

/** PLS: `File1=…`, `Title1=…`. */
function parsePls(lines: readonly string[]): Playlist {
  const paths = new Map<string, string>();
  const titles = new Map<string, string>();
  for (const line of lines) {
    const [, word, number = "", rest = ""] = /^(File|Title)(\d{1,5})\s*=(.*)$/i.exec(line) ?? [];
    if (word) (word.toLowerCase() === "file" ? paths : titles).set(number, rest.trim());
  }
  return { entries: [...paths].map(([number, path]) => ({ path, text: plain(titles.get(number) ?? "") })) };
}

/** The entry as a track; null when its line says no more than its file's name does. */
function trackOf({ path, text, album, albumArtist }: Entry, position: number): ListedTrack | null {
  const file = writtenName(path);
  if (foldText(text) === "" || stemOf(file).normalize("NFC") === text) return null;
  const [first = "", ...rest] = text.replace(/^\d{1,3}\s*(?:[.)]|-\s)\s*(?=\p{L})/u, "").split(/\s+[-–—]\s+/);
  const artist = rest.length > 0 ? first : albumArtist;
  return {
    number: String(position),
    disc: 1,
    title: rest.length > 0 ? rest.join(" - ") : first,
    file,
    ...(artist ? { artist } : {}),
    ...(album ? { album } : {}),
    ...(albumArtist ? { albumArtist } : {}),
  };
}

/**
 * Reads a playlist for one file. Only the entry that names it says something of it; the others are kept apart, and so is
 * the playlist's own title, which may be anything.
 */
export function readPlaylist(name: string, text: string, { file }: CompanionOf): CompanionReading {
  const lines = text
    .split(/\r\n|\r|\n/)
    .slice(0, maxLines)
    .map((line) =>
      line
        .slice(0, longestLine)
        .replace(/^\uFEFF/, "")
        .trim(),
    );
  const { title, entries } = /\.pls$/i.test(name) ? parsePls(lines) : parseM3u(lines);
  const ignored = new Set<string>();
  const listed = entries.flatMap((entry, at) => {
    if (isHostile(entry.text)) ignored.add(instructionRemark(name));
    return isHostile(entry.text) ? [] : (trackOf(entry, at + 1) ?? []);
  });
  const fits = listed.map((track) => meansFile(track.file ?? "", file));
  const wanted = fits.includes("same") ? "same" : "stem";
  const tracks = listed.filter((_, at) => fits[at] === wanted);
  const [own] = tracks;
  return {
    ...emptyReading(name),
    fields: title ? { playlist: title } : {},
    headlines: own?.artist && tracks.length === 1 ? [`${own.artist} - ${own.title}`] : [],
    tracks,
    elsewhere: listed.filter((_, at) => fits[at] !== wanted),
    ignored: [...ignored],
  };
}

import { plainText } from "./text.ts";

/** A track of a sheet, still unjudged. `file` is what the sheet writes, without folders. */
export interface CueTrack {
  readonly number: number;
  readonly isAudio: boolean;
  title: string;
  artist?: string;
  file?: string;
  startSec?: number;
}
/** What a cue sheet says, by its grammar alone. */
export interface CueSheet {
  readonly header: Readonly<Record<string, string>>;
  /** In order, as written, once each. */
  readonly files: readonly string[];
  readonly tracks: readonly CueTrack[];
}

const maxLines = 5_000;
const longestLine = 1_000;
const longestFile = 300;
/** Frames of a compact disc in a second. */
const framesPerSecond = 75;

/** An argument: in quotes up to the last of them, since titles hold quotes too, or bare. */
function unquote(text: string): { value: string; rest: string } {
  const mark = text.charAt(0);
  if (mark !== '"' && mark !== "'") return { value: text, rest: "" };
  const end = text.lastIndexOf(mark);
  if (end === 0) return { value: mark === '"' ? text.slice(1).trim() : text, rest: "" };
  if (mark === "'" && end < text.length - 1) return { value: text, rest: "" };
  return { value: text.slice(1, end).replaceAll('\\"', '"').trim(), rest: text.slice(end + 1).trim() };
}

/** `"my set.wav" WAVE`, or bare: then the last word is the type. */
function fileName(text: string): string {
  const { value } = unquote(text);
  return text.startsWith('"') ? value : value.replace(/\s[A-Za-z0-9]{1,12}$/, "").trim();
}

/** Seconds of `mm:ss:ff`; minutes may go on beyond 99. */
function indexSec(text: string): number | undefined {
  const match = /^(\d{1,5}):([0-5]?\d):([0-7]?\d)$/.exec(text);
  const [minutes = 0, seconds = 0, frames = 0] = (match ?? []).slice(1).map(Number);
  return match && frames < framesPerSecond ? minutes * 60 + seconds + frames / framesPerSecond : undefined;
}

interface Parsing {
  readonly header: Record<string, string>;
  readonly files: string[];
  readonly tracks: CueTrack[];
  file?: string;
}

const headerKeys: Readonly<Record<string, string>> = {
  PERFORMER: "artist",
  TITLE: "title",
  SONGWRITER: "songwriter",
  CATALOG: "catalog",
};

function takeRemark(text: string, into: Parsing): void {
  const [, key = "", rest = ""] = /^(GENRE|DATE|DISCID|COMMENT)\s+(.*)$/i.exec(text) ?? [];
  const value = plainText(unquote(rest).value);
  if (/^date$/i.test(key)) {
    const year = /(?<!\d)(?:19|20)\d{2}(?!\d)/.exec(value)?.[0];
    if (year) into.header.year ??= year;
  } else if (value !== "") into.header[key.toLowerCase()] ??= value;
}

function takeIndex(text: string, into: Parsing): void {
  const [, number, time = ""] = /^(\d{1,2})\s+(\S+)$/.exec(text) ?? [];
  const startSec = indexSec(time);
  const track = into.tracks.at(-1);
  // INDEX 00 is the gap before; a track may begin in one file and have its gap in the one before.
  if (!track || startSec === undefined || Number(number) > 1) return;
  if (Number(number) === 0 && track.startSec !== undefined) return;
  track.startSec = startSec;
  if (into.file !== undefined) track.file = into.file;
}

function takeCommand(word: string, rest: string, into: Parsing): void {
  const track = into.tracks.at(-1);
  if (word === "REM") takeRemark(rest, into);
  else if (word === "INDEX") takeIndex(rest, into);
  else if (word === "FILE") {
    into.file = fileName(rest).slice(0, longestFile);
    if (!into.files.includes(into.file)) into.files.push(into.file);
  } else if (word === "TRACK") {
    const [, number = "0", type = "AUDIO"] = /^(\d{1,9})(?:\s+(\S+))?/.exec(rest) ?? [];
    const file = into.file === undefined ? {} : { file: into.file };
    into.tracks.push({ number: Number(number), isAudio: /^audio$/i.test(type), title: "", ...file });
  } else {
    const key = headerKeys[word];
    const value = plainText(unquote(rest).value);
    if (!key || value === "") return;
    if (!track) into.header[key] ??= value;
    else if (key === "title") track.title ||= value;
    else if (key === "artist") track.artist ??= value;
  }
}

/** Parses a cue sheet: one command a line, in any case, unknown ones skipped, lines and their number bounded. */
export function parseCue(text: string): CueSheet {
  const into: Parsing = { header: {}, files: [], tracks: [] };
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .slice(0, maxLines);
  for (const line of lines) {
    const [, word = "", rest = ""] = /^([A-Z]{3,12})\s+(.*)$/i.exec(line.slice(0, longestLine).trim()) ?? [];
    if (word !== "") takeCommand(word.toUpperCase(), rest, into);
  }
  return into;
}

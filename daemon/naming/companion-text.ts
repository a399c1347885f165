import { type CompanionReading, emptyReading, instructionRemark, type ListedTrack } from "./companion-reading.ts";
import { findDates } from "./dates.ts";
import { isHostile } from "./noise.ts";
import { plainText } from "./text.ts";

const maxLines = 600;
/** Lines longer than this, frames included, are running text. */
const longestRaw = 600;
const keyLine = /^([\p{L}][\p{L} /_&'-]{1,24}?)\s*(?:\.{2,}\s*:?|:|=|\s-{2,}>?|\t+|»|\.{0,3}\s*\|)\s*(.+?)$/u;

const keyMeanings: readonly (readonly [string, RegExp])[] = [
  [
    "ignored",
    /^(?:ripped|rip date|ripping|ripper|encoded|encoder|encoding|released?(?: on| date)?|rel\.? ?date|release|store date|street date|uploaded?(?: on| date)?|added|posted|pre ?date|erscheint|veröffentlicht|gerippt|transferred|transfer|captured|source|size|länge|length|time|bitrate|quality|codec|tool|playtime|runtime|duration|url|web|site|contact|greets?|notes?|supplier|genre|label|catalog(?:ue)?|lineage|taper|mics?|mastered)$/i,
  ],
  [
    "performed",
    /^(?:played(?: on| at)?|date(?: of (?:show|performance|event|broadcast|recording))?|(?:on air|aired|air date|airdate|airing|broadcast(?:ed)?(?: on| date)?)|live date|event date|show date|gig date|set date|recorded(?: on| live)?|recording date|record date|performed(?: on)?|when|datum|aufgenommen(?: am)?|gespielt(?: am)?|sendedatum|sendung vom|gesendet(?: am)?|ausstrahlung|fecha|data|date du concert|enregistré le|diffusé le|grabado(?: el)?|registrato(?: il)?|opgenomen(?: op)?|дата)$/i,
  ],
  [
    "artist",
    /^(?:artists?|who|djs?|performer|performed by|act|band|interpret(?:en)?|künstler|artiste|artista|mixed by|selector|wer|musician|исполнитель)$/i,
  ],
  ["albumArtist", /^(?:album ?artist)$/i],
  ["album", /^(?:album|record|disc title|álbum)$/i],
  ["title", /^(?:title|what|name|titel|titre|título|titolo|set(?: name)?|recording|was|mix)$/i],
  [
    "event",
    /^(?:event|festival|party|(?:club ?)?night|soirée|noche|serata|fest|anlass|veranstaltung|evento|évènement|événement|show|radio ?show|radioshow|programme?|sendung|series|tour|programa|émission|wydarzenie)$/i,
  ],
  [
    "venue",
    /^(?:place|venue|where|location|club|lieu|ort|wo|lugar|luogo|locale|locatie|spot|место|hall|played at|recorded at|live at)$/i,
  ],
  ["city", /^(?:city|town|stadt|ville|ciudad|città|stad|country|land)$/i],
  ["stage", /^(?:stage|floor|room|arena|bühne|scène|escenario|palco|area)$/i],
  ["day", /^(?:day|tag|jour)$/i],
  ["episode", /^(?:episode|ep|show no|show number|folge|no|number|nummer)$/i],
  ["year", /^(?:year|jahr|année|año|anno|jaar)$/i],
];

function meaningOf(key: string): string | undefined {
  const plain = key.trim().replace(/\s+/g, " ");
  return keyMeanings.find(([, pattern]) => pattern.test(plain))?.[0];
}

/** A line without the frame that nfo artists draw around it. */
function bareLine(line: string): string {
  return line
    .replace(/[\u2500-\u259F█▓▒░■▄▀│║]+/g, " ")
    .replace(/^[\s|+*#=~_:;!<>/\\.'`-]+(?=\s|$)/u, "")
    .replace(/^[\s|*#=~+-]+/u, "")
    .replace(/[\s|*#=~+\\]+$/u, "")
    .trim();
}

function isSpelledOut(line: string): boolean {
  return /^(?:\S ){3,}\S$/.test(line);
}

const sectionLine =
  /^(?:[-=*\s[(]*)(?:(?:set|disc|disk|cd|side|part|teil)\s*#?\s*(\d{1,2}|one|two|three|four|i{1,3}|iv|[a-h])|(encore|zugabe|rappel|bis)s?)\b[\s:.)\]=*-]*$/iu;
const trackLine =
  /^(?:\[?(?:\d{1,2}:)?\d{1,2}:\d{2}\]?\s*[-–]?\s*)?(?:d\d)?t?(\d{1,3}|[A-H]\d{1,2})\s*(?:[.)\]:-]+\s*|\s+)(\S.*?)(?:\s*[([]?\s*\d{1,3}:\d{2}(?::\d{2})?(?:\.\d+)?\s*[)\]]?)?$/u;
const timedLine = /^\[?(?:\d{1,2}:)?\d{1,3}:\d{2}\]?\s*[-–]?\s*(\S.*)$/u;
const sectionNumbers: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  i: 1,
  ii: 2,
  iii: 3,
  iv: 4,
  a: 1,
  b: 2,
  c: 3,
  d: 4,
  e: 5,
  f: 6,
  g: 7,
  h: 8,
};

interface Building {
  fields: Record<string, string>;
  headlines: string[];
  header: string[];
  headerDone: boolean;
  tracks: ListedTrack[];
  section: number;
  sections: number;
  readonly ignored: Set<string>;
}

function takeTrack(line: string, into: Building): boolean {
  if (findDates(line).length > 0) return false;
  const match = trackLine.exec(line);
  if (match?.[1] && match[2] && /\p{L}/u.test(match[2])) {
    const [artist, title] = splitListed(match[2]);
    const number = /^\d+$/.test(match[1]) ? String(Number(match[1])) : match[1];
    into.tracks.push({ number, disc: into.section, title, ...(artist ? { artist } : {}) });
    return true;
  }
  return timedLine.test(line);
}

function splitListed(text: string): [string | undefined, string] {
  const [artist, ...rest] = text.split(/\s+[-–]\s+/);
  return rest.length > 0 ? [artist, rest.join(" - ").trim()] : [undefined, text.replace(/\s*[>*^%]+$/, "").trim()];
}

function takeSection(line: string, into: Building): boolean {
  const match = sectionLine.exec(line);
  if (!match) return false;
  const word = match[1]?.toLowerCase();
  into.section = word === undefined ? into.sections + 1 : (sectionNumbers[word] ?? Number(word));
  into.sections = Math.max(into.sections, into.section);
  return true;
}

function takeKey(line: string, into: Building): boolean {
  const match = keyLine.exec(line);
  const meaning = match?.[1] ? meaningOf(match[1]) : undefined;
  if (!meaning || !match?.[2]) return false;
  const value = match[2].replace(/^[\s.:=|>-]+/, "").trim();
  if (meaning !== "ignored" && value !== "" && value.length <= 200) into.fields[meaning] ??= value;
  return true;
}

/** Takes a line in; true when it was left out because it reads like an instruction. */
function takeLine(raw: string, into: Building): boolean {
  const isLong = raw.length > longestRaw && raw.trim().length > longestRaw;
  const line = bareLine(plainLine(isLong ? raw.slice(0, longestRaw) : raw.trim()));
  if (line === "") {
    if (into.header.length > 0) into.headerDone = true;
    return false;
  }
  const isOrder = isHostile(line.replace(/^['";]+/, ""));
  if (isLong || line.length > 240 || isSpelledOut(line)) return isOrder;
  // An entry of a track list may be called anything: there it is a title.
  if (isOrder) return !takeTrack(line, into);
  if (takeKey(line, into) || takeSection(line, into) || takeTrack(line, into)) return false;
  if (into.headlines.length < 12) into.headlines.push(line);
  if (!into.headerDone && into.header.length < 8) into.header.push(line);
  return false;
}

/** Reads a text made for people: `key: value` lines, a track list, first lines. */
export function readText(name: string, text: string): CompanionReading {
  const into: Building = {
    fields: {},
    headlines: [],
    header: [],
    headerDone: false,
    tracks: [],
    section: 1,
    sections: 0,
    ignored: new Set(),
  };
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length > maxLines) into.ignored.add(`Only the first ${maxLines} lines of ${name} were looked at.`);
  for (const line of lines.slice(0, maxLines)) {
    if (takeLine(line, into)) into.ignored.add(instructionRemark(name));
  }
  const { fields, headlines, header, tracks } = into;
  return { ...emptyReading(name), fields, headlines, header, tracks, ignored: [...into.ignored] };
}

/** Tabs keep their meaning between key and value. */
function plainLine(line: string): string {
  return line
    .split("\t")
    .map((piece) => (piece.trim() === "" ? "" : /\P{ASCII}|[&%]/u.test(piece) ? plainText(piece) : piece))
    .join("\t");
}

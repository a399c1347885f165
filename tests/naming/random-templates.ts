import type { Fields } from "../../daemon/contract/fields.ts";
import { type TemplateKind, type Templates, templateKinds } from "../../daemon/contract/templates.ts";
import { templateFields } from "../../daemon/naming/templates.ts";

type Random = (below: number) => number;

const words = [
  "Björk",
  "Sigur",
  "Rós",
  "坂本龍一",
  "スーパーカー",
  "Кино",
  "Ленинград",
  "Νίκος",
  "فيروز",
  "עומר",
  "방탄소년단",
  "deadmau5",
  "AC-DC",
  "Mr. Scruff",
  "M.I.A.",
  "A & B",
  "b2b",
  "feat. X",
  "Strobe (Club Edit)",
  "l'été",
  "Ø [Phase]",
  "100% Silk",
  "Ünder",
  "Nguyễn",
  "ไทย",
  "हिन्दी",
  "{Artist}",
  "№1",
  "…",
] as const;

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

/** One to three words as real names have them, without separators. */
function plainName(random: Random): string {
  return Array.from({ length: 1 + random(3) }, () => pick(random, words)).join(" ");
}
/** The same without a last dot, which no folder and no file keeps. */
export const realName = (random: Random): string => plainName(random).replace(/\.$/, ". II");
const number = (random: Random, most: number) => `${1 + random(most)}`;

function randomDate(random: Random): string {
  const two = (n: number) => `${n}`.padStart(2, "0");
  const year = 1970 + random(60);
  return pick(random, [
    `${year}-xx-xx`,
    `${year}-${two(1 + random(12))}-xx`,
    `${year}-${two(1 + random(12))}-${two(1 + random(28))}`,
  ]);
}

/** Fields of a track, all of which its name shows. */
export function trackFields(random: Random): { fields: Fields; manyDiscs: boolean } {
  const artist = plainName(random);
  const fields: Fields = { artist, title: realName(random) };
  if (random(4) > 0) fields.album = realName(random);
  if (random(3) === 0) fields.albumArtist = random(2) === 0 ? "Various Artists" : `${realName(random)} Ensemble`;
  if (random(3) > 0) fields.trackNumber = pick(random, [number(random, 99), number(random, 9), "A1", "B2"]);
  const manyDiscs = fields.trackNumber !== undefined && random(3) === 0;
  if (manyDiscs) fields.discNumber = number(random, 12);
  return { fields, manyDiscs };
}

/** Fields of a set, all of which its name shows and tells apart. */
export function setFields(random: Random): Fields {
  const source = pick(random, [undefined, "festival", "concert", "radioshow", "club", "stream"] as const);
  const fields: Fields = { artist: plainName(random) };
  const hasOwnFolder = source === "festival" || source === "concert" || source === "radioshow";
  if (hasOwnFolder || random(3) > 0) fields.event = realName(random);
  if (source) fields.source = source;
  if (random(4) === 0) fields.episode = number(random, 999);
  if (random(4) === 0) fields.day = pick(random, ["Day 2", "Friday", "Weekend 1"]);
  // Where no folder shows the event, a name does not tell where it ends and the stage begins.
  else if (hasOwnFolder && random(2) === 0) fields.stage = `${realName(random)} Stage`;
  if (random(4) > 0) fields.date = randomDate(random);
  if (random(4) === 0) fields.part = pick(random, ["1", "2", "12", "Side A"]);
  return fields;
}

const literals = [" - ", " @ ", " ", " (", ") ", "_", ", ", ". ", " – ", "·", " \\[", "\\] "] as const;

function randomChoice(random: Random): string {
  const { word, isNumber, hasLabel } = pick(random, templateFields);
  if (random(6) === 0) return pick(random, ["YYYY", "YYYY.MM.DD", "YYYY-MM", "YYYYMMDD"]);
  if (isNumber && random(2) === 0) return `${word}:${"0".repeat(1 + random(3))}`;
  return hasLabel && random(3) === 0 ? `${word} N` : word;
}

function randomField(random: Random): string {
  const choices = Array.from({ length: 1 + random(2) }, () => randomChoice(random));
  if (random(8) === 0) choices.push('"none"');
  return `{${choices.join(" or ")}}`;
}

function randomPieces(random: Random, most: number, depth: number): string {
  let out = "";
  for (let n = 1 + random(most); n > 0; n--) {
    if (depth < 2 && random(3) === 0)
      out += `[${pick(random, literals)}${randomField(random)}${random(2) === 0 ? randomPieces(random, 1, depth + 1) : ""}]`;
    else out += `${pick(random, literals)}${randomField(random)}`;
  }
  return out;
}

/** Valid templates for all kinds, each of which shows the fields that its use needs. */
export function randomTemplates(random: Random): Templates {
  const pair = (kind: TemplateKind) => {
    const isTrack = kind === "track" || kind === "compilation";
    // Of the others, a name can be read back only when it shows what the template is chosen by.
    const event = ["festival", "concert", "radioshow"].includes(kind) ? " @ {Event}" : "";
    const core = isTrack ? "{Artist} - {Title}" : `{Artist} - Live${event}`;
    const filename = `${random(2) === 0 ? `[${randomField(random)} - ]` : ""}${core}${random(2) === 0 ? randomPieces(random, 2, 0) : ""}`;
    const folders = Array.from({ length: 1 + random(3) }, () => pick(random, ["music", "x y", randomField(random)]));
    return { filename, directory: `${folders.join("/")}${random(4) === 0 ? "[/CD{Disc}]" : ""}` };
  };
  return Object.fromEntries(templateKinds.map((kind) => [kind, pair(kind)])) as unknown as Templates;
}

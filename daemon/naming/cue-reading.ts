import { stemOf } from "./clean-name.ts";
import {
  type CompanionOf,
  type CompanionReading,
  emptyReading,
  instructionRemark,
  type ListedTrack,
} from "./companion-reading.ts";
import { type CueSheet, type CueTrack, parseCue } from "./cue.ts";
import { foldedStem, meansFile, writtenName } from "./file-match.ts";
import { isHostile } from "./noise.ts";
import { decodePercent } from "./text.ts";

const highestTrack = 99;
/** A start may lie this much behind the end that the file's header gives. */
const slackSec = 2;

type Numbered = CueTrack & { readonly disc: number };

/** Tracks with a usable number; where numbers begin anew with a new file, a new disc begins. */
function numberTracks(name: string, sheet: CueSheet, remarks: string[]): Numbered[] {
  const usable = sheet.tracks.filter(({ number, isAudio }) => isAudio && number >= 1 && number <= highestTrack);
  if (sheet.tracks.some(({ number }) => number > highestTrack))
    remarks.push(`Track numbers above ${highestTrack} in ${name} were ignored.`);
  const numbered: Numbered[] = [];
  let disc = 1;
  for (const track of usable) {
    const last = numbered.at(-1);
    const goesOn = last === undefined || track.number > last.number;
    if (!goesOn && (track.file === last.file || track.number !== 1)) {
      remarks.push(`The track numbers of ${name} repeat or run backwards: its track list was not used.`);
      return [];
    }
    if (!goesOn) disc++;
    numbered.push({ ...track, disc });
  }
  return numbered;
}

/** Without start times where they run backwards: nobody knows which of them are right. */
function checkTimes(name: string, tracks: readonly Numbered[], remarks: string[]): Numbered[] {
  const wrong = new Set<string | undefined>();
  const last = new Map<string | undefined, number>();
  for (const { file, startSec } of tracks) {
    if (startSec === undefined) continue;
    if (startSec < (last.get(file) ?? 0)) wrong.add(file);
    last.set(file, startSec);
  }
  if (wrong.size === 0) return [...tracks];
  remarks.push(`The start times of ${name} run backwards and were ignored.`);
  return tracks.map((track) => {
    const { startSec: _, ...rest } = track;
    return wrong.has(track.file) ? rest : track;
  });
}

/** Header fields without those that try to give orders. */
function headerFields(name: string, header: CueSheet["header"], remarks: string[]): Record<string, string> {
  const kept = Object.entries(header).filter(([, value]) => !isHostile(value));
  if (kept.length < Object.keys(header).length) remarks.push(instructionRemark(name));
  return Object.fromEntries(kept);
}

/** Whose sheet it is: `own` tracks are in this file or nobody knows where, `elsewhere` those in others. */
interface Split {
  readonly own: readonly Numbered[];
  readonly elsewhere: readonly Numbered[];
  /** The own tracks are in this file for sure, so that their times must fit its length. */
  readonly isHere: boolean;
}

/** Parts the tracks by the files that the sheet names; the name of the other file whose sheet it is, if it is not this one's. */
function splitTracks(name: string, sheet: CueSheet, tracks: readonly Numbered[], of: CompanionOf): Split | string {
  const names = sheet.files.map(writtenName);
  const isExact = names.some((written) => meansFile(written, of.file) === "same");
  const isOwn = (written: string) => {
    const fit = meansFile(written, of.file);
    return isExact ? fit === "same" : fit === "stem";
  };
  const others = new Set(of.others.map(foldedStem));
  const isOther = (written: string) =>
    others.has(foldedStem(written)) || others.has(foldedStem(decodePercent(written)));
  const fileOf = (track: Numbered) => writtenName(track.file ?? "");
  if (names.some(isOwn)) {
    const here = tracks.filter((track) => isOwn(fileOf(track)));
    return { own: here, elsewhere: tracks.filter((track) => !here.includes(track)), isHere: true };
  }
  const isNamedAlike = [stemOf(name), name.replace(/\.cue$/i, "")].some((stem) => meansFile(stem, of.file) !== null);
  const foreign = names.find(isOther);
  if (foreign !== undefined && !isNamedAlike) return foreign;
  return { own: tracks, elsewhere: [], isHere: isNamedAlike && names.length <= 1 };
}

function listTrack(track: Numbered, sheet: CueSheet): ListedTrack {
  const { number, disc, title, artist, file, startSec } = track;
  const { title: album, artist: albumArtist } = sheet.header;
  return {
    number: String(number),
    disc,
    title,
    ...(artist ? { artist } : {}),
    ...(file === undefined ? {} : { file: writtenName(file) }),
    ...(startSec === undefined ? {} : { startSec }),
    ...(sheet.files.length > 1 && album ? { album } : {}),
    ...(sheet.files.length > 1 && albumArtist ? { albumArtist } : {}),
  };
}

/** The sheet without a FILE that is itself a cue sheet, and without its tracks. */
function withoutSheets(name: string, sheet: CueSheet, remarks: string[]): CueSheet {
  const isSheet = (file: string | undefined) => file !== undefined && /\.cue$/i.test(file);
  const cyclic = sheet.files.find(isSheet);
  if (cyclic === undefined) return sheet;
  remarks.push(`${name} names a cue sheet ("${writtenName(cyclic)}") as its sound file: that part was ignored.`);
  return {
    ...sheet,
    files: sheet.files.filter((file) => !isSheet(file)),
    tracks: sheet.tracks.filter((track) => !isSheet(track.file)),
  };
}

/** Reads a cue sheet for one file, believing nothing that the folder or the file's length contradicts. */
export function readCue(name: string, text: string, of: CompanionOf): CompanionReading {
  const remarks: string[] = [];
  const sheet = withoutSheets(name, parseCue(text), remarks);
  const tracks = checkTimes(name, numberTracks(name, sheet, remarks), remarks);
  const split = splitTracks(name, sheet, tracks, of);
  if (typeof split === "string")
    return { ...emptyReading(name), isCue: true, ignored: [`${name} belongs to ${split} and was ignored.`] };
  const { durationSec } = of;
  const isTooLong =
    split.isHere && durationSec !== null && split.own.some(({ startSec = 0 }) => startSec > durationSec + slackSec);
  if (isTooLong) remarks.push(`${name} lists tracks beyond the end of the file: its track list was not used.`);
  const list = (some: readonly Numbered[]) =>
    some.filter(({ title }) => title !== "").map((track) => listTrack(track, sheet));
  return {
    ...emptyReading(name),
    isCue: true,
    fields: headerFields(name, sheet.header, remarks),
    tracks: isTooLong ? [] : list(split.own),
    elsewhere: list(split.elsewhere),
    ignored: remarks,
  };
}

/** One entry of a track list. `disc` counts sections (`Set 2`, `CD 2`, `Encore`). */
export interface ListedTrack {
  readonly number: string;
  readonly disc: number;
  readonly title: string;
  readonly artist?: string;
  /** Name of the file that holds it, without folders, as the list writes it; never opened. */
  readonly file?: string;
  /** Where it begins in that file. */
  readonly startSec?: number;
  /** What the list as a whole is called, and by whom, where its entries are files. */
  readonly album?: string;
  readonly albumArtist?: string;
}

/** What a companion says. Its text is data: only known shapes are read, and nothing in it is obeyed. */
export interface CompanionReading {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  /** First lines that may name the recording, in order. */
  readonly headlines: readonly string[];
  /** First block of short lines: performer, venue, city, date, one a line. */
  readonly header: readonly string[];
  /** Tracks of this file, or of its album when the list does not say in which file each is. */
  readonly tracks: readonly ListedTrack[];
  /** Tracks that the list places in other files. */
  readonly elsewhere: readonly ListedTrack[];
  readonly isCue: boolean;
  /** What was left out, in words a person understands. */
  readonly ignored: readonly string[];
}

/** The media file for which a companion is read. */
export interface CompanionOf {
  /** The file's name, with its extension. */
  readonly file: string;
  /** Names of other media in the folder. */
  readonly others: readonly string[];
  readonly durationSec: number | null;
}

/** A reading of nothing, to be filled. */
export function emptyReading(name: string): CompanionReading {
  return { name, fields: {}, headlines: [], header: [], tracks: [], elsewhere: [], isCue: false, ignored: [] };
}

/** The remark about a line that `isHostile` finds. */
export const instructionRemark = (name: string): string =>
  `A line of ${name} reads like an instruction and was ignored.`;

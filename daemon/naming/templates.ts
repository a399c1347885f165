/**
 * Templates as data. `{Artist}` is a field, `{Event or Venue}` the first that is known, `{Track:00}` a number padded
 * to two digits, `{YYYY.MM.DD}` the date with `xx` for unknown parts, `{Part N}` a labelled number. What stands in
 * `[…]` vanishes unless a field inside it is known, and a field that is not known vanishes with its space.
 */
export interface Templates {
  readonly track: string;
  /** With more than one disc. */
  readonly discTrack: string;
  readonly trackDirectory: string;
  readonly set: string;
  readonly festivalDirectory: string;
  readonly concertDirectory: string;
  readonly radioshowDirectory: string;
  readonly artistDirectory: string;
}

/** The templates as users know them; settings may replace each. */
export const defaultTemplates: Templates = {
  track: "{Artist} - [{Track:00} - ]{Title}",
  discTrack: "{Artist} - [{Disc}{Track:00} - ]{Title}",
  trackDirectory: "music/{AlbumArtist or Artist}/{Album}",
  set: "{Artist} - Live[ @ {Event or Venue}] {Episode} {Stage or Day} {YYYY.MM.DD} {Part N}",
  festivalDirectory: "performances/festivals/{Event} {YYYY}",
  concertDirectory: "performances/concerts/{Event or Venue} {YYYY}",
  radioshowDirectory: "performances/radioshows/{Event}",
  artistDirectory: "performances/artists/{Artist}",
};

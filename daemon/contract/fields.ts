/** `track`: one recording. `set`: a DJ set, concert or radio show. `other`: speech, samples; stays where it is. */
export const proposalKinds = ["track", "set", "other"] as const;
export type ProposalKind = (typeof proposalKinds)[number];

/** Every field a proposal can fill, in the order in which a person reads them. Values are text. */
export const fieldNames = [
  "artist",
  "title",
  "mix",
  "album",
  "albumArtist",
  "trackNumber",
  "discNumber",
  "year",
  "event",
  "episode",
  "venue",
  "stage",
  "day",
  "part",
  "source",
  "date",
] as const;
export type FieldName = (typeof fieldNames)[number];
export type Fields = Partial<Record<FieldName, string>>;
/** Fields that only a track has, and only a set. */
export const trackOnly: ReadonlySet<FieldName> = new Set<FieldName>([
  "title",
  "mix",
  "album",
  "albumArtist",
  "trackNumber",
  "discNumber",
  "year",
]);
export const setOnly: ReadonlySet<FieldName> = new Set<FieldName>([
  "event",
  "episode",
  "venue",
  "stage",
  "day",
  "part",
  "source",
  "date",
]);

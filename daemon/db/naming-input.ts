import { textCompanionExtensions } from "../contract/kinds.ts";
import type { Metadata } from "../contract/metadata.ts";
import type { NamingInput } from "../contract/naming.ts";
import { displayPath, joinRaw, type RawPath } from "../contract/raw-path.ts";
import { companionsOf } from "./companions.ts";
import { getFile } from "./files.ts";
import { getMetadata } from "./metadata.ts";
import { copiesOf, neighboursOf, soundOf } from "./naming-context.ts";
import type { Db } from "./open.ts";
import { editsOf } from "./proposal-edits.ts";

/** At most this many names before and after a file's own are its siblings: enough to see a series. */
const siblingsEachSide = 50;
const mostCompanions = 8;

const withTotal = (number: number | null, total: number | null) =>
  number === null ? null : total === null ? `${number}` : `${number}/${total}`;

/** Metadata as the texts that naming works on; absent tags are absent. */
export function tagTexts(metadata: Metadata | null): Record<string, string> {
  if (!metadata) return {};
  const texts: Record<string, string | null> = {
    artist: metadata.artist,
    title: metadata.title,
    album: metadata.album,
    albumArtist: metadata.albumArtist,
    composer: metadata.composer,
    genre: metadata.genre,
    comment: metadata.comment,
    date: metadata.date,
    year: metadata.year?.toString() ?? null,
    trackNumber: withTotal(metadata.trackNumber, metadata.trackTotal),
    discNumber: withTotal(metadata.discNumber, metadata.discTotal),
    key: metadata.key,
    bpm: metadata.bpm?.toString() ?? null,
  };
  return Object.fromEntries(Object.entries(texts).filter((pair): pair is [string, string] => pair[1] !== null));
}

/** A path as seen from `root`; unchanged when it lies elsewhere. */
export function relativeTo(root: string, path: string): string {
  const shown = displayPath(root);
  return path.startsWith(`${shown}/`) ? path.slice(shown.length + 1) : path.replace(/^\/+/, "");
}

export interface LoadedNaming extends Omit<NamingInput, "companions"> {
  companions: { name: string; path: RawPath }[];
}

/** Everything the database knows that helps to name a file. Null when the file is gone. */
export function loadNamingInput(db: Db, fileId: number, root: string): LoadedNaming | null {
  const file = getFile(db, fileId);
  if (!file) return null;
  const metadata = getMetadata(db, fileId);
  const neighbours = neighboursOf(db, file, siblingsEachSide);
  const texts = companionsOf(db, fileId).filter((companion) =>
    (textCompanionExtensions as readonly string[]).includes(companion.extension),
  );
  const person = editsOf(db, fileId);
  const copies = copiesOf(db, fileId, tagTexts).map((copy) => ({ ...copy, path: relativeTo(root, copy.path) }));
  const sound = soundOf(db, fileId);
  return {
    path: relativeTo(root, file.path),
    durationSec: metadata?.durationSec ?? null,
    tags: tagTexts(metadata),
    companions: texts
      .slice(0, mostCompanions)
      .map(({ name, folderRaw, nameRaw }) => ({ name, path: joinRaw(folderRaw, nameRaw) })),
    siblings: neighbours.map(({ name }) => name),
    neighbours: neighbours.filter(({ tags }) => Object.keys(tags).length > 0),
    ...(sound ? { sound } : {}),
    ...(copies.length > 0 ? { copies } : {}),
    ...(Object.keys(person).length > 0 ? { person } : {}),
  };
}

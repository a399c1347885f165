import { type IAudioMetadata, parseFromTokenizer } from "music-metadata";
import { type ByteSource, openByteSource } from "../audio/byte-source.ts";
import { contentKind, id3Bytes } from "../audio/content-kind.ts";
import { readTags } from "../audio/read-tags.ts";
import { SourceTokenizer } from "../audio/source-tokenizer.ts";
import type { Metadata } from "../contract/metadata.ts";
import { type RawPath, toBytes } from "../contract/raw-path.ts";
import { openLayout } from "./formats.ts";
import { type Kept, type Layout, RefusedError, type TagField, type TagTexts } from "./layout.ts";
import { isUntouched, movedTo, type Patch } from "./patch.ts";

/** A file's tags, as the reader of the pipeline and as the editor see them. */
export interface Reading {
  metadata: Metadata;
  layout: Layout;
}

/** Opens a file for an editor and the tag reader. The layout can be used after that: it holds what it needs. */
export async function readForEdit(path: RawPath, extension: string, signal: AbortSignal): Promise<Reading> {
  const metadata = await readTags(path, { extension, signal });
  const source = await openByteSource(typeof path === "string" ? path : toBytes(path), signal);
  try {
    return { metadata, layout: await openLayout(source, metadata.container) };
  } finally {
    await source.close();
  }
}

const mistake = (what: string) =>
  new RefusedError(`${what}: nothing was written. Please report this file's kind, it is a mistake of Phaze`);

/**
 * Everything that is not to be written must be where the patches leave it, untouched by them; that its bytes are the same
 * then follows from the whole file's hash (see rewrite.ts). Throws RefusedError with what differs.
 */
export function checkKept(before: Layout, after: Layout, patches: readonly Patch[], changes: TagTexts): void {
  const stays = (kept: readonly Kept[]) =>
    kept.filter((item) => item.length !== 0 && (item.field === undefined || !(item.field in changes)));
  const [was, is] = [stays(before.kept), stays(after.kept)];
  for (const [index, old] of was.entries()) {
    const now = is[index];
    const what = `${old.name} (number ${index + 1} of ${was.length})`;
    if (now?.name !== old.name) throw mistake(`${what} would be lost`);
    if (old.at === undefined || now.at === undefined) {
      if (old.at !== undefined || now.at !== undefined || old.fact !== now.fact) throw mistake(`${what} would change`);
    } else if (
      now.length !== old.length ||
      now.at !== movedTo(old.at, patches) ||
      !isUntouched(old.at, old.length, patches)
    )
      throw mistake(`${what} would change`);
  }
  const more = is[was.length];
  if (more) throw mistake(`${more.name} would be new`);
}

/** Names of the fields in the raw tags, as the independent parser gives them. */
const rawNames: Readonly<Record<TagField, RegExp>> = {
  bpm: /^(TBPM|TBP|BPM|tmpo)$/i,
  key: /^(TKEY|TKE|INITIALKEY|KEY|----:com\.apple\.iTunes:initialkey)$/i,
  mood: /^(TMOO|TXXX:MOOD|MOOD|----:com\.apple\.iTunes:MOOD)$/i,
  genre: /^(TCON|TCO|GENRE|©gen)$/i,
};

async function parseRaw(source: ByteSource): Promise<IAudioMetadata["native"]> {
  const start = id3Bytes(await source.read(0, 10));
  const mime = contentKind(await source.read(start, 16))?.mime ?? "audio/mpeg";
  const parsed = await parseFromTokenizer(new SourceTokenizer(source, mime), { skipPostHeaders: true });
  return parsed.native;
}

/** The new texts must be in the file for a parser that knows nothing of the editor. */
async function checkWritten(path: RawPath, changes: TagTexts, signal: AbortSignal): Promise<void> {
  const source = await openByteSource(typeof path === "string" ? path : toBytes(path), signal);
  try {
    const tags = Object.values(await parseRaw(source)).flat();
    for (const [field, text] of Object.entries(changes) as [TagField, string][]) {
      const texts = tags.filter(({ id }) => rawNames[field].test(id)).map(({ value }) => `${value}`);
      if (!texts.includes(text))
        throw new RefusedError(
          `Its ${field} would read back as ${JSON.stringify(texts[0] ?? null)} instead of "${text}": programs differ on tags of this kind, so nothing was written. Let a tag editor write its tags anew first`,
        );
    }
  } finally {
    await source.close();
  }
}

/** Fields of the pipeline's reading that a write may change, or that follow from the file's length. */
const mayDiffer = new Set<keyof Metadata>(["bpm", "key", "genre", "bitrateKbps", "tagTypes", "warnings"]);

/** The pipeline's reader must see the new values, and everything else as before. */
function checkReading(before: Metadata, after: Metadata, changes: TagTexts): void {
  for (const name of Object.keys(before) as (keyof Metadata)[]) {
    const [was, is] = [JSON.stringify(before[name]), JSON.stringify(after[name])];
    const field = name === "bpm" || name === "key" || name === "genre" ? name : null;
    const text = field && changes[field];
    if (text === undefined || text === null) {
      if (was !== is && (field !== null || !mayDiffer.has(name)))
        throw new RefusedError(`With the new tags, its ${name} would read ${is} and not ${was}: nothing was written`);
    } else if (after[name] !== null && `${after[name]}` !== text)
      throw new RefusedError(
        `Another tag in the file (${after.tagTypes.join(", ")}) says ${is} for ${name}, and programs would go on reading that: remove it there first`,
      );
  }
}

/** Reads the copy with the new tags back, in three ways. Returns what the pipeline's reader says of it. */
export async function checkCopy(
  before: Reading,
  copy: { path: RawPath; extension: string; patches: readonly Patch[]; changes: TagTexts },
  signal: AbortSignal,
): Promise<Metadata> {
  const after = await readForEdit(copy.path, copy.extension, signal);
  checkKept(before.layout, after.layout, copy.patches, copy.changes);
  for (const [field, text] of Object.entries(copy.changes) as [TagField, string][])
    if (after.layout.values[field] !== text) throw mistake(`The ${field} would not be "${text}"`);
  await checkWritten(copy.path, copy.changes, signal);
  checkReading(before.metadata, after.metadata, copy.changes);
  return after.metadata;
}

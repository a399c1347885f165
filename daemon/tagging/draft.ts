import { type FileRow, getFile, rawPathOf } from "../db/files.ts";
import type { FileFacts } from "../rename/disk.ts";
import type { TagDeps } from "./deps.ts";
import { RefusedError, type TagField } from "./layout.ts";
import { checkFile } from "./preflight.ts";
import { reasonOf } from "./reason.ts";
import { changedTexts, compareFields, type FieldChange } from "./values.ts";
import { type Reading, readForEdit } from "./verify.ts";

/** What a person asks for: which fields, and whether values that are there may go. */
export interface TagRequest {
  fields: readonly TagField[];
  replace: boolean;
}

/** What would be done to one file. */
export interface TagItem {
  fileId: number;
  path: string;
  /** `unchanged`: its tags have all of it already, or the analysis has nothing for it. */
  status: "ready" | "unchanged" | "refused";
  format: string | null;
  reason: string | null;
  fields: FieldChange[];
}

/** The same, with what it takes to do it; null where nothing is done. */
export interface Draft {
  item: TagItem;
  work: { file: FileRow; facts: FileFacts; reading: Reading } | null;
}

/**
 * Many programs read one kind of tag only, ID3v2 before ID3v1, APEv2 and INFO. A new tag with nothing but our values would
 * hide title and artist from them, though not a byte of these is lost.
 */
function checkAlone({ layout, metadata }: Reading): void {
  const { title, artist, album, tagTypes } = metadata;
  if (layout.fresh && (title ?? artist ?? album) !== null)
    throw new RefusedError(
      `Its tags are of another kind (${tagTypes.join(", ")}), and many programs would show nothing but the new ones: let a tag editor write all of them as ${layout.format} first`,
    );
}

/** Looks at a file, without changing anything. Throws only what `signal` was aborted with. */
export async function draftOf(deps: TagDeps, fileId: number, request: TagRequest, signal: AbortSignal): Promise<Draft> {
  const file = getFile(deps.db, fileId);
  const item: TagItem = {
    fileId,
    path: file?.path ?? "",
    status: "refused",
    format: null,
    reason: null,
    fields: [],
  };
  try {
    if (!file) throw new RefusedError(`There is no file ${fileId}`);
    const found = deps.valuesFor(fileId);
    if (!found) throw new RefusedError("It has not been analysed yet: wait for the pipeline, or look for its error");
    const facts = await checkFile(deps, file);
    const reading = await readForEdit(rawPathOf(file), file.extension, signal);
    checkAlone(reading);
    const fields = compareFields(found, reading.layout, reading.metadata, request);
    const isReady = Object.keys(changedTexts(fields)).length > 0;
    const seen = { ...item, format: reading.layout.format, fields };
    if (!isReady) return { item: { ...seen, status: "unchanged" }, work: null };
    // Whether there is room is found out here, and not after a copy was begun.
    reading.layout.edit(changedTexts(fields));
    return { item: { ...seen, status: "ready" }, work: { file, facts, reading } };
  } catch (error) {
    signal.throwIfAborted();
    return { item: { ...item, reason: reasonOf(error) }, work: null };
  }
}

import { durably } from "../db/open.ts";
import {
  finishTagBatch,
  getTagBatch,
  insertTagBatch,
  presentMedia,
  standingWrites,
  type TagBatch,
  type TagBatchStatus,
} from "../db/tag-writes.ts";
import { type BatchWork, type FileEnd, undoOne, writeOne } from "./batch.ts";
import type { TagDeps } from "./deps.ts";
import { draftOf, type TagItem, type TagRequest } from "./draft.ts";
import { type RecoveredTags, recoverTags } from "./recover.ts";
import { fieldsOf } from "./values.ts";

/** Tags cannot be written now, or not at all, with the reason and what to do. */
export class TagRefusal extends Error {
  /** `off`: the setting; `busy`: other work; `impossible`: what was asked for. */
  readonly kind: "off" | "busy" | "impossible";
  constructor(kind: TagRefusal["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface TagPlan {
  items: TagItem[];
  /** Further files that were not looked at, because a dry run only looks at so many. */
  more: number;
}

export interface StartedTags {
  batch: TagBatch;
  /** Settles when the batch has ended. */
  done: Promise<unknown>;
}

/** Writes what the analysis found into the tags of files, on request only, one batch at a time. */
export interface Tagger {
  /** What a write would do to these files (or to all that were analysed). Changes nothing, and needs no setting. */
  plan(ids: readonly number[] | undefined, request: TagRequest): Promise<TagPlan>;
  write(ids: readonly number[] | undefined, request: TagRequest, actor: string): Promise<StartedTags>;
  undo(batchId: number, actor: string): Promise<StartedTags>;
  /** Closes what a crash left open; at every start, whatever the setting. */
  recover(): Promise<RecoveredTags>;
  busy(): boolean;
  /** Ends the running batch after taking back the file it is at. */
  stop(): Promise<void>;
}

/** Files that one dry run looks at. */
const mostPlanned = 1000;
/** Rows read at once while looking for files. */
const pageRows = 1000;
const off =
  "Writing tags is switched off: set PHAZE_WRITE_TAGS=true, start Phaze again, and try once more. Until then Phaze changes no byte of any file";

/** Ids of all files for which the analysis has a value of these fields. */
async function analysed({ db, valuesFor }: TagDeps, request: TagRequest): Promise<number[]> {
  const found: number[] = [];
  for (let after = 0; ; ) {
    const ids = presentMedia(db, after, pageRows);
    for (const id of ids) {
      const values = valuesFor(id);
      if (values && fieldsOf(values).some((field) => request.fields.includes(field))) found.push(id);
    }
    const last = ids.at(-1);
    if (last === undefined) return found;
    after = last;
    await Bun.sleep(0); // Others want the event loop, too.
  }
}

function endOf(ends: readonly FileEnd[], signal: AbortSignal): TagBatchStatus {
  if (signal.aborted || ends.includes("unfinished")) return "interrupted";
  const failed = ends.some((end) => end === "failed" || end === "hopeless");
  if (!failed) return "done";
  return ends.includes("done") || ends.includes("unchanged") ? "partly" : "failed";
}

/** Works off a batch, file by file. A file that fails is as it was, and the others go on. */
async function runBatch<T>(work: BatchWork, items: readonly T[], each: (item: T) => Promise<FileEnd>): Promise<void> {
  const { deps, batchId, signal } = work;
  const ends: FileEnd[] = [];
  let error: string | null = null;
  for (const item of items) {
    if (signal.aborted) break;
    ends.push(await each(item));
    if (ends.at(-1) === "hopeless") {
      error = "The disk is full or read-only: the rest was not begun. Mend that, and try again";
      break;
    }
  }
  if (signal.aborted) error = "Phaze was stopped: the rest was not begun, and can be written again";
  durably(deps.db, () => finishTagBatch(deps.db, batchId, endOf(ends, signal), deps.now(), error));
}

export function makeTagger(deps: TagDeps): Tagger {
  const { db, log, now } = deps;
  const controller = new AbortController();
  const { signal } = controller;
  let running: Promise<unknown> | null = null;

  /** Lets `prepare` choose what to do while no other batch does, and does it. */
  async function exclusively<T>(
    head: { kind: TagBatch["kind"]; undoOf: number | null; actor: string },
    prepare: () => Promise<{ items: readonly T[]; each: (work: BatchWork, item: T) => Promise<FileEnd> }>,
  ): Promise<StartedTags> {
    if (!deps.enabled) throw new TagRefusal("off", off);
    const why = running ? "Tags are being written: wait until that has ended" : deps.blockedBy();
    if (why) throw new TagRefusal("busy", why);
    const gate = Promise.withResolvers<void>();
    running = gate.promise;
    try {
      await recoverTags(deps);
      const { items, each } = await prepare();
      const batchId = durably(db, () => insertTagBatch(db, { ...head, files: items.length, createdAt: now() }));
      const work: BatchWork = { deps, batchId, actor: head.actor, signal };
      const done = runBatch(work, items, (item) => each(work, item))
        .catch((error: Error) => {
          log.error("writing tags broken off", { batchId, error: error.message });
          durably(db, () => finishTagBatch(db, batchId, "interrupted", now(), error.message));
        })
        .finally(() => {
          running = null;
        });
      running = done;
      return { batch: getTagBatch(db, batchId) as TagBatch, done };
    } finally {
      gate.resolve();
      if (running === gate.promise) running = null;
    }
  }

  return {
    async plan(ids, request) {
      const chosen = ids ?? (await analysed(deps, request));
      const items: TagItem[] = [];
      for (const id of chosen.slice(0, mostPlanned)) items.push((await draftOf(deps, id, request, signal)).item);
      return { items, more: Math.max(0, chosen.length - mostPlanned) };
    },
    write: (ids, request, actor) =>
      exclusively({ kind: "write", undoOf: null, actor }, async () => ({
        items: [...new Set(ids ?? (await analysed(deps, request)))],
        each: (work, id) => writeOne(work, id, request),
      })),
    undo: (batchId, actor) =>
      exclusively({ kind: "undo", undoOf: batchId, actor }, async () => {
        const batch = getTagBatch(db, batchId);
        if (!batch) throw new TagRefusal("impossible", `There is no batch ${batchId} of tags`);
        if (batch.kind === "undo")
          throw new TagRefusal("impossible", "This batch is an undo itself: write the tags again");
        const items = standingWrites(db, batchId);
        if (items.length === 0) throw new TagRefusal("impossible", "Nothing that this batch wrote is left to put back");
        return { items, each: undoOne };
      }),
    recover: () => recoverTags(deps),
    busy: () => running !== null,
    async stop() {
      controller.abort(new Error("Phaze is stopping"));
      await running?.catch(() => {}); // The batch has recorded how it ended.
    },
  };
}

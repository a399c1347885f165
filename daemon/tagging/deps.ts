import type { Db } from "../db/open.ts";
import type { Events } from "../events.ts";
import type { Log } from "../log.ts";
import type { Libc } from "../rename/libc.ts";
import type { FileCalls } from "./calls.ts";
import type { AnalysisTags } from "./values.ts";

/** What writing tags needs. */
export interface TagDeps {
  db: Db;
  libc: Libc;
  calls: FileCalls;
  events: Events;
  log: Log;
  now: () => number;
  /** PHAZE_WRITE_TAGS: nothing is written without it. */
  enabled: boolean;
  /** Absolute folders; a file that is really outside of all of them is not touched. */
  roots: readonly string[];
  /** What the analysis found of a file; null when it has not run. */
  valuesFor(fileId: number): AnalysisTags | null;
  /** Why no tags can be written now (files are being moved, say); null: they can. */
  blockedBy(): string | null;
  /** Called after each step of the journal; tests stop the process in it. */
  checkpoint?: (step: string) => void;
}

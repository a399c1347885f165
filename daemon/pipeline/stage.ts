import type { z } from "zod";
import type { FileKind } from "../contract/kinds.ts";
import type { Db } from "../db/open.ts";
import type { Log } from "../log.ts";

/** Which limited pool a stage works in: disk and network, processor, or the language model. */
export const poolNames = ["io", "cpu", "llm"] as const;
export type PoolName = (typeof poolNames)[number];

/** What a stage may use besides its input. */
export interface StageTools {
  /** Says that the work goes on (0 … 1 when known). A stage that says nothing for long is stopped. */
  progress(fraction?: number): void;
  readonly log: Log;
}

/** A stage that has nothing to do for this file says why; that is an outcome, not an error. */
export interface Skipped {
  skipped: string;
}

/** One step for one file: returns data, and never touches the database. */
export interface Stage<Input, Output> {
  readonly name: string;
  /** A higher number reruns the stage for every file, and then what depends on it. */
  readonly version: number;
  readonly kinds: readonly FileKind[];
  /** Stages that must be done before. */
  readonly needs: readonly string[];
  /** Stages that must have ended before, whatever came out. */
  readonly after: readonly string[];
  readonly pool: PoolName;
  /** The input holds the file's place and its companions: rerun when those change. */
  readonly readsFolder?: boolean;
  readonly output: z.ZodType<Output>;
  /** When it returns a reason, the stage waits, and status shows the reason. */
  blockedBy?(): string | null;
  run(input: Input, tools: StageTools, signal: AbortSignal): Promise<Output | Skipped>;
}

/** How a stage is fed from the database and where its output goes. */
export interface Entry<Input, Output> {
  readonly stage: Stage<Input, Output>;
  /** Null when the file is gone. */
  load(db: Db, fileId: number): Input | null;
  /** Stores the output, inside a transaction. "merged": the file turned out to be another row's and is gone. */
  save(db: Db, fileId: number, output: Output, now: number): "merged" | undefined;
}

/** An error that another attempt cannot mend (a damaged file, say): the stage fails at once. */
export class PermanentError extends Error {}

/** What the stage needs went away, and `blockedBy` says so by now: the run is given back, its attempt not counted. */
export class BlockedError extends Error {}

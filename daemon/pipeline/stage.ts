import type { z } from "zod";
import type { DecodeReport, Rate } from "../audio/decode.ts";
import type { FileKind } from "../contract/kinds.ts";
import type { RawPath } from "../contract/raw-path.ts";
import type { Db } from "../db/open.ts";
import type { Log } from "../log.ts";

/** Which limited pool a stage works in: disk and network, processor, decoded sound, or the language model. */
export const poolNames = ["io", "cpu", "pcm", "llm"] as const;
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

interface StageBase<Output> {
  readonly name: string;
  /** A higher number reruns the stage for every file, and then what depends on it. */
  readonly version: number;
  readonly kinds: readonly FileKind[];
  /** Stages that must be done before. */
  readonly needs: readonly string[];
  /** Stages that must have ended before, whatever came out. */
  readonly after: readonly string[];
  readonly output: z.ZodType<Output>;
  /** What else its results depend on, such as a set of models: rerun when it is another one than at the last start. */
  basis?(): string;
  /**
   * Waits until no file of the folder is still on its way to the end of this stage, and is done anew for all of them when
   * one more has got there. Of folders with very many files each goes by itself.
   */
  readonly together?: string;
  /** Stages whose results it uses when they are there, without waiting: done anew when these bring something new. */
  readonly again?: readonly string[];
  /** What of an output later stages look at: they run again when that is another than before. All of it when absent. */
  essence?(output: Output): unknown;
  /** The input holds the file's place and its companions: rerun when those change. */
  readonly readsFolder?: boolean;
  /** When it returns a reason, the stage waits, and status shows the reason. */
  blockedBy?(): string | null;
}

/** One step for one file: returns data, and never touches the database. */
export interface Stage<Input, Output> extends StageBase<Output> {
  readonly pool: Exclude<PoolName, "pcm">;
  run(input: Input, tools: StageTools, signal: AbortSignal): Promise<Output | Skipped>;
}

/** What is asked of a worker for every window of the sound. */
export interface PcmNeed {
  rate: Rate;
  /** Length of a window. All of the file is cut into such windows; the last may be shorter. */
  windowSamples: number;
  /** Samples of the former window that each begins with. */
  leadSamples: number;
  /** Name of the worker's task, and what it is told besides the samples. */
  task: string;
  options?(): unknown;
}

/** What a worker found in a window. */
export interface PcmWindow<Found = unknown> {
  startSec: number;
  endSec: number;
  result: Found;
}

/** Where the sound of a file comes from, and whose it is. */
export interface PcmInput {
  fileId: number;
  path: RawPath;
}

/** Takes the whole sound of one file as it is decoded, block by block. */
export interface PcmSink<Found> {
  /** Takes a block (mono, −1…1, finite) before it returns; the decode waits for it. */
  write(block: Float32Array): Promise<void>;
  /** That was all, and it was decoded well. */
  end(): Promise<Found>;
  /** The decode failed, or nobody wants it any more: leaves nothing behind. Not after `end` has succeeded. */
  abort(reason: unknown): void;
}

/** What a stage that wants the sound as one stream asks for. Nothing is opened before the first block. */
export interface PcmSinkNeed<Found> {
  rate: Rate;
  open(fileId: number, tools: StageTools, signal: AbortSignal): PcmSink<Found>;
}

/** A stage that listens: all of a file that are due share one decode, and their windows go to the workers. */
export interface PcmStage<Output, Found = unknown> extends StageBase<Output> {
  readonly pool: "pcm";
  /** Null: the decoder's report is enough, or a sink takes the sound. */
  readonly pcm: PcmNeed | null;
  /** In place of windows and workers: what it found comes as one window that is the whole file. */
  readonly sink?: PcmSinkNeed<Found>;
  /** Makes the windows, in their order, one result. There is one at least, unless the stage needs neither windows nor a sink. */
  summarise(windows: readonly PcmWindow<Found>[], report: DecodeReport): Output | Skipped;
}

/** How a stage is fed from the database (a listening one with a PcmInput) and where its output goes. */
export interface Entry<Input, Output> {
  readonly stage: Stage<Input, Output> | PcmStage<Output>;
  /** Null when the file is gone. */
  load(db: Db, fileId: number): Input | null;
  /**
   * Stores the output, inside a transaction; `changed` is false when it is the same as the last time. "merged": the file
   * turned out to be another row's and is gone.
   */
  save(db: Db, fileId: number, output: Output, now: number, changed: boolean): "merged" | undefined;
}

/** An error that another attempt cannot mend (a damaged file, say): the stage fails at once. */
export class PermanentError extends Error {}

/** What the stage needs went away, and `blockedBy` says so by now: the run is given back, its attempt not counted. */
export class BlockedError extends Error {}

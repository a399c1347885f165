import type { Db } from "../db/open.ts";
import { durably } from "../db/open.ts";
import { type Batch, finishBatch, getBatch, insertBatch } from "../db/operations.ts";
import { proposalIds } from "../db/proposal-list.ts";
import { getProposal, type Proposal } from "../db/proposals.ts";
import type { MoveDeps } from "./deps.ts";
import { runBatch } from "./execute.ts";
import { makePlan, type Plan } from "./plan.ts";
import { makeSpace } from "./preflight.ts";
import { recover } from "./recover.ts";
import { planUndo, type UndoPlan, undoable } from "./undo.ts";

/** Plans and carries out batches, one at a time. */
export interface Mover {
  /** What an apply of these approved proposals (or of all) would do. */
  plan(ids?: readonly number[]): Promise<Plan>;
  /** Starts an apply; null when there is nothing to move. `done` settles when the batch has ended. */
  apply(
    ids: readonly number[] | undefined,
    actor: string,
  ): Promise<{ plan: Plan; batch: Batch; done: Promise<unknown> } | { plan: Plan; batch: null }>;
  planUndo(batchId: number): Promise<UndoPlan>;
  undo(
    batchId: number,
    actor: string,
  ): Promise<{ plan: UndoPlan; batch: Batch; done: Promise<unknown> } | { plan: UndoPlan; batch: null }>;
  busy(): boolean;
  /** Ends the running batch after taking back the file it is at. */
  stop(): Promise<void>;
}

/** Another batch is running; two at once would not know of each other's files. */
export class BusyError extends Error {}

/** Most proposals in one batch. */
const mostItems = 200_000;

export function makeMover(
  deps: Omit<MoveDeps, "actor"> & { outputPath: string; afterBatch?: () => void; blockedBy?: () => string | null },
): Mover {
  const { db } = deps;
  const controller = new AbortController();
  let running: Promise<unknown> | null = null;

  const chosen = (db: Db, ids?: readonly number[]): Proposal[] =>
    (ids ?? proposalIds(db, { status: "approved" }, mostItems))
      .map((id) => getProposal(db, id))
      .filter((proposal): proposal is Proposal => proposal?.status === "approved");

  const plan = (ids?: readonly number[]) => makePlan(db, deps.outputPath, chosen(db, ids), makeSpace());

  /** Lets `work` plan and write its batch while no other does, and runs that batch. */
  async function exclusively<P extends { operations: unknown[] }>(
    work: () => Promise<{ plan: P; insert: () => number }>,
    actor: string,
  ): Promise<{ plan: P; batch: Batch; done: Promise<unknown> } | { plan: P; batch: null }> {
    const why = running ? "Another batch is running: wait until it has ended" : deps.blockedBy?.();
    if (why) throw new BusyError(why);
    const gate = Promise.withResolvers<void>();
    running = gate.promise;
    try {
      // What an earlier batch had to leave open comes first: its files are on their way.
      await recover({ ...deps, actor: "phaze" });
      const { plan, insert } = await work();
      if (plan.operations.length === 0) return { plan, batch: null };
      const id = durably(db, insert);
      const done = runBatch({ ...deps, actor }, id, controller.signal)
        .catch((error: Error) => {
          deps.log.error("batch broken off", { batchId: id, error: error.message });
          durably(db, () => finishBatch(db, id, "interrupted", deps.now(), error.message));
        })
        .finally(() => {
          running = null;
          deps.afterBatch?.();
        });
      running = done;
      return { plan, batch: getBatch(db, id) as Batch, done };
    } finally {
      gate.resolve();
      if (running === gate.promise) running = null;
    }
  }

  return {
    plan,
    planUndo: (batchId) => planUndo(db, batchId),
    apply: (ids, actor) =>
      exclusively(async () => {
        const made = await plan(ids);
        return {
          plan: made,
          insert: () => insertBatch(db, { kind: "apply", undoOf: null, createdAt: deps.now() }, made.operations),
        };
      }, actor),
    undo: (batchId, actor) =>
      exclusively(async () => {
        undoable(db, batchId);
        const made = await planUndo(db, batchId);
        return {
          plan: made,
          insert: () => insertBatch(db, { kind: "undo", undoOf: batchId, createdAt: deps.now() }, made.operations),
        };
      }, actor),
    busy: () => running !== null,
    async stop() {
      controller.abort(new Error("Phaze is stopping"));
      await running?.catch(() => {}); // The batch has recorded how it ended.
    },
  };
}

import type { FingerprintEngine } from "../contract/sidecar.ts";
import { fingerprintAgain, fingerprintsBy, getFingerprint, ownershipOf } from "../db/fingerprints.ts";
import type { Db } from "../db/open.ts";
import type { Log } from "../log.ts";
import type { SidecarClient } from "./client.ts";

export interface ReconcileDeps {
  db: Db;
  log: Log;
  client: Pick<SidecarClient, "engine" | "list" | "remove">;
  /** Hash of the parameters the engine works with now. */
  parameters: string;
  /** The engine's stage. */
  stage: { name: string; version: number };
  signal: AbortSignal;
}

/** What did not agree, and was put right. */
export interface Reconciled {
  engine: FingerprintEngine;
  tracks: number;
  /** Files the engine does not hold, holds otherwise, or holds by other parameters: to be stored anew. */
  missing: number;
  different: number;
  outdated: number;
  requeued: number;
  /** Recordings no file owns any more. */
  removed: number;
}

/**
 * Compares what the database says an engine stored with what its store holds. The database is read first: what it knows
 * then was stored before, so a file that is stored meanwhile is never taken for a missing one. A recording goes only
 * when its file's row is gone, or holds another content now; a file that is merely missing keeps it.
 */
export async function reconcile(deps: ReconcileDeps): Promise<Reconciled> {
  const { db, client, parameters, stage, signal } = deps;
  const { engine } = client;
  const known = new Map(fingerprintsBy(db, engine).map((row) => [row.fileId, row]));
  const held = new Map<number, number>();
  for await (const track of client.list(signal)) held.set(track.id, track.hashes);
  const result: Reconciled = {
    engine,
    tracks: held.size,
    missing: 0,
    different: 0,
    outdated: 0,
    requeued: 0,
    removed: 0,
  };
  const again: number[] = [];
  for (const row of known.values()) {
    const hashes = held.get(row.fileId);
    let why: "missing" | "different" | "outdated" | null = null;
    if (row.outcome === "stored" && hashes === undefined) why = "missing";
    else if (row.outcome === "stored" && hashes !== row.hashes) why = "different";
    else if (parameters !== "" && row.parameters !== parameters) why = "outdated";
    if (why === null || getFingerprint(db, row.fileId, engine)?.storedAt !== row.storedAt) continue;
    result[why]++;
    again.push(row.fileId);
  }
  if (again.length > 0) result.requeued = fingerprintAgain(db, stage.name, stage.version, again);
  for (const id of held.keys()) {
    signal.throwIfAborted();
    const owner = ownershipOf(db, id, engine, stage.name);
    if (owner !== "gone" && owner !== "stale") continue;
    if (await client.remove(id, signal)) result.removed++;
  }
  deps.log.info("fingerprints compared", { ...result });
  return result;
}

export interface ReconcilerDeps {
  db: Db;
  log: Log;
  engines: readonly FingerprintEngine[];
  client(engine: FingerprintEngine): SidecarClient;
  unavailable(engine: FingerprintEngine): string | null;
  parameters(engine: FingerprintEngine): string;
  stage(engine: FingerprintEngine): { name: string; version: number };
  /** Files were put into the queue. */
  onRequeued(): void;
  everyMs?: number;
}

export interface Reconciler {
  /** An engine has become usable (again, or by other parameters): its store may have changed. */
  usable(engine: FingerprintEngine): void;
  stop(): Promise<void>;
}

const dayMs = 24 * 3_600_000;

/** Compares each engine's store with the database once it is up, and then every 24 h. */
export function makeReconciler(deps: ReconcilerDeps): Reconciler {
  const { everyMs = dayMs } = deps;
  const stopping = new AbortController();
  const running = new Map<FingerprintEngine, Promise<void>>();

  async function compare(engine: FingerprintEngine): Promise<void> {
    try {
      const done = await reconcile({
        ...deps,
        client: deps.client(engine),
        parameters: deps.parameters(engine),
        stage: deps.stage(engine),
        signal: stopping.signal,
      });
      if (done.requeued > 0) deps.onRequeued();
    } catch (error) {
      if (!stopping.signal.aborted)
        deps.log.warn("fingerprints could not be compared", { engine, error: (error as Error).message });
    }
  }
  /** One comparison of an engine at a time; nothing while it is away. */
  function begin(engine: FingerprintEngine): void {
    if (stopping.signal.aborted || running.has(engine) || deps.unavailable(engine) !== null) return;
    running.set(
      engine,
      compare(engine).finally(() => running.delete(engine)),
    );
  }
  const timer = setInterval(() => {
    for (const engine of deps.engines) begin(engine);
  }, everyMs);
  return {
    usable: begin,
    async stop() {
      clearInterval(timer);
      stopping.abort(new Error("Phaze is stopping"));
      await Promise.all(running.values());
    },
  };
}

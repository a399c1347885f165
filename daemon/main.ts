import { join } from "node:path";
import type { Config } from "./config.ts";
import { analysisForTags } from "./db/analysis.ts";
import { DatabaseError, type Db, lockDatabase, openDatabase } from "./db/open.ts";
import { giveBackRunning } from "./db/runs.ts";
import { closeOpenScans } from "./db/scan-batches.ts";
import { readTemplates } from "./db/templates.ts";
import { makeEvents } from "./events.ts";
import { makeFingerprints } from "./fingerprints.ts";
import { keptToken, makeAuth } from "./http/auth.ts";
import type { AppDeps } from "./http/deps.ts";
import type { Log } from "./log.ts";
import { type LanguageModel, makeLanguageModel } from "./model.ts";
import { makeNamingOptions } from "./naming-options.ts";
import { releaseWaiting, syncStages } from "./pipeline/advance.ts";
import { makeScheduler } from "./pipeline/scheduler.ts";
import { makeStages } from "./pipeline/stages.ts";
import { openLibc } from "./rename/libc.ts";
import { makeMover } from "./rename/mover.ts";
import { recover } from "./rename/recover.ts";
import { ffprobeStatus, findProgram } from "./services.ts";
import { makeSound } from "./sound.ts";
import { openFileCalls } from "./tagging/calls.ts";
import { makeTagger, type Tagger } from "./tagging/tagger.ts";
import { makeLibraryWatch } from "./watch/library-watch.ts";

/** A Phaze at work, with or without a listening port. */
export interface Daemon {
  deps: AppDeps;
  /** Resolves when every file that is there and still has gone through all stages that can run. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

const longestLookMs = 1500;
/** Two files keep all workers busy, since all work on one: while one begins or ends, there is the other. */
const filesDecoded = 2;

/** Another process works on this database. */
export class LockedError extends DatabaseError {}

/** Opens the database for this process alone; `close` lets it go. */
function openAlone(config: Config, log: Log): { db: Db; close(): void } {
  const path = config.databasePath;
  const lock = lockDatabase(path);
  if (!lock)
    throw new LockedError(
      `Another Phaze works with the database ${path}. Stop it, or give this one another DATABASE_URL.`,
    );
  try {
    const onBackup = (file: string) => log.info("database backed up before its upgrade", { file });
    const db = openDatabase(path, { allowNetwork: config.values.PHAZE_ALLOW_NETWORK_DB, onBackup });
    const close = () => {
      db.run("pragma optimize");
      db.close();
      lock.release();
    };
    return { db, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Starts everything but the HTTP server: database, recovery, pipeline, watcher. `watch`, `work` and `listen` leave parts at
 * rest: the watcher, all stages, those that decode sound. `fingerprint` starts the sidecars also without work.
 */
export async function startDaemon(
  config: Config,
  library: string,
  log: Log,
  options: { watch: boolean; work: boolean; listen?: boolean; fingerprint?: boolean },
): Promise<Daemon> {
  const { db, close } = openAlone(config, log);
  const { values } = config;
  const now = Date.now;
  const events = makeEvents();
  const libc = openLibc();
  await recover({ db, libc, events, log, now, actor: "phaze" });
  const tagger: Tagger = makeTagger({
    db,
    libc,
    calls: openFileCalls(),
    events,
    log,
    now,
    enabled: values.PHAZE_WRITE_TAGS,
    roots: [library, config.outputPath],
    valuesFor: (fileId) => analysisForTags(db, fileId),
    blockedBy: () => (mover.busy() ? "Files are being moved: wait until that has ended" : null),
  });
  await tagger.recover();
  giveBackRunning(db);
  closeOpenScans(db, now());
  readTemplates(db, (path, message) => log.warn("template not used", { path, message }));
  const naming = makeNamingOptions(db);
  const model: LanguageModel = makeLanguageModel(config, log, {
    naming,
    onReturn: () => scheduler.wake(),
    onNews: (data) => events.emit("llm", data),
  });
  const ffprobePath = findProgram("ffprobe");
  const sound = await makeSound(config, () => {
    syncStages(db, registry);
    scheduler.wake();
  });
  const fingerprints = makeFingerprints({
    config,
    db,
    log,
    registry: () => registry,
    onChange: () => {
      syncStages(db, registry);
      scheduler.wake();
    },
  });
  const registry = makeStages({
    root: library,
    ffprobePath,
    maxCompanionChars: values.LLM_MAX_COMPANION_CHARS,
    naming,
    ask: model.ask,
    modelUnavailable: model.unavailable,
    modelsPath: config.modelsPath,
    models: sound.models,
    soundUnavailable: () => (options.listen === false ? "Sound is not analysed by this process" : sound.unavailable()),
    fingerprints: fingerprints.sidecars,
  });
  syncStages(db, registry);
  releaseWaiting(db, registry);
  const { WORKER_MAX_JOBS: most } = values;
  const pools = { io: most, cpu: most, pcm: Math.min(most, filesDecoded), llm: values.LLM_BATCH_SIZE };
  const scheduler = makeScheduler({
    db,
    registry,
    events,
    log,
    pools,
    sound,
    maxAttempts: values.WORKER_MAX_RETRIES,
    silenceMs: values.WORKER_JOB_TIMEOUT * 1000,
  });
  const watching = makeLibraryWatch({
    db,
    registry,
    events,
    log,
    now,
    library,
    config,
    watch: options.watch,
    onChange: () => scheduler.wake(),
  });
  const mover = makeMover({
    db,
    libc,
    events,
    log,
    now,
    outputPath: config.outputPath,
    afterBatch: () => scheduler.wake(),
    blockedBy: () => (tagger.busy() ? "Tags are being written: wait until that has ended" : null),
  });
  const token = values.PHAZE_TOKEN ?? keptToken(join(config.dataDir, "token"));
  const auth = makeAuth({ mode: values.PHAZE_AUTH, token, basePath: values.PHAZE_BASE_PATH });
  const looked = model.check();
  // A short-lived command should know, but not wait for a server that is silent; the daemon learns of it a moment later.
  if (!options.watch) await Promise.race([looked, Bun.sleep(longestLookMs)]);
  if (options.fingerprint ?? (options.work && options.listen !== false)) fingerprints.sidecars.start();
  if (options.work) scheduler.start();
  watching.start();
  const { scanner, settling, watchedFolders } = watching;
  const { sidecars } = fingerprints;
  const others = () => [...sound.services(), ...sidecars.services(), ...watching.services()];
  const services = () => [model.status(), ffprobeStatus(ffprobePath), ...others()];
  const deps: AppDeps = {
    config,
    library,
    db,
    events,
    log,
    registry,
    scheduler,
    scanner,
    mover,
    tagger,
    sidecars,
    llm: model,
    auth,
    now,
    naming,
    services,
    settling,
    watchedFolders,
  };
  return {
    deps,
    async idle() {
      await looked;
      await sidecars.ready();
      do {
        await scanner.idle();
        await scheduler.idle();
        if (settling() > 0) await Bun.sleep(100);
      } while (settling() > 0);
    },
    async stop() {
      await watching.stop();
      await tagger.stop();
      await mover.stop();
      model.stop();
      await scheduler.stop();
      await fingerprints.stop();
      await sound.close();
      close();
    },
  };
}

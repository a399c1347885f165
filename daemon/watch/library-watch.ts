import type { Config } from "../config.ts";
import type { ServiceStatus } from "../contract/service.ts";
import type { Db } from "../db/open.ts";
import type { Events } from "../events.ts";
import type { Log } from "../log.ts";
import type { Registry } from "../pipeline/registry.ts";
import { makeScanner, type Scanner } from "./scanner.ts";
import { makeSettle } from "./settle.ts";
import { makeWalker } from "./walker.ts";
import { makeWatcher, type Watcher } from "./watcher.ts";

export interface LibraryWatchDeps {
  db: Db;
  registry: Registry;
  events: Events;
  log: Log;
  now: () => number;
  library: string;
  config: Config;
  /** Whether to go on watching after the first scan. */
  watch: boolean;
  onChange(): void;
}

/** Everything that keeps the database in line with the library: scans, kernel hints, files that are not still yet. */
export interface LibraryWatch {
  scanner: Scanner;
  settling(): number;
  watchedFolders(): number;
  services(): ServiceStatus[];
  /** First scan, then watching. */
  start(): void;
  stop(): Promise<void>;
}

export function makeLibraryWatch(deps: LibraryWatchDeps): LibraryWatch {
  const { db, registry, events, log, now, library, config } = deps;
  const settle = makeSettle({
    settleMs: config.values.PHAZE_SETTLE_SECONDS * 1000,
    onStill: (folders) => scanner.hint(folders),
  });
  const watcher: Watcher | null = deps.watch
    ? makeWatcher({ log, onHint: (folders) => scanner.hint(folders), onMany: () => scanner.scan("watches set") })
    : null;
  const scanner: Scanner = makeScanner({
    db,
    registry,
    settle,
    now,
    root: library,
    walker: makeWalker(),
    events,
    log,
    onFolders: (folders) => watcher?.add(folders),
    onChange: deps.onChange,
  });
  const intervalMs = config.values.PHAZE_SCAN_INTERVAL * 1000;
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    scanner,
    settling: settle.waiting,
    watchedFolders: () => watcher?.watched() ?? 0,
    services() {
      const problem = watcher?.problem();
      if (!problem) return [];
      const remedy = "Raise the kernel's limit: sysctl fs.inotify.max_user_watches=524288";
      return [
        { name: "watcher", ok: false, detail: problem, cost: "Changes are only found by the timed scan", remedy },
      ];
    },
    start() {
      if (!deps.watch) return;
      scanner.scan("start");
      if (intervalMs > 0) timer = setInterval(() => scanner.scan("timer"), intervalMs);
    },
    async stop() {
      clearInterval(timer);
      settle.close();
      await watcher?.close();
      await scanner.stop();
    },
  };
}

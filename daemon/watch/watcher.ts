import { watch } from "chokidar";
import type { RawPath } from "../contract/raw-path.ts";
import type { Log } from "../log.ts";

/** Says which folders to look at again. Only a hint: the walk is the truth. */
export interface Watcher {
  /** Watches these folders too; folders that are watched already are passed over. */
  add(folders: readonly RawPath[]): void;
  watched(): number;
  /** Why new folders are not watched, if so. */
  problem(): string | null;
  close(): Promise<void>;
}

export interface WatcherOptions {
  /** Called with the folders in which something happened, gathered over a moment. */
  onHint(folders: RawPath[]): void;
  /** Called instead when so many folders are new that one walk over all is cheaper. */
  onMany(): void;
  log: Log;
}

const gatherMs = 200;
const perTurn = 100;
/** By then the kernel watches a folder that chokidar was given. */
const armedAfterMs = 1000;
const manyFolders = 1000;

/**
 * One kernel watch for each folder, none for files, whose changes the folder's watch reports too: chokidar is given one
 * folder at a time without its files (a watch for every file would exceed the kernel's limit at 200,000 files). Folders
 * are added a few at a time, which keeps chokidar's memory low. What happens between the walk that found a folder and its
 * watch would be missed, so each folder is looked at once more when its watch is set.
 */
export function makeWatcher({ onHint, onMany, log }: WatcherOptions): Watcher {
  const known = new Set<string>();
  const queue: string[] = [];
  const hints = new Set<string>();
  let given: string[] = [];
  let armed = 0;
  let problem: string | null = null;
  let gather: ReturnType<typeof setTimeout> | undefined;
  let feeding: ReturnType<typeof setTimeout> | undefined;
  let arming: ReturnType<typeof setTimeout> | undefined;
  const watcher = watch([], {
    depth: 0,
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path, stats) => (stats ? stats.isFile() : !known.has(path)),
  });

  function hint(folder: string): void {
    hints.add(folder);
    gather ??= setTimeout(() => {
      gather = undefined;
      const folders = [...hints];
      hints.clear();
      onHint(folders);
    }, gatherMs);
  }

  watcher.on("raw", (_event, _name, details) => {
    const folder = (details as { watchedPath?: string }).watchedPath;
    if (folder) hint(folder);
  });
  watcher.on("unlinkDir", (path) => {
    if (known.delete(path)) armed = Math.max(0, armed - 1);
    hint(path);
  });
  watcher.on("error", (error) => {
    problem = (error as Error).message;
    log.warn("folders cannot be watched", { error: problem });
  });

  function feed(): void {
    feeding = undefined;
    const turn = queue.splice(0, perTurn);
    watcher.add(turn);
    given.push(...turn);
    if (queue.length > 0) feeding = setTimeout(feed, 5);
    else arming ??= setTimeout(lookAgain, armedAfterMs);
  }

  function lookAgain(): void {
    arming = undefined;
    const folders = given;
    given = [];
    armed += folders.length;
    if (folders.length > manyFolders) onMany();
    else onHint(folders);
  }

  return {
    add(folders) {
      for (const folder of folders) {
        // A name that is not UTF-8 cannot be given to chokidar: the timed walk covers it.
        if (typeof folder !== "string" || known.has(folder)) continue;
        known.add(folder);
        queue.push(folder);
      }
      if (queue.length > 0) feeding ??= setTimeout(feed, 5);
    },
    watched: () => armed,
    problem: () => problem,
    async close() {
      clearTimeout(gather);
      clearTimeout(feeding);
      clearTimeout(arming);
      await watcher.close();
    },
  };
}

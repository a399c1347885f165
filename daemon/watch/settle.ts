import { lstat } from "node:fs/promises";
import { type RawPath, splitRaw } from "../contract/raw-path.ts";

interface Stat {
  sizeBytes: number;
  mtimeMs: number;
}

/** Knows which files are still being written, and says when they are done. */
export interface Settle {
  /**
   * True when the file may be taken: its last change is older than the settle time, or size and time have stood still
   * for that long under our eyes (which also covers times in the future and clocks that jump). Else it is watched.
   */
  isStill(path: RawPath, stat: Stat): boolean;
  /** Number of files that are not still yet, or are but were not looked at since. */
  waiting(): number;
  close(): void;
}

export interface SettleOptions {
  settleMs: number;
  /** Called with the folders in which files have become still; a promise resolves when they were looked at. */
  onStill(folders: RawPath[]): unknown;
  now?: () => number;
}

interface Waiting {
  path: RawPath;
  stat: Stat;
  since: number;
}

const sameStat = (a: Stat | undefined, b: Stat) => a?.sizeBytes === b.sizeBytes && a.mtimeMs === b.mtimeMs;

/** Watches files by size and time. The waiting are looked at a few times within each settle time. */
export function makeSettle({ settleMs, onStill, now = Date.now }: SettleOptions): Settle {
  const waiting = new Map<string, Waiting>();
  const keyOf = (path: RawPath) => (typeof path === "string" ? path : Buffer.from(path).toString("latin1"));
  /** Files that were reported, for `isStill`: it may never be asked about one that is a partial download by now. */
  const reported = new Map<string, Stat>();
  let unanswered = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function plan(): void {
    if (timer || closed || waiting.size === 0) return;
    timer = setTimeout(check, Math.max(50, settleMs / 3));
  }

  /** Looks at one file again. Returns true when it has become still. */
  async function lookAt(key: string, item: Waiting): Promise<boolean> {
    const stat = await lstat(item.path as string).catch(() => null);
    if (waiting.get(key) !== item) return false; // It was asked about in the meantime.
    if (!stat?.isFile()) {
      waiting.delete(key);
      return false;
    }
    if (stat.size !== item.stat.sizeBytes || stat.mtimeMs !== item.stat.mtimeMs) {
      waiting.set(key, { ...item, stat: { sizeBytes: stat.size, mtimeMs: stat.mtimeMs }, since: performance.now() });
      return false;
    }
    return performance.now() - item.since >= settleMs;
  }

  /** Hands the still files over. They count as waiting until their folders were looked at. */
  async function report(still: Map<string, Waiting>): Promise<void> {
    if (still.size === 0) return;
    const folders = new Map<string, RawPath>();
    for (const [key, { path, stat }] of still) {
      waiting.delete(key);
      reported.set(key, stat);
      const { folder } = splitRaw(path);
      folders.set(keyOf(folder), folder);
    }
    unanswered += still.size;
    try {
      await onStill([...folders.values()]);
    } finally {
      unanswered -= still.size;
    }
  }

  async function check(): Promise<void> {
    const still = new Map<string, Waiting>();
    for (const [key, item] of [...waiting]) if (await lookAt(key, item)) still.set(key, item);
    timer = undefined;
    if (closed) return;
    for (const [key, item] of still) if (waiting.get(key) !== item) still.delete(key);
    void report(still);
    plan();
  }

  /** Whether size and time of the file have stood still for long enough under our eyes. */
  function watchedStill(key: string, stat: Stat): boolean {
    if (sameStat(reported.get(key), stat)) return true;
    const seen = waiting.get(key);
    return seen !== undefined && sameStat(seen.stat, stat) && performance.now() - seen.since >= settleMs;
  }

  return {
    isStill(path, stat) {
      const key = keyOf(path);
      const still = now() - stat.mtimeMs >= settleMs || watchedStill(key, stat);
      reported.delete(key);
      if (still) {
        waiting.delete(key);
        return true;
      }
      if (!sameStat(waiting.get(key)?.stat, stat)) waiting.set(key, { path, stat, since: performance.now() });
      plan();
      return false;
    },
    waiting: () => waiting.size + unanswered,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

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
  /** Number of files that are not still yet. */
  waiting(): number;
  close(): void;
}

export interface SettleOptions {
  settleMs: number;
  /** Called with the folders in which files have become still. */
  onStill(folders: RawPath[]): void;
  now?: () => number;
}

/** Watches files by size and time. The waiting are looked at a few times within each settle time. */
export function makeSettle({ settleMs, onStill, now = Date.now }: SettleOptions): Settle {
  const waiting = new Map<string, { path: RawPath; stat: Stat; since: number }>();
  const keyOf = (path: RawPath) => (typeof path === "string" ? path : Buffer.from(path).toString("latin1"));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function plan(): void {
    if (timer || closed || waiting.size === 0) return;
    timer = setTimeout(check, Math.max(50, settleMs / 3));
  }

  async function check(): Promise<void> {
    const still: RawPath[] = [];
    for (const [key, item] of waiting) {
      const stat = await lstat(item.path as string).catch(() => null);
      if (stat?.isFile() && (stat.size !== item.stat.sizeBytes || stat.mtimeMs !== item.stat.mtimeMs)) {
        waiting.set(key, { ...item, stat: { sizeBytes: stat.size, mtimeMs: stat.mtimeMs }, since: performance.now() });
      } else if (!stat) waiting.delete(key);
      else if (performance.now() - item.since >= settleMs) still.push(item.path);
    }
    timer = undefined;
    if (closed) return;
    const folders = new Map(still.map((path) => [keyOf(splitRaw(path).folder), splitRaw(path).folder]));
    if (folders.size > 0) onStill([...folders.values()]);
    plan();
  }

  return {
    isStill(path, stat) {
      const key = keyOf(path);
      const age = now() - stat.mtimeMs;
      const seen = waiting.get(key);
      const unchanged = seen?.stat.sizeBytes === stat.sizeBytes && seen.stat.mtimeMs === stat.mtimeMs;
      const watchedLongEnough = unchanged && performance.now() - seen.since >= settleMs;
      if (age >= settleMs || watchedLongEnough) {
        waiting.delete(key);
        return true;
      }
      if (!unchanged) waiting.set(key, { path, stat, since: performance.now() });
      plan();
      return false;
    },
    waiting: () => waiting.size,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

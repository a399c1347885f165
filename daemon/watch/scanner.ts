import { existsSync, lstatSync } from "node:fs";
import { displayPath, joinRaw, type RawPath, splitRaw } from "../contract/raw-path.ts";
import {
  countPresentUnder,
  ensureFolder,
  findFolder,
  foldersUnder,
  indexNewFiles,
  markFoldersMissing,
} from "../db/files.ts";
import { emptyTally, insertScan, type ScanTally, updateScan } from "../db/scan-batches.ts";
import type { Events } from "../events.ts";
import type { Log } from "../log.ts";
import { type ApplyDeps, applyListing, rawKey } from "./apply-listing.ts";
import type { Listing } from "./walk.ts";
import type { Walker } from "./walker.ts";

export interface ScannerDeps extends ApplyDeps {
  /** Absolute path of the library. */
  root: string;
  /** Folders below the library that are not part of it. */
  exclude: RawPath[];
  walker: Walker;
  events: Events;
  log: Log;
  /** Told of every folder a walk has found, and of those that are gone. */
  onFolders?(paths: RawPath[]): void;
  onChange(): void;
}

/** Keeps the database in line with the disk. */
export interface Scanner {
  /** Walks the library, or the part of it at `path`, as a batch; returns its id at once. `done` settles with the walk. */
  scan(reason: string, path?: RawPath): { id: number; done: Promise<void> };
  /** Looks at single folders again, because something may have changed there. */
  hint(folders: readonly RawPath[]): void;
  /** Resolves when no scan and no hint is under way. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** A library that cannot be scanned. The message says what is wrong and what to do. */
export class ScanError extends Error {}

const manyFiles = 10_000;

const under = (path: RawPath, folders: readonly RawPath[]) => {
  const shown = displayPath(path);
  return folders.some((folder) => shown === displayPath(folder) || shown.startsWith(`${displayPath(folder)}/`));
};

export function makeScanner(deps: ScannerDeps): Scanner {
  const { db, root, walker, events, log, now } = deps;
  const controller = new AbortController();
  let queue = Promise.resolve();
  let current: { id: number; root: RawPath; done: Promise<void> } | undefined;
  const hinted = new Map<string, RawPath>();
  let hinting = false;

  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work);
    queue = next.then(
      () => {},
      () => {},
    );
    return next;
  };

  /** A mount that is away shows an empty folder, another device, or nothing: then no row may be touched. */
  function checkFirst(first: Listing): void {
    if (first.error) {
      throw new ScanError(
        `${displayPath(first.path)} cannot be read (${first.error}). Is the disk mounted? Nothing was changed.`,
      );
    }
    if (displayPath(first.path) !== displayPath(root) || first.entries.length > 0 || first.folders.length > 0) return;
    const known = countPresentUnder(db, first.path);
    if (known > 0) {
      throw new ScanError(
        `${displayPath(first.path)} is empty, but ${known} files are known in it. Is the disk mounted? Nothing was changed. ` +
          "If it is meant to be empty, put any file into it and scan again.",
      );
    }
  }

  /** A folder below the root whose mount went away: known on another device, with files, and empty now. */
  function lostMount(listing: Listing): boolean {
    if (listing.error || listing.entries.length > 0 || listing.folders.length > 0) return false;
    const known = findFolder(db, listing.path);
    return known?.device != null && known.device !== listing.device && countPresentUnder(db, listing.path) > 0;
  }

  /** Walks `path`; what was known there and was not met is missing, unless its folder could not be read. */
  async function walkInto(path: RawPath, recursive: boolean, tally: ScanTally, onProgress: () => void): Promise<void> {
    const met = new Set<string>();
    const dark: RawPath[] = [];
    const before = findFolder(db, path);
    let first = true;
    for await (const listings of walker.walk(path, { recursive, exclude: deps.exclude }, controller.signal)) {
      if (first && listings[0]) checkFirst(listings[0]);
      first = false;
      const lost = listings.find(lostMount);
      if (lost)
        throw new ScanError(
          `${displayPath(lost.path)} is empty and on another device than before. Is the disk mounted? Its files keep their state.`,
        );
      db.transaction(() => {
        const fresh: number[] = [];
        for (const listing of listings) {
          met.add(rawKey(listing.path));
          if (listing.error) dark.push(listing.path);
          fresh.push(...applyListing(deps, listing, tally));
          if (!recursive) for (const name of listing.folders) met.add(rawKey(joinRaw(listing.path, name)));
        }
        indexNewFiles(db, fresh);
      })();
      deps.onFolders?.(listings.filter((listing) => !listing.error).map((listing) => listing.path));
      onProgress();
      deps.onChange();
    }
    const gone = foldersGone(path, recursive, met, dark);
    if (before?.device != null && findFolder(db, path)?.device !== before.device && gone.length > met.size) {
      ensureFolder(db, path, before.device);
      throw new ScanError(
        `${displayPath(path)} is on another device than before, and most of its folders are not there. Is the right disk mounted? Their files keep their state.`,
      );
    }
    tally.missing += markFoldersMissing(db, gone, now());
  }

  /** Folders (ids) that are known under `path` and were not met by the walk. */
  function foldersGone(path: RawPath, recursive: boolean, met: Set<string>, dark: RawPath[]): number[] {
    const depth = displayPath(path).split("/").length;
    const gone = foldersUnder(db, path).filter((folder) => {
      if (met.has(rawKey(folder.pathRaw)) || under(folder.pathRaw, dark)) return false;
      if (recursive) return true;
      // Of one folder's listing only its own children are known: look at the child of `path` above this folder.
      const child = displayPath(folder.pathRaw)
        .split("/")
        .slice(0, depth + 1)
        .join("/");
      return !met.has(child) && !existsSync(folder.pathRaw as string);
    });
    return gone.map((folder) => folder.id);
  }

  async function runScan(id: number, path: RawPath): Promise<void> {
    const tally = emptyTally();
    let lastReport = 0;
    const report = () => {
      updateScan(db, id, tally, null);
      if (performance.now() - lastReport < 200) return;
      lastReport = performance.now();
      events.emit("scan", { batchId: id, status: "running", files: tally.seen, new: tally.new });
    };
    try {
      await walkInto(path, true, tally, report);
      updateScan(db, id, tally, { status: "completed", now: now() });
      events.emit("scan", { batchId: id, status: "completed", files: tally.seen, new: tally.new });
    } catch (error) {
      const status = controller.signal.aborted ? "cancelled" : "failed";
      const message = (error as Error).message;
      if (!(status === "cancelled")) log.error("scan failed", { path: displayPath(path), error: message });
      updateScan(db, id, tally, { status, error: message, now: now() });
      events.emit("scan", { batchId: id, status, error: message });
    } finally {
      current = undefined;
      // A big walk leaves much behind that nobody holds; a daemon at rest should be small.
      if (tally.seen > manyFiles) {
        db.run("pragma shrink_memory");
        Bun.gc(true);
      }
      deps.onChange();
    }
  }

  /** The nearest folder at or above `path`, within the library, that is there. */
  function nearest(path: RawPath): RawPath | null {
    for (let here = path; under(here, [root]); here = splitRaw(here).folder) {
      try {
        if (lstatSync(here as string).isDirectory()) return here;
      } catch {
        // Not there: look one up.
      }
    }
    return null;
  }

  async function lookAt(path: RawPath): Promise<void> {
    const folder = nearest(path);
    if (!folder) return log.error("the library is not there", { path: root });
    // A folder that is new is walked to its end, a known one is only read again.
    const fresh = findFolder(db, folder) === null;
    await walkInto(folder, fresh, emptyTally(), () => {});
    if (fresh) return;
    const unknown = await childrenUnknown(folder);
    for (const child of unknown) await walkInto(child, true, emptyTally(), () => {});
  }

  async function childrenUnknown(folder: RawPath): Promise<RawPath[]> {
    const children: RawPath[] = [];
    for await (const [listing] of walker.walk(folder, { recursive: false }, controller.signal)) {
      for (const name of listing?.folders ?? []) children.push(joinRaw(folder, name));
    }
    return children.filter((child) => !findFolder(db, child) && !under(child, deps.exclude));
  }

  async function workHints(): Promise<void> {
    while (hinted.size > 0 && !controller.signal.aborted) {
      const [key, path] = hinted.entries().next().value as [string, RawPath];
      hinted.delete(key);
      await enqueue(() => lookAt(path)).catch((error) => {
        if (!controller.signal.aborted)
          log.warn("folder could not be looked at", { path: displayPath(path), error: (error as Error).message });
      });
    }
    hinting = false;
  }

  return {
    scan(reason, path = root) {
      if (current && displayPath(current.root) === displayPath(path)) return { id: current.id, done: current.done };
      const id = insertScan(db, displayPath(path), reason, now());
      const done = enqueue(() => runScan(id, path));
      current = { id, root: path, done };
      return { id, done };
    },
    hint(folders) {
      for (const folder of folders) if (!under(folder, deps.exclude)) hinted.set(rawKey(folder), folder);
      if (hinting || hinted.size === 0) return;
      hinting = true;
      void workHints();
    },
    async idle() {
      while (hinting || current) await Promise.all([queue, Bun.sleep(10)]);
      await queue;
    },
    async stop() {
      controller.abort(new Error("Phaze is stopping"));
      walker.close();
      await queue;
    },
  };
}

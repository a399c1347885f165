import { lstatSync, statSync } from "node:fs";
import { displayPath, joinRaw, type RawPath, sameRaw, splitRaw } from "../contract/raw-path.ts";
import { findFolder, foldersUnder, indexNewFiles, markFoldersMissing } from "../db/files.ts";
import { emptyTally, insertScan, type ScanTally, updateScan } from "../db/scan-batches.ts";
import type { Events } from "../events.ts";
import type { Log } from "../log.ts";
import { type ApplyDeps, applyListing, entriesAtOnce, rawKey } from "./apply-listing.ts";
import { checkFirst, foldersWithFiles, lostMount, makeDeviceNotes, otherDevice, ScanError } from "./mounts.ts";
import type { Listing } from "./walk.ts";
import type { Walker } from "./walker.ts";

export interface ScannerDeps extends ApplyDeps {
  /** Absolute path of the library. */
  root: string;
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
  /** Looks at single folders again, because something may have changed there. Resolves when that was done; never rejects. */
  hint(folders: readonly RawPath[]): Promise<void>;
  /** Resolves when no scan and no hint is under way. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

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
  let hinting: Promise<void> | undefined;

  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work);
    queue = next.then(
      () => {},
      () => {},
    );
    return next;
  };

  /** Writes what these folders hold, in transactions between which the event loop gets its turn. */
  async function apply(listings: readonly Listing[], tally: ScanTally): Promise<void> {
    const steps = (function* () {
      for (const listing of listings) yield* applyListing(deps, listing, tally);
    })();
    const someSteps = db.transaction(() => {
      const fresh: number[] = [];
      let step = steps.next();
      for (let rows = 0; !step.done; step = steps.next()) {
        fresh.push(...step.value.fresh);
        rows += step.value.rows;
        if (rows >= entriesAtOnce) break;
      }
      indexNewFiles(db, fresh);
      return step.done;
    });
    for (let done: boolean | undefined; !done; ) {
      done = someSteps();
      // After the last one too: more listings may lie ready, and then nothing else would wait.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Before anything is written: a mount that is away must not look like files that are gone. */
  function checkMounts(listings: readonly Listing[]): void {
    const lost = listings.find((listing) => lostMount(db, root, listing));
    if (!lost) return;
    throw new ScanError(
      `${displayPath(lost.path)} is on another device than before, and most of what is known in it is not there. ` +
        "Is the disk mounted? Its files keep their state.",
    );
  }

  /** Walks `path`; what was known there and was not met is missing, unless its folder could not be read. */
  async function walkInto(path: RawPath, recursive: boolean, tally: ScanTally, onProgress: () => void): Promise<void> {
    const met = new Set<string>();
    const dark: RawPath[] = [];
    const devices = makeDeviceNotes(db);
    let first: Listing | undefined;
    const options = { recursive, followLink: sameRaw(path, root) };
    for await (const listings of walker.walk(path, options, controller.signal)) {
      if (!first && listings[0]) checkFirst(db, root, listings[0]);
      first ??= listings[0];
      checkMounts(listings);
      await apply(listings, tally);
      for (const listing of listings) {
        met.add(rawKey(listing.path));
        if (listing.error) dark.push(listing.path);
        devices.note(listing);
        if (!recursive) for (const name of listing.folders) met.add(rawKey(joinRaw(listing.path, name)));
      }
      deps.onFolders?.(listings.filter((listing) => !listing.error).map((listing) => listing.path));
      onProgress();
      deps.onChange();
    }
    const gone = foldersGone(path, recursive, met, dark);
    if (first) checkDisk(first, gone, met);
    tally.missing += markFoldersMissing(db, gone, now());
    if (first && recursive) devices.save(first, dark);
  }

  /** Another disk in the place of the former one may hold some of the same folders. */
  function checkDisk(first: Listing, gone: readonly number[], met: ReadonlySet<string>): void {
    if (!otherDevice(db, root, first) || foldersWithFiles(db, gone).size <= met.size) return;
    throw new ScanError(
      `${displayPath(first.path)} is on another device than before, and most of its folders are not there. Is the right disk mounted? Their files keep their state.`,
    );
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
      return !met.has(child) && !isThere(folder.pathRaw);
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
      // Another scan may be queued behind this one.
      if (current?.id === id) current = undefined;
      // A big walk leaves much behind that nobody holds; a daemon at rest should be small.
      if (tally.seen > manyFiles) {
        db.run("pragma shrink_memory");
        Bun.gc(true);
      }
      deps.onChange();
    }
  }

  const isFolder = (path: RawPath): boolean => {
    try {
      return (sameRaw(path, root) ? statSync : lstatSync)(path as string).isDirectory();
    } catch {
      return false;
    }
  };

  /** The nearest folder at or above `path`, within the library, that is there. Links below the library are not followed. */
  function nearest(path: RawPath): RawPath | null {
    if (sameRaw(path, root)) return isFolder(root) ? root : null;
    if (!under(path, [root])) return null;
    const parent = splitRaw(path).folder;
    const above = nearest(parent);
    return above !== null && sameRaw(above, parent) && isFolder(path) ? path : above;
  }

  /** Whether the folder is there, and not only by way of a link. */
  function isThere(path: RawPath): boolean {
    const found = nearest(path);
    return found !== null && sameRaw(found, path);
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
    const options = { recursive: false, followLink: sameRaw(folder, root) };
    for await (const [listing] of walker.walk(folder, options, controller.signal)) {
      for (const name of listing?.folders ?? []) children.push(joinRaw(folder, name));
    }
    return children.filter((child) => !findFolder(db, child));
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
    hinting = undefined;
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
      for (const folder of folders) hinted.set(rawKey(folder), folder);
      if (hinted.size > 0 && !controller.signal.aborted) hinting ??= workHints();
      return hinting ?? Promise.resolve();
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

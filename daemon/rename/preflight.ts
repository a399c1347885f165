import { accessSync, constants, lstatSync, readdirSync, realpathSync, statfsSync, statSync } from "node:fs";
import { displayPath, foldPath, type RawPath, splitRaw } from "../contract/raw-path.ts";
import type { NewOperation } from "../db/operations.ts";
import { isTaken } from "./disk.ts";

/** The nearest folder at or above `path` that is there, and whether it is one. */
function nearestFolder(path: RawPath): RawPath {
  let here = path;
  while (!isTaken(here) && here !== "/") here = splitRaw(here).folder;
  return here;
}

const isInside = (path: string, folder: string) =>
  path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);

/** Where the folder `path` would really be, through any symbolic links above it; null when one of them leads nowhere. */
function resolved(path: RawPath): string | null {
  const near = nearestFolder(path);
  try {
    return realpathSync(near as string) + displayPath(path).slice(displayPath(near).length);
  } catch {
    return null;
  }
}

/** True when `folder` really lies in `outputPath`, links resolved. */
function staysInside(folder: RawPath, outputPath: string): boolean {
  const [real, home] = [resolved(folder), resolved(outputPath)];
  return real !== null && home !== null && isInside(real, home);
}

/**
 * Why a file cannot get this destination: outside `outputPath` (also through links), a name that is taken (also by one
 * that differs in case only), a path too long, or something in the way of a folder.
 */
export function checkDestination(
  outputPath: string | null,
  dest: RawPath,
  source: RawPath | null = null,
  names: FolderNames = new Map(),
): string[] {
  const shown = displayPath(dest);
  const parts = shown.split("/").slice(1);
  if (parts.some((part) => part === "" || part === "." || part === "..") || shown.includes("\0"))
    return [`${shown} is not a safe path`];
  if (parts.some((part) => Buffer.byteLength(part) > 255) || Buffer.byteLength(shown) > 4000)
    return [`${shown} is too long for a file system`];
  if (outputPath !== null && !(isInside(shown, outputPath) && staysInside(splitRaw(dest).folder, outputPath))) {
    return [`${shown} would leave the output folder ${outputPath}`];
  }
  const folder = splitRaw(dest).folder;
  const near = nearestFolder(folder);
  if (!statSync(near as string).isDirectory()) return [`${displayPath(near)} is a file, but a folder is needed there`];
  if (isTaken(dest)) return [`${shown} exists already`];
  return near === folder ? sameButForCase(folder, shown, source, names) : [];
}

/** Names in a folder by their folded form, read once for all files of a plan that go there. */
export type FolderNames = Map<string, Map<string, string>>;

function foldedNames(folder: RawPath, names: FolderNames): Map<string, string> {
  const key = displayPath(folder);
  let known = names.get(key);
  if (!known) {
    known = new Map(namesIn(folder).map((name) => [foldPath(name), name]));
    names.set(key, known);
  }
  return known;
}

function sameButForCase(folder: RawPath, shown: string, source: RawPath | null, names: FolderNames): string[] {
  const twin = foldedNames(folder, names).get(foldPath(shown.slice(shown.lastIndexOf("/") + 1)));
  // A file that only gets other capitals is its own twin, and no obstacle.
  const isItself =
    twin !== undefined && source !== null && displayPath(source) === `${displayPath(folder)}/${twin}`.normalize("NFC");
  return twin === undefined || isItself
    ? []
    : [`${displayPath(folder)}/${twin} exists already and differs only in case or accents' form`];
}

function namesIn(folder: RawPath): string[] {
  try {
    return readdirSync(folder as string);
  } catch {
    return [];
  }
}

function allows(path: RawPath, mode: number): boolean {
  try {
    accessSync(path as string, mode);
    return true;
  } catch {
    return false;
  }
}

/** What the user Phaze runs as may not do: noticed before the copy, not after it. */
export function checkRights(source: RawPath, dest: RawPath, keepSource: boolean): string[] {
  const reasons: string[] = [];
  const from = splitRaw(source).folder;
  const to = nearestFolder(splitRaw(dest).folder);
  if (lstatSync(source as string, { throwIfNoEntry: false }) && !allows(source, constants.R_OK))
    reasons.push(`${displayPath(source)} cannot be read by Phaze's user`);
  if (!keepSource && isTaken(from) && !allows(from, constants.W_OK | constants.X_OK)) {
    reasons.push(`${displayPath(from)} is read-only for Phaze: the source could not be removed after the copy`);
  }
  if (!allows(to, constants.W_OK | constants.X_OK))
    reasons.push(`${displayPath(to)} is read-only for Phaze: nothing can be written there`);
  return reasons;
}

/** Keeps account of free space over all units of a plan. */
export interface Space {
  /** Why these operations do not fit, or null, in which case their room is taken. */
  lacking(operations: readonly NewOperation[]): string | null;
}

/** Room that is left free on every disk, bytes. */
const reserveBytes = 64 * 1024 * 1024;

/**
 * Free space by file system. A unit's copies are there before its sources go, and on another file system for good; on the
 * same one, its room is free again after it.
 */
export function makeSpace(freeOf: (folder: RawPath) => { device: number; freeBytes: number } = freeSpace): Space {
  const taken = new Map<number, number>();
  return {
    lacking(operations) {
      const [first] = operations;
      if (!first) return null;
      const folder = nearestFolder(splitRaw(first.destRaw).folder);
      const { device, freeBytes } = freeOf(folder);
      const bytes = operations.reduce((sum, operation) => sum + operation.sizeBytes, 0);
      const used = taken.get(device) ?? 0;
      const room = freeBytes - used - reserveBytes;
      if (bytes > room) {
        return `Not enough space at ${displayPath(folder)}: ${toMb(bytes)} MB are needed and ${toMb(Math.max(0, room))} MB are free`;
      }
      const staying = operations.filter(
        (operation) =>
          operation.action === "copy" ||
          lstatSync(splitRaw(operation.sourceRaw).folder as string, { throwIfNoEntry: false })?.dev !== device,
      );
      taken.set(device, used + staying.reduce((sum, operation) => sum + operation.sizeBytes, 0));
      return null;
    },
  };
}

const toMb = (bytes: number) => Math.ceil(bytes / 1_000_000);

function freeSpace(folder: RawPath): { device: number; freeBytes: number } {
  const fs = statfsSync(folder as string);
  return { device: statSync(folder as string).dev, freeBytes: fs.bavail * fs.bsize };
}

import { lstatSync, readdirSync, statSync } from "node:fs";
import type { FileKind } from "../contract/kinds.ts";
import { displayPath, fromBytes, joinRaw, type RawPath, toBytes } from "../contract/raw-path.ts";
import { classify, isKind, type SkipReason, skipFolder } from "./kinds.ts";

/** A media or companion file as the disk shows it; `mtimeMs` with its fraction. */
export interface Entry {
  name: RawPath;
  kind: FileKind;
  sizeBytes: number;
  mtimeMs: number;
  inode: number;
  device: number;
}

/** What one folder holds. With `error`, the folder could not be read and nothing is known of what it holds. */
export interface Listing {
  path: RawPath;
  device: number;
  entries: Entry[];
  folders: RawPath[];
  skipped: Partial<Record<SkipReason, number>>;
  error?: string;
}

const longestPath = 4096;

/** Names in a folder: as text, or as bytes where a name is not UTF-8. */
function readNames(path: RawPath): RawPath[] {
  const names = readdirSync(path as string);
  // A name that is not UTF-8 shows as U+FFFD; then the bytes are asked for.
  if (!names.some((name) => name.includes("\ufffd"))) return names;
  return (readdirSync(path as string, { encoding: "buffer" }) as unknown as Uint8Array[]).map(fromBytes);
}

/** The device of a folder. A link in its place may lead anywhere: only the places that the user named may be links. */
function deviceOf(path: RawPath, followLink: boolean): number {
  const stat = (followLink ? statSync : lstatSync)(path as string);
  if (stat.isSymbolicLink()) throw new Error("it is a symbolic link");
  return stat.dev;
}

/** Reads one folder. Throws nothing: an unreadable folder is a listing with an error. */
export function listFolder(path: RawPath, followLink = true): Listing {
  const listing: Listing = { path, device: 0, entries: [], folders: [], skipped: {} };
  const skip = (reason: SkipReason) => {
    listing.skipped[reason] = (listing.skipped[reason] ?? 0) + 1;
  };
  let names: RawPath[];
  try {
    listing.device = deviceOf(path, followLink);
    names = readNames(path);
  } catch (error) {
    return { ...listing, error: (error as Error).message, skipped: { "unreadable folder": 1 } };
  }
  const partials = new Set(names.map(displayPath).filter((name) => name.endsWith(".aria2")));
  for (const name of names) {
    const full = joinRaw(path, name);
    if (toBytes(full).length >= longestPath) {
      skip("path too long");
      continue;
    }
    let stat: ReturnType<typeof lstatSync>;
    try {
      stat = lstatSync(full as string);
    } catch {
      continue; // It vanished between the two calls.
    }
    const shown = displayPath(name);
    if (stat?.isDirectory()) {
      const reason = skipFolder(shown);
      if (reason) skip(reason);
      else listing.folders.push(name);
    } else if (stat?.isFile()) {
      const kind = partials.has(`${shown}.aria2`) ? "partial download" : classify(shown);
      if (!isKind(kind)) skip(kind);
      else
        listing.entries.push({
          name,
          kind,
          sizeBytes: stat.size,
          mtimeMs: stat.mtimeMs,
          inode: stat.ino,
          device: stat.dev,
        });
    } else skip(stat?.isSymbolicLink() ? "symbolic link" : "not a regular file");
  }
  return listing;
}

/** Every folder at and under `root`, parents first. Symbolic links are not followed, `root` apart if `followLink`. */
export function* walk(root: RawPath, followLink = false): Generator<Listing> {
  const waiting: RawPath[] = [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const here = path;
    const listing = listFolder(here, followLink && here === root);
    waiting.push(...listing.folders.map((name) => joinRaw(here, name)).reverse());
    yield listing;
  }
}

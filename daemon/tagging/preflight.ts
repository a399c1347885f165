import { accessSync, constants, realpathSync, statfsSync } from "node:fs";
import { displayPath, type RawPath, splitRaw } from "../contract/raw-path.ts";
import { type FileRow, rawPathOf } from "../db/files.ts";
import { isBeingMoved, readersOf } from "../db/tag-writes.ts";
import { type FileFacts, factsOf } from "../rename/disk.ts";
import type { TagDeps } from "./deps.ts";
import { RefusedError } from "./layout.ts";

/** Room that is left free on every disk, bytes: the same as with moves. */
const reserveBytes = 64 * 1024 * 1024;
const writeBits = 0o222;

/** Whether a path really lies in one of the roots, links in the folders above it resolved. */
function isContained(folder: RawPath, roots: readonly string[]): boolean {
  const real = displayPath(realpathSync.native(folder as string, "buffer") as unknown as Uint8Array);
  return roots.some((root) => {
    try {
      const home = realpathSync(root).normalize("NFC");
      return real === home || real.startsWith(home.endsWith("/") ? home : `${home}/`);
    } catch {
      return false; // This root is not there, so nothing lies in it.
    }
  });
}

function mayWrite(folder: RawPath): string | null {
  try {
    accessSync(folder as string, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EROFS"
      ? "Its file system is read-only: mount it for writing and try again"
      : "Its folder is read-only for Phaze: give Phaze's user the right to write there and try again";
  }
}

function lacksRoom(folder: RawPath, bytes: number): boolean {
  const { bavail, bsize } = statfsSync(folder as string);
  return bavail * bsize < bytes + reserveBytes;
}

/** Facts of a file into which tags may be written. Throws RefusedError with the reason when they may not. */
export async function checkFile(deps: Pick<TagDeps, "db" | "roots">, file: FileRow): Promise<FileFacts> {
  const path = rawPathOf(file);
  const { folder } = splitRaw(path);
  const refuse = (reason: string) => new RefusedError(reason);
  if (file.kind === "companion") throw refuse("It is no music or video file");
  const facts = await factsOf(path).catch((error: Error) => {
    throw refuse(`${error.message}: tags are only written into files themselves, never through a link`);
  });
  if (!facts) throw refuse("It is not there any more: scan again");
  if (!isContained(folder, deps.roots))
    throw refuse("It really lies outside of the library and the output folder (a folder above it is a link)");
  if (facts.links > 1)
    throw refuse(
      `It has ${facts.links} hard links (perhaps it is being seeded), and writing would change them all or tear them apart: make a copy of its own first`,
    );
  if ((facts.mode & writeBits) === 0)
    throw refuse("It is write-protected: give it the right to be written, and try again");
  const user = process.getuid?.() ?? facts.uid;
  if (user !== 0 && user !== facts.uid)
    throw refuse(`It belongs to another user (${facts.uid}), and would not afterwards: run Phaze as that user (PUID)`);
  const denied = mayWrite(folder);
  if (denied) throw refuse(denied);
  if (lacksRoom(folder, facts.sizeBytes))
    throw refuse("There is no room on its disk for a copy of it, which is made first: free some space and try again");
  if (isBeingMoved(deps.db, file.id)) throw refuse("A move of it is not finished: let it end, and try again");
  const changed =
    facts.sizeBytes !== file.sizeBytes || Math.abs(Number(BigInt(facts.mtimeNs) / 1000n) / 1000 - file.mtimeMs) > 0.002;
  if (changed) throw refuse("It has changed since it was looked at: scan again");
  checkReaders(deps, file.id);
  if (file.sha256 === null) throw refuse("It has not been hashed yet: wait for the pipeline, or look for its error");
  return facts;
}

/** A stage that reads the old content would take what is written for a change by someone else. */
export function checkReaders({ db }: Pick<TagDeps, "db">, fileId: number): void {
  const stages = readersOf(db, fileId);
  if (stages.length > 0)
    throw new RefusedError(`Its stage ${stages.join(" and ")} is not done: wait for the pipeline, and try again`);
}

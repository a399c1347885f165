import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { StoreError, writeAll } from "./files.ts";

export interface Lock {
  /** False once it is released, or was taken by another process. */
  holds(): boolean;
  release(): void;
}

const beatMs = 10_000;
/** A lock of another machine (or container) that was not renewed for so long is nobody's any more. */
const staleMs = 60_000;

/** When the process began, as the kernel knows it: a number may be given again to another process. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What is in a lock; null when there is none. */
function contentOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function isHeld(path: string, content: string): boolean {
  const [pid, start, host] = content.split("\n");
  const renewedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (host !== hostname()) return Date.now() - renewedMs < staleMs;
  const number = Number(pid);
  return Number.isInteger(number) && lives(number) && (start === "" || startOf(number) === start);
}

/** Makes the lock; false when there is one. */
function make(path: string, content: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  try {
    writeAll(fd, Buffer.from(content));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  return true;
}

/** Removes a lock that is nobody's, but not one that another process has made in its place this moment. */
function takeAway(path: string, content: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (contentOf(aside) === content) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

/** Keeps a second writer out of a folder. Throws StoreError when there is one. */
export function lockFolder(folder: string): Lock {
  const path = join(folder, "lock");
  const mine = `${process.pid}\n${startOf(process.pid) ?? ""}\n${hostname()}\n`;
  for (let attempt = 0; !make(path, mine); attempt++) {
    const content = contentOf(path);
    if (content === null) continue;
    if (attempt > 0 || isHeld(path, content))
      throw new StoreError(`Another process works with the store ${folder}: stop it first (its lock is ${path})`);
    takeAway(path, content);
  }
  let released = false;
  const holds = () => !released && contentOf(path) === mine;
  const timer = setInterval(() => {
    try {
      if (holds()) utimesSync(path, new Date(), new Date());
    } catch {
      // The folder is away: the store will say so.
    }
  }, beatMs);
  timer.unref();
  return {
    holds,
    release() {
      clearInterval(timer);
      if (holds()) rmSync(path, { force: true });
      released = true;
    },
  };
}

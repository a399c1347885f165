import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { StoreError } from "./files.ts";

export interface Lock {
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

function isHeld(path: string): boolean {
  const [pid, start, host] = readFileSync(path, "utf8").split("\n");
  if (host !== hostname()) return Date.now() - statSync(path).mtimeMs < staleMs;
  const number = Number(pid);
  return Number.isInteger(number) && lives(number) && (start === "" || startOf(number) === start);
}

/** Keeps a second writer out of a folder. Throws StoreError when there is one. */
export function lockFolder(folder: string): Lock {
  const path = join(folder, "lock");
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(path, "wx", 0o600);
      writeSync(fd, `${process.pid}\n${startOf(process.pid) ?? ""}\n${hostname()}\n`);
      closeSync(fd);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (attempt > 0 || isHeld(path))
        throw new StoreError(`Another process works with the store ${folder}: stop it first (its lock is ${path})`);
      rmSync(path, { force: true });
    }
  }
  const timer = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      /** The folder is away: the store will say so. */
    }
  }, beatMs);
  timer.unref();
  return {
    release() {
      clearInterval(timer);
      rmSync(path, { force: true });
    },
  };
}

import { readdirSync, readFileSync } from "node:fs";

/** What a piece of work cost, with all processes it started. */
export interface Cost {
  wallSec: number;
  /** User and system time of this process and of all its children that have ended meanwhile, s. */
  cpuSec: number;
  /** Highest sum of the resident memory of this process and all its descendants, MB, looked at ten times a second. */
  peakMb: number;
}

const ticksPerSec = 100;

/** CPU time of this process and of its ended children, s. */
function cpuSec(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSec;
}

/** Resident memory of this process and all its descendants, MB. Pages that are shared count once for each. */
function familyMb(): number {
  const parents = new Map<number, number>();
  const residentKb = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
      residentKb.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      /** It has ended meanwhile. */
    }
  }
  const ours = (pid: number): boolean => pid === process.pid || (parents.has(pid) && ours(parents.get(pid) as number));
  return [...residentKb].reduce((sum, [pid, kb]) => sum + (ours(pid) ? kb : 0), 0) / 1000;
}

/** Does `work`, which must have ended and waited for its processes when it returns, and says what it cost. Linux only. */
export async function costOf<T>(work: () => Promise<T>): Promise<{ result: T; cost: Cost }> {
  const [start, before] = [performance.now(), cpuSec()];
  let peakMb = familyMb();
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, familyMb());
  }, 100);
  try {
    const result = await work();
    const wallSec = (performance.now() - start) / 1000;
    return { result, cost: { wallSec, cpuSec: cpuSec() - before, peakMb } };
  } finally {
    clearInterval(timer);
  }
}

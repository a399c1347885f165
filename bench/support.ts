import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../daemon/config.ts";

export interface BenchOptions {
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  /** What was named after the benchmark. */
  readonly files: readonly string[];
  readonly config: Config;
  /** Folder of a benchmark that was made before, and file for its results. */
  readonly benchmark?: string;
  readonly results?: string;
}

/** Runs `work` with a folder of its own, which is removed whatever happens. */
export async function inFolder<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `phaze-bench-${name}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds that `work` takes. */
export async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Runs a program to its end and throws when it fails. */
export async function program(command: string[]): Promise<void> {
  const child = Bun.spawn(command, { stdout: "ignore", stderr: "inherit" });
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed`);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** A line that says what was reached and what was aimed at. */
export const verdict = (name: string, value: number, unit: string, goal: number, atMost: boolean): string => {
  const met = atMost ? value <= goal : value >= goal;
  return `${name.padEnd(44)} ${value.toFixed(2).padStart(9)} ${unit.padEnd(7)} goal ${atMost ? "≤" : "≥"} ${goal}  ${met ? "met" : "MISSED"}`;
};

/** Resident memory of a process in MB, all its threads included. */
export async function residentMb(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`).text();
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1000;
}

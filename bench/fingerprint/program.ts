import { readFileSync } from "node:fs";

/** CPU time a process has used, s, from `/proc`. */
export function cpuSec(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The most memory a process has held, MB. */
export function peakMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1000;
}

/** A file as mono float32 of 11,025 Hz, by ffmpeg, with the CPU time that took. */
export function decodeFile(file: string): { chunks: AsyncIterable<Uint8Array>; cpuSec(): Promise<number> } {
  const child = Bun.spawn(
    ["ffmpeg", "-v", "error", "-i", file, "-map", "0:a:0", "-ac", "1", "-ar", "11025", "-f", "f32le", "-"],
    { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
  );
  return {
    chunks: child.stdout,
    async cpuSec() {
      await child.exited;
      return Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6;
    },
  };
}

import { spawnSync } from "node:child_process";
import type { ServiceStatus } from "./contract/service.ts";

/** Path of a program on PATH; null when there is none that runs. */
export function findProgram(name: string): string | null {
  const path = Bun.which(name);
  if (!path) return null;
  return spawnSync(path, ["-version"], { timeout: 5000, stdio: "ignore" }).status === 0 ? path : null;
}

export const ffprobeStatus = (path: string | null): ServiceStatus => ({
  name: "ffprobe",
  ok: path !== null,
  detail: path ?? "not on PATH",
  cost: path ? null : "No tags and durations of avi and flv videos, nor of damaged files",
  remedy: path ? null : "Install ffmpeg (apt install ffmpeg, brew install ffmpeg)",
});

import type { BuiltFile } from "./plan.ts";

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function inFolder(built: readonly BuiltFile[], folder: string): readonly BuiltFile[] {
  return built.filter((file) => file.path.startsWith(`${folder}/`));
}

/** CUE sheet of a set with its tracks; frames are 75ths of a second. */
export function cueSheet(built: readonly BuiltFile[], path: string): string {
  const set = built.find((file) => file.path === path);
  const lines = ['PERFORMER "Oskar Fjeldgren"', 'TITLE "Live at Nordlicht Festival"', `FILE "${nameOf(path)}" MP3`];
  for (const [index, track] of (set?.tracks ?? []).entries()) {
    const frames = Math.floor(track.startSec * 75);
    const parts = [Math.floor(frames / 4_500), Math.floor(frames / 75) % 60, frames % 75];
    const time = parts.map((part) => String(part).padStart(2, "0")).join(":");
    lines.push(`  TRACK ${String(index + 1).padStart(2, "0")} AUDIO`);
    lines.push(`    TITLE "${track.title}"`, `    PERFORMER "${track.artist}"`, `    INDEX 01 ${time}`);
  }
  return `${lines.join("\r\n")}\r\n`;
}

export function playlist(built: readonly BuiltFile[], folder: string): string {
  const entries = inFolder(built, folder).flatMap((file) => {
    const stem = nameOf(file.path).replace(/\.[^.]+$/, "");
    return [`#EXTINF:${Math.round(file.seconds)},${stem}`, nameOf(file.path)];
  });
  return `${["#EXTM3U", ...entries].join("\n")}\n`;
}

/** Checksums as release groups add them. */
export function sfvSums(built: readonly BuiltFile[], folder: string): string {
  const lines = inFolder(built, folder).map(
    (file) => `${nameOf(file.path)} ${file.crc32.toString(16).padStart(8, "0")}`,
  );
  return `${["; sums of this release", ...lines].join("\r\n")}\r\n`;
}

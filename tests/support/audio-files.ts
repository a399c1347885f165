import { join } from "node:path";

/** The ffmpeg on PATH, or null: tests that need it are then skipped with this reason in their name. */
export function findFfmpeg(): string | null {
  return Bun.which("ffmpeg");
}

export function findFfprobe(): string | null {
  return Bun.which("ffprobe");
}

/** `name`, with the reason added where ffmpeg is absent and the test is skipped. */
export function ffmpegTestName(name: string): string {
  return findFfmpeg() === null ? `${name} (skipped: no ffmpeg on PATH)` : name;
}

export interface AudioFileOptions {
  readonly seconds?: number;
  readonly tags?: Readonly<Record<string, string>>;
  /** A square picture of this many pixels a side, embedded as the front cover. */
  readonly coverPixels?: number;
  /** Codec and container arguments; by default ffmpeg chooses by the name's ending. */
  readonly args?: readonly string[];
  readonly video?: boolean;
}

/** Writes a real file of a sine with a chirp, encoded by ffmpeg. Throws with ffmpeg's words if it fails. */
export async function makeAudioFile(directory: string, name: string, options: AudioFileOptions = {}): Promise<string> {
  const path = join(directory, name);
  const seconds = options.seconds ?? 3;
  const inputs = ["-f", "lavfi", "-i", `aevalsrc=0.4*sin(2*PI*(220+20*mod(t\\,7))*t):s=44100:d=${seconds}`];
  const maps = ["-map", "0:a"];
  if (options.video) {
    inputs.push("-f", "lavfi", "-i", `testsrc=size=160x120:rate=10:duration=${seconds}`);
    maps.push("-map", "1:v", "-pix_fmt", "yuv420p");
  } else if (options.coverPixels !== undefined) {
    const size = options.coverPixels;
    inputs.push("-f", "lavfi", "-i", `testsrc=size=${size}x${size}:rate=1:duration=1`);
    maps.push(
      "-map",
      "1:v",
      "-frames:v",
      "1",
      "-c:v",
      "mjpeg",
      "-pix_fmt",
      "yuvj420p",
      "-disposition:v",
      "attached_pic",
    );
  }
  const tags = Object.entries(options.tags ?? {}).flatMap(([key, value]) => ["-metadata", `${key}=${value}`]);
  await runFfmpeg([...inputs, ...maps, ...tags, ...(options.args ?? []), path]);
  return path;
}

export async function runFfmpeg(args: readonly string[]): Promise<void> {
  const child = Bun.spawn(["ffmpeg", "-nostdin", "-v", "error", "-y", ...args], { stdout: "ignore", stderr: "pipe" });
  const complaint = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${complaint}`);
}

/** Decodes the whole file; returns its seconds of sound and what the decoder complained about. */
export async function decodeFile(path: string): Promise<{ seconds: number; complaint: string }> {
  const args = ["-nostdin", "-v", "error", "-i", path, "-map", "0:a", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"];
  const child = Bun.spawn(["ffmpeg", ...args], { stdout: "pipe", stderr: "pipe" });
  const complaint = new Response(child.stderr).text();
  let bytes = 0;
  for await (const chunk of child.stdout) bytes += chunk.length;
  await child.exited;
  return { seconds: bytes / 2 / 8000, complaint: (await complaint).trim() };
}

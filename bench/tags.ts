import { link, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTags } from "../daemon/audio/read-tags.ts";

/** What is measured: four-minute files at common bitrates with a cover, and one hour-long Ogg. */
const formats = [
  { name: "mp3", ending: "mp3", args: ["-c:a", "libmp3lame", "-b:a", "320k"], hasCover: true },
  { name: "flac", ending: "flac", args: ["-c:a", "flac"], hasCover: true },
  { name: "m4a", ending: "m4a", args: ["-c:a", "aac", "-b:a", "192k"], hasCover: true },
  { name: "ogg", ending: "ogg", args: ["-c:a", "libvorbis", "-q:a", "5"], hasCover: false },
  { name: "opus", ending: "opus", args: ["-c:a", "libopus", "-b:a", "128k"], hasCover: false },
] as const;

const trackSeconds = 240;
const longSeconds = 3600;

export interface TagsBenchOptions {
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  /** Times each format's file is listed; the names differ, the bytes are shared by hard links. */
  readonly filesPerFormat?: number;
  readonly ffmpegPath?: string;
}

export interface TagsBenchRow {
  readonly name: string;
  readonly files: number;
  readonly filesPerSec: number;
  readonly filesPerCpuSec: number;
  readonly bytesReadPerFile: number;
  readonly fileBytes: number;
}

/**
 * Reads the tags of many files one after another and prints files a second by the clock and by processor time, for
 * each format, over the even mix and for the hour-long Ogg. Files come out of the page cache. Needs ffmpeg.
 */
export async function benchTags(options: TagsBenchOptions): Promise<TagsBenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), "phaze-bench-tags-"));
  try {
    const files = await makeFiles(directory, options);
    const long = join(directory, "hour.ogg");
    await encode(options, longSeconds, ["-c:a", "libvorbis", "-q:a", "2"], false, long);
    /** The first files of each kind pay for compiling the parser: they are read once before the clock starts. */
    for (const list of files.values()) await measure("warm-up", list.slice(0, 20), options.signal);
    const rows: TagsBenchRow[] = [];
    for (const [name, list] of files) rows.push(await measure(name, list, options.signal));
    const count = Math.max(...[...files.values()].map((list) => list.length));
    const mix = Array.from({ length: count }, (_, index) =>
      [...files.values()].map((list) => list[index] ?? ""),
    ).flat();
    rows.push(await measure("mix", mix, options.signal));
    rows.push(
      await measure(
        "hour ogg",
        Array.from({ length: 50 }, () => long),
        options.signal,
      ),
    );
    options.print("format      files   files/s  files/cpu-s  KiB read/file   file MiB");
    for (const row of rows) options.print(formatRow(row));
    return rows;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function makeFiles(directory: string, options: TagsBenchOptions): Promise<Map<string, string[]>> {
  const files = new Map<string, string[]>();
  for (const format of formats) {
    const folder = join(directory, format.name);
    await mkdir(folder);
    const first = join(folder, `0000.${format.ending}`);
    await encode(options, trackSeconds, format.args, format.hasCover, first);
    const names = [first];
    for (let index = 1; index < (options.filesPerFormat ?? 300); index++) {
      const name = join(folder, `${String(index).padStart(4, "0")}.${format.ending}`);
      await link(first, name);
      names.push(name);
    }
    files.set(format.name, names);
  }
  return files;
}

async function encode(
  options: TagsBenchOptions,
  seconds: number,
  args: readonly string[],
  hasCover: boolean,
  path: string,
): Promise<void> {
  const sound = ["-f", "lavfi", "-i", `anoisesrc=d=${seconds}:c=pink:a=0.3:seed=1:r=44100`];
  const cover = ["-f", "lavfi", "-i", "testsrc=size=600x600:rate=1:duration=1", "-map", "0:a", "-map", "1:v"];
  const still = ["-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-disposition:v", "attached_pic"];
  const tags = ["artist=Some Artist", "title=Some Title", "album=Some Album", "track=3/12", "date=2004"];
  const command = [
    ...[options.ffmpegPath ?? "ffmpeg", "-nostdin", "-v", "error", ...sound],
    ...(hasCover ? [...cover, ...still] : []),
    ...tags.flatMap((tag) => ["-metadata", tag]),
    ...[...args, "-ac", "2", path],
  ];
  const child = Bun.spawn(command, { stdout: "ignore", stderr: "pipe", signal: options.signal });
  const complaint = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`ffmpeg failed: ${complaint}`);
}

async function measure(name: string, paths: readonly string[], signal: AbortSignal): Promise<TagsBenchRow> {
  let bytesRead = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (const path of paths) {
    const extension = path.slice(path.lastIndexOf(".") + 1);
    const metadata = await readTags(path, { extension, signal, onBytesRead: (bytes) => (bytesRead += bytes) });
    if (metadata.durationSec === null) throw new Error(`no duration for ${path}`);
  }
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const sizes = await Promise.all(paths.slice(0, 5).map(async (path) => (await stat(path)).size));
  return {
    name,
    files: paths.length,
    filesPerSec: paths.length / seconds,
    filesPerCpuSec: paths.length / ((used.user + used.system) / 1e6),
    bytesReadPerFile: bytesRead / paths.length,
    fileBytes: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
  };
}

function formatRow(row: TagsBenchRow): string {
  return [
    row.name.padEnd(10),
    String(row.files).padStart(6),
    row.filesPerSec.toFixed(0).padStart(9),
    row.filesPerCpuSec.toFixed(0).padStart(12),
    (row.bytesReadPerFile / 1024).toFixed(1).padStart(14),
    (row.fileBytes / 1024 / 1024).toFixed(1).padStart(10),
  ].join(" ");
}

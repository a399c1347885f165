import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTags } from "../../daemon/audio/read-tags.ts";
import { metadataSchema } from "../../daemon/contract/metadata.ts";
import { itunesTag, m4aFile } from "../support/audio-bytes.ts";
import { ffmpegTestName, findFfmpeg, findFfprobe, makeAudioFile, runFfmpeg } from "../support/audio-files.ts";

/** Tags of files that ffmpeg wrote, and what ffprobe reads; the same without ffmpeg is in read-tags.test.ts. */
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "phaze-tags-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const never = new AbortController().signal;

describe.skipIf(findFfmpeg() === null)(ffmpegTestName("files written by ffmpeg"), () => {
  const tags = { artist: "Ä & B", title: "Tïtle", album: "Album", track: "3/12", date: "2004-05-06", genre: "House" };
  const audio = ["mp3", "flac", "m4a", "ogg", "opus", "wav", "wma", "mp4", "mov", "mkv", "webm", "wmv"];

  test.each(audio)("%s", async (ending) => {
    const path = await makeAudioFile(directory, `real.${ending}`, { seconds: 4, tags });
    const metadata = await readTags(path, { extension: ending, signal: never, ffprobePath: findFfprobe() });
    expect(metadata).toMatchObject({
      artist: "Ä & B",
      title: "Tïtle",
      genre: "House",
      hasAudio: true,
      hasVideo: false,
    });
    expect(metadata.album).toBe("Album");
    expect(Math.abs((metadata.durationSec ?? 0) - 4)).toBeLessThan(0.15);
    expect(metadata.sampleRateHz).toBeGreaterThanOrEqual(44_100);
    expect(metadata.bitrateKbps).toBeGreaterThan(5);
    if (ending !== "mov") expect(metadata.trackNumber).toBe(3);
    if (ending !== "wma" && ending !== "wmv") expect(metadata.year).toBe(2004);
  });

  test.each(["mp3", "flac", "m4a"])("%s with a cover", async (ending) => {
    const path = await makeAudioFile(directory, `cover.${ending}`, { tags, coverPixels: 64 });
    const { cover, hasVideo } = await readTags(path, { extension: ending, signal: never });
    expect(cover).toMatchObject({ mime: "image/jpeg" });
    expect(cover?.bytes).toBeGreaterThan(500);
    expect(hasVideo ?? false).toBe(false);
  });

  test("lengths without a length header are estimated, and said so", async () => {
    const args = ["-q:a", "6", "-write_xing", "0"];
    const vbr = await makeAudioFile(directory, "noxing.mp3", { seconds: 30, args });
    const metadata = await readTags(vbr, { extension: "mp3", signal: never });
    expect(Math.abs((metadata.durationSec ?? 0) - 30)).toBeLessThan(2);
    const aac = await makeAudioFile(directory, "raw.aac", { seconds: 30 });
    const raw = await readTags(aac, { extension: "aac", signal: never });
    expect(Math.abs((raw.durationSec ?? 0) - 30)).toBeLessThan(1.5);
    expect(raw.codec).toContain("AAC");
  });

  test("fragmented MP4, whose movie box does not tell the length", async () => {
    for (const flags of ["frag_keyframe+empty_moov", "dash", "+dash+global_sidx"]) {
      const args = ["-movflags", flags, "-frag_duration", "2000000"];
      const path = await makeAudioFile(directory, "fragments.m4a", { seconds: 20, args });
      const metadata = await readTags(path, { extension: "m4a", signal: never });
      expect(Math.abs((metadata.durationSec ?? 0) - 20)).toBeLessThan(0.2);
    }
  });

  test.each(["mp4", "mkv", "webm", "mov"])("%s with a picture track is video", async (ending) => {
    const path = await makeAudioFile(directory, `video.${ending}`, { video: true, tags });
    const metadata = await readTags(path, { extension: ending, signal: never, ffprobePath: findFfprobe() });
    expect(metadata).toMatchObject({ hasAudio: true, hasVideo: true, title: "Tïtle" });
  });

  test("an hour-long Ogg by its last page", async () => {
    const minute = await makeAudioFile(directory, "minute.ogg", { seconds: 60, args: ["-ar", "8000"] });
    const path = join(directory, "hour.ogg");
    await runFfmpeg(["-stream_loop", "59", "-i", minute, "-c", "copy", path]);
    let bytesRead = 0;
    const options = { extension: "ogg", signal: never, onBytesRead: (bytes: number) => (bytesRead = bytes) };
    expect((await readTags(path, options)).durationSec).toBeCloseTo(3_600, 0);
    expect(bytesRead).toBeLessThan(250_000);
  });
});

describe.skipIf(findFfprobe() === null)("with ffprobe (skipped without it on PATH)", () => {
  const ffprobePath = findFfprobe();

  test.each(["avi", "flv"])("%s, under a name that is no UTF-8 and begins with a dash", async (ending) => {
    const video = ending === "avi";
    const made = await makeAudioFile(directory, `plain.${ending}`, { tags: { title: "Clip", artist: "A" }, video });
    const raw = Buffer.concat([
      Buffer.from(`${directory}/`),
      Buffer.from([0x2d, 0xff, 0x3a]),
      Buffer.from(`.${ending}`),
    ]);
    writeFileSync(raw, readFileSync(made));
    const metadata = await readTags(new Uint8Array(raw), { extension: ending, signal: never, ffprobePath });
    expect(metadata).toMatchObject({ title: "Clip", hasAudio: true, hasVideo: video });
    expect(Math.abs((metadata.durationSec ?? 0) - 3)).toBeLessThan(0.2);
    expect(metadataSchema.parse(metadata)).toEqual(metadata);
  });

  test("a broken tag, for which music-metadata gives up", async () => {
    const tags = [itunesTag("trkn", 0, Buffer.alloc(1)), itunesTag("\xa9nam", 1, Buffer.from("Kept"))];
    const path = join(directory, "short.m4a");
    writeFileSync(path, m4aFile(10, tags));
    const metadata = await readTags(path, { extension: "m4a", signal: never, ffprobePath });
    expect(metadata).toMatchObject({ title: "Kept", trackNumber: null });
    expect(metadata.warnings.join()).toContain("read with ffprobe instead");
  });

  test("a playlist inside a named AVI cannot reach other files", async () => {
    const path = join(directory, "list.avi");
    writeFileSync(path, "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.mp3\n");
    expect(readTags(path, { extension: "avi", signal: never, ffprobePath })).rejects.toThrow("it is text");
  });

  test("a child that hangs is killed with its group when the signal aborts", async () => {
    const tool = join(directory, "slow-probe");
    const mark = join(directory, "child-pid");
    writeFileSync(tool, `#!/bin/sh\nsleep 60 & echo $! > "${mark}"; wait\n`, { mode: 0o755 });
    const path = join(directory, "slow.flv");
    writeFileSync(path, "FLV\x01 and so on");
    const reading = readTags(path, { extension: "flv", signal: AbortSignal.timeout(300), ffprobePath: tool });
    expect(await reading.catch((error: Error) => error.name)).toBe("TimeoutError");
    const pid = Number(readFileSync(mark, "utf8"));
    for (let tries = 0; tries < 50 && isRunning(pid); tries++) await Bun.sleep(20);
    expect(isRunning(pid)).toBe(false);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

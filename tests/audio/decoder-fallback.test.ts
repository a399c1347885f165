import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DecodeCommandError, parseDecodeCommand } from "../../daemon/audio/decode-child-options.ts";
import { type DecoderProgram, findDecoder } from "../../daemon/audio/decoder-program.ts";
import { musicExtensions, videoExtensions } from "../../daemon/contract/kinds.ts";
import { ffmpegTestName, findFfmpeg, makeAudioFile } from "../support/audio-files.ts";

/** The packaged decoder takes half a second of the processor to start, and more on a busy machine. */
setDefaultTimeout(30_000);

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "phaze-decoder-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The decoder of a machine without ffmpeg. */
const packaged = findDecoder("") as DecoderProgram;

interface Outcome {
  readonly code: number | null;
  readonly full: Float32Array;
  readonly model: Float32Array;
  readonly log: string;
}

const graph = [
  "[0:a:0]asplit=3[l][m][n];[l]ebur128=framelog=verbose:peak=none,anullsink",
  "[m]aresample=44100:rematrix_maxval=1,aformat=sample_fmts=flt:channel_layouts=mono[a]",
  "[n]aresample=16000:rematrix_maxval=1,aformat=sample_fmts=flt:channel_layouts=mono[b]",
].join(";");
const mapped = ["-map", "[a]", "-f", "f32le", "pipe:1", "-map", "[b]", "-f", "f32le", "pipe:3"];

/** Runs a decoder on an open file, as the product does, or on `input`. Descriptor 4 is the file. */
async function decode(
  program: DecoderProgram,
  path: string,
  input = "file:/dev/fd/4",
  outputs: readonly string[] = ["-filter_complex", graph, ...mapped],
): Promise<Outcome> {
  const fd = openSync(path, "r");
  const before = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info"];
  const words = [...program.args, ...before, "-protocol_whitelist", "file", "-i", input, ...outputs];
  const child = spawn(program.path, words, { stdio: ["ignore", "pipe", "pipe", "pipe", fd] });
  closeSync(fd);
  const chunks: Buffer[][] = [[], [], []];
  for (const [index, stream] of [child.stdout, child.stderr, child.stdio[3]].entries())
    stream?.on("data", (chunk: Buffer) => chunks[index]?.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const [full, log, model] = chunks.map((list) => Buffer.concat(list)) as [Buffer, Buffer, Buffer];
  return { code, full: samples(full), model: samples(model), log: log.toString() };
}

function samples(bytes: Buffer): Float32Array {
  const copy = new Uint8Array(bytes.length - (bytes.length % 4));
  copy.set(bytes.subarray(0, copy.length));
  return new Float32Array(copy.buffer);
}

/** A mono 16-bit WAV of a 440 Hz tone, with whatever rate its header claims. */
function writeTone(name: string, rateHz = 44_100, seconds = 2): string {
  const frames = 44_100 * seconds;
  const bytes = Buffer.alloc(44 + frames * 2);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(36 + frames * 2, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rateHz, 24);
  bytes.writeUInt32LE(rateHz * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(frames * 2, 40);
  for (let index = 0; index < frames; index++)
    bytes.writeInt16LE(Math.round(16_384 * Math.sin((2 * Math.PI * 440 * index) / 44_100)), 44 + index * 2);
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

describe("the command line of the packaged decoder", () => {
  test("names inside the sandbox, and back in the log", () => {
    const words = ["-v", "info", "-i", "file:/music/A $& B.MP3", "-f", "f32le", "pipe:1", "-f", "f32le", "pipe:3"];
    const command = parseDecodeCommand(words);
    expect(command.options).toEqual([
      ...["-v", "info", "-i", "file:/in/media.mp3", "-f", "f32le", "file:/out/1", "-f", "f32le", "file:/out/3"],
    ]);
    expect(command.input).toEqual({ source: "/music/A $& B.MP3", name: "media.mp3" });
    expect(command.outputs).toEqual([1, 3]);
    expect(command.restoreNames("[error] file:/in/media.mp3: no")).toBe("[error] file:/music/A $& B.MP3: no");
    expect(command.restoreNames("Output #1 to 'file:/out/3'")).toBe("Output #1 to 'pipe:3'");
  });

  test("an inherited descriptor is read itself, not opened by a name", () => {
    expect(parseDecodeCommand(["-i", "file:/dev/fd/4"]).input).toEqual({ source: 4, name: "media" });
  });

  test.each([
    ["another protocol", ["-i", "http://127.0.0.1/a.mp3"]],
    ["a name without a protocol", ["-i", "a.mp3"]],
    ["two inputs", ["-i", "file:a", "-i", "file:b"]],
    ["standard error as an output", ["-i", "file:a", "pipe:2"]],
    ["one output twice", ["-i", "file:a", "pipe:1", "pipe:1"]],
  ])("refuses %s", (_what, words) => {
    expect(() => parseDecodeCommand(words)).toThrow(DecodeCommandError);
  });
});

describe("which decoder", () => {
  test("the package when nothing is on PATH", async () => {
    expect(packaged).toMatchObject({ source: "package", path: process.execPath });
    expect(packaged.note).toContain("no ffmpeg on PATH");
    const child = Bun.spawn([packaged.path, ...packaged.args, "-version"], { stderr: "pipe" });
    expect(await new Response(child.stderr).text()).toContain(`ffmpeg version ${packaged.version} `);
  });

  test.skipIf(process.platform === "win32").each([
    ["exit 3", "does not run"],
    ["echo 'ffmpeg version 9.9 Copyright'", "was built without ebur128"],
  ])("the package when the one on PATH is of no use: %s", (script, why) => {
    const folder = mkdtempSync(join(directory, "bin-"));
    writeFileSync(join(folder, "ffmpeg"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    expect(findDecoder(folder)).toMatchObject({ source: "package" });
    expect(findDecoder(folder)?.note).toContain(why);
  });

  test.skipIf(findFfmpeg() === null)(ffmpegTestName("the system's when it is good"), () => {
    expect(findDecoder()).toMatchObject({ source: "PATH", path: findFfmpeg(), args: [] });
    expect(findDecoder()?.version).toMatch(/\d/);
  });
});

describe("the packaged decoder", () => {
  test("writes both rates and the log", async () => {
    const { code, full, model, log } = await decode(packaged, writeTone("tone.wav"));
    expect(code).toBe(0);
    expect([full.length, model.length]).toEqual([88_200, 32_000]);
    expect(Math.max(...full.subarray(1000, 2000))).toBeCloseTo(0.5, 3);
    expect(log).toMatch(/\[info\] {3}Duration: 00:00:02\.00/);
    expect(log).toContain("from 'file:/dev/fd/4'");
    expect(log).toMatch(/I: +-9\.\d LUFS/);
    expect(log).not.toContain("Aborted");
  });

  test("reads by name too, with a name full of oddities", async () => {
    const path = writeTone("odd 'name': %d $& [x].wav");
    const { code, full, log } = await decode(packaged, path, `file:${path}`);
    expect([code, full.length]).toEqual([0, 88_200]);
    expect(log).toContain(`from 'file:${path}'`);
  });

  test("waits for its reader, and goes when the reader does", async () => {
    const path = writeTone("long.wav", 44_100, 60);
    const words = [...packaged.args, "-v", "error", "-i", `file:${path}`, "-f", "f32le", "pipe:1"];
    const child = spawn(packaged.path, words, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.once("data", () => child.stdout.pause());
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    expect(await Promise.race([ended, Bun.sleep(2000).then(() => "waits")])).toBe("waits");
    child.stdout.destroy();
    expect(await ended).toBe(141);
  });

  test.each([
    ["ffconcat version 1.0\nfile /etc/hostname\n", "Unsafe file name"],
    ["#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n", "not on whitelist"],
  ])("opens nothing that a playlist names", async (text, why) => {
    const path = join(directory, "list.mp3");
    writeFileSync(path, text);
    const { code, full, log } = await decode(packaged, path);
    expect([code, full.length]).toEqual([1, 0]);
    expect(log).toContain(why);
  });

  test("has no network and no other files even when it is allowed them", async () => {
    const path = join(directory, "list.m3u8");
    let asked = 0;
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(String(asked++)) });
    const entries = [`http://127.0.0.1:${server.port}/a.ts`, "/etc/hostname"];
    for (const entry of entries) {
      writeFileSync(path, `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${entry}\n#EXT-X-ENDLIST\n`);
      const child = Bun.spawn(
        [
          ...[packaged.path, ...packaged.args, "-protocol_whitelist", "file,http,tcp", "-allowed_extensions", "ALL"],
          ...["-i", `file:${path}`, "-f", "f32le", "pipe:1"],
        ],
        { stdout: "pipe", stderr: "pipe" },
      );
      const log = await new Response(child.stderr).text();
      expect(await child.exited).toBe(1);
      expect(log).toMatch(/Failed to open segment|Error when loading first segment/);
    }
    expect(asked).toBe(0);
    await server.stop(true);
  });

  test("a hole in the decoder ends the process, not more", async () => {
    // FFmpeg 5.1 writes outside its buffers when it measures the loudness of 1 Hz: the system's dies by SIGSEGV.
    const { code, log } = await decode(packaged, writeTone("hole.wav", 1));
    expect(code).toBe(70);
    expect(log).toMatch(/\[fatal\] decoder: .*[Oo]ut of bounds memory access/);
  });

  test.each([
    ["nothing.mp3", Buffer.alloc(0)],
    ["page.m4a", Buffer.from("<html>not found</html>")],
  ])("%s is not audio", async (name, bytes) => {
    writeFileSync(join(directory, name), bytes);
    const { code, full, log } = await decode(packaged, join(directory, name));
    expect([code, full.length]).toEqual([1, 0]);
    expect(log).toMatch(/\[error\] file:\/dev\/fd\/4: Invalid/);
  });

  test("a file that is not there", async () => {
    const path = writeTone("there.wav");
    const { code, log } = await decode(packaged, path, `file:${join(directory, "gone.wav")}`);
    expect(code).toBe(70);
    expect(log).toContain("ENOENT");
  });
});

describe.skipIf(findFfmpeg() === null)(ffmpegTestName("the same samples as the system's ffmpeg"), () => {
  const system = () => findDecoder() as DecoderProgram;
  async function same(path: string): Promise<void> {
    const [wanted, got] = await Promise.all([decode(system(), path), decode(packaged, path)]);
    expect(got.code).toBe(0);
    expect(got.full.length).toBeGreaterThan(44_100);
    for (const rate of ["full", "model"] as const) {
      expect(got[rate].length).toBe(wanted[rate].length);
      const apart = got[rate].reduce((most, one, at) => Math.max(most, Math.abs(one - (wanted[rate][at] ?? 9))), 0);
      expect(apart).toBeLessThan(1e-4);
    }
  }

  test.each(musicExtensions)("%s", async (ending) => same(await makeAudioFile(directory, `a.${ending}`)));
  test.each(videoExtensions)("%s with pictures", async (ending) => {
    await same(await makeAudioFile(directory, `v.${ending}`, { video: true }));
  });
  test.each([
    ["f32.wav", ["-c:a", "pcm_f32le"]],
    ["alac.m4a", ["-c:a", "alac"]],
    ["surround.flac", ["-af", "pan=5.1|c0=c0|c1=.5*c0|c2=.3*c0|c3=.2*c0|c4=.1*c0|c5=.1*c0", "-ar", "96000"]],
  ])("%s", async (name, args) => same(await makeAudioFile(directory, name, { args })));

  test("a damaged end is skipped and named", async () => {
    const path = await makeAudioFile(directory, "cut.flac", { seconds: 10 });
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    const { code, full, log } = await decode(packaged, path);
    expect(code).toBe(0);
    expect(full.length).toBeGreaterThan(44_100);
    expect(log).toMatch(/\[error\] Error while decoding stream #0:0: Invalid data found/);
  });
});

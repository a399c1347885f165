import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";

/** True when the system has ffmpeg, which makes the odder inputs of the tests. */
export const hasFfmpeg = Bun.which("ffmpeg") !== null;

/** Runs ffmpeg, loudly when it fails. */
export function ffmpeg(...args: string[]): void {
  const run = spawnSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args], { timeout: 60_000 });
  if (run.status !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${run.stderr}`);
}

/** A RIFF file of 32-bit float samples, interleaved. */
export function floatWav(samples: Float32Array, rateHz = 44_100, channels = 1): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(3, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rateHz, 24);
  head.writeUInt32LE(rateHz * channels * 4, 28);
  head.writeUInt16LE(channels * 4, 32);
  head.writeUInt16LE(32, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]);
}

/** `seconds` of a function of time, mono. */
export const tone = (seconds: number, at: (sec: number) => number, rateHz = 44_100): Float32Array =>
  Float32Array.from({ length: Math.round(seconds * rateHz) }, (_, index) => at(index / rateHz));

/** A beat with a bass line in A minor: something for every stage to find. */
export function song(seconds: number, bpm = 124, rateHz = 44_100): Float32Array {
  const beat = 60 / bpm;
  const notes = [110, 110, 130.81, 164.81];
  return tone(
    seconds,
    (sec) => {
      const within = sec % beat;
      const kick = Math.sin(2 * Math.PI * (50 + 80 * Math.exp(-within * 40)) * within) * Math.exp(-within * 18);
      const offbeat = (sec + beat / 2) % beat;
      const hat = (((sec * 7919.7) % 1) - 0.5) * Math.exp(-offbeat * 90) * 0.4;
      const note = notes[Math.floor(sec / (beat * 4)) % notes.length] as number;
      const bass = [1, 2, 3].reduce((sum, n) => sum + Math.sin(2 * Math.PI * note * n * sec) / (n * 6), 0);
      return 0.6 * kick + hat + bass;
    },
    rateHz,
  );
}

export function writeSong(path: string, seconds: number, bpm?: number): void {
  writeFileSync(path, floatWav(song(seconds, bpm)));
}

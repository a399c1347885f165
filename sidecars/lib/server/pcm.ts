import { makeFrontEnd, secondsOf } from "../front-end/front-end.ts";
import { longestSec, sampleRate } from "../parameters.ts";
import type { Peaks } from "../peaks.ts";
import { makeResampler } from "./resample.ts";

/** The body of a request is not what it must be. */
export class BodyError extends Error {
  readonly status: 400 | 413;
  constructor(status: 400 | 413, message: string) {
    super(message);
    this.status = status;
  }
}

const rates = [8000, 384_000] as const;

/** The rate a request says its samples have. Throws BodyError. */
export function readRate(header: string | undefined): number {
  const rate = Number(header);
  if (!header || !Number.isInteger(rate) || rate < rates[0] || rate > rates[1])
    throw new BodyError(
      400,
      `The header x-sample-rate must be a whole number of Hz from ${rates[0]} to ${rates[1]}, not ${JSON.stringify(header ?? null)}`,
    );
  return rate;
}

/** Whole samples of chunks that may end within one. A view where alignment allows, else a copy. */
function makeJoiner() {
  let rest = new Uint8Array(0);
  return {
    take(chunk: Uint8Array): Float32Array {
      let bytes = chunk;
      if (rest.length > 0) {
        bytes = new Uint8Array(rest.length + chunk.length);
        bytes.set(rest);
        bytes.set(chunk, rest.length);
      }
      const usable = bytes.length - (bytes.length % 4);
      rest = bytes.slice(usable);
      const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice(0, usable);
      return new Float32Array(aligned.buffer, aligned.byteOffset, usable / 4);
    },
    left: () => rest.length,
  };
}

/**
 * Reads mono float32 samples to their end and finds their peaks; what is held grows by the peaks alone. Gives the event
 * loop its turn between chunks. Throws BodyError for what is no sound, and what the stream throws when it is cut short.
 */
export async function readSound(
  body: ReadableStream<Uint8Array> | null,
  rate: number,
): Promise<{ peaks: Peaks; durationSec: number }> {
  const frontEnd = makeFrontEnd();
  const joiner = makeJoiner();
  const resampler = rate === sampleRate ? null : makeResampler(rate, sampleRate);
  let taken = 0;
  if (body)
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      const samples = joiner.take(chunk);
      for (let at = 0; at < samples.length; at++) {
        const sample = samples[at] as number;
        if (sample - sample !== 0) throw new BodyError(400, `Sample ${taken + at} is ${sample}, not a finite number`);
      }
      taken += samples.length;
      if (taken > longestSec * rate * 1.001)
        throw new BodyError(413, `Recordings of up to ${longestSec / 3600} hours can be taken`);
      frontEnd.push(resampler ? resampler.take(samples) : samples);
    }
  if (joiner.left() > 0)
    throw new BodyError(400, `The body ends within a sample: its length must be a multiple of 4 bytes`);
  if (taken === 0) throw new BodyError(400, "There are no samples in the body");
  if (resampler) frontEnd.push(resampler.finish());
  return { peaks: frontEnd.finish(), durationSec: resampler ? taken / rate : secondsOf(taken) };
}

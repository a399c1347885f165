import { frameRate } from "../../sidecars/lib/parameters.ts";
import { type Peaks, roundPeaks, slicePeaks } from "../../sidecars/lib/peaks.ts";

/** Highest pitch of a peak, cents. */
const highest = 5651;

/**
 * Peaks of a recording that nobody has: pieces of 3 to 6 s of real ones, each turned upside down in pitch, moved by up to
 * ±3 semitones and stretched by up to ±18 %. Times, intervals and their frequency are those of music; no piece of the
 * real recordings is in it, at any tempo or pitch that is searched.
 */
export function makeDistractor(sources: readonly Peaks[], durationSec: number, random: () => number): Peaks {
  const found: [number, number, number][] = [];
  const end = durationSec * frameRate;
  for (let at = 0; at < end; ) {
    const source = sources[Math.floor(random() * sources.length)] as Peaks;
    const last = source.frame.at(-1) ?? 0;
    const length = (3 + 3 * random()) * frameRate;
    const from = random() * Math.max(0, last - length);
    const piece = slicePeaks(source, from, from + length);
    const stretch = 0.85 + 0.33 * random();
    const shift = (random() - 0.5) * 600;
    for (let peak = 0; peak < piece.frame.length; peak++) {
      const frame = at + ((piece.frame[peak] as number) - from) * stretch;
      const cents = highest - (piece.cents[peak] as number) + shift;
      if (frame < end && cents >= 0 && cents <= highest) found.push([frame, cents, piece.strength[peak] as number]);
    }
    at += length * stretch;
  }
  return roundPeaks(found);
}

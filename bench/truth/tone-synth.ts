import { limited, rateHz } from "./drum-synth.ts";
import type { Note } from "./midi-file.ts";

/** A sound made of sines: loudness of each partial, times of attack and decay in seconds (0: holds). */
export interface Timbre {
  readonly name: string;
  readonly partials: readonly number[];
  readonly attackSec: number;
  readonly decaySec: number;
}

export const timbres: readonly Timbre[] = [
  { name: "organ", partials: [1, 0.6, 0.4, 0.3, 0, 0.2], attackSec: 0.01, decaySec: 0 },
  { name: "pluck", partials: [1, 0.5, 0.33, 0.25, 0.2, 0.16, 0.14], attackSec: 0.003, decaySec: 0.6 },
  { name: "pad", partials: [1, 0.3, 0.1], attackSec: 0.3, decaySec: 0 },
  { name: "saw", partials: Array.from({ length: 12 }, (_, index) => 1 / (index + 1)), attackSec: 0.01, decaySec: 0 },
];

/** Notes but drums as sound: mono, 44,100 Hz. `tuningHz`: of the A above middle C. */
export function renderNotes(
  notes: readonly Note[],
  { bpm, timbre, lengthSec, tuningHz = 440 }: { bpm: number; timbre: Timbre; lengthSec: number; tuningHz?: number },
): Float32Array {
  const mix = new Float32Array(Math.round(lengthSec * rateHz));
  for (const note of notes) {
    if (note.channel === 9) continue;
    const hz = tuningHz * 2 ** ((note.pitch - 69) / 12);
    const from = Math.round((note.beat * 60 * rateHz) / bpm);
    const count = Math.min(Math.round((note.beats * 60 * rateHz) / bpm), mix.length - from);
    for (const [index, loudness] of timbre.partials.entries()) {
      if (loudness === 0 || hz * (index + 1) > 8000) continue;
      addSine(
        mix.subarray(from, from + Math.max(0, count)),
        hz * (index + 1),
        (loudness * note.velocity) / 1000,
        timbre,
      );
    }
  }
  return limited(mix);
}

/** A sine by rotation, as fast as a table. */
function addSine(into: Float32Array, hz: number, gain: number, { attackSec, decaySec }: Timbre): void {
  const [turnCos, turnSin] = [Math.cos((2 * Math.PI * hz) / rateHz), Math.sin((2 * Math.PI * hz) / rateHz)];
  const fade = decaySec === 0 ? 1 : Math.exp(-1 / (decaySec * rateHz));
  const [rise, fall] = [attackSec * rateHz, 0.02 * rateHz];
  let [cos, sin, level] = [1, 0, gain];
  for (let i = 0; i < into.length; i++) {
    const edge = Math.min(1, i / rise, (into.length - i) / fall);
    into[i] = (into[i] ?? 0) + sin * level * edge;
    [cos, sin] = [cos * turnCos - sin * turnSin, sin * turnCos + cos * turnSin];
    level *= fade;
  }
}

import { allKeys, type Key } from "../../daemon/audio/key-profile.ts";
import { rateHz, renderHits, tuningKits } from "./drum-synth.ts";
import { hitsOf, tuningPatterns } from "./patterns.ts";
import { notesOf, tuningProgressions } from "./progressions.ts";
import { steady } from "./tempo-map.ts";
import { renderNotes, timbres } from "./tone-synth.ts";

/** A track of a mixed set; while two play, the louder one counts. */
export interface SetTrack {
  readonly startSec: number;
  readonly endSec: number;
  readonly bpm: number;
  readonly key: Key;
}

const trackSec = 180;
const fadeSec = 16;
const bars = 16;
/** BPM, and place in `allKeys`, of tracks that a DJ could mix. */
const plan: readonly (readonly [number, number])[] = [
  [118, 21],
  [120, 16],
  [121.5, 7],
  [123, 14],
  [124, 9],
  [126, 18],
  [128, 0],
  [130, 17],
];

/** Eight tracks of three minutes with drums, bass and chords, faded into each other: mono, 44,100 Hz. */
export function renderSet(): { sound: Float32Array; tracks: readonly SetTrack[] } {
  const apart = trackSec - fadeSec;
  const sound = new Float32Array((apart * plan.length + fadeSec) * rateHz);
  const tracks: SetTrack[] = [];
  for (const [index, [bpm, place]] of plan.entries()) {
    const key = allKeys[place] as Key;
    const loop = renderLoop(bpm, key, index);
    const from = index * apart * rateHz;
    for (let i = 0; i < trackSec * rateHz; i++) {
      const sec = i / rateHz;
      const fade = Math.min(1, sec / fadeSec, (trackSec - sec) / fadeSec);
      sound[from + i] = (sound[from + i] as number) + 0.7 * Math.sqrt(fade) * (loop[i % loop.length] as number);
    }
    const startSec = index * apart + (index === 0 ? 0 : fadeSec / 2);
    tracks.push({ startSec, endSec: (index + 1) * apart + fadeSec / 2, bpm, key });
  }
  return { sound, tracks };
}

function renderLoop(bpm: number, key: Key, index: number): Float32Array {
  const fitting = tuningProgressions.filter(({ scale }) => scale === key.scale);
  const progression = fitting[index % fitting.length];
  const pattern = tuningPatterns[2];
  const kit = tuningKits[index % tuningKits.length];
  const timbre = timbres[index % timbres.length];
  if (!progression || !pattern || !kit || !timbre) throw new Error("nothing to play");
  const lengthSec = (bars * 4 * 60) / bpm;
  const arrangement = { chords: 0, bass: 0, melody: 0 };
  const notes = notesOf(progression, key.index % 12, { bars, seed: index, arrangement });
  const tones = renderNotes(notes, { bpm, timbre, lengthSec });
  const drums = renderHits(hitsOf(pattern, steady(bpm), { lengthSec, seed: index }), kit, lengthSec);
  return drums.map((value, i) => 0.6 * value + 0.5 * (tones[i] ?? 0));
}

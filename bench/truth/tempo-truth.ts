import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeDice } from "./dice.ts";
import { heldOutKits, type Kit, rateHz, renderHits, tuningKits } from "./drum-synth.ts";
import { readTempoMap } from "./midi-file.ts";
import { heldOutPatterns, hitsOf, type Pattern, tuningPatterns } from "./patterns.ts";
import { randomGroove } from "./random-grooves.ts";
import { randomSong } from "./random-songs.ts";
import { decode } from "./sound-tools.ts";
import { ramp, steady, type TempoMap } from "./tempo-map.ts";

/** Sound whose tempo is known. */
export interface TempoTruth {
  readonly set: string;
  readonly name: string;
  readonly tempo: TempoMap;
  readonly sound: () => Promise<Float32Array>;
}

const tempi = [60, 63, 70, 75, 82, 87.5, 90, 95, 100, 110, 120, 124, 128, 140, 150, 160, 174, 190, 200];
const lengthSec = 30;

/** Clicks and drums over a table of tempi; those of the held-out set are 1.7 % faster, with other sounds and patterns. */
export function drumTruths(): TempoTruth[] {
  const sets: [string, readonly Pattern[], readonly Kit[], number][] = [
    ["drums, tuning", tuningPatterns, tuningKits, 1],
    ["drums, held out", heldOutPatterns.filter(({ ambiguous }) => !ambiguous), heldOutKits, 1.017],
    ["drums, ambiguous", heldOutPatterns.filter(({ ambiguous }) => ambiguous), heldOutKits, 1.017],
  ];
  return sets.flatMap(([set, patterns, kits, faster]) =>
    patterns.flatMap((pattern) =>
      tempi
        .map((bpm) => bpm * faster)
        .filter((bpm) => bpm >= (pattern.tempi?.[0] ?? 0) && bpm <= (pattern.tempi?.[1] ?? 201))
        .map((bpm, index) => drumTruth(set, pattern, kits[index % kits.length] as Kit, steady(bpm), lengthSec, index)),
    ),
  );
}

/** Music put together at random, of families and sounds that the weights have not seen. */
export function randomTruths(): TempoTruth[] {
  return Array.from({ length: 150 }, (_, index) => {
    const seed = 5000 + index;
    const { family, bpm } = randomGroove(makeDice(seed), "held out");
    const sound = async () => randomSong(seed, "held out").sound;
    return { set: "random, held out", name: `${family}, ${bpm.toFixed(1)}`, tempo: steady(bpm), sound };
  });
}

export function rampTruths(): TempoTruth[] {
  const [, , , pattern] = tuningPatterns;
  const [kit] = tuningKits;
  if (!pattern || !kit) return [];
  const lines: [number, number, number][] = [
    [100, 140, 240],
    [128, 120, 300],
    [70, 90, 180],
    [120, 180, 180],
    [174, 90, 300],
  ];
  return lines.map(([from, to, sec]) => drumTruth("ramps", pattern, kit, ramp(from, to, sec), sec, 0));
}

function drumTruth(set: string, pattern: Pattern, kit: Kit, tempo: TempoMap, sec: number, seed: number): TempoTruth {
  const options = { lengthSec: sec, offsetSec: 0, jitterSec: seed % 2 === 1 ? 0.008 : 0, seed };
  return {
    set,
    name: `${pattern.name}, ${kit.name}, ${tempo.meanBpm(0, sec).toFixed(1)}`,
    tempo,
    sound: async () => renderHits(hitsOf(pattern, tempo, options), kit, sec),
  };
}

/** Songs of Frets on Fire below a folder: `notes.mid` beside `song.ogg` (`get-music` gets them from Debian). */
export function songTruths(folder: string): TempoTruth[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((path) => join(folder, `${path}`))
    .filter((path) => basename(path) === "notes.mid" && existsSync(join(dirname(path), "song.ogg")))
    .sort()
    .map((path) => {
      const map = Bun.file(path);
      let tempo: TempoMap = steady(120);
      return {
        set: "songs",
        name: basename(dirname(path)),
        tempo: { timeOf: (beat) => tempo.timeOf(beat), meanBpm: (from, to) => tempo.meanBpm(from, to) },
        async sound() {
          tempo = readTempoMap(await map.bytes());
          return decode(join(dirname(path), "song.ogg"));
        },
      };
    });
}

/** Parts of 30 s; a rest under 5 s is left out. */
export function* partsOf(sound: Float32Array): Generator<{ startSec: number; endSec: number; samples: Float32Array }> {
  for (let from = 0; from + 5 * rateHz <= sound.length; from += lengthSec * rateHz) {
    const samples = sound.subarray(from, from + lengthSec * rateHz);
    yield { startSec: from / rateHz, endSec: (from + samples.length) / rateHz, samples };
  }
}

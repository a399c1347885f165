import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Essentia, loadEssentia, withVector } from "../daemon/audio/essentia.ts";
import { analyseKey } from "../daemon/audio/key.ts";
import { analyseRhythm, summariseRhythm } from "../daemon/audio/rhythm.ts";
import { type KeyName, keyNames, type Scale } from "../daemon/contract/keys.ts";
import { type BenchOptions, inFolder, program, verdict } from "./support.ts";
import { keyTruths, renderKeys } from "./truth/key-truth.ts";
import { mirexScore } from "./truth/mirex.ts";
import { noFluidsynth } from "./truth/sound-tools.ts";
import { drumTruths, partsOf, rampTruths, randomTruths, songTruths, type TempoTruth } from "./truth/tempo-truth.ts";

/** What was right of how much, and what it cost. */
interface Tally {
  count: number;
  right: number;
  /** Right but for the octave, or MIREX's score. */
  nearly: number;
  cpuSec: number;
  soundSec: number;
}

const tolerance = 0.02;

/** Tempo (BPM) of a window by each way that was thought of. */
const tempoWays: Record<string, (essentia: Essentia, samples: Float32Array) => number> = {
  degara: (essentia, samples) => extracted(essentia, samples, "degara"),
  multifeature: (essentia, samples) => extracted(essentia, samples, "multifeature"),
  percival: (essentia, samples) => withVector(essentia, samples, (vector) => essentia.PercivalBpmEstimator(vector).bpm),
};

function extracted(essentia: Essentia, samples: Float32Array, method: "degara" | "multifeature"): number {
  return withVector(essentia, samples, (vector) => {
    const { bpm, ticks, estimates, bpmIntervals } = essentia.RhythmExtractor2013(vector, 208, method, 40);
    for (const one of [ticks, estimates, bpmIntervals]) one.delete();
    return bpm;
  });
}

/** Processor seconds of `work`, and what it gives. */
function timed<T>(work: () => T): { result: T; cpuSec: number } {
  const start = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(start);
  return { result, cpuSec: (user + system) / 1e6 };
}

function add(tallies: Map<string, Tally>, name: string, one: Omit<Tally, "count">): void {
  const tally = tallies.get(name) ?? { count: 0, right: 0, nearly: 0, cpuSec: 0, soundSec: 0 };
  tallies.set(name, {
    count: tally.count + 1,
    right: tally.right + one.right,
    nearly: tally.nearly + one.nearly,
    cpuSec: tally.cpuSec + one.cpuSec,
    soundSec: tally.soundSec + one.soundSec,
  });
}

const isNear = (found: number, truth: number): boolean => Math.abs(found / truth - 1) <= tolerance;

function judge(found: number | null, truth: number): { right: number; nearly: number } {
  const nearly = found !== null && [0.5, 1, 2].some((octave) => isNear(found, truth * octave));
  return { right: found !== null && isNear(found, truth) ? 1 : 0, nearly: nearly ? 1 : 0 };
}

/** Windows by our way, after the summary made octaves agree, and by the others when `peers`. */
async function measureTempo(essentia: Essentia, truth: TempoTruth, peers: boolean, tallies: Map<string, Tally>) {
  const sound = await truth.sound();
  const parts = [...partsOf(sound)];
  const own = parts.map(({ samples }) => timed(() => analyseRhythm(essentia, samples)));
  const { curve } = summariseRhythm(parts.map((part, index) => ({ ...part, result: own[index]?.result as never })));
  for (const [index, { startSec, endSec, samples }] of parts.entries()) {
    const bpm = truth.tempo.meanBpm(startSec, endSec);
    const soundSec = endSec - startSec;
    const cpuSec = own[index]?.cpuSec ?? 0;
    add(tallies, `${truth.set} | ours`, { ...judge(curve[index] ?? null, bpm), cpuSec, soundSec });
    if (!peers) continue;
    for (const [name, way] of Object.entries(tempoWays)) {
      const found = timed(() => way(essentia, samples));
      add(tallies, `${truth.set} | ${name}`, { ...judge(found.result, bpm), cpuSec: found.cpuSec, soundSec });
    }
  }
}

const keyWays = ["bgate", "edma", "shaath", "temperley", "krumhansl"];

async function measureKeys(essentia: Essentia, folder: string, peers: boolean, tallies: Map<string, Tally>) {
  for (const truth of keyTruths) {
    for (const { truth: key, samples } of await renderKeys(truth, folder)) {
      const soundSec = samples.length / 44_100;
      const score = (found: { key: string | null; scale: string | null }, cpuSec: number) => {
        const known = keyNames.includes(found.key as KeyName) && found.scale !== null;
        const nearly = known ? mirexScore({ key: found.key as KeyName, scale: found.scale as Scale }, key) : 0;
        return { right: nearly === 1 ? 1 : 0, nearly, cpuSec, soundSec };
      };
      const own = timed(() => analyseKey(essentia, samples));
      add(tallies, `${truth.set} | ours`, score(own.result, own.cpuSec));
      for (const profile of peers ? keyWays : []) {
        const settings = [true, 4096, 4096, 12, 3500, 60, 25, 0.2, profile] as const;
        const found = timed(() =>
          withVector(essentia, samples, (vector) => essentia.KeyExtractor(vector, ...settings)),
        );
        add(tallies, `${truth.set} | KeyExtractor, ${profile}`, score(found.result, found.cpuSec));
      }
    }
  }
}

/** One in so many inputs also goes to the other ways: they take 10 to 50 times as long. */
const peerEvery = 8;

const getMusic = join(import.meta.dir, "..", "..", "shared", "bin", "get-music");
const packages = ["fretsonfire-songs-muldjord", "fretsonfire-songs-sectoid"];

/** Songs with true tempo maps from the folder that is named, or from Debian's packages when there is a script to get them. */
async function withSongs(given: string | undefined, work: (songs: TempoTruth[]) => Promise<void>): Promise<void> {
  if (given) return work(songTruths(given));
  if (!existsSync(getMusic)) return work([]);
  await inFolder("songs", async (folder) => {
    await program([getMusic, folder, ...packages]).catch(() => {});
    await work(songTruths(folder));
  });
}

/** How often tempo and key are right on sound whose tempo and key are known. */
export async function benchAccuracy({ print, signal, files: [music] }: BenchOptions) {
  const essentia = await loadEssentia();
  const tempi = new Map<string, Tally>();
  await withSongs(music, async (songs) => {
    if (songs.length === 0) print("songs: none; name a folder with songs of Frets on Fire");
    for (const [index, truth] of [...drumTruths(), ...randomTruths(), ...rampTruths(), ...songs].entries()) {
      signal.throwIfAborted();
      await measureTempo(essentia, truth, index % peerEvery === 0, tempi);
    }
  });
  const keys = new Map<string, Tally>();
  const missing = noFluidsynth();
  if (missing) print(`keys: ${missing}`);
  else await inFolder("keys", (folder) => measureKeys(essentia, folder, true, keys));
  printTable(print, "Tempo", "or octave", tempi);
  printTable(print, "Key", "MIREX", keys);
  printVerdicts(print, tempi, keys);
  return { tempo: Object.fromEntries(tempi), key: Object.fromEntries(keys) };
}

function printTable(print: (line: string) => void, head: string, second: string, tallies: Map<string, Tally>): void {
  print(
    `${head.padEnd(44)} ${"inputs".padStart(7)} ${"right".padStart(8)} ${second.padStart(10)} ${"CPU s/h".padStart(8)}`,
  );
  for (const [name, { count, right, nearly, cpuSec, soundSec }] of tallies) {
    const percent = (value: number) => `${((100 * value) / count).toFixed(1)} %`;
    const cpu = ((3600 * cpuSec) / soundSec).toFixed(1);
    print(
      `${name.padEnd(44)} ${`${count}`.padStart(7)} ${percent(right).padStart(8)} ${percent(nearly).padStart(10)} ${cpu.padStart(8)}`,
    );
  }
}

function printVerdicts(print: (line: string) => void, tempi: Map<string, Tally>, keys: Map<string, Tally>): void {
  const goals: [string, Map<string, Tally>, number, number][] = [
    ["drums, tuning | ours", tempi, 90, 97],
    ["drums, held out | ours", tempi, 90, 97],
    ["random, held out | ours", tempi, 90, 97],
    ["ramps | ours", tempi, 90, 97],
    ["songs | ours", tempi, 90, 97],
    ["keys, tuning | ours", keys, 90, 96],
    ["keys, held out | ours", keys, 90, 96],
  ];
  for (const [name, tallies, right, nearly] of goals) {
    const tally = tallies.get(name);
    if (!tally) continue;
    print(verdict(`${name}: right`, (100 * tally.right) / tally.count, "%", right, false));
    print(verdict(`${name}: nearly`, (100 * tally.nearly) / tally.count, "%", nearly, false));
  }
}

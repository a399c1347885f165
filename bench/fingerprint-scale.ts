import { existsSync } from "node:fs";
import { join } from "node:path";
import { type FingerprintEngine, fingerprintEngines } from "../daemon/contract/sidecar.ts";
import { combineMatches } from "../daemon/fingerprint/combine.ts";
import { audfprint } from "../sidecars/audfprint/engine.ts";
import { makeFrontEnd, peaksOf, secondsOf } from "../sidecars/lib/front-end/front-end.ts";
import type { Peaks } from "../sidecars/lib/peaks.ts";
import { runThrough, search } from "../sidecars/lib/search/search.ts";
import { openStore, type Store } from "../sidecars/lib/store/store.ts";
import { panako } from "../sidecars/panako/engine.ts";
import { filesOf, readTable } from "./fingerprint/answers.ts";
import { makeDistractor } from "./fingerprint/distractors.ts";
import { decodeFile } from "./fingerprint/program.ts";
import { type BenchOptions, percentile, residentMb, verdict } from "./support.ts";
import { makeRandom } from "./truth/random.ts";

const engines = { audfprint, panako };
const firstDistractor = 100_000;
const batch = 400;

async function soundOf(file: string): Promise<Float32Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of decodeFile(file).chunks) parts.push(chunk);
  const bytes = new Uint8Array(Buffer.concat(parts));
  return new Float32Array(bytes.buffer, 0, bytes.length >> 2);
}

interface Heard {
  file: string;
  peaks: Peaks;
  durationSec: number;
}

async function hear(file: string): Promise<Heard> {
  const samples = await soundOf(file);
  return { file, peaks: peaksOf(samples), durationSec: secondsOf(samples.length) };
}

/** Fills a store through its own door: the benchmark's tracks, and as many distractors as it takes. */
function fill(store: Store, tracks: readonly Heard[], hours: number, print: (line: string) => void): void {
  if (!store.get(1)) store.add(tracks.map(({ peaks, durationSec }, index) => ({ id: index, peaks, durationSec })));
  const sources = tracks.map(({ peaks }) => peaks);
  let next = firstDistractor + store.totals().tracks;
  while (store.totals().seconds < hours * 3600) {
    const random = makeRandom(next);
    const recordings = Array.from({ length: batch }, () => {
      const durationSec = 120 + 240 * random();
      return { id: next++, durationSec, peaks: makeDistractor(sources, durationSec, random) };
    });
    store.add(recordings);
    for (const _ of store.maintain());
    if (next % (batch * 25) < batch) print(`${store.folder}: ${(store.totals().seconds / 3600).toFixed(0)} h`);
  }
}

/** One hour of the benchmark's sets, one after the other; their sound is not held. */
async function hourOfSets(benchmark: string): Promise<Heard> {
  const frontEnd = makeFrontEnd();
  for (const { file, kind } of filesOf(benchmark)) {
    if (kind !== "set" || secondsOf(frontEnd.samples) > 3600) continue;
    const samples = await soundOf(file);
    frontEnd.push(samples.subarray(0, Math.max(0, 3600 * 11_025 - frontEnd.samples)));
  }
  return { file: "sets", peaks: frontEnd.finish(), durationSec: secondsOf(frontEnd.samples) };
}

/**
 * `--benchmark DIR --results FOLDER [HOURS]`: how recognition, time and memory hold when the index has HOURS (10,000) of
 * recordings. Its stores are kept in FOLDER, so that a second run only measures.
 */
export async function benchFingerprintScale({ print, benchmark, results, files }: BenchOptions): Promise<unknown> {
  if (!benchmark || !results) throw new Error("Say --benchmark DIR and --results FOLDER");
  const hours = Number(files[0]?.split("/").at(-1) ?? 10_000);
  const library = readTable(benchmark, "library.tsv");
  const stores = {} as Record<FingerprintEngine, Store>;
  const fresh = fingerprintEngines.some((engine) => !existsSync(join(results, engine)));
  const tracks: Heard[] = [];
  if (fresh || files.length > 0) for (const [, file] of library) tracks.push(await hear(file as string));
  for (const engine of fingerprintEngines) {
    stores[engine] = openStore(join(results, engine), engines[engine]);
    if (tracks.length > 0) fill(stores[engine], tracks, hours, print);
    const { seconds, bytes, tracks: count, segments } = stores[engine].totals();
    print(
      `${engine}: ${count} recordings, ${(seconds / 3600).toFixed(0)} h, ${(bytes / 1e9).toFixed(2)} GB in ${segments} segments, ${(bytes / 1e6 / (seconds / 3600)).toFixed(2)} MB/h`,
    );
  }
  tracks.length = 0;
  Bun.gc(true);
  const names = new Map(library.map(([name], index) => [index, name]));
  const truth = new Map(readTable(benchmark, "queries.tsv").map(([file, id]) => [file, id]));
  const ask = (engine: FingerprintEngine, heard: Heard) => {
    const { segments, release } = stores[engine].acquire();
    const { get, peaks } = stores[engine];
    const matches = runThrough(search({ engine: engines[engine], segments, get, peaks }, heard));
    release();
    return matches;
  };
  const tookMs: Record<FingerprintEngine, number[]> = { audfprint: [], panako: [] };
  const score = { right: 0, known: 0, wrong: 0, false: 0, unknown: 0 };
  let most = 0;
  // One in four is enough for percentages, and takes minutes instead of a quarter of an hour.
  const excerpts = filesOf(benchmark).filter(({ kind }, at) => kind === "query" && at % 4 === 0);
  for (const { file } of excerpts) {
    const heard = await hear(file);
    const found = fingerprintEngines.map((engine) => {
      const start = performance.now();
      const matches = ask(engine, heard);
      if (heard.durationSec > 15) tookMs[engine].push(performance.now() - start);
      return { engine, matches };
    });
    const best = combineMatches(found).sort((a, b) => b.probability - a.probability || b.score - a.score)[0];
    const known = truth.get(file) ?? "-";
    const name = best && (names.get(best.id) ?? "a distractor");
    if (known === "-") {
      score.unknown++;
      if (best) score.false++;
    } else {
      score.known++;
      if (name === known) score.right++;
      else if (best) score.wrong++;
    }
    most = Math.max(most, await residentMb(process.pid));
  }
  print(
    `${score.right} of ${score.known} excerpts right (${((100 * score.right) / score.known).toFixed(2)} %), ${score.wrong} wrong ids, ${score.false} of ${score.unknown} false positives`,
  );
  const sets = await hourOfSets(benchmark);
  for (const engine of fingerprintEngines) {
    print(verdict(`${engine}: excerpt of 20 s, median`, percentile(tookMs[engine], 0.5), "ms", 300, true));
    print(verdict(`${engine}: excerpt of 20 s, 95 %`, percentile(tookMs[engine], 0.95), "ms", 300, true));
    const start = performance.now();
    const spans = ask(engine, sets);
    const took = (performance.now() - start) / 1000;
    print(verdict(`${engine}: a set of ${(sets.durationSec / 60).toFixed(0)} min`, took, "s", 20, true));
    const strays = new Set(
      spans
        .filter(
          ({ id }) =>
            id >= firstDistractor &&
            combineMatches([{ engine, matches: spans.filter((span) => span.id === id) }]).length > 0,
        )
        .map(({ id }) => id),
    );
    print(
      `${engine}: ${new Set(spans.map(({ id }) => id)).size} recordings found in it, ${strays.size} of them distractors`,
    );
  }
  most = Math.max(most, await residentMb(process.pid));
  print(verdict("memory of the process, both stores open", most, "MB", 512, true));
  for (const engine of fingerprintEngines) stores[engine].close();
  return { ...score, excerptMs: tookMs, memoryMb: most };
}

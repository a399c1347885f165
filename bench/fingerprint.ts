import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FingerprintEngine, fingerprintEngines, fingerprintRate } from "../daemon/contract/sidecar.ts";
import { combineMatches, type EngineMatches } from "../daemon/fingerprint/combine.ts";
import { makeSidecars, type Sidecars } from "../daemon/fingerprint/sidecars.ts";
import { silentLog } from "../daemon/log.ts";
import { type Answer, filesOf, readTable } from "./fingerprint/answers.ts";
import { cpuSec, decodeFile, peakMb } from "./fingerprint/program.ts";
import { type BenchOptions, inFolder, percentile, verdict } from "./support.ts";

const bytesIn = (folder: string) =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

/** Processes of the sidecars: children of this one that hold the stores. */
function pidsOf(folder: string): Record<FingerprintEngine, number> {
  const pids = { audfprint: 0, panako: 0 };
  for (const engine of fingerprintEngines) {
    const done = Bun.spawnSync(["pgrep", "-f", join(folder, engine)]);
    pids[engine] = Number(done.stdout.toString().trim().split("\n")[0]);
  }
  return pids;
}

/** Sends a file to both engines at the same time. Returns the CPU time of its decoder. */
async function store(sidecars: Sidecars, id: number, file: string, signal: AbortSignal): Promise<number> {
  const decoding = decodeFile(file);
  const uploads = fingerprintEngines.map((engine) => sidecars.client(engine).put(id, fingerprintRate, signal));
  for await (const chunk of decoding.chunks) await Promise.all(uploads.map((upload) => upload.write(chunk)));
  await Promise.all(uploads.map((upload) => upload.end()));
  return decoding.cpuSec();
}

async function ask(sidecars: Sidecars, file: string, signal: AbortSignal): Promise<EngineMatches[]> {
  const decoding = decodeFile(file);
  const uploads = fingerprintEngines.map((engine) => ({
    engine,
    upload: sidecars.client(engine).query(fingerprintRate, { signal }),
  }));
  for await (const chunk of decoding.chunks) await Promise.all(uploads.map(({ upload }) => upload.write(chunk)));
  return Promise.all(uploads.map(async ({ engine, upload }) => ({ engine, matches: (await upload.end()).matches })));
}

function answerOf(file: string, kind: string, engines: EngineMatches[], names: ReadonlyMap<number, string>): Answer {
  const matches = combineMatches(engines);
  if (kind !== "set") matches.sort((a, b) => b.probability - a.probability || b.score - a.score);
  return {
    file,
    matches: matches.map(({ id, engine: _engine, engines: _engines, probability: _probability, ...match }) => ({
      ...match,
      id: names.get(id) ?? "?",
    })),
    engines: engines.map(({ engine, matches: found }) => ({ engine, matches: [...found] })),
  };
}

/**
 * `--benchmark DIR --results FILE`: stores the tracks of a benchmark in fresh stores of both engines (real processes), asks
 * for all its files, and writes what `benchmark.py score` reads.
 */
export async function benchFingerprint({ signal, print, benchmark, results }: BenchOptions): Promise<unknown> {
  if (!benchmark || !results) throw new Error("Say --benchmark DIR and --results FILE");
  return inFolder("fingerprint", async (folder) => {
    const sidecars = makeSidecars({
      urls: {},
      ports: { audfprint: 0, panako: 0 },
      dataDir: folder,
      healthMs: 60_000,
      log: silentLog,
      onChange() {},
    });
    sidecars.start();
    try {
      await sidecars.ready();
      const pids = pidsOf(folder);
      const library = readTable(benchmark, "library.tsv");
      const names = new Map(library.map(([name], index) => [index + 1, name as string]));
      let decodeCpu = 0;
      for (const [index, [, file]] of library.entries())
        decodeCpu += await store(sidecars, index + 1, file as string, signal);
      const seconds = library.reduce((sum, row) => sum + Number(row[2]), 0);
      const cpu = Object.fromEntries(fingerprintEngines.map((engine) => [engine, cpuSec(pids[engine])])) as Record<
        FingerprintEngine,
        number
      >;
      print(
        `${library.length} tracks, ${(seconds / 3600).toFixed(2)} h; decoding alone ${(seconds / decodeCpu).toFixed(0)} × realtime a core`,
      );
      const report: Record<string, unknown> = { tracks: library.length, seconds, decodeCpu, cpu };
      for (const engine of fingerprintEngines) {
        print(verdict(`${engine}: with decode, per core`, seconds / (decodeCpu + cpu[engine]), "×", 300, false));
        print(
          verdict(
            `${engine}: on disk, with peaks`,
            bytesIn(join(folder, engine)) / 1e6 / (seconds / 3600),
            "MB/h",
            1.1,
            true,
          ),
        );
      }
      print(
        verdict("both: with one decode, per core", seconds / (decodeCpu + cpu.audfprint + cpu.panako), "×", 200, false),
      );

      const lines: string[] = [];
      const tookMs: number[] = [];
      for (const { file, kind } of filesOf(benchmark)) {
        const start = performance.now();
        const engines = await ask(sidecars, file, signal);
        if (kind === "query") tookMs.push(performance.now() - start);
        lines.push(JSON.stringify(answerOf(file, kind, engines, names)));
        if (lines.length % 100 === 0) print(`${lines.length} files answered`);
      }
      writeFileSync(results, `${lines.join("\n")}\n`);
      print(
        `excerpts, both engines, with decoding: median ${percentile(tookMs, 0.5).toFixed(0)} ms, 95 % ${percentile(tookMs, 0.95).toFixed(0)} ms`,
      );
      for (const engine of fingerprintEngines) print(`${engine}: ${peakMb(pids[engine]).toFixed(0)} MB at most`);
      return { ...report, excerptMs: percentile(tookMs, 0.5) };
    } finally {
      await sidecars.stop();
    }
  });
}

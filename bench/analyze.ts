import { basename } from "node:path";
import { findDecoder } from "../daemon/audio/decoder-program.ts";
import { availableModels } from "../daemon/audio/models/available.ts";
import { inspectSound, type SoundInspection } from "../daemon/commands/inspect-sound.ts";
import { physicalCores } from "../daemon/sound.ts";
import { keyStage } from "../daemon/stages/key.ts";
import { loudnessStage } from "../daemon/stages/loudness.ts";
import { makeMoodStage } from "../daemon/stages/mood.ts";
import { rhythmStage } from "../daemon/stages/rhythm.ts";
import { makeWorkerPool } from "../daemon/workers/pool.ts";
import { type Cost, costOf } from "./process-cost.ts";
import { type BenchOptions, inFolder, program, verdict } from "./support.ts";

interface Run {
  file: string;
  durationSec: number;
  withModels: boolean;
  cost: Cost;
  /** CPU seconds by stage; `rest` is decoding, mixing, measuring and passing on. */
  stages: Record<string, number>;
}

const plainStages = [loudnessStage, rhythmStage, keyStage];

/** Analyses a file in processes of its own, which have ended when this returns. */
async function analyse(path: string, options: BenchOptions, withModels: boolean): Promise<Run> {
  const size = options.config.values.WORKER_PROCESS_POOL_SIZE || physicalCores();
  const models = await availableModels(options.config.modelsPath);
  const mood = makeMoodStage({ modelsPath: options.config.modelsPath, models: () => models });
  const { result, cost } = await costOf(async () => {
    const pool = makeWorkerPool({ size });
    const sound = { decoder: () => findDecoder(), pool };
    try {
      return await inspectSound(path, withModels ? [...plainStages, mood] : plainStages, sound, options.signal);
    } finally {
      await pool.close();
    }
  });
  return { file: path, withModels, cost, ...summarise(path, result, cost) };
}

function summarise(path: string, found: SoundInspection, cost: Cost): Pick<Run, "durationSec" | "stages"> {
  const durationSec = found.analysis?.durationSec;
  if (!durationSec || found.failed)
    throw new Error(`${path}: ${found.errors.map((error) => error.message).join("; ") || "nothing was decoded"}`);
  const { decode: _wall, ...ms } = found.ms;
  const stages = Object.fromEntries(Object.entries(ms).map(([stage, spent]) => [stage, spent / 1000]));
  const known = Object.values(stages).reduce((sum, spent) => sum + spent, 0);
  return { durationSec, stages: { ...stages, rest: Math.max(0, cost.cpuSec - known) } };
}

function report(run: Run, peerCpuSec: number, print: BenchOptions["print"]): void {
  const { durationSec, cost, stages } = run;
  const clock = (sec: number) => `${Math.floor(sec / 3600)}:${String(Math.floor(sec / 60) % 60).padStart(2, "0")} h`;
  print(`${basename(run.file)}, ${clock(durationSec)}, ${run.withModels ? "with" : "without"} models`);
  for (const [stage, spent] of Object.entries(stages))
    print(`  ${stage.padEnd(10)} ${spent.toFixed(1).padStart(7)} s CPU`);
  print(
    `  in all     ${cost.cpuSec.toFixed(1).padStart(7)} s CPU, ${(cost.cpuSec / peerCpuSec).toFixed(1)} × ffmpeg -f null; ${cost.wallSec.toFixed(1)} s by the clock; peak ${cost.peakMb.toFixed(0)} MB`,
  );
  // A short file pays for the start of the processes.
  if (durationSec >= 1800)
    print(verdict("  length / time by the clock", durationSec / cost.wallSec, "×", run.withModels ? 40 : 100, false));
  print(verdict("  peak memory", cost.peakMb, "MB", 900, true));
}

/** An hour of a synthesised beat as MP3, for lack of a file. */
async function makeHour(folder: string): Promise<string> {
  const path = `${folder}/hour.mp3`;
  const sound =
    "aevalsrc='0.5*sin(2*PI*60*mod(t,0.48))*exp(-12*mod(t,0.48))+0.2*sin(2*PI*(110+55*floor(mod(t,7.68)/1.92))*t)|0.4*sin(2*PI*60*mod(t,0.48))*exp(-12*mod(t,0.48))+0.1*(random(0)-0.5)':s=44100:d=3600";
  await program(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", sound, "-b:a", "192k", path]);
  return path;
}

/**
 * All stages that listen, with and without models, on files of any length; the peer is ffmpeg that decodes to nothing.
 * With files of different lengths, memory must not grow from the shortest to the longest.
 */
export async function benchAnalyze(options: BenchOptions) {
  return inFolder("analyze", async (folder) => {
    const { print } = options;
    const files = options.files.length > 0 ? options.files : [await makeHour(folder)];
    const models = await availableModels(options.config.modelsPath);
    if (models.reason) print(`${models.reason}\n`);
    const runs: Run[] = [];
    for (const file of files) {
      const decode = ["ffmpeg", "-nostdin", "-v", "quiet", "-i", file, "-map", "0:a:0", "-f", "null", "-"];
      const peer = await costOf(() => program(decode));
      for (const withModels of models.reason ? [false] : [true, false]) {
        const run = await analyse(file, options, withModels);
        report(run, peer.cost.cpuSec, print);
        runs.push(run);
      }
    }
    const byLength = runs
      .filter((run) => run.withModels === !models.reason)
      .sort((a, b) => a.durationSec - b.durationSec);
    const [shortest, longest] = [byLength[0], byLength.at(-1)];
    if (shortest && longest && longest.durationSec > 2 * shortest.durationSec)
      print(verdict("peak memory, longest / shortest", longest.cost.peakMb / shortest.cost.peakMb, "×", 1.15, true));
    return runs;
  });
}

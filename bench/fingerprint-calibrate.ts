import { readFileSync } from "node:fs";
import type { SidecarMatch } from "../daemon/contract/sidecar.ts";
import { featuresOf } from "../daemon/fingerprint/combine.ts";
import { type Answer, readTable } from "./fingerprint/answers.ts";
import type { BenchOptions } from "./support.ts";

const rounds = 200_000;
const pace = 5;
const shrink = 1e-4;

/** The true recordings of each file. */
function truthOf(folder: string): Map<string, Set<string>> {
  const truth = new Map<string, Set<string>>();
  const add = (file: string, id: string) => truth.set(file, (truth.get(file) ?? new Set()).add(id));
  for (const [file = "", id = ""] of [...readTable(folder, "queries.tsv"), ...readTable(folder, "duplicates.tsv")])
    add(file, id);
  for (const [name, , , id = ""] of readTable(folder, "sets.tsv")) add(`${folder}/sets/${name}.mp3`, id);
  return truth;
}

/**
 * `--benchmark DIR --results FILE`: fits the probability of a match on a tuning split, by logistic regression with both
 * classes of equal weight. FILE is what `bench fingerprint` wrote for it. Prints the numbers of `calibration`.
 */
export async function benchFingerprintCalibrate({ print, benchmark, results, files }: BenchOptions): Promise<unknown> {
  if (!benchmark || !results) throw new Error("Say --benchmark DIR and --results FILE");
  const truth = truthOf(benchmark);
  const library = readTable(benchmark, "library.tsv").map(([name]) => name as string);
  // Pairs that are one recording under two names, whatever the benchmark says: FILE=ID.
  const same = new Set(files.map((word) => word.split("/").at(-1)));
  const rows: { x: number[]; y: number }[] = [];
  for (const line of readFileSync(results, "utf8").trim().split("\n")) {
    const { file, engines } = JSON.parse(line) as Answer;
    const name = file.split("/").at(-1) ?? "";
    for (const id of new Set(engines.flatMap(({ matches }) => matches.map((match) => match.id)))) {
      const known = library[id - 1] as string;
      if (same.has(`${name.split(/[_.]/)[0]}=${known}`)) continue;
      const best = engines.flatMap(({ engine, matches }) => {
        const own = matches.filter((match) => match.id === id).sort((a, b) => b.score - a.score)[0];
        return own ? [{ ...(own as SidecarMatch), engine }] : [];
      });
      rows.push({ x: featuresOf(best), y: truth.get(file)?.has(known) ? 1 : 0 });
    }
  }
  const right = rows.filter(({ y }) => y === 1).length;
  const weights = [0, 0, 0, 0];
  const odds = (x: number[]) =>
    1 / (1 + Math.exp(-x.reduce((sum, value, at) => sum + value * (weights[at] as number), 0)));
  for (let round = 0; round < rounds; round++) {
    const slope = [0, 0, 0, 0];
    for (const { x, y } of rows) {
      const off = (odds(x) - y) / (y ? right : rows.length - right);
      for (const [at, value] of x.entries()) slope[at] = (slope[at] as number) + off * value;
    }
    for (const at of weights.keys())
      weights[at] =
        (weights[at] as number) - pace * ((slope[at] as number) + (at ? shrink * (weights[at] as number) : 0));
  }
  const [bias = 0, score = 0, share = 0, both = 0] = weights;
  print(`bias ${bias.toFixed(2)}, score ${score.toFixed(2)}, share ${share.toFixed(2)}, both ${both.toFixed(2)}`);
  for (const least of [0.3, 0.5, 0.7, 0.9]) {
    const missed = rows.filter(({ x, y }) => y === 1 && odds(x) < least).length;
    const wrong = rows.filter(({ x, y }) => y === 0 && odds(x) >= least).length;
    print(`at ${least}: ${missed} of ${right} true ones missed, ${wrong} of ${rows.length - right} wrong ones taken`);
  }
  return { bias, score, share, both };
}

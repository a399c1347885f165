import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { SidecarMatch } from "../../daemon/contract/sidecar.ts";

/** A benchmark made by `benchmark.py make`: its tables, row by row. */
export function readTable(folder: string, name: string): string[][] {
  return readFileSync(resolve(folder, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));
}

/** Files to be answered, with what kind they are. */
export function filesOf(folder: string): { file: string; kind: "query" | "duplicate" | "set" }[] {
  const first = (name: string) => readTable(folder, name).map((row) => row[0] as string);
  return [
    ...first("queries.tsv").map((file) => ({ file, kind: "query" as const })),
    ...first("duplicates.tsv").map((file) => ({ file, kind: "duplicate" as const })),
    ...[...new Set(first("sets.tsv"))].map((name) => ({
      file: resolve(folder, "sets", `${name}.mp3`),
      kind: "set" as const,
    })),
  ];
}

/** A line of the results: what `benchmark.py score` reads, and what each engine said by itself. */
export interface Answer {
  file: string;
  matches: {
    id: string;
    score: number;
    queryStartSec: number;
    queryEndSec: number;
    refStartSec: number;
    refEndSec: number;
    tempoRatio: number;
    pitchRatio: number;
    reasons: string[];
  }[];
  engines: { engine: "audfprint" | "panako"; matches: SidecarMatch[] }[];
}

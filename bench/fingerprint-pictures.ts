import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { eachChain } from "../sidecars/lib/chains.ts";
import { peaksOf } from "../sidecars/lib/front-end/front-end.ts";
import { frameRate, referencePerSec } from "../sidecars/lib/parameters.ts";
import { slicePeaks, thinPeaks } from "../sidecars/lib/peaks.ts";
import { panako } from "../sidecars/panako/engine.ts";
import { type Answer, readTable } from "./fingerprint/answers.ts";
import { decodeFile } from "./fingerprint/program.ts";
import type { BenchOptions } from "./support.ts";

const docs = resolve(import.meta.dir, "..", "docs");
const [width, height, left] = [900, 320, 60];
const highest = 5652;
const shownSec = 8;
const shownFrom = 30;

const svg = (tall: number, body: readonly string[], title: string) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${tall}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title><rect width="${width}" height="${tall}" fill="#ffffff"/>`,
    ...body,
    "</svg>\n",
  ].join("\n");
const text = (x: number, y: number, words: string, anchor = "start") =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#1b1e26">${words}</text>`;

/** The peaks of 8 s of a track: kept ones, those of the reference, and a few of its quads. */
async function constellation(file: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of decodeFile(file).chunks) parts.push(chunk);
  const bytes = new Uint8Array(Buffer.concat(parts));
  const all = peaksOf(new Float32Array(bytes.buffer, 0, bytes.length >> 2));
  const [from, to] = [shownFrom * frameRate, (shownFrom + shownSec) * frameRate];
  const x = (frame: number) => left + ((frame - from) / (to - from)) * (width - left - 20);
  const y = (cents: number) => height - 40 - (cents / highest) * (height - 70);
  const kept = slicePeaks(all, from, to);
  const reference = slicePeaks(thinPeaks(all, referencePerSec), from, to);
  const dots = (peaks: typeof kept, radius: number, fill: string) =>
    [...peaks.frame].map(
      (frame, at) =>
        `<circle cx="${x(frame).toFixed(1)}" cy="${y(peaks.cents[at] as number).toFixed(1)}" r="${radius}" fill="${fill}"/>`,
    );
  const lines: string[] = [];
  const shape = { ...panako.coding, breadth: 3, perPeak: 1 };
  eachChain(reference, shape, (chain) => {
    if ((chain[0] as number) % 9 !== 0) return;
    const points = [...chain].map(
      (at) => `${x(reference.frame[at] as number).toFixed(1)},${y(reference.cents[at] as number).toFixed(1)}`,
    );
    lines.push(`<polyline points="${points.join(" ")}" fill="none" stroke="#b3261e" stroke-width="1.5"/>`);
  });
  const seconds = Array.from({ length: shownSec + 1 }, (_, at) =>
    text(x(from + at * frameRate), height - 18, `${shownFrom + at} s`, "middle"),
  );
  const pitches = [200, 400, 800, 1600, 3200].map((hz) =>
    text(left - 8, y(1200 * Math.log2(hz / 193.8)) + 4, `${hz} Hz`, "end"),
  );
  const legend = text(
    left,
    16,
    "grey: peaks kept (20 a second); blue: those of the reference (10); red: some of its quads",
  );
  return svg(
    height,
    [legend, ...seconds, ...pitches, ...dots(kept, 2, "#b9bfcb"), ...lines, ...dots(reference, 3, "#3450b4")],
    "Constellation of peaks",
  );
}

/** The sets of a benchmark: what was mixed, above, and what was found, below. */
function timelines(benchmark: string, answers: readonly Answer[]): string {
  const rows = readTable(benchmark, "sets.tsv");
  const names = [...new Set(rows.map(([name]) => name as string))];
  const end = Math.max(...rows.map((row) => Number(row[2])));
  const x = (sec: number) => left + (sec / end) * (width - left - 20);
  const bar = (start: number, stop: number, top: number, fill: string, label: string) =>
    `<rect x="${x(start).toFixed(1)}" y="${top}" width="${(x(stop) - x(start)).toFixed(1)}" height="14" fill="${fill}" fill-opacity="0.55" stroke="#ffffff"/><text x="${((x(start) + x(stop)) / 2).toFixed(1)}" y="${top + 11}" text-anchor="middle" font-size="9" fill="#1b1e26">${label}</text>`;
  const body: string[] = [
    text(left, 16, "above: what was mixed (grey: not in the index); below: what was found (red: not in the list)"),
  ];
  for (const [index, name] of names.entries()) {
    const top = 34 + index * 96;
    body.push(text(8, top + 40, name));
    const truth = rows.filter((row) => row[0] === name);
    for (const [at, [, start, stop, id]] of truth.entries())
      body.push(bar(Number(start), Number(stop), top + (at % 2) * 16, id === "-" ? "#9aa1b1" : "#3450b4", id ?? ""));
    const found = answers.find(({ file }) => file.endsWith(`/${name}.mp3`))?.matches ?? [];
    for (const [at, { id, queryStartSec, queryEndSec }] of found.entries()) {
      const known = truth.some((row) => row[3] === id);
      body.push(bar(queryStartSec, queryEndSec, top + 40 + (at % 2) * 16, known ? "#1b7a45" : "#b3261e", id));
    }
  }
  return svg(34 + names.length * 96, body, "Sets: truth and timeline");
}

/** `--benchmark DIR --results FILE`: makes the pictures of `docs/fingerprints.md` from what `bench fingerprint` wrote. */
export async function benchFingerprintPictures({ print, benchmark, results }: BenchOptions): Promise<unknown> {
  if (!benchmark || !results) throw new Error("Say --benchmark DIR and --results FILE");
  const answers = readFileSync(results, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
  const [, file = ""] = readTable(benchmark, "library.tsv")[12] ?? [];
  const pictures = {
    "constellation.svg": await constellation(file),
    "set-timelines.svg": timelines(benchmark, answers),
  };
  for (const [name, picture] of Object.entries(pictures)) {
    writeFileSync(join(docs, name), picture);
    print(join("docs", name));
  }
  return Object.keys(pictures);
}

import { html } from "htm/preact";
import type { ComponentChildren } from "preact";
import { camelotOf } from "../../daemon/contract/keys.ts";
import type { AnalysisWindow } from "../api.ts";
import { camelotHue, keyWords } from "../camelot.ts";
import { showClock, showHours } from "../format.ts";
import { areaPath, keyBlocks, linePath, tempoRange, thin, timeTicks, valueTicks } from "../series.ts";
import { labelOf } from "../sound-words.ts";

type Values = readonly (number | null | undefined)[];

/** A row of the picture, its height in px. */
export type Row =
  | { kind: "tempo"; label: string; height: number; values: Values }
  | { kind: "key"; label: string; height: number }
  | { kind: "share"; label: string; height: number; values: Values; name: string };

/** Sizes in px; `top` has one entry a row. */
export interface Layout {
  width: number;
  height: number;
  left: number;
  plot: number;
  top: readonly number[];
  /** Of the time axis. */
  bottom: number;
}

/** From this length on times are told in hours. */
export const longSec = 3600;

const [tempoHeight, keyHeight, shareHeight, gap, axisHeight] = [92, 24, 20, 9, 22];

/** What can be shown of a series: tempo, key, danceability, and every mood, the strongest first. */
export function rowsOf(windows: readonly AnalysisWindow[]): Row[] {
  const rows: Row[] = [];
  const tempo = windows.map(({ bpm }) => bpm);
  if (tempo.some((bpm) => typeof bpm === "number"))
    rows.push({ kind: "tempo", label: "Tempo", height: tempoHeight, values: tempo });
  if (windows.some(({ key, scale }) => key && scale)) rows.push({ kind: "key", label: "Key", height: keyHeight });
  const share = (name: string, values: Values) => {
    if (values.some((value) => typeof value === "number"))
      rows.push({ kind: "share", label: labelOf(name), height: shareHeight, values, name });
  };
  share(
    "danceability",
    windows.map(({ danceability }) => danceability),
  );
  const sums = new Map<string, number>();
  for (const { mood = {} } of windows)
    for (const [name, value] of Object.entries(mood)) sums.set(name, (sums.get(name) ?? 0) + value);
  for (const [name] of [...sums].sort(([, a], [, b]) => b - a))
    share(
      name,
      windows.map(({ mood }) => mood?.[name]),
    );
  return rows;
}

export function layOut(rows: readonly Row[], width: number): Layout {
  const left = width < 480 ? 84 : 104;
  const top: number[] = [];
  let y = 6;
  for (const { height } of rows) {
    top.push(y);
    y += height + gap;
  }
  return { width, height: y + axisHeight, left, plot: Math.max(20, width - left - 8), top, bottom: y };
}

/** Where a time lies, px. */
export const placeOf = (layout: Layout, lengthSec: number) => (sec: number) =>
  layout.left + (layout.plot * sec) / Math.max(lengthSec, 0.001);

interface Drawn {
  windows: readonly AnalysisWindow[];
  layout: Layout;
  lengthSec: number;
  /** Where the window of this index begins, px; the number of windows gives the end. */
  xOf: (index: number) => number;
}

function tempoRow({ values }: { values: Values }, top: number, { layout, xOf }: Drawn): ComponentChildren {
  const range = tempoRange(values);
  if (!range) return null;
  const yOf = (bpm: number) => top + tempoHeight - (tempoHeight * (bpm - range.min)) / (range.max - range.min);
  const { left, plot } = layout;
  return html`${valueTicks(range, 4).map((bpm) => html`<line class="grid" x1=${left} x2=${left + plot} y1=${yOf(bpm)} y2=${yOf(bpm)} /><text class="tick" x=${left - 6} y=${yOf(bpm) + 4} text-anchor="end">${bpm}</text>`)}
    <text class="tick" x="0" y=${top + 26}>BPM</text>
    <path class="tempo" d=${linePath(thin(values, plot), xOf, yOf)} />`;
}

const keyGap = 1;
/** What a code needs to be read, px. */
const codeWidth = (code: string) => code.length * 7 + 3;

function keyRow(top: number, { windows, layout, xOf }: Drawn): ComponentChildren {
  return keyBlocks(windows, layout.plot / 2).map(({ from, to, key, scale }) => {
    const [x, end] = [xOf(from), xOf(to)];
    const code = camelotOf(key, scale);
    const width = Math.max(1, end - x - (end - x > 4 ? keyGap : 0));
    return html`<g key=${from}><title>${code}, ${keyWords(key, scale)}</title><rect class=${`camelot ${scale}`} style=${{ "--hue": camelotHue(code) }} x=${x} y=${top} width=${width} height=${keyHeight} rx=${width > 6 ? 2 : 0} />
      ${width >= codeWidth(code) && html`<text class="code" x=${x + width / 2} y=${top + 16} text-anchor="middle">${code}</text>`}</g>`;
  });
}

/** Hues of moods, degrees in OKLCH; the others have the accent's. */
const moodHues: Readonly<Record<string, number>> = { aggressive: 25, happy: 85, party: 340, relaxed: 155, sad: 250 };

function shareRow(
  { values, name }: { values: Values; name: string },
  top: number,
  { layout, xOf }: Drawn,
): ComponentChildren {
  const yOf = (share: number) => top + shareHeight - shareHeight * share;
  const hue = moodHues[name];
  return html`<rect class="ground" x=${layout.left} y=${top} width=${layout.plot} height=${shareHeight} />
    <path class=${hue === undefined ? "share" : "share mood"} style=${{ "--hue": hue }} d=${areaPath(thin(values, layout.plot), xOf, yOf)} />`;
}

function timeAxis({ layout, lengthSec }: Drawn): ComponentChildren {
  const { left, plot, bottom } = layout;
  const isLong = lengthSec >= longSec;
  const shown = isLong ? showHours : showClock;
  const xOf = placeOf(layout, lengthSec);
  return html`<text class="tick" x="0" y=${bottom + 14}>${isLong ? "h:min" : "min:s"}</text>
    <line class="axis" x1=${left} x2=${left + plot} y1=${bottom} y2=${bottom} />
    ${timeTicks(lengthSec, Math.max(2, plot / 64)).map((sec) => {
      const x = xOf(sec);
      const anchor = x < left + 14 ? "start" : x > left + plot - 14 ? "end" : "middle";
      return html`<line class="axis" x1=${x} x2=${x} y1=${bottom} y2=${bottom + 4} /><text class="tick" x=${x} y=${bottom + 16} text-anchor=${anchor}>${shown(sec)}</text>`;
    })}`;
}

const mostLabelChars = 15;

/** The picture without its cursor. */
export function drawRows(rows: readonly Row[], drawn: Drawn): ComponentChildren {
  return html`${rows.map((row, at) => {
    const top = drawn.layout.top[at] ?? 0;
    const label = row.label.length > mostLabelChars ? `${row.label.slice(0, mostLabelChars - 1)}…` : row.label;
    const text = html`<text class="label" x="0" y=${top + (row.kind === "tempo" ? 12 : row.height / 2 + 4)}>${label}</text>`;
    if (row.kind === "tempo") return html`<g key="tempo">${text}${tempoRow(row, top, drawn)}</g>`;
    if (row.kind === "key") return html`<g key="key">${text}${keyRow(top, drawn)}</g>`;
    return html`<g key=${`share ${row.name}`}>${text}${shareRow(row, top, drawn)}</g>`;
  })}${timeAxis(drawn)}`;
}

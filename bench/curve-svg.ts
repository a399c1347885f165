/** A stretch of time with one value; null for none. */
export interface Step {
  readonly startSec: number;
  readonly endSec: number;
  readonly value: number | null;
}

/** One of the charts that share the axis of time. */
export interface Chart {
  readonly title: string;
  readonly truth: readonly Step[];
  readonly found: readonly Step[];
  readonly range: readonly [number, number];
  /** Marks of the upright axis. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

const width = 960;
const [left, right, top, bottom] = [64, 24, 40, 28];
const charWidth = 7;

const style = `
  .page { fill: #ffffff } text { fill: #24292f; font: 12px system-ui, sans-serif } .title { font-size: 14px; font-weight: 600 }
  .grid { stroke: #d0d7de; stroke-width: 1 } .truth { stroke: #8c959f; stroke-width: 7; stroke-linecap: round }
  .found { stroke: #0969da; stroke-width: 2.5; fill: none }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .truth { stroke: #6e7681 } .found { stroke: #58a6ff }
  }`;

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const clock = (sec: number): string => `${Math.floor(sec / 60)}:${`${Math.round(sec % 60)}`.padStart(2, "0")}`;

/** Charts below each other, what is true as broad grey lines and what was found on them; for light and dark pages. */
export function curveSvg(
  title: string,
  lengthSec: number,
  charts: readonly Chart[],
  heights: readonly number[],
): string {
  const x = (sec: number) => left + (sec / lengthSec) * (width - left - right);
  const parts: string[] = [];
  let offset = 36;
  for (const [index, chart] of charts.entries()) {
    const height = heights[index] ?? 200;
    parts.push(drawChart(chart, offset, height, lengthSec, x));
    offset += top + height + bottom;
  }
  const total = offset + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" role="img" aria-label="${escaped(title)}">
<style>${style}</style>
<rect class="page" width="${width}" height="${total}"/>
<text class="title" x="${left}" y="24">${escaped(title)}</text>
${legend(width - right)}
${parts.join("\n")}
</svg>
`;
}

function legend(end: number): string {
  const start = end - 22 * charWidth;
  return `<line class="truth" x1="${start}" x2="${start + 24}" y1="20" y2="20"/><text x="${start + 34}" y="24">truth</text>
<line class="found" x1="${start + 76}" x2="${start + 100}" y1="20" y2="20"/><text x="${start + 108}" y="24">found</text>`;
}

function drawChart(
  chart: Chart,
  offset: number,
  height: number,
  lengthSec: number,
  x: (sec: number) => number,
): string {
  const [low, high] = chart.range;
  const base = offset + top + height;
  const y = (value: number) => base - ((value - low) / (high - low)) * height;
  const line = (kind: string, { startSec, endSec, value }: Step) =>
    value === null
      ? ""
      : `<line class="${kind}" x1="${x(startSec).toFixed(1)}" x2="${x(endSec).toFixed(1)}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>`;
  const rows = chart.ticks.map(
    ({ value, label }) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>` +
      `<text x="${left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${escaped(label)}</text>`,
  );
  const stepSec = lengthSec > 1200 ? 300 : 60;
  const times = Array.from({ length: Math.floor(lengthSec / stepSec) + 1 }, (_, index) => index * stepSec).map(
    (sec) => `<text x="${x(sec).toFixed(1)}" y="${base + 18}" text-anchor="middle">${clock(sec)}</text>`,
  );
  return [
    `<text x="${left}" y="${offset + top - 14}">${escaped(chart.title)}</text>`,
    ...rows,
    ...times,
    ...chart.truth.map((step) => line("truth", step)),
    ...chart.found.map((step) => line("found", step)),
  ].join("\n");
}

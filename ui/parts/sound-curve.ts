import { html } from "htm/preact";
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AnalysisWindow } from "../api.ts";
import { windowAt } from "../series.ts";
import { type Reading, readingLine, readWindow, summariseSeries } from "../sound-words.ts";
import { KeyChip } from "./key-chip.ts";
import { drawRows, layOut, longSec, placeOf, rowsOf } from "./sound-picture.ts";
import { Text } from "./states.ts";

/** Width of an element in whole px, also when it changes; 0 before it is known. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const measure = () => setWidth(Math.floor(target.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, []);
  return width;
}

function Readout({ reading, isTall }: { reading: Reading | null; isTall: boolean }) {
  const shape = isTall ? "readout tall" : "readout";
  if (!reading)
    return html`<p class=${`${shape} muted`}>Point at the picture, tap it, or use the arrow keys to read values.</p>`;
  const { time, tempo, code, key, shares } = reading;
  return html`<p class=${shape}><strong>${time}</strong> <span>${tempo ?? "no tempo"}</span> <span>${code && key ? html`<${KeyChip} code=${code} /> ${key}` : "no key"}</span>
    ${shares.map(([name, share]) => html` <span key=${name}><${Text} of=${name} /> ${share}</span>`)}</p>`;
}

/** Steps of the keys that move the cursor. */
const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** How tempo, key and mood move: x is time; pointer and keys read the values of each window. */
export function SoundCurve({ windows }: { windows: readonly AnalysisWindow[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [at, setAt] = useState<number | null>(null);
  const lengthSec = windows.at(-1)?.endSec ?? 0;
  const rows = useMemo(() => rowsOf(windows), [windows]);
  const summary = useMemo(() => summariseSeries(windows), [windows]);
  const layout = useMemo(() => layOut(rows, width), [rows, width]);
  const xOfSec = placeOf(layout, lengthSec);
  const picture = useMemo(() => {
    if (width === 0) return null;
    const xOf = (index: number) => xOfSec(windows[index]?.startSec ?? lengthSec);
    return drawRows(rows, { windows, layout, lengthSec, xOf });
  }, [rows, layout]);
  const last = windows.length - 1;
  const window = at === null ? undefined : windows[Math.min(at, last)];
  const moods = rows.map((row) => (row.kind === "share" ? row.name : ""));
  const reading = window ? readWindow(window, moods, lengthSec >= longSec) : null;
  const point = (event: PointerEvent) => {
    const x = event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left - layout.left;
    setAt(windowAt(windows, (lengthSec * Math.min(layout.plot - 0.01, Math.max(0, x))) / layout.plot));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    setAt(Math.min(last, Math.max(0, (at ?? (step > 0 ? -1 : last + 1)) + step)));
  };
  const onLeave = (event: PointerEvent) => {
    const isPinned = event.pointerType !== "mouse" || document.activeElement === event.currentTarget;
    if (!isPinned) setAt(null);
  };
  const height = layout.height;
  return html`<div class="curve" ref=${frame}>
    <svg role="img" aria-label=${summary} width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`}>${picture}${
      window &&
      html`<rect class="cursor" x=${xOfSec(window.startSec)} y="0" width=${Math.max(1.5, xOfSec(window.endSec) - xOfSec(window.startSec))} height=${layout.bottom} />`
    }</svg>
    <div class="curve-cursor" role="slider" tabindex="0" style=${{ height: `${height}px` }} aria-label="Place in the sound" aria-valuemin="0" aria-valuemax=${last} aria-valuenow=${at ?? 0} aria-valuetext=${reading ? readingLine(reading) : "No place chosen"}
      onKeyDown=${onKeyDown} onPointerMove=${point} onPointerDown=${point} onPointerLeave=${onLeave} onBlur=${() => setAt(null)}></div>
    <${Readout} reading=${reading} isTall=${rows.length > 2} />
  </div>`;
}

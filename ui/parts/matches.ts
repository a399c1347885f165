import { html } from "htm/preact";
import type { ApiError, FileDetail, FileMatches } from "../api.ts";
import { useApp } from "../app.ts";
import { below, showClock, showPercent, splitPath } from "../format.ts";
import { useResource } from "../resource.ts";
import { Failed, Text } from "./states.ts";

type Match = FileMatches["matches"][number];

const identifyStages = ["fingerprint-audfprint", "fingerprint-panako", "identify"];

/** How it is played here, such as `3.1 % faster`; empty when nobody could tell. */
function deviation({ tempoRatio, pitchRatio }: Match): string {
  const part = (ratio: number, more: string, less: string) =>
    Math.abs(ratio - 1) < 0.001 ? [] : [`${(Math.abs(ratio - 1) * 100).toFixed(1)} % ${ratio > 1 ? more : less}`];
  return [...part(tempoRatio, "faster", "slower"), ...part(pitchRatio, "higher", "lower")].join(", ");
}

/** One recording that is heard here, or that this one is heard in: a bar over the length of this file, and the facts. */
function Row({ match, lengthSec, library }: { match: Match; lengthSec: number; library: string | undefined }) {
  const { startSec, endSec, otherStartSec, probability, reasons } = match;
  const percent = (sec: number) => `${Math.min(100, Math.max(0, (100 * sec) / lengthSec)).toFixed(2)}%`;
  const facts = [
    `from ${showClock(otherStartSec)} there`,
    deviation(match),
    `${showPercent(probability)} sure`,
    match.missing && "missing on disk",
  ].filter(Boolean);
  return html`<li>
    <div class="match-bar" aria-hidden="true"><span style=${`left:${percent(startSec)};right:calc(100% - ${percent(endSec)})`}></span></div>
    <span class="n">${showClock(startSec)}–${showClock(endSec)}</span>
    <a class="wrap" href=${`${document.body.dataset.base}/files?q=${encodeURIComponent(splitPath(match.path).name)}`}><${Text} of=${below(library, match.path)} /></a>
    <span class="muted" title=${reasons.join("\n")}>${facts.join(" · ")}</span>
  </li>`;
}

/** Where the same sound is found: copies of this file, the sets it is played in, or the tracks of this set, by time. */
export function Matches({ file }: { file: FileDetail }) {
  const { api, roots } = useApp();
  const done = file.runs.filter(({ stage, status }) => identifyStages.includes(stage) && status === "done");
  const key = `${file.id} ${done.map(({ stage, finishedAt }) => `${stage} ${finishedAt}`).join()}`;
  const found = useResource(key, (signal) =>
    done.length === 0
      ? Promise.resolve(null)
      : api.matches(file.id, signal).catch((error: ApiError) => {
          if (error.status === 404) return null;
          throw error;
        }),
  );
  const matches = [...(found.data?.matches ?? [])].sort((a, b) => a.startSec - b.startSec);
  if (found.error) return html`<h3>Same sound</h3><${Failed} error=${found.error} retry=${found.reload} />`;
  if (done.length === 0 || !found.data) return null;
  if (matches.length === 0) return html`<h3>Same sound</h3><p class="muted">Nowhere else in the library.</p>`;
  const lengthSec = Math.max(file.durationSec ?? 0, ...matches.map(({ endSec }) => endSec));
  return html`<h3>Same sound</h3><ol class="matches">${matches.map((match) => html`<${Row} key=${`${match.otherId} ${match.startSec}`} match=${match} lengthSec=${lengthSec} library=${roots.value?.library} />`)}</ol>`;
}

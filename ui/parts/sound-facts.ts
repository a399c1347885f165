import { html } from "htm/preact";
import type { ComponentChildren } from "preact";
import type { Analysis } from "../api.ts";
import { keyWords } from "../camelot.ts";
import { showNumber, showPercent, toSentence } from "../format.ts";
import { isByPerson } from "../sound-edit.ts";
import { byShare, keyClearness, labelOf, tempoSureness, tempoWords } from "../sound-words.ts";
import { KeyChip } from "./key-chip.ts";
import { Chip, Text } from "./states.ts";

const mostStyles = 5;

interface Fact {
  name: string;
  value: ComponentChildren;
  byPerson?: boolean;
}

const none = (reason: string | undefined) =>
  html`<span class="muted">None. ${reason && html`<${Text} of=${toSentence(reason)} />`}</span>`;

const sureness = (words: string, share: number | undefined) =>
  share === undefined ? null : html` <span class="muted">${words}, ${showPercent(share)}</span>`;

function tempoFact(analysis: Analysis): Fact[] {
  const { bpm, bpmConfidence, reasons } = analysis;
  if (bpm === undefined) return [];
  if (bpm === null) return [{ name: "Tempo", value: none(reasons?.bpm) }];
  const byPerson = isByPerson(analysis, "bpm");
  const sure = byPerson ? null : sureness(tempoSureness(bpmConfidence ?? 0), bpmConfidence);
  return [{ name: "Tempo", value: html`<strong>${tempoWords(bpm)}</strong>${sure}`, byPerson }];
}

function keyFact(analysis: Analysis): Fact[] {
  const { key, scale, camelot, keyStrength, reasons } = analysis;
  if (key === undefined) return [];
  if (key === null || !scale) return [{ name: "Key", value: none(reasons?.key) }];
  const byPerson = isByPerson(analysis, "key");
  const clear = byPerson ? null : sureness(keyClearness(keyStrength ?? 0), keyStrength);
  const chip = camelot ? html`<${KeyChip} code=${camelot} /> ` : null;
  return [{ name: "Key", value: html`${chip}<strong>${keyWords(key, scale)}</strong>${clear}`, byPerson }];
}

function loudnessFacts({
  loudnessLufs,
  loudnessRangeLu,
  truePeakDb,
  replayGainDb,
  replayGainPeak,
  reasons,
}: Analysis): Fact[] {
  if (loudnessLufs === undefined) return [];
  if (loudnessLufs === null) return [{ name: "Loudness", value: none(reasons?.loudness) }];
  const range = typeof loudnessRangeLu === "number" ? `, range ${showNumber(loudnessRangeLu, 1)} LU` : "";
  const facts: Fact[] = [{ name: "Loudness", value: `${showNumber(loudnessLufs, 1)} LUFS${range}` }];
  if (typeof truePeakDb === "number")
    facts.push({
      name: "True peak",
      value: `${showNumber(truePeakDb, 1)} dBTP${truePeakDb > 0 ? ", above full scale" : ""}`,
    });
  if (typeof replayGainDb === "number") {
    const peak = typeof replayGainPeak === "number" ? `, peak ${showNumber(replayGainPeak, 3)}` : "";
    facts.push({ name: "ReplayGain", value: `${showNumber(replayGainDb, 2)} dB${peak}` });
  }
  return facts;
}

function wordFacts({ moodText, genre }: Analysis): Fact[] {
  return [
    ...(moodText ? [{ name: "Mood", value: html`<${Text} of=${moodText} />`, byPerson: true }] : []),
    ...(genre ? [{ name: "Genre", value: html`<${Text} of=${genre} />`, byPerson: true }] : []),
  ];
}

interface SharesProps {
  title: string;
  shares: readonly (readonly [string, number])[];
}

/** Shares as bars with their names and numbers. */
function Shares({ title, shares }: SharesProps) {
  if (shares.length === 0) return null;
  return html`<div><h4>${title}</h4><ul class="shares">
    ${shares.map(([name, share]) => html`<li key=${name}><span><${Text} of=${labelOf(name)} /></span><span class="meter" aria-hidden="true"><span class="busy" style=${{ width: `${share * 100}%` }}></span></span><span class="n">${showPercent(share)}</span></li>`)}
  </ul></div>`;
}

/** What is known of a file's sound as a whole: values, moods and styles. */
export function SoundFacts({ analysis }: { analysis: Analysis }) {
  const facts = [...tempoFact(analysis), ...keyFact(analysis), ...wordFacts(analysis), ...loudnessFacts(analysis)];
  const { danceability, mood = {}, style = [] } = analysis;
  const moods: [string, number][] = [
    ...(typeof danceability === "number" ? [["danceability", danceability] as [string, number]] : []),
    ...byShare(mood),
  ];
  const styles = style
    .toSorted((a, b) => b.probability - a.probability)
    .slice(0, mostStyles)
    .map(({ name, probability }) => [name, probability] as const);
  return html`${
    facts.length > 0 &&
    html`<dl class="pairs">${facts.map(({ name, value, byPerson }) => html`<dt key=${name}>${name}</dt><dd>${value}${byPerson && html` <${Chip} tone="busy">set by you<//>`}</dd>`)}</dl>`
  }
  ${
    (moods.length > 0 || styles.length > 0) &&
    html`<div class="share-lists"><${Shares} title=${typeof danceability === "number" ? "Danceability and mood" : "Mood"} shares=${moods} /><${Shares} title="Styles" shares=${styles} /></div>`
  }`;
}

import { html } from "htm/preact";
import type { FileDetail, FileRun } from "../api.ts";
import { useApp, useEvents } from "../app.ts";
import {
  below,
  plural,
  showBytes,
  showDuration,
  showMs,
  showPercent,
  showTime,
  splitPath,
  visible,
} from "../format.ts";
import { useResource } from "../resource.ts";
import { fileKindWords, runTones, stageTitle, stateTones, stateWords, statusTones, statusWords } from "../words.ts";
import { Dialog } from "./dialog.ts";
import { Matches } from "./matches.ts";
import { PathChange } from "./path-change.ts";
import { pathsOf } from "./review-row.ts";
import { Sound } from "./sound.ts";
import { Chip, Failed, Loading, Text } from "./states.ts";

const link = (path: string) => `${document.body.dataset.base}${path}`;
const gapMs = 1000;

type Metadata = NonNullable<FileDetail["metadata"]>;

const numbered = (n: number | null, total: number | null) =>
  n === null ? "" : `${n}${total === null ? "" : ` of ${total}`}`;

function tagFacts(tags: Metadata): readonly (readonly [string, string])[] {
  return [
    ["Artist", tags.artist ?? ""],
    ["Title", tags.title ?? ""],
    ["Album", tags.album ?? ""],
    ["Album artist", tags.albumArtist ?? ""],
    ["Composer", tags.composer ?? ""],
    ["Track", numbered(tags.trackNumber, tags.trackTotal)],
    ["Disc", numbered(tags.discNumber, tags.discTotal)],
    ["Date", tags.date ?? (tags.year === null ? "" : `${tags.year}`)],
    ["Genre", tags.genre ?? ""],
    ["Tempo", tags.bpm === null ? "" : `${tags.bpm} BPM`],
    ["Key", tags.key ?? ""],
    ["Comment", tags.comment ?? ""],
  ];
}

function formatFacts(tags: Metadata): readonly (readonly [string, string])[] {
  const { bitrateKbps, sampleRateHz, channels, cover } = tags;
  return [
    ["Length", tags.durationSec === null ? "" : showDuration(tags.durationSec)],
    ["Codec", [tags.codec, tags.container && `in ${tags.container}`].filter(Boolean).join(" ")],
    ["Bit rate", bitrateKbps === null ? "" : `${Math.round(bitrateKbps)} kbit/s${tags.lossless ? ", lossless" : ""}`],
    ["Sample rate", sampleRateHz === null ? "" : `${sampleRateHz / 1000} kHz`],
    ["Channels", channels === null ? "" : `${channels}`],
    ["Cover", cover === null ? "" : `${cover.mime}, ${showBytes(cover.bytes)}`],
    ["Tag systems", tags.tagTypes.join(", ")],
  ];
}

function Pairs({ facts }: { facts: readonly (readonly [string, string])[] }) {
  const known = facts.filter(([, value]) => value !== "");
  if (known.length === 0) return html`<p class="muted">Nothing.</p>`;
  return html`<dl class="pairs">${known.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd><${Text} of=${value} /></dd>`)}</dl>`;
}

function Run({ run }: { run: FileRun }) {
  const facts = [
    run.durationMs !== null && showMs(run.durationMs),
    run.attempts > 1 && plural(run.attempts, "attempt"),
    run.finishedAt !== null && showTime(run.finishedAt),
  ].filter(Boolean);
  return html`<li><strong>${stageTitle(run.stage)}</strong> <${Chip} tone=${runTones[run.status]}>${run.status}<//> <span class="muted">${facts.join(" · ")}</span>${run.error && html`<p class="error"><${Text} of=${run.error} /></p>`}</li>`;
}

function Suggestion({ file, library }: { file: FileDetail; library: string | undefined }) {
  const { proposal } = file;
  if (!proposal)
    return html`<p class="muted">${file.kind === "companion" ? "Companions move with their media file." : "None yet: it is made when the stages below are done."}</p>`;
  return html`<${PathChange} ...${pathsOf(proposal, library)} />
    <p><${Chip} tone=${statusTones[proposal.status]}>${statusWords[proposal.status]}<//> <span class="muted">${showPercent(proposal.confidence)} sure · </span><a href=${link(`/proposals?status=all&q=${encodeURIComponent(file.name)}`)}>Review it</a></p>`;
}

function Detail({ file, reload }: { file: FileDetail; reload: () => Promise<void> }) {
  const { api, roots } = useApp();
  const library = roots.value?.library;
  const own: readonly (readonly [string, string])[] = [
    ["Path", below(library, file.path)],
    ["Kind", `${fileKindWords[file.kind]}, ${file.extension}`],
    ["Size", showBytes(file.sizeBytes)],
    ["Changed", showTime(file.mtimeMs)],
    ["First seen", showTime(file.firstSeenAt)],
    ["SHA-256", file.sha256 ?? ""],
  ];
  return html`<p>${file.state && html`<${Chip} tone=${stateTones[file.state]}>${stateWords[file.state]}<//>`} ${file.missing && html`<${Chip} tone="bad">missing on disk<//>`}</p>
    ${file.kind !== "companion" && !file.missing && html`<audio controls preload="none" src=${api.audioUrl(file.id)} aria-label="Listen to this file"></audio>`}
    <h3>File</h3><${Pairs} facts=${own} />
    <h3>Proposed name</h3><${Suggestion} file=${file} library=${library} />
    ${file.kind !== "companion" && html`<${Sound} file=${file} reload=${reload} />`}
    ${file.kind !== "companion" && html`<${Matches} file=${file} />`}
    ${
      file.metadata &&
      html`<h3>Tags</h3><${Pairs} facts=${tagFacts(file.metadata)} />
        ${file.metadata.warnings.length > 0 && html`<ul class="notes">${file.metadata.warnings.map((warning, at) => html`<li key=${at}><${Text} of=${warning} /></li>`)}</ul>`}
        <h3>Format</h3><${Pairs} facts=${formatFacts(file.metadata)} />`
    }
    ${file.runs.length > 0 && html`<h3>Stages</h3><ul class="runs">${file.runs.map((run) => html`<${Run} key=${run.stage} run=${run} />`)}</ul>`}
    ${
      file.companions.length > 0 &&
      html`<h3>Companions</h3><ul class="runs">${file.companions.map((companion) => html`<li key=${companion.id}><${Text} of=${companion.name} /> <span class="muted">${showBytes(companion.sizeBytes)}, ${companion.basis === "stem" ? "same name" : "same folder"}</span></li>`)}</ul>`
    }`;
}

/** All that is known of one file. */
export function FileDrawer({ id, onClose }: { id: number; onClose: () => void }) {
  const { api } = useApp();
  const file = useResource(`${id}`, (signal) => api.file(id, signal));
  useEvents(
    ({ type, data: about }) => type !== "scan" && (about.fileId === undefined || about.fileId === id),
    file.reload,
    gapMs,
    id,
  );
  const { data } = file;
  return html`<${Dialog} title=${data ? visible(splitPath(data.path).name) : `File ${id}`} shape="side" onClose=${onClose}>
    ${file.error && html`<${Failed} error=${file.error} retry=${file.reload} />`}
    ${!data && !file.error && html`<${Loading} what="Loading the file" />`}
    ${data && html`<${Detail} file=${data} reload=${file.reload} />`}
    <div class="dialog-buttons"><a class="button" href=${link(`/audit?file=${id}`)}>Audit of this file</a><button type="button" onClick=${onClose}>Close</button></div>
  <//>`;
}

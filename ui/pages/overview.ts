import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { Stats } from "../api.ts";
import { useApp } from "../app.ts";
import { plural, showBytes, showCount, toSentence } from "../format.ts";
import { LanguageModel } from "../parts/language-model.ts";
import { Pipeline, RunningWork } from "../parts/pipeline.ts";
import { ScanCard } from "../parts/scan-card.ts";
import { Chip, Empty, Loading } from "../parts/states.ts";
import { soundStages } from "../sound-news.ts";
import { stateTones, stateWords, type Tone } from "../words.ts";

const link = (path: string) => `${document.body.dataset.base}${path}`;

/** The one thing that is worth doing next. */
function NextStep({ stats }: { stats: Stats }) {
  const { pending = 0 } = stats.proposals;
  const approved = useApp().toApply.value;
  const media = (stats.files.music ?? 0) + (stats.files.video ?? 0);
  const works = (stage: Stats["stages"][number]) =>
    stage.pending + stage.running > 0 && stage.waitingFor === null && stage.name !== "refine";
  const isListening = (stage: Stats["stages"][number]) => soundStages.some((name) => name === stage.name);
  const waiting = stats.stages.some((stage) => works(stage) && !isListening(stage));
  if (media === 0 && stats.scan?.status !== "running") {
    return html`<${Empty} title="No music found yet"><p>Phaze looks in <bdi>${stats.library}</bdi>. Put files there, or start a scan below. Nothing is moved before you approve it.</p><//>`;
  }
  if (approved > 0 && pending === 0) {
    return html`<div class="next"><p><strong>${plural(approved, "approved proposal")}</strong> can be applied. You see what will happen before anything moves.</p><a class="button primary" href=${link("/execution")}>Look and apply</a></div>`;
  }
  if (pending > 0) {
    const also =
      approved > 0
        ? html`<a class="button" href=${link("/execution")}>Apply ${showCount(approved)} approved</a>`
        : null;
    return html`<div class="next"><p><strong>${plural(pending, "proposal")}</strong> ${pending === 1 ? "waits" : "wait"} for your decision.</p><span class="buttons">${also}<a class="button primary" href=${link("/proposals")}>Review</a></span></div>`;
  }
  if (waiting || stats.scan?.status === "running")
    return html`<div class="next"><p>Phaze is reading the library. Proposals appear here as soon as they are made.</p></div>`;
  const listening = stats.stages.some((stage) => works(stage) && isListening(stage));
  return html`<div class="next"><p>Everything is decided and in its place. ${listening ? "Phaze still listens to some of it, for tempo, key and mood." : "New files are picked up by themselves."}</p></div>`;
}

function Holdings({ stats }: { stats: Stats }) {
  const { music = 0, video = 0, companion = 0 } = stats.files;
  const facts: readonly (readonly [string, string, string?])[] = [
    [showCount(music), music === 1 ? "music file" : "music files", "/files?kind=music"],
    [showCount(video), video === 1 ? "video" : "videos", "/files?kind=video"],
    [showCount(companion), companion === 1 ? "companion" : "companions", "/files?kind=companion"],
    [showBytes(stats.bytes), "in all"],
    ...(stats.missing > 0 ? [[showCount(stats.missing), "missing", "/files?missing=true"] as const] : []),
  ];
  return html`<section aria-labelledby="holdings" class="card">
    <h2 id="holdings">Library</h2>
    <dl class="facts">
      ${facts.map(([value, name, to]) => html`<div key=${name}><dt>${name}</dt><dd>${to ? html`<a href=${link(to)}>${value}</a>` : value}</dd></div>`)}
    </dl>
    <dl class="pairs">
      <dt>Music folder</dt><dd><bdi>${stats.library}</bdi></dd>
      <dt>Approved files go to</dt><dd><bdi>${stats.output}</bdi></dd>
      <dt>Watched</dt><dd>${plural(stats.watchedFolders, "folder")}${stats.settling > 0 ? `; ${plural(stats.settling, "file")} still being written` : ""}</dd>
    </dl>
  </section>`;
}

function States({ stats }: { stats: Stats }) {
  const rows = Object.entries(stateWords).filter(([state]) => (stats.states[state] ?? 0) > 0) as [
    keyof typeof stateWords,
    string,
  ][];
  const most = Math.max(1, ...rows.map(([state]) => stats.states[state] ?? 0));
  if (rows.length === 0) return null;
  return html`<section aria-labelledby="states" class="card">
    <h2 id="states">Files by state</h2>
    <ul class="counts">
      ${rows.map(([state, word]) => {
        const n = stats.states[state] ?? 0;
        return html`<li key=${state}><a href=${link(`/files?state=${state}`)}>${word}</a><span class="meter" aria-hidden="true"><span class=${stateTones[state] ?? "plain"} style=${{ width: `${Math.max(1, (100 * n) / most)}%` }}></span></span><span class="n">${showCount(n)}</span></li>`;
      })}
    </ul>
  </section>`;
}

function Services({ stats }: { stats: Stats }) {
  if (stats.services.length === 0) return null;
  const ordered = [...stats.services].sort((a, b) => Number(a.ok) - Number(b.ok));
  return html`<section aria-labelledby="services" class="card">
    <h2 id="services">Helpers</h2>
    <ul class="services">
      ${ordered.map((service) => {
        const tone: Tone = service.ok ? "good" : "warn";
        return html`<li key=${service.name}>
          <div><strong>${service.name}</strong> <${Chip} tone=${tone}>${service.ok ? "ready" : "missing"}<//></div>
          <p class="muted wrap">${service.detail}</p>
          ${service.cost && html`<p>Without it: ${toSentence(service.cost)}</p>`}
          ${service.remedy && html`<p>Remedy: ${toSentence(service.remedy)}${service.name === "ollama" ? html` <a href=${link("/naming")}>Choose and download a model</a>` : ""}</p>`}
        </li>`;
      })}
    </ul>
  </section>`;
}

function PauseButton({ stats }: { stats: Stats }) {
  const { api, toasts, reloadStats, stats: shared } = useApp();
  const [busy, setBusy] = useState(false);
  const toggle = async () => {
    setBusy(true);
    try {
      const { paused } = await api.setPaused(!stats.paused);
      if (shared.value) shared.value = { ...shared.value, paused };
      toasts.say(paused ? "Paused: what runs is finished, nothing new is started" : "Going on");
      reloadStats();
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(false);
  };
  return html`<button type="button" disabled=${busy} onClick=${toggle}>${stats.paused ? "Resume work" : "Pause work"}</button>`;
}

export function Overview() {
  const { stats } = useApp();
  const now = stats.value;
  if (!now) return html`<h1>Overview</h1><${Loading} what="Counting" />`;
  return html`<div class="page-head"><h1>Overview</h1><${PauseButton} stats=${now} /></div>
    <${NextStep} stats=${now} />
    <${Pipeline} stats=${now} />
    <div class="cards">
      <${Holdings} stats=${now} />
      <${ScanCard} stats=${now} />
      <${RunningWork} stats=${now} />
      <${States} stats=${now} />
      <${LanguageModel} onlyNews />
      <${Services} stats=${now} />
    </div>`;
}

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiError, FileDetail } from "../api.ts";
import { inWords, useApp } from "../app.ts";
import { showPercent } from "../format.ts";
import { useResource } from "../resource.ts";
import { type SoundNews, soundNews, soundStages } from "../sound-news.ts";
import { missingModels, noteWords } from "../sound-words.ts";
import { SoundCurve } from "./sound-curve.ts";
import { SoundFacts } from "./sound-facts.ts";
import { SoundForm } from "./sound-form.ts";
import { Failed, Progress, Text } from "./states.ts";

const lookMs = 2000;
const tones: Readonly<Partial<Record<SoundNews["kind"], string>>> = {
  failed: "error",
  waiting: "waits",
  retry: "waits",
};

const isUnderWay = (news: readonly SoundNews[]) => news.some(({ kind }) => kind === "running" || kind === "queued");

function News({ news }: { news: SoundNews }) {
  if (news.kind !== "running")
    return html`<p class=${`wrap ${tones[news.kind] ?? "muted"}`}><${Text} of=${news.text} /></p>`;
  const share = news.share === null ? " …" : `: ${showPercent(news.share)}`;
  return html`<div><p>${news.text}${share}</p>${
    news.share === null
      ? html`<div class="progress endless" role="progressbar" aria-label=${news.text}><span></span></div>`
      : html`<${Progress} share=${news.share} label=${news.text} />`
  }</div>`;
}

/** The time series; asked for again when a stage has listened anew. */
function Series({ file }: { file: FileDetail }) {
  const { api } = useApp();
  const heard = file.runs.filter(
    ({ stage, status }) => soundStages.some((name) => name === stage) && status === "done",
  );
  const key = `${file.id} ${heard.map(({ stage, finishedAt }) => `${stage} ${finishedAt}`).join()}`;
  const series = useResource(key, (signal) =>
    api.analysis(file.id, signal).catch((error: ApiError) => {
      if (error.status === 404) return null;
      throw error;
    }),
  );
  const windows = series.data?.windows ?? [];
  if (series.error && windows.length === 0) return html`<${Failed} error=${series.error} retry=${series.reload} />`;
  const isShown = windows.some(({ bpm, key: name, mood, danceability }) => bpm || name || mood || danceability != null);
  return isShown ? html`<h4>Over time</h4><${SoundCurve} windows=${windows} />` : null;
}

interface HeadProps {
  file: FileDetail;
  news: readonly SoundNews[];
  reload: () => Promise<void>;
}

/** The heading, with setting values by hand and another analysis. */
function Head({ file, news, reload }: HeadProps) {
  const { api, stats, reloadStats } = useApp();
  const [open, setOpen] = useState(false);
  const [said, setSaid] = useState<{ text: string; bad: boolean } | null>(null);
  const [asking, setAsking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const isBusy = isUnderWay(news);
  const close = (text = "") => {
    setOpen(false);
    setSaid(text ? { text, bad: false } : null);
    opener.current?.focus();
    if (text) void reload();
  };
  const toggle = () => {
    setOpen(!open);
    setSaid(null);
  };
  const analyse = async () => {
    setAsking(true);
    try {
      const known = soundStages.filter((name) => stats.value?.stages.some((stage) => stage.name === name));
      const { queued } = await api.analyze(file.id, known);
      setSaid({
        text: queued > 0 ? "Asked for a new analysis." : "Nothing to ask for: it is in the queue already.",
        bad: false,
      });
      reloadStats();
      await reload();
    } catch (error) {
      setSaid({ text: inWords(error), bad: true });
    }
    setAsking(false);
  };
  return html`<div class="sound-head"><h3 id="sound">Sound</h3><div class="buttons push">
      <button type="button" ref=${opener} aria-expanded=${open} onClick=${toggle}>Set by hand</button>
      <button type="button" disabled=${asking || isBusy || file.missing} onClick=${analyse}>Analyse again</button>
    </div></div>
    <p class=${said?.bad ? "said error" : "said"} role=${said?.bad ? "alert" : "status"}>${said?.text ?? ""}</p>
    ${open && html`<${SoundForm} file=${file} onDone=${close} onCancel=${() => close()} />`}`;
}

/** What a file sounds like: tempo, key, loudness and mood, how they move, and what is still under way. */
export function Sound({ file, reload }: { file: FileDetail; reload: () => Promise<void> }) {
  const { stats, reloadStats } = useApp();
  const news = soundNews(file, stats.value);
  const isBusy = isUnderWay(news);
  // Progress comes with the counts, which no event announces.
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setInterval(() => document.hidden || reloadStats(), lookMs);
    return () => clearInterval(timer);
  }, [isBusy, reloadStats]);
  const { analysis } = file;
  const notes = analysis ? noteWords(analysis) : [];
  const missing = analysis ? missingModels(analysis) : [];
  return html`<section class="sound" aria-labelledby="sound">
    <${Head} file=${file} news=${news} reload=${reload} />
    ${news.map((item) => html`<${News} key=${item.kind + item.stages.join()} news=${item} />`)}
    ${stats.value?.paused && isBusy && html`<p class="waits">Work is paused: resume it on the overview.</p>`}
    ${!analysis && news.length === 0 && html`<p class="muted">Nothing has listened to it yet.</p>`}
    ${analysis && html`<${SoundFacts} analysis=${analysis} />`}
    ${notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li key=${note}><${Text} of=${note} /></li>`)}</ul>`}
    ${missing.map((text) => html`<p key=${text} class="muted wrap"><${Text} of=${text} /></p>`)}
    ${analysis && html`<${Series} file=${file} />`}
  </section>`;
}

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Stats } from "../api.ts";
import { useApp } from "../app.ts";
import { showAgo, showCount, showList, showPercent, splitPath, visible } from "../format.ts";
import { soundStages } from "../sound-news.ts";
import { stageHint, stageTitle } from "../words.ts";
import { Bar, type Part, Progress } from "./states.ts";

interface Step {
  key: string;
  title: string;
  hint: string;
  parts: Part[];
  /** Why it waits, and which of its stages do; none named: all. */
  waits: readonly { who: string; reason: string }[];
  href?: string;
  /** Of a step of several stages: each by itself. */
  stages?: readonly { title: string; parts: Part[]; done: number; failed: number }[];
}

type Stage = Stats["stages"][number];

const partsOf = (stage: Stage): Part[] => [
  { n: stage.done, tone: "good", word: "done" },
  { n: stage.skipped, tone: "plain", word: "not needed" },
  { n: stage.running, tone: "busy", word: "running" },
  { n: stage.failed, tone: "bad", word: "failed" },
  { n: stage.pending, tone: "rest", word: "waiting" },
];

function stageStep(stage: Stage): Step {
  return {
    key: stage.name,
    title: stageTitle(stage.name),
    hint: stageHint(stage.name),
    parts: partsOf(stage),
    waits: stage.pending > 0 && stage.waitingFor ? [{ who: "", reason: stage.waitingFor }] : [],
  };
}

/** The stages that listen go side by side, and nothing waits for them: one step. */
function soundStep(stages: readonly Stage[]): Step {
  const blocked = stages.filter((stage) => stage.pending > 0 && stage.waitingFor);
  const reasons = [...new Set(blocked.map((stage) => stage.waitingFor))];
  const waits = reasons.map((reason) => {
    const names = blocked.filter((stage) => stage.waitingFor === reason).map((stage) => stageTitle(stage.name));
    return { who: names.length === stages.length ? "" : showList(names), reason: `${reason}` };
  });
  return {
    key: "sound",
    title: "Sound",
    hint: "Listens to every file; names do not wait for it",
    parts: [],
    waits,
    stages: stages.map((stage) => ({
      title: stageTitle(stage.name),
      parts: partsOf(stage),
      done: stage.done,
      failed: stage.failed,
    })),
  };
}

const isListening = ({ name }: Stage) => soundStages.some((stage) => stage === name);

function stageSteps(stages: readonly Stage[]): Step[] {
  const listening = stages.filter(isListening);
  return stages.flatMap((stage) =>
    !isListening(stage) ? [stageStep(stage)] : stage === listening[0] ? [soundStep(listening)] : [],
  );
}

function personSteps({ proposals }: Stats, toApply: number): Step[] {
  const { pending = 0, approved = 0, rejected = 0, executed = 0 } = proposals;
  const review: Part[] = [
    { n: approved + executed, tone: "good", word: "approved" },
    { n: rejected, tone: "plain", word: "rejected" },
    { n: pending, tone: "rest", word: "to review" },
  ];
  const apply: Part[] = [
    { n: executed, tone: "good", word: "applied" },
    { n: Math.max(0, approved - toApply), tone: "plain", word: "approved to stay" },
    { n: Math.min(approved, toApply), tone: "rest", word: "to apply" },
  ];
  return [
    {
      key: "you-review",
      title: "Your review",
      hint: "Nothing moves before you approve it",
      parts: review,
      waits: [],
      href: "/proposals",
    },
    {
      key: "you-apply",
      title: "Apply",
      hint: "Copied, verified, then moved; can be undone",
      parts: apply,
      waits: [],
      href: "/execution",
    },
  ];
}

function Substeps({ stages }: { stages: NonNullable<Step["stages"]> }) {
  const failed = stages.filter((stage) => stage.failed > 0);
  return html`<ul>${stages.map(({ title, parts, done }) => html`<li key=${title} class="substep"><span>${title}</span><${Bar} label=${title} parts=${parts} /><span class="n">${showCount(done)}</span></li>`)}</ul>
    <ul class="legend">${failed.map((stage) => html`<li key=${stage.title}><span class="dot bad" aria-hidden="true"></span>${stage.title}: ${showCount(stage.failed)} failed</li>`)}</ul>`;
}

function StepBox({ step }: { step: Step }) {
  const known = step.parts.filter((part) => part.n > 0);
  const title = step.href ? html`<a href=${`${document.body.dataset.base}${step.href}`}>${step.title}</a>` : step.title;
  return html`<li class=${step.href ? "step person" : "step"}>
    <h3>${title}</h3>
    <p class="hint">${step.hint}</p>
    ${
      step.stages
        ? html`<${Substeps} stages=${step.stages} />`
        : html`<${Bar} label=${step.title} parts=${step.parts} />
          <ul class="legend">
            ${known.map((part) => html`<li key=${part.word}><span class=${`dot ${part.tone}`} aria-hidden="true"></span>${showCount(part.n)} ${part.word}</li>`)}
            ${known.length === 0 && html`<li class="muted">nothing yet</li>`}
          </ul>`
    }
    ${step.waits.map(({ who, reason }) => html`<p key=${reason} class="waits">${who ? `Waits (${who})` : "Waits"}: <bdi>${reason}</bdi></p>`)}
  </li>`;
}

/** The way of a file, stage by stage, with how many files are where. */
export function Pipeline({ stats }: { stats: Stats }) {
  const steps = [...stageSteps(stats.stages), ...personSteps(stats, useApp().toApply.value)];
  return html`<section aria-labelledby="pipeline" class="card">
    <h2 id="pipeline">Pipeline ${stats.paused && html`<span class="chip warn">paused</span>`}</h2>
    <ol class="flow">${steps.map((step) => html`<${StepBox} key=${step.key} step=${step} />`)}</ol>
  </section>`;
}

const mostShown = 6;

/** Names of the files that are worked on, asked for once each. */
function useNames(ids: readonly number[]): ReadonlyMap<number, string> {
  const { api } = useApp();
  const [names, setNames] = useState<ReadonlyMap<number, string>>(new Map());
  const asked = useRef(new Set<number>());
  useEffect(() => {
    const controller = new AbortController();
    for (const id of ids) {
      if (asked.current.has(id)) continue;
      asked.current.add(id);
      api.file(id, controller.signal).then(
        (file) => setNames((known) => new Map([...known, [id, file.path]])),
        () => asked.current.delete(id),
      );
    }
    return () => controller.abort();
  }, [ids.join()]);
  return names;
}

export function RunningWork({ stats }: { stats: Stats }) {
  const shown = stats.running.slice(0, mostShown);
  const names = useNames(shown.filter((work) => Date.now() - work.startedAt > 1500).map((work) => work.fileId));
  const more = stats.running.length - shown.length;
  return html`<section aria-labelledby="running" class="card">
    <h2 id="running">Running now</h2>
    ${shown.length === 0 && html`<p class="muted">${stats.paused ? "Paused: nothing new is started." : "Nothing at the moment."}</p>`}
    <ul class="running">
      ${shown.map((work) => {
        const path = names.get(work.fileId);
        const label = path ? visible(splitPath(path).name) : `File ${work.fileId}`;
        return html`<li key=${`${work.fileId} ${work.stage}`}>
          <div><strong>${stageTitle(work.stage)}</strong> <a class="wrap" href=${`${document.body.dataset.base}/files?id=${work.fileId}`}>${label}</a></div>
          ${work.progress !== null && html`<${Progress} share=${work.progress} label=${`${stageTitle(work.stage)} of ${label}`} />`}
          <span class="muted">${work.progress !== null ? `${showPercent(work.progress)}, ` : ""}started ${showAgo(work.startedAt)}</span>
        </li>`;
      })}
    </ul>
    ${more > 0 && html`<p class="muted">and ${showCount(more)} more</p>`}
  </section>`;
}

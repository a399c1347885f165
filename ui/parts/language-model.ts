import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { LlmReply } from "../api.ts";
import { useApp, useEvents } from "../app.ts";
import { showBytes, showPercent, toSentence } from "../format.ts";
import { useResource } from "../resource.ts";
import { Chip, Failed, Loading, Progress } from "./states.ts";

const gapMs = 500;
const sizeWords = { small: "Small", better: "Better" } as const;

type Pull = NonNullable<LlmReply["pull"]>;

/** A download by Ollama: how far it is, or how it ended. */
function Download({ pull, onCancel }: { pull: Pull; onCancel: () => void }) {
  const { model, state, status, completedBytes, totalBytes, error, remedy } = pull;
  if (state === "done") return html`<p class="muted" role="status">${model} was downloaded.</p>`;
  if (state === "cancelled")
    return html`<p class="muted" role="status">The download of ${model} was stopped. Ollama keeps what it has.</p>`;
  if (state === "failed")
    return html`<p class="error" role="alert">${model}: ${toSentence(error ?? "the download failed")}${remedy ? ` ${toSentence(remedy)}` : ""}</p>`;
  const label = `Download of ${model}`;
  const share = totalBytes > 0 ? completedBytes / totalBytes : null;
  return html`<div class="download">
    ${share === null ? html`<div class="progress endless" role="progressbar" aria-label=${label}><span></span></div>` : html`<${Progress} share=${share} label=${label} />`}
    <div class="card-head"><p>${model}: ${share === null ? status : `${showPercent(share)}, ${showBytes(completedBytes)} of ${showBytes(totalBytes)}`}</p>
      <button type="button" onClick=${onCancel}>Cancel</button></div>
    <p class="muted">You may leave this page: Ollama goes on.</p>
  </div>`;
}

function Recommended({ llm, onPull }: { llm: LlmReply; onPull: (name: string) => void }) {
  const isAway = llm.state === "no-server" || llm.state === "unknown";
  const isBusy = llm.pull?.state === "running";
  return html`<ul class="recommended">
    ${llm.recommended.map(
      ({ name, size, downloadBytes, memoryBytes, licence, why, installed }) => html`<li key=${name}>
        <div><strong>${sizeWords[size]}: ${name}</strong> ${installed && html`<${Chip} tone="good">there<//>`}
          <p class="muted">${showBytes(downloadBytes)} to download, about ${Math.round(memoryBytes / 1e9)} GB of memory, ${licence}. ${toSentence(why)}</p>
          ${installed && name !== llm.model && html`<p class="muted">To use it, set <code>LLM_MODEL=${name}</code> and start Phaze again.</p>`}
        </div>
        ${!installed && html`<button type="button" disabled=${isAway || isBusy} aria-label=${`Download ${name}`} onClick=${() => onPull(name)}>Download</button>`}
      </li>`,
    )}
  </ul>`;
}

function State({ llm, act }: { llm: LlmReply; act: (work: () => Promise<unknown>) => void }) {
  const { api } = useApp();
  const isOk = llm.state === "ok";
  const pull = (name: string) => act(() => api.pullModel(name));
  const lacksOwn = llm.state === "no-model" && !llm.recommended.some(({ name }) => name === llm.model);
  return html`<p><strong>${llm.model || "No model"}</strong> <${Chip} tone=${isOk ? "good" : "warn"}>${isOk ? "ready" : "missing"}<//> <span class="muted wrap">${llm.host}, prompt ${llm.prompt}</span></p>
    ${!isOk && html`<p>${toSentence(llm.reason ?? "")} Until then proposals are made by rules alone.</p>`}
    ${!isOk && llm.remedy && html`<p>Remedy: ${toSentence(llm.remedy)}</p>`}
    ${lacksOwn && html`<p><button type="button" disabled=${llm.pull?.state === "running"} onClick=${() => pull(llm.model)}>Download ${llm.model}</button></p>`}
    ${llm.pull && html`<${Download} pull=${llm.pull} onCancel=${() => act(() => api.cancelPull())} />`}
    <h3 class="suits">Models that suit</h3>
    <p class="muted">Ollama downloads them from its own registry; Phaze itself sends nothing anywhere.</p>
    <${Recommended} llm=${llm} onPull=${pull} />`;
}

/** Whether a person would want to know: the model is missing, or a download is under way or has failed. */
function isNews({ state, pull }: LlmReply): boolean {
  return state !== "ok" || pull?.state === "running" || pull?.state === "failed";
}

/**
 * The language model: its state, a small and a better one to download, and how far a download is. With `onlyNews`, nothing
 * while all is well.
 */
export function LanguageModel({ onlyNews = false }: { onlyNews?: boolean }) {
  const { api, toasts } = useApp();
  const [busy, setBusy] = useState(false);
  const llm = useResource("llm", (signal) => api.llm(signal));
  useEvents(["llm"], llm.reload, gapMs);
  const act = async (work: () => Promise<unknown>) => {
    if (busy) return;
    setBusy(true);
    try {
      await work();
      await llm.reload();
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(false);
  };
  if (onlyNews && !(llm.data && isNews(llm.data))) return null;
  return html`<section aria-labelledby="language-model" class="card">
    <h2 id="language-model">Language model</h2>
    ${llm.error && html`<${Failed} error=${llm.error} retry=${llm.reload} />`}
    ${!llm.data && !llm.error && html`<${Loading} what="Asking for the model" />`}
    ${llm.data && html`<${State} llm=${llm.data} act=${act} />`}
  </section>`;
}

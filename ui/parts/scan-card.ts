import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { Scan, Stats } from "../api.ts";
import { useApp } from "../app.ts";
import { plural, showAgo, showCount, showMs } from "../format.ts";
import type { Tone } from "../words.ts";
import { Chip } from "./states.ts";

const words: Readonly<Record<Scan["status"], readonly [string, Tone]>> = {
  running: ["running", "busy"],
  completed: ["completed", "good"],
  failed: ["failed", "bad"],
  cancelled: ["cancelled", "warn"],
};

function Findings({ files }: { files: Scan["files"] }) {
  const facts: readonly (readonly [string, number])[] = [
    ["new", files.new],
    ["changed", files.changed],
    ["moved", files.moved],
    ["gone missing", files.missing],
    ["back again", files.returned],
    ["still being written", files.settling],
  ];
  const skipped = Object.entries(files.skipped).sort(([, a], [, b]) => b - a);
  const passedOver = skipped.reduce((sum, [, n]) => sum + n, 0);
  return html`<p>${plural(files.seen, "file")} in ${plural(files.folders, "folder")} seen</p>
    <ul class="inline">${facts.filter(([, n]) => n > 0).map(([word, n]) => html`<li key=${word}><strong>${showCount(n)}</strong> ${word}</li>`)}</ul>
    ${
      passedOver > 0 &&
      html`<details><summary>${plural(passedOver, "entry", "entries")} passed over</summary><ul>${skipped.map(([reason, n]) => html`<li key=${reason}>${showCount(n)} × ${reason}</li>`)}</ul></details>`
    }`;
}

/** The newest scan, and a button for another. */
export function ScanCard({ stats }: { stats: Stats }) {
  const { api, toasts, reloadStats, stats: shared } = useApp();
  const [asking, setAsking] = useState(false);
  const { scan } = stats;
  const running = scan?.status === "running";
  const start = async () => {
    setAsking(true);
    try {
      const started = await api.scan();
      if (shared.value) shared.value = { ...shared.value, scan: started };
      reloadStats();
    } catch (error) {
      toasts.fail(error);
    }
    setAsking(false);
  };
  return html`<section aria-labelledby="scan" class="card">
    <div class="card-head"><h2 id="scan">Scan</h2><button type="button" disabled=${asking || running} onClick=${start}>${running ? "Scanning …" : "Scan now"}</button></div>
    ${!scan && html`<p class="muted">The library has not been scanned yet.</p>`}
    ${
      scan &&
      html`<p><${Chip} tone=${words[scan.status][1]}>${words[scan.status][0]}<//> <span class="muted">${
        running || scan.finishedAt === null
          ? `started ${showAgo(scan.startedAt)}`
          : `${showAgo(scan.finishedAt)}, took ${showMs(scan.finishedAt - scan.startedAt)}`
      }</span></p>
      ${running && html`<div class="progress endless" role="progressbar" aria-label="Scan"><span></span></div>`}
      <${Findings} files=${scan.files} />
      ${scan.error && html`<p class="banner bad wrap" role="alert">${scan.error}</p>`}`
    }
  </section>`;
}

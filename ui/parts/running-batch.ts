import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { BatchItem } from "../api.ts";
import { useApp } from "../app.ts";
import { plural, showBytes, showDuration, showPercent } from "../format.ts";
import { batchWords } from "../words.ts";
import { Progress } from "./states.ts";

interface Reported {
  kind?: BatchItem["kind"];
  status?: BatchItem["status"];
  units?: number;
  unitsDone?: number;
  unitsFailed?: number;
  bytes?: number;
  bytesDone?: number;
}

const retryMs = 2000;

/** Follows a batch until it has ended. The stream is closed on its end and when the page is left. */
function useProgress(id: number, onEnd: (last: Reported) => void): Reported {
  const { api } = useApp();
  const [now, setNow] = useState<Reported>({});
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    let source: EventSource | null = null;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source?.close();
      const current = new EventSource(api.progressUrl(id));
      source = current;
      current.addEventListener("progress", (message) =>
        setNow((before) => ({ ...before, ...(JSON.parse((message as MessageEvent<string>).data) as Reported) })),
      );
      current.addEventListener("end", (message) => {
        current.close();
        end.current(JSON.parse((message as MessageEvent<string>).data) as Reported);
      });
      current.onerror = () => {
        current.close();
        retry = setTimeout(open, retryMs);
      };
    };
    open();
    return () => {
      source?.close();
      clearTimeout(retry);
    };
  }, [api, id]);
  return now;
}

function endInWords(last: Reported): string {
  const what = last.kind === "undo" ? "Undo" : "Apply";
  if (last.status === "done") return `${what} done: every file was verified`;
  return `${what} ended: ${(last.status ? batchWords[last.status] : "unknown").toLowerCase()}. The batch below shows what happened to each file.`;
}

/** A batch under way. */
export function RunningBatch({ id, onEnd }: { id: number; onEnd: () => void }) {
  const { toasts, reloadStats } = useApp();
  const started = useRef(Date.now());
  const now = useProgress(id, (last) => {
    if (last.status === "done") toasts.say(endInWords(last));
    else toasts.fail(new Error(endInWords(last)));
    reloadStats();
    onEnd();
  });
  const share = now.bytes ? (now.bytesDone ?? 0) / now.bytes : now.units ? (now.unitsDone ?? 0) / now.units : 0;
  const spentSec = (Date.now() - started.current) / 1000;
  const left = share > 0.02 && spentSec > 3 ? `, about ${showDuration((spentSec / share) * (1 - share))} left` : "";
  const units = now.units ?? 0;
  return html`<section class="card running-batch" aria-labelledby="moving">
    <h2 id="moving">${now.kind === "undo" ? "Putting files back" : "Moving files"} <span class="muted">(batch ${id})</span></h2>
    <${Progress} share=${share} label=${`Progress of batch ${id}`} />
    <p>${showPercent(Math.min(1, share))}${left} ${now.unitsDone !== undefined && html`<span class="muted">· ${now.unitsDone} of ${plural(units, "item")} done${now.unitsFailed ? `, ${now.unitsFailed} failed` : ""}</span>`}
      ${now.bytes ? html`<span class="muted"> · ${showBytes(now.bytesDone ?? 0)} of ${showBytes(now.bytes)} copied and verified</span>` : null}</p>
    <p class="muted">You may leave this page: the work goes on.</p>
  </section>`;
}

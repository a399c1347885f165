import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useApp, useEvents } from "../app.ts";
import { Batches } from "../parts/batches.ts";
import { PlanCard } from "../parts/plan-card.ts";
import { RunningBatch } from "../parts/running-batch.ts";
import { Failed, Loading } from "../parts/states.ts";
import { useResource } from "../resource.ts";

const pageSize = 20;
const listGapMs = 1000;

/** What would be moved, what is being moved, and what was. */
export function Execution() {
  const { api, router } = useApp();
  const { query } = router.place.value;
  const page = Math.max(1, Math.floor(Number(query.get("page"))) || 1);
  const plan = useResource("plan", api.plan);
  const batches = useResource(`${page}`, (signal) => api.batches({ page, page_size: pageSize }, signal));
  const [outdated, setOutdated] = useState(false);
  const [moving, setMoving] = useState<number | null>(null);
  useEvents(["batch"], batches.reload, listGapMs, page);
  // A plan looks at every file on disk, so a change of the approvals is told, not followed.
  useEvents(["proposal"], async () => setOutdated(true), 0);
  const running = moving ?? batches.data?.items.find((batch) => batch.status === "running")?.id ?? null;
  const renew = () => {
    setOutdated(false);
    void plan.reload();
  };
  const onStarted = (batchId: number | null) => {
    setMoving(batchId);
    void batches.reload();
    if (batchId === null) renew();
  };
  const onEnd = () => {
    setMoving(null);
    renew();
    void batches.reload();
  };
  return html`<div class="page-head"><h1>Execution</h1></div>
    ${running !== null && html`<${RunningBatch} key=${running} id=${running} onEnd=${onEnd} />`}
    ${running === null && html`<${PlanCard} plan=${plan} outdated=${outdated} renew=${renew} onStarted=${onStarted} />`}
    ${batches.error && html`<${Failed} error=${batches.error} retry=${batches.reload} />`}
    ${!batches.data && !batches.error && html`<${Loading} what="Loading batches" />`}
    ${batches.data && html`<${Batches} list=${batches.data} busy=${running !== null} onStarted=${onStarted} onPage=${(to: number) => router.set({ page: to > 1 ? `${to}` : "" })} />`}`;
}

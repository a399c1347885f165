import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { KeptRuleItem } from "../api.ts";
import { useApp, useEvents } from "../app.ts";
import { plural, sentenceCase, showAgo } from "../format.ts";
import { useResource } from "../resource.ts";
import { ruleInWords } from "../rule-words.ts";
import { Chip, Failed, Loading, Pager, Text } from "./states.ts";

const pageSize = 20;
const gapMs = 1000;

function Rule({ rule, reload }: { rule: KeptRuleItem; reload: () => unknown }) {
  const { api, toasts } = useApp();
  const [busy, setBusy] = useState(false);
  const toggle = async () => {
    setBusy(true);
    try {
      const { concerned } = await api.setRule(rule.id, !rule.active);
      const done = rule.active ? "Taken back" : "In force again";
      toasts.say(concerned > 0 ? `${done}. ${plural(concerned, "pending proposal")} made anew` : done);
      await reload();
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(false);
  };
  const from =
    rule.fileId === null
      ? null
      : html` · <a href=${`${document.body.dataset.base}/files?id=${rule.fileId}`}>from this file</a>`;
  return html`<li class=${rule.active ? "" : "off"}>
    <div>
      <strong><${Text} of=${sentenceCase(ruleInWords(rule))} /></strong>
      ${!rule.active && html` <${Chip}>taken back<//>`}
      <div class="muted">${showAgo(rule.createdAt)}${from}</div>
    </div>
    <button type="button" disabled=${busy} onClick=${toggle} aria-label=${`${rule.active ? "Take back" : "Take up again"}: ${ruleInWords(rule)}`}>${rule.active ? "Take back" : "Take up again"}</button>
  </li>`;
}

/** What Phaze has learned from edits; each rule can be taken back and up again. */
export function Learned() {
  const { api } = useApp();
  const [page, setPage] = useState(1);
  const list = useResource(`rules ${page}`, (signal) => api.namingRules({ page, page_size: pageSize }, signal));
  useEvents(["naming"], list.reload, gapMs);
  const rules = list.data?.items ?? [];
  return html`<section aria-labelledby="learned" class="card">
    <h2 id="learned">What Phaze has learned</h2>
    <p class="muted">From the fields you changed by hand in proposals: applied to like files, named there as “Learned”, and yours to take back.</p>
    ${list.error && html`<${Failed} error=${list.error} retry=${list.reload} />`}
    ${!list.data && !list.error && html`<${Loading} what="Loading what was learned" />`}
    ${list.data && rules.length === 0 && html`<p>Nothing yet. Open a proposal, press “Change by hand”, and correct a name: the next ones will have it right.</p>`}
    ${rules.length > 0 && html`<ul class="learned">${rules.map((rule) => html`<${Rule} key=${rule.id} rule=${rule} reload=${list.reload} />`)}</ul>`}
    ${(list.data?.total ?? 0) > pageSize && html`<${Pager} what="rules" page=${page} pageSize=${pageSize} total=${list.data?.total ?? 0} onPage=${setPage} />`}
  </section>`;
}

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { templateKinds } from "../../daemon/contract/templates.ts";
import type { TemplatesReply } from "../api.ts";
import { useApp, useEvents } from "../app.ts";
import { plural } from "../format.ts";
import { useResource } from "../resource.ts";
import { changesOf, type TemplateDraft } from "../template-draft.ts";
import { Failed, Loading } from "./states.ts";
import { TemplateCard } from "./template-card.ts";
import { FieldChips, Grammar } from "./template-fields.ts";

const typingMs = 250;
const proposalsGapMs = 5000;

/** The value once it has been the same for a moment. */
function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(setSettled, ms, () => value);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** What the draft would do, asked when the typing has paused; a newer question cancels the one before. */
function usePreview(draft: TemplateDraft) {
  const { api } = useApp();
  const asked = useSettled(draft, typingMs);
  const key = JSON.stringify(asked);
  const preview = useResource(key, async (signal) => ({
    draft: asked,
    reply: await api.previewTemplates(changesOf(asked), signal),
  }));
  useEvents(["proposal"], preview.reload, proposalsGapMs, key);
  return preview;
}

/** Puts a text in at the cursor, as if it were typed. */
function insertAt(input: HTMLTextAreaElement, text: string): void {
  input.setRangeText(text, input.selectionStart ?? 0, input.selectionEnd ?? 0, "end");
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
}

interface BarProps {
  n: number;
  mistakes: number;
  onSave: () => Promise<void>;
  onDiscard: () => void;
}

function SaveBar({ n, mistakes, onSave, onDiscard }: BarProps) {
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    await onSave();
    setBusy(false);
  };
  return html`<div class="save-bar" role="region" aria-label="Changes that are not saved">
    <span>${plural(n, "change is", "changes are")} not saved.${mistakes > 0 ? html` <span class="error">${plural(mistakes, "mistake")} to mend first.</span>` : " Saving makes the pending proposals anew."}</span>
    <span class="buttons"><button type="button" disabled=${busy} onClick=${onDiscard}>Discard</button><button type="button" class="primary" disabled=${busy || mistakes > 0} onClick=${save}>Save</button></span>
  </div>`;
}

function Editor({ naming, reload }: { naming: TemplatesReply; reload: () => Promise<void> }) {
  const { api, toasts, templateDraft } = useApp();
  const [focused, setFocused] = useState<HTMLTextAreaElement | null>(null);
  const draft = templateDraft.value;
  const preview = usePreview(draft);
  const setDraft = (to: TemplateDraft) => {
    templateDraft.value = to;
  };
  const previewOf = preview.data?.reply.templates;
  const mistakes = templateKinds.reduce((sum, kind) => sum + (previewOf?.[kind].errors.length ?? 0), 0);
  const save = async () => {
    try {
      const { remade } = await api.saveTemplates(changesOf(draft));
      await reload();
      setDraft({});
      toasts.say(
        `Saved. ${remade === 0 ? "No proposal is pending." : `${plural(remade, "pending proposal is", "pending proposals are")} made anew.`}`,
      );
    } catch (error) {
      toasts.fail(error);
    }
  };
  const n = Object.keys(draft).length;
  return html`<${FieldChips} fields=${naming.fields} onInsert=${focused && ((text: string) => insertAt(focused, text))} />
    ${preview.error && html`<${Failed} error=${preview.error} retry=${preview.reload} />`}
    ${templateKinds.map(
      (kind) =>
        html`<${TemplateCard} key=${kind} kind=${kind} saved=${naming.templates} defaults=${naming.defaults} draft=${draft} preview=${previewOf?.[kind]} previewed=${preview.data?.draft ?? {}} onDraft=${setDraft} onFocus=${setFocused} />`,
    )}
    ${n > 0 && html`<${SaveBar} n=${n} mistakes=${mistakes} onSave=${save} onDiscard=${() => setDraft({})} />`}`;
}

/** The naming templates, with what they would do to the library's files while they are typed. */
export function TemplateList() {
  const { api } = useApp();
  const naming = useResource("templates", (signal) => api.templates(signal));
  return html`<section class="card naming" aria-labelledby="templates">
    <h2 id="templates">Names and places</h2>
    <p class="muted">Each kind of recording has a template for its file name and one for its folder. Beside them stands what they make of files that wait for your decision. Nothing moves: a change only makes the pending proposals anew.</p>
    <${Grammar} />
    ${naming.error && html`<${Failed} error=${naming.error} retry=${naming.reload} />`}
    ${!naming.data && !naming.error && html`<${Loading} what="Loading the templates" />`}
    ${naming.data && html`<${Editor} naming=${naming.data} reload=${naming.reload} />`}
  </section>`;
}

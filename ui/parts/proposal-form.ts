import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { type FieldName, type ProposalKind, proposalKinds, setOnly, trackOnly } from "../../daemon/contract/fields.ts";
import type { ProposalChanges, ProposalItem } from "../api.ts";
import { evidenceWords, fieldWords, kindWords } from "../words.ts";
import { Select } from "./fields.ts";
import type { ReviewStore, Row } from "./review-store.ts";

type Values = Partial<Record<FieldName, string>>;

const sourceOptions: readonly (readonly [string, string])[] = [
  ["", "Not known"],
  ["festival", "Festival"],
  ["concert", "Concert"],
  ["club", "Club"],
  ["radioshow", "Radio show"],
  ["stream", "Stream"],
];

const fieldsOf = (kind: ProposalKind): FieldName[] =>
  (Object.keys(fieldWords) as FieldName[]).filter((field) =>
    kind === "other" ? false : !(kind === "set" ? trackOnly : setOnly).has(field),
  );

const isByHand = (item: ProposalItem, key: FieldName | "kind") =>
  item.evidence[key]?.some(({ source }) => source === "person") ?? false;

/** What has to be sent for the form to become true. */
export function changesOf(item: ProposalItem, kind: ProposalKind, values: Values): ProposalChanges {
  const changed = fieldsOf(kind).flatMap((field) => {
    const value = (values[field] ?? "").trim();
    return value === (item.fields[field] ?? "") ? [] : [[field, value] as const];
  });
  return { fields: Object.fromEntries(changed), ...(kind === item.kind ? {} : { kind }) };
}

function Input({
  item,
  field,
  value,
  set,
}: {
  item: ProposalItem;
  field: FieldName;
  value: string;
  set: (value: string) => void;
}) {
  const id = `edit-${item.id}-${field}`;
  const others = [...new Set((item.alternatives[field] ?? []).map((other) => other.value))];
  if (field === "source")
    return html`<${Select} label=${fieldWords[field]} value=${value} options=${sourceOptions} onChange=${set} />`;
  return html`<label class="field">${fieldWords[field]}${isByHand(item, field) ? " (by hand)" : ""}
    <input list=${others.length > 0 ? id : undefined} maxlength="400" autocomplete="off" spellcheck="false" value=${value} onInput=${(event: Event) => set((event.target as HTMLInputElement).value)} />
    ${others.length > 0 && html`<datalist id=${id}>${others.map((other) => html`<option key=${other} value=${other} />`)}</datalist>`}
  </label>`;
}

function Suggestions({
  item,
  values,
  set,
}: {
  item: ProposalItem;
  values: Values;
  set: (field: FieldName, value: string) => void;
}) {
  const offers = (Object.entries(item.alternatives) as [FieldName, { value: string; source: string }[]][])
    .flatMap(([field, others]) => others.map((other) => ({ field, ...other })))
    .filter(({ field, value }) => values[field] !== value);
  if (offers.length === 0) return null;
  return html`<p class="offers"><span class="muted">Also found:</span>
    ${offers.map(
      ({ field, value, source }) =>
        html`<button key=${`${field} ${value}`} type="button" onClick=${() => set(field, value)}><span class="muted">${fieldWords[field]}</span> ${value} <span class="muted">(${(evidenceWords[source] ?? source).toLowerCase()})</span></button>`,
    )}</p>`;
}

/** Fields of a proposal, to be set by hand. What is set wins over all evidence; like files can follow. */
export function ProposalForm({ row, store }: { row: Row; store: ReviewStore }) {
  const item = row.item.value;
  /** The proposal that the form started from: what was not touched follows when it is made anew meanwhile. */
  const [base, setBase] = useState(item);
  const [kind, setKind] = useState<ProposalKind>(item.kind);
  const [values, setValues] = useState<Values>(item.fields);
  if (base !== item) {
    const untouched = fieldsOf(kind).filter((field) => (values[field] ?? "") === (base.fields[field] ?? ""));
    setValues({ ...values, ...Object.fromEntries(untouched.map((field) => [field, item.fields[field] ?? ""])) });
    if (kind === base.kind) setKind(item.kind);
    setBase(item);
  }
  const [learn, setLearn] = useState(true);
  const busy = row.busy.value;
  const set = (field: FieldName, value: string) => setValues({ ...values, [field]: value });
  const close = () => {
    row.editing.value = false;
  };
  const changes = changesOf(item, kind, values);
  const isChanged = changes.kind !== undefined || Object.keys(changes.fields).length > 0;
  const handmade = ([...fieldsOf(kind), "kind"] as const).filter((key) => isByHand(item, key));
  const giveBack = () => {
    const fields = Object.fromEntries(handmade.filter((key) => key !== "kind").map((field) => [field, null]));
    return store.edit(row, { fields, ...(handmade.includes("kind") ? { kind: null } : {}) }, false);
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    if (!isChanged) return close();
    void store.edit(row, changes, learn);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  };
  return html`<form class="proposal-form" novalidate onSubmit=${onSubmit} onKeyDown=${onKey} aria-label=${`Edit ${item.filename}`}>
    <div class="edit-fields">
      <${Select} label="Kind" value=${kind} options=${proposalKinds.map((name) => [name, kindWords[name]])} onChange=${setKind} />
      ${fieldsOf(kind).map((field) => html`<${Input} key=${field} item=${item} field=${field} value=${values[field] ?? ""} set=${(value: string) => set(field, value)} />`)}
    </div>
    ${kind === "other" && html`<p class="hint">The file keeps its name and place.</p>`}
    <${Suggestions} item=${item} values=${values} set=${set} />
    <label class="check"><input type="checkbox" checked=${learn} onChange=${(event: Event) => setLearn((event.target as HTMLInputElement).checked)} />Let like files follow: spellings, names, the order of dates, what a folder shares</label>
    <div class="buttons">
      <button type="submit" class="primary" disabled=${busy || !isChanged}>Save</button>
      <button type="button" disabled=${busy} onClick=${close}>Cancel</button>
      ${handmade.length > 0 && html`<button type="button" disabled=${busy} onClick=${giveBack}>Back to what Phaze found</button>`}
    </div>
  </form>`;
}

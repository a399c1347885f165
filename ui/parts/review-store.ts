import { batch, type Signal, signal } from "@preact/signals";
import {
  type Api,
  ApiError,
  type BulkReply,
  type Decision,
  type Page,
  type ProposalChanges,
  type ProposalItem,
} from "../api.ts";
import type { Toasts } from "../app.ts";
import { plural } from "../format.ts";
import { ruleInWords } from "../rule-words.ts";

/** One proposal on the page; every part of it is a signal, so that a change redraws one row. */
export interface Row {
  readonly id: number;
  readonly item: Signal<ProposalItem>;
  readonly selected: Signal<boolean>;
  readonly open: Signal<boolean>;
  readonly current: Signal<boolean>;
  /** Its fields are being changed by hand. */
  readonly editing: Signal<boolean>;
  readonly busy: Signal<boolean>;
  /** Why the row is not what it was, for the reader. */
  readonly notice: Signal<string>;
}

const done: Readonly<Record<Decision, string>> = { approve: "Approved", reject: "Rejected", undo: "Took back" };

/** True when this decision would change a proposal of this status. */
export function canDecide(decision: Decision, status: ProposalItem["status"]): boolean {
  if (status === "executed") return false;
  return decision === "undo" ? status !== "pending" : status !== (decision === "approve" ? "approved" : "rejected");
}

const toRow = (item: ProposalItem): Row => ({
  id: item.id,
  item: signal(item),
  selected: signal(false),
  open: signal(false),
  current: signal(false),
  editing: signal(false),
  busy: signal(false),
  notice: signal(""),
});

export interface StoreDeps {
  api: Pick<Api, "decide" | "editProposal" | "setRule" | "proposal" | "decideThese" | "takeBack">;
  toasts: Pick<Toasts, "say" | "fail">;
  /** The list has to be read anew. */
  onStale: () => void;
}

/** The page of proposals under review: its rows, the cursor, the selection, and the decisions on them. */
export function makeReviewStore({ api, toasts, onStale }: StoreDeps) {
  const rows = signal<readonly Row[]>([]);
  const total = signal(0);
  /** The server's list differs from the rows that are shown. */
  const outdated = signal(false);
  const announcement = signal("");
  const find = (id: number) => rows.value.find((row) => row.id === id);
  const currentRow = () => rows.value.find((row) => row.current.value);

  function moveTo(row: Row | undefined): void {
    if (!row) return;
    batch(() => {
      for (const other of rows.value) other.current.value = other === row;
    });
  }

  /** Shows a page. Rows that stay keep what is open; the cursor goes to the first one that was not there before. */
  function show(page: Page<ProposalItem>): void {
    const known = new Map(rows.value.map((row) => [row.id, row]));
    const next = page.items.map((item) => {
      const row = known.get(item.id);
      if (row && row.item.value.version !== item.version) row.item.value = item;
      return row ?? toRow(item);
    });
    const cursor = currentRow();
    batch(() => {
      rows.value = next;
      total.value = page.total;
      outdated.value = false;
      for (const row of known.values()) if (!next.includes(row)) row.selected.value = false;
    });
    if (!cursor || !next.includes(cursor)) moveTo(next.find((row) => !known.has(row.id)) ?? next[0]);
  }

  /**
   * Takes over what a fresh page says of the rows that are shown, without moving them under the reader's hands. Where
   * the server's page begins with other rows than those that still belong to the list, the list is outdated.
   */
  function merge(page: Page<ProposalItem>, belongs: (item: ProposalItem) => boolean): void {
    if (rows.value.length === 0) {
      show(page);
      return;
    }
    for (const item of page.items) update(item, "Proposed anew while you looked at it. Look at it again.");
    const staying = rows.value.filter((row) => row.busy.value || belongs(row.item.value)).map((row) => row.id);
    const fresh = page.items.map((item) => item.id);
    const grown = rows.value.length < page.page_size && fresh.length > staying.length;
    total.value = page.total;
    outdated.value = grown || staying.some((id, at) => fresh[at] !== id);
  }

  function update(item: ProposalItem, notice: string): void {
    const row = find(item.id);
    if (!row || row.item.value.version >= item.version) return;
    const before = row.item.value;
    const other = before.filename !== item.filename || before.directory !== item.directory;
    row.item.value = item;
    if (other) row.notice.value = notice;
  }

  async function reload(row: Row, notice: string): Promise<void> {
    try {
      row.item.value = await api.proposal(row.id);
      row.notice.value = notice;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) return toasts.fail(error);
      rows.value = rows.value.filter((other) => other !== row);
      toasts.say("This proposal does not exist any more");
    }
  }

  async function decide(row: Row | undefined, decision: Decision): Promise<void> {
    if (!row || row.busy.value || !canDecide(decision, row.item.value.status)) return;
    row.busy.value = true;
    row.notice.value = "";
    try {
      row.item.value = await api.decide(row.id, decision, row.item.value.version);
      announcement.value = `${done[decision]}: ${row.item.value.filename}`;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) {
        await reload(
          row,
          `Not ${decision === "undo" ? "taken back" : done[decision].toLowerCase()}. ${error.title}: this is what it is now. Look at it again.`,
        );
        announcement.value = row.notice.value;
      } else toasts.fail(error);
    }
    row.busy.value = false;
  }

  /** Takes back what was just learned. */
  async function unlearn(ids: readonly number[]): Promise<void> {
    try {
      for (const id of ids) await api.setRule(id, false);
      toasts.say("Only this file is changed; nothing was learned from it");
    } catch (error) {
      toasts.fail(error);
    }
  }

  /** Sets fields by hand, and says what was learned from them. */
  async function edit(row: Row, changes: ProposalChanges, learn: boolean): Promise<void> {
    row.busy.value = true;
    row.notice.value = "";
    try {
      const { proposal, learned, concerned } = await api.editProposal(row.id, row.item.value.version, changes, learn);
      row.item.value = proposal;
      row.editing.value = false;
      announcement.value = `Saved: ${proposal.filename}`;
      const ids = learned.map(({ id }) => id);
      if (learned.length > 0)
        toasts.say(
          `Saved and learned: ${learned.map(ruleInWords).join("; ")}${concerned > 0 ? `. ${plural(concerned, "other proposal")} may follow` : ""}`,
          {
            label: "Do not learn this",
            run: () => void unlearn(ids),
          },
        );
      else toasts.say("Saved");
    } catch (error) {
      if (error instanceof ApiError && error.status === 409)
        await reload(row, `Not saved. ${error.title}: this is what it is now. Look at it again.`);
      else toasts.fail(error);
    }
    row.busy.value = false;
  }

  function tell(decision: Decision, reply: BulkReply, ids: readonly number[] | null): void {
    const left = reply.conflicts.length + reply.notFound.length;
    const tail =
      left > 0
        ? `; ${plural(left, "proposal")} had changed and ${left === 1 ? "was" : "were"} left as ${left === 1 ? "it is" : "they are"}`
        : "";
    const untouched = new Set([...reply.conflicts, ...reply.notFound]);
    const decided = ids?.filter((id) => !untouched.has(id)) ?? [];
    const action =
      decision !== "undo" && decided.length > 0 ? { label: "Take back", run: () => void takeBack(decided) } : undefined;
    toasts.say(`${done[decision]} ${plural(reply.decided, "proposal")}${tail}`, action);
  }

  async function takeBack(ids: readonly number[]): Promise<void> {
    try {
      tell("undo", await api.takeBack(ids), null);
    } catch (error) {
      toasts.fail(error);
    }
    onStale();
  }

  /** Decides on these rows as they are shown; what has changed meanwhile is left and named. */
  async function decideMany(chosen: readonly Row[], decision: Decision): Promise<void> {
    const items = chosen.map((row) => row.item.value).filter((item) => canDecide(decision, item.status));
    if (items.length === 0) return;
    for (const row of chosen) row.busy.value = true;
    try {
      const reply = await api.decideThese(decision, items);
      tell(
        decision,
        reply,
        items.map((item) => item.id),
      );
      for (const row of chosen) row.selected.value = false;
      await Promise.all(
        reply.conflicts
          .slice(0, 50)
          .map((id) => find(id))
          .map((row) => row && reload(row, "Left as it is: it had changed since it was shown. Look at it again.")),
      );
    } catch (error) {
      toasts.fail(error);
    }
    for (const row of chosen) row.busy.value = false;
    onStale();
  }

  return {
    rows,
    total,
    outdated,
    announcement,
    find,
    currentRow,
    moveTo,
    show,
    merge,
    reload,
    decide,
    edit,
    decideMany,
    tell,
    /** Moves the cursor by `steps` rows and answers where it is. */
    step(steps: number): Row | undefined {
      const list = rows.value;
      const at = list.findIndex((row) => row.current.value);
      const row = list[Math.min(list.length - 1, Math.max(0, at + steps))];
      moveTo(row);
      return row;
    },
    /** Selects all rows from the last chosen one to this, or this one alone. */
    select(row: Row, selected: boolean, from: Row | undefined): void {
      const list = rows.value;
      const [a, b] = [list.indexOf(row), from ? list.indexOf(from) : -1];
      const range = b < 0 ? [row] : list.slice(Math.min(a, b), Math.max(a, b) + 1);
      for (const each of range) each.selected.value = selected;
    },
  };
}
export type ReviewStore = ReturnType<typeof makeReviewStore>;

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import type { Api, ApiError, Stats } from "./api.ts";
import { coalesce, type EventType, type Live, type LiveEvent } from "./events.ts";
import type { Router } from "./router.ts";
import type { TemplateDraft } from "./template-draft.ts";

export interface Toast {
  id: number;
  text: string;
  tone: "good" | "bad";
  action?: { label: string; run: () => void };
}

/** Short messages at the edge of the page; errors stay until they are closed. */
export interface Toasts {
  readonly list: ReadonlySignal<readonly Toast[]>;
  say(text: string, action?: Toast["action"]): void;
  fail(error: unknown): void;
  close(id: number): void;
}

/** What every part of the panel works with. */
export interface App {
  api: Api;
  live: Live;
  router: Router;
  toasts: Toasts;
  /** Counts of everything, kept fresh by events. */
  stats: Signal<Stats | null>;
  /** Approved proposals that would move a file; those that stay as they are need no apply. */
  toApply: ReadonlySignal<number>;
  /** Absolute folders of the library and of what is applied; they change only with a restart. */
  roots: ReadonlySignal<{ library: string; output: string } | null>;
  statsError: Signal<ApiError | null>;
  reloadStats: () => void;
  /** Naming templates that are typed and not saved; they outlive a walk to another page. */
  templateDraft: Signal<TemplateDraft>;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error("This part stands outside the panel");
  return app;
}

const toastMs = 8000;

export function makeToasts(): Toasts {
  const list = signal<readonly Toast[]>([]);
  let lastId = 0;
  const close = (id: number) => {
    list.value = list.value.filter((toast) => toast.id !== id);
  };
  const add = (toast: Omit<Toast, "id">) => {
    const id = ++lastId;
    list.value = [...list.value.slice(-3), { ...toast, id }];
    if (toast.tone === "good") setTimeout(close, toastMs, id);
  };
  return {
    list,
    close,
    say: (text, action) => add({ text, tone: "good", ...(action && { action }) }),
    fail: (error) => add({ text: inWords(error), tone: "bad" }),
  };
}

/** Calls `refresh` for events that matter (and after a reset), at most every `gapMs`, while the part is shown. */
export function useEvents(
  matters: readonly EventType[] | ((event: LiveEvent) => boolean),
  refresh: () => Promise<unknown> | undefined,
  gapMs: number,
  key: unknown = "",
): void {
  const { live } = useApp();
  // What matters is a constant of the caller; `key` tells when `refresh` is another.
  useEffect(() => {
    const soon = coalesce(refresh, gapMs);
    const unlisten = live.listen((event) => {
      if (event.type === "reset" || (typeof matters === "function" ? matters(event) : matters.includes(event.type)))
        soon.ask();
    });
    return () => {
      unlisten();
      soon.stop();
    };
  }, [live, key]);
}

/** An error in one line. */
export function inWords(error: unknown): string {
  const { title, message } = error as Partial<ApiError> & Error;
  return [title, message].filter(Boolean).join(": ");
}

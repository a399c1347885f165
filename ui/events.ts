import { type ReadonlySignal, signal } from "@preact/signals";
import type { PhazeEvent } from "../daemon/contract/event.ts";

export type EventType = PhazeEvent["type"];
export interface LiveEvent {
  type: EventType;
  data: Record<string, unknown>;
}

const types: readonly EventType[] = ["run", "file", "scan", "proposal", "batch", "pipeline", "naming", "llm", "reset"];
const firstRetryMs = 1000;
const longestRetryMs = 30_000;

/**
 * Runs `work` soon after it is asked for, at most once every `gapMs`, never twice at once; what is asked for while it
 * runs is done once afterwards. Call the returned `stop` when nobody wants the result any more.
 */
export function coalesce(work: () => Promise<unknown> | undefined, gapMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastStart = Number.NEGATIVE_INFINITY;
  let busy = false;
  let again = false;
  let stopped = false;
  const schedule = () => {
    if (stopped || timer !== undefined) return;
    timer = setTimeout(start, Math.max(60, lastStart + gapMs - performance.now()));
  };
  async function start() {
    timer = undefined;
    busy = true;
    again = false;
    lastStart = performance.now();
    await Promise.resolve(work()).catch(() => undefined);
    busy = false;
    if (again) schedule();
  }
  return {
    ask() {
      if (busy) again = true;
      else schedule();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** The stream of changes. One connection at most, closed while nobody looks at the page. */
export interface Live {
  readonly state: ReadonlySignal<"connecting" | "live" | "lost">;
  listen(listener: (event: LiveEvent) => void): () => void;
  start(): void;
  stop(): void;
}

export function makeLive(urlAfter: (lastId: string) => string, onTrouble: () => void): Live {
  const state = signal<"connecting" | "live" | "lost">("connecting");
  const listeners = new Set<(event: LiveEvent) => void>();
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let lastId = "";
  let opened = false;

  const tell = (event: LiveEvent) => {
    for (const listener of [...listeners]) listener(event);
  };
  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
  };
  const receive = (message: MessageEvent<string>) => {
    if (message.lastEventId) lastId = message.lastEventId;
    tell({ type: message.type as EventType, data: JSON.parse(message.data || "{}") as Record<string, unknown> });
  };
  function open() {
    close();
    const current = new EventSource(urlAfter(lastId));
    source = current;
    current.onopen = () => {
      failures = 0;
      state.value = "live";
      // Without an id the server cannot tell what was missed while the stream was away.
      if (opened && lastId === "") tell({ type: "reset", data: {} });
      opened = true;
    };
    current.onerror = () => {
      close();
      state.value = "lost";
      const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** failures++) * (0.8 + Math.random() * 0.4);
      retry = setTimeout(open, delayMs);
      if (failures % 3 === 1) onTrouble();
    };
    for (const type of types) current.addEventListener(type, receive);
  }
  return {
    state,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: () => {
      if (!source) open();
    },
    stop: close,
  };
}

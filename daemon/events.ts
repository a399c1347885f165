import type { PhazeEvent } from "./contract/event.ts";

/**
 * Passes changes on to listeners and keeps the newest, so that one who was away can catch up. Ids rise, also over
 * restarts, because they start at the time in ms × 1000.
 */
export interface Events {
  emit(type: PhazeEvent["type"], data: Record<string, unknown>): void;
  /** Events after `lastId` that are still kept; null when some are lost and the listener must read everything anew. */
  since(lastId: number): PhazeEvent[] | null;
  listen(listener: (event: PhazeEvent) => void): () => void;
  lastId(): number;
}

export function makeEvents(now: () => number = Date.now, kept = 5000): Events {
  const ring: PhazeEvent[] = [];
  const listeners = new Set<(event: PhazeEvent) => void>();
  const firstId = now() * 1000;
  let id = firstId;
  return {
    emit(type, data) {
      const event = { id: ++id, type, data };
      ring.push(event);
      if (ring.length > kept * 2) ring.splice(0, kept);
      for (const listener of listeners) listener(event);
    },
    since(lastId) {
      const oldest = ring[0]?.id ?? id + 1;
      if (lastId > id || lastId < oldest - 1) return null;
      return ring.filter((event) => event.id > lastId);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastId: () => id,
  };
}

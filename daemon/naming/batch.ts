import type { NamingInput, ProposalDraft } from "../contract/naming.ts";

interface Waiting {
  /** Ends when the file's own run is stopped. */
  signal: AbortSignal;
  input: NamingInput;
  draft: ProposalDraft;
  alive(): void;
  resolve(draft: ProposalDraft): void;
  reject(error: unknown): void;
}

export interface BatcherOptions {
  /** Files in one request at most. */
  size: number;
  /** How long a first file waits for others, ms. */
  gatherMs: number;
  /** Sends one request; calls `alive` at every sign that it goes on. */
  propose(
    inputs: NamingInput[],
    drafts: ProposalDraft[],
    signal: AbortSignal,
    alive: () => void,
  ): Promise<ProposalDraft[]>;
}

/**
 * Gathers single questions to the model into requests of several files, sent one after the other: a model mostly works
 * on one at a time, and a second would look dead until the first is answered.
 */
export function makeBatcher({ size, gatherMs, propose }: BatcherOptions) {
  let waiting: Waiting[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (busy) return;
    const batch = waiting.splice(0, size);
    if (batch.length === 0) return;
    busy = true;
    // What the request waits for, those behind it wait for as well.
    const alive = () => {
      for (const item of [...batch, ...waiting]) item.alive();
    };
    // A file that is stopped leaves; the request goes on for the others until all have left.
    const controller = new AbortController();
    const leave = () => {
      if (batch.every((item) => item.signal.aborted)) controller.abort();
    };
    for (const item of batch) item.signal.addEventListener("abort", leave, { once: true });
    try {
      const drafts = await propose(
        batch.map((item) => item.input),
        batch.map((item) => item.draft),
        controller.signal,
        alive,
      );
      for (const [index, item] of batch.entries()) item.resolve(drafts[index] ?? item.draft);
    } catch (error) {
      for (const item of batch) item.reject(error);
    } finally {
      for (const item of batch) item.signal.removeEventListener("abort", leave);
      busy = false;
      if (waiting.length > 0) timer ??= setTimeout(flush, 0);
    }
  }

  return (
    input: NamingInput,
    draft: ProposalDraft,
    signal: AbortSignal,
    alive: () => void = () => {},
  ): Promise<ProposalDraft> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const item: Waiting = { signal, input, draft, alive, resolve, reject };
      const drop = () => {
        waiting = waiting.filter((other) => other !== item);
        reject(signal.reason);
      };
      signal.addEventListener("abort", drop, { once: true });
      waiting.push(item);
      if (waiting.length >= size) void flush();
      else timer ??= setTimeout(flush, gatherMs);
    });
}

import type { RawPath } from "../contract/raw-path.ts";
import type { Listing } from "./walk.ts";
import type { WalkReply, WalkRequest } from "./walker-worker.ts";

/** A thread without work is ended after this time: its memory is better used elsewhere. */
const restAfterMs = 5000;

export interface WalkOptions {
  recursive: boolean;
  /** Whether `root` may be a symbolic link: only the library itself may. */
  followLink?: boolean;
}

/** Walks folders in a thread of its own. */
export interface Walker {
  /** Batches of folders at and under `root` (or `root` alone). Throws when the thread is silent for too long. */
  walk(root: RawPath, options: WalkOptions, signal: AbortSignal): AsyncGenerator<Listing[]>;
  close(): void;
}

/** A walker; `silenceMs` without a folder means that the file system does not answer. */
export function makeWalker(silenceMs = 60_000): Walker {
  let worker: Worker | undefined;
  let nextId = 1;
  let resting: ReturnType<typeof setTimeout> | undefined;

  function ensureWorker(): Worker {
    worker ??= new Worker(new URL("./walker-worker.ts", import.meta.url).href, { smol: true } as WorkerOptions);
    (worker as Worker & { unref?(): void }).unref?.();
    return worker;
  }

  function close(): void {
    clearTimeout(resting);
    worker?.terminate();
    worker = undefined;
  }

  async function* walk(root: RawPath, options: WalkOptions, signal: AbortSignal): AsyncGenerator<Listing[]> {
    signal.throwIfAborted(); // A listener on a signal that is aborted already is never called.
    const id = nextId++;
    clearTimeout(resting);
    const port = ensureWorker();
    const inbox: (WalkReply | Error)[] = [];
    let wake = () => {};
    const put = (item: WalkReply | Error) => {
      inbox.push(item);
      wake();
    };
    const onMessage = (event: MessageEvent<WalkReply>) => {
      port.postMessage("ack");
      if (event.data.id === id) put(event.data);
    };
    const onError = (event: ErrorEvent) => put(new Error(`The walk failed: ${event.message}`));
    const onAbort = () => put(signal.reason instanceof Error ? signal.reason : new Error("The walk was stopped"));
    const next = async (): Promise<WalkReply> => {
      const silence = setTimeout(
        () => put(new Error(`The file system has not answered for ${silenceMs / 1000} s`)),
        silenceMs,
      );
      if (inbox.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      clearTimeout(silence);
      const item = inbox.shift() as WalkReply | Error;
      if (item instanceof Error) throw item;
      return item;
    };
    port.addEventListener("message", onMessage);
    port.addEventListener("error", onError);
    signal.addEventListener("abort", onAbort, { once: true });
    port.postMessage({ id, root, followLink: false, ...options } satisfies WalkRequest);
    let finished = false;
    try {
      for (;;) {
        const reply = await next();
        if (reply.listings.length > 0) yield reply.listings;
        if (reply.last) {
          finished = true;
          return;
        }
      }
    } finally {
      port.removeEventListener("message", onMessage);
      port.removeEventListener("error", onError);
      signal.removeEventListener("abort", onAbort);
      // A walk that was left half way goes on in its thread: end the thread, the next walk starts another.
      if (!finished) close();
      else {
        resting = setTimeout(close, restAfterMs);
        resting.unref();
      }
    }
  }

  return { walk, close };
}

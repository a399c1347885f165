/** Time for waiting; injected so that tests need not wait. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The real clock; a sleep ends at once when aborted. */
export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal.addEventListener("abort", stop, { once: true });
    }),
};

const windowMs = 60_000;
const signEveryMs = 500;

/**
 * At most `perMinute` starts in any 60 s. It keeps only the times of past starts and looks at them anew after every
 * wait, so nothing has to be given back: an aborted or failed call cannot wedge it, nor can a clock set back. `alive` is
 * called while it waits.
 */
export function makeRateLimit(perMinute: number, clock: Clock) {
  let starts: number[] = [];
  return async (signal: AbortSignal, alive: () => void): Promise<void> => {
    if (!(perMinute > 0)) return;
    for (;;) {
      signal.throwIfAborted();
      const now = clock.now();
      starts = starts.filter((start) => start <= now && now - start < windowMs);
      const oldest = starts[starts.length - Math.floor(Math.max(1, perMinute))];
      if (oldest === undefined) {
        starts.push(now);
        return;
      }
      alive();
      await clock.sleep(Math.max(1, Math.min(signEveryMs, oldest + windowMs - now)), signal);
    }
  };
}

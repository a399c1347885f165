/** Runs work that comes in small steps, so that requests are answered meanwhile. */
export interface Steps {
  /** Runs to the end. Rejects with the signal's reason when it aborts. `onStep` gets what the steps yield. */
  run<Step, Result>(
    work: Generator<Step, Result>,
    signal?: AbortSignal,
    onStep?: (step: Step) => Promise<void>,
  ): Promise<Result>;
}

/** The longest that other work waits, ms. */
const turnMs = 15;

export function makeSteps(): Steps {
  const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    async run(work, signal, onStep) {
      let start = performance.now();
      try {
        for (;;) {
          signal?.throwIfAborted();
          const step = work.next();
          if (step.done) return step.value;
          if (performance.now() - start < turnMs) continue;
          await onStep?.(step.value);
          await nextTurn();
          start = performance.now();
        }
      } finally {
        // Ended early, it must still let go of what it holds.
        work.return(undefined as never);
      }
    },
  };
}

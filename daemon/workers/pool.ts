import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { Job, Reply } from "./messages.ts";

export interface PoolOptions {
  /** Processes at most; they start with the first work and end when there is none. */
  size: number;
  /** A worker that holds more than this after a job is replaced, bytes. */
  maxRssBytes?: number;
  /** A task that takes longer is given up and its process killed, ms. */
  taskTimeoutMs?: number;
  /** Idle workers end after this, ms, and give their memory back. */
  idleMs?: number;
  /** Script of the worker; for tests. */
  script?: string;
}

/** How a task ended. */
export type Outcome = { result: unknown; cpuMs: number } | { error: string; cpuMs: number };

export interface WorkerPool {
  readonly size: number;
  /**
   * Runs `tasks` on one block of samples, in a process of the pool. One outcome for each task; a process that dies costs
   * the task it was at, and the others go on in a new one. Rejects when `signal` aborts.
   */
  run(samples: Float32Array, tasks: Job["tasks"], signal: AbortSignal): Promise<Outcome[]>;
  /** Process ids and memory (as last reported) of the workers that live. */
  workers(): { pid: number; rssBytes: number }[];
  /** Ends all that runs; resolves when the processes have gone. */
  close(): Promise<void>;
}

interface Waiting {
  job: Job;
  /** Places of the job's tasks among those asked for: a job that was cut short goes on with the rest. */
  places: number[];
  outcomes: Outcome[];
  signal: AbortSignal;
  secondTry?: boolean;
  resolve(outcomes: Outcome[]): void;
  reject(reason: unknown): void;
}

interface Worker {
  process: ReturnType<typeof Bun.spawn>;
  rssBytes: number;
  current: Waiting | null;
  /** The task it is at, by its place in the job. */
  task: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  retired: boolean;
  /** It has started well; until then, no job is to blame. */
  ready: boolean;
}

const defaultScript = fileURLToPath(new URL("./worker.ts", import.meta.url));
const diedAtStart = "The analysis process cannot be started";

/** Makes a pool of analysis processes. A crash, a leak or an endless loop in one of them touches one task of one file. */
export function makeWorkerPool(options: PoolOptions): WorkerPool {
  const { size, maxRssBytes = 400 * 1024 ** 2, taskTimeoutMs = 120_000, idleMs = 20_000 } = options;
  const workers = new Set<Worker>();
  const queue: Waiting[] = [];
  let lastId = 0;
  let closed = false;

  function spawnWorker(): Worker {
    const worker: Worker = {
      process: Bun.spawn([process.execPath, options.script ?? defaultScript], {
        stdio: ["ignore", "ignore", "inherit"],
        env: { LANG: "C.UTF-8" },
        serialization: "advanced",
        ipc: (reply: Reply) => take(worker, reply),
        onExit: (_process, code, signal) => ended(worker, code, signal),
      }),
      rssBytes: 0,
      current: null,
      task: -1,
      timer: undefined,
      retired: false,
      ready: false,
    };
    try {
      // A home server has other things to do as well.
      setPriority(worker.process.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      /** Then it runs at normal priority. */
    }
    workers.add(worker);
    return worker;
  }

  function retire(worker: Worker, force: boolean): void {
    worker.retired = true;
    clearTimeout(worker.timer);
    worker.process.kill(force ? "SIGKILL" : "SIGTERM");
  }

  function give(worker: Worker, waiting: Waiting): void {
    clearTimeout(worker.timer);
    worker.current = waiting;
    worker.task = -1;
    watchTask(worker);
    worker.process.send(waiting.job);
  }

  function watchTask(worker: Worker): void {
    clearTimeout(worker.timer);
    worker.timer = setTimeout(() => retire(worker, true), taskTimeoutMs);
  }

  /** Hands out waiting work, to idle workers first. */
  function fill(): void {
    while (queue.length > 0 && !closed) {
      const idle = [...workers].find((worker) => worker.current === null && !worker.retired);
      if (!idle && [...workers].filter((worker) => !worker.retired).length >= size) return;
      const waiting = queue.shift() as Waiting;
      give(idle ?? spawnWorker(), waiting);
    }
  }

  function take(worker: Worker, reply: Reply): void {
    const { current } = worker;
    worker.ready = true;
    if (reply.kind === "ready" || !current || reply.id !== current.job.id) return;
    if (reply.kind === "begin") {
      worker.task = reply.task;
      watchTask(worker);
    } else if (reply.kind === "done") {
      worker.rssBytes = reply.rssBytes;
      worker.current = null;
      clearTimeout(worker.timer);
      current.resolve(current.outcomes);
      if (worker.rssBytes > maxRssBytes) retire(worker, false);
      else worker.timer = setTimeout(() => retire(worker, false), idleMs);
      worker.timer?.unref?.();
      fill();
    } else {
      const outcome =
        reply.kind === "result"
          ? { result: reply.result, cpuMs: reply.cpuMs }
          : { error: reply.message, cpuMs: reply.cpuMs };
      current.outcomes[current.places[reply.task] as number] = outcome;
    }
  }

  /** A worker has gone: its task failed, what it had not begun goes to another one. */
  function ended(worker: Worker, code: number | null, signal: number | string | null): void {
    clearTimeout(worker.timer);
    workers.delete(worker);
    const { current } = worker;
    worker.current = null;
    if (current && closed) current.reject(new Error("The pool is closed"));
    else if (current && !current.signal.aborted) {
      if (worker.task < 0 && worker.ready && !current.secondTry) {
        // It died before it had begun: the job goes to another one, once.
        queue.unshift({ ...current, secondTry: true });
        fill();
        return;
      }
      const how = signal !== null ? `signal ${signal}` : `exit code ${code}`;
      const why = worker.retired ? `gave no answer for ${taskTimeoutMs / 1000} s and was stopped` : `died (${how})`;
      const place = current.places[Math.max(0, worker.task)] as number;
      current.outcomes[place] = {
        error: worker.task < 0 ? `${diedAtStart} (${how})` : `The analysis process ${why}`,
        cpuMs: 0,
      };
      const rest = current.places.filter((at) => current.outcomes[at] === undefined);
      if (rest.length === 0) current.resolve(current.outcomes);
      else
        queue.unshift({
          ...current,
          places: rest,
          job: {
            ...current.job,
            id: ++lastId,
            tasks: rest.map((at) => current.job.tasks[current.places.indexOf(at)] as Job["tasks"][number]),
          },
        });
    }
    fill();
  }

  return {
    size,
    run(samples, tasks, signal) {
      const done = Promise.withResolvers<Outcome[]>();
      if (signal.aborted || closed) return Promise.reject(signal.reason ?? new Error("The pool is closed"));
      const waiting: Waiting = {
        job: { id: ++lastId, samples, tasks },
        places: tasks.map((_, index) => index),
        outcomes: new Array(tasks.length),
        signal,
        ...done,
      };
      const onAbort = () => {
        const at = queue.findIndex((other) => other.outcomes === waiting.outcomes);
        if (at >= 0) queue.splice(at, 1);
        for (const worker of workers) if (worker.current?.outcomes === waiting.outcomes) retire(worker, true);
        done.reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      queue.push(waiting);
      fill();
      return done.promise.finally(() => signal.removeEventListener("abort", onAbort));
    },
    workers: () => [...workers].map((worker) => ({ pid: worker.process.pid, rssBytes: worker.rssBytes })),
    async close() {
      closed = true;
      for (const waiting of queue.splice(0)) waiting.reject(new Error("The pool is closed"));
      const exits = [...workers].map((worker) => worker.process.exited);
      for (const worker of workers) retire(worker, true);
      await Promise.all(exits);
    },
  };
}

/** A piece of work: one block of samples, and what to find out from it. */
export interface Job {
  id: number;
  samples: Float32Array;
  tasks: readonly { name: string; options?: unknown }[];
}

/** What a worker says: that it begins with a task, how a task ended, and that the job is done, with its memory. */
export type Reply =
  | { kind: "ready" }
  | { kind: "begin"; id: number; task: number }
  | { kind: "result"; id: number; task: number; result: unknown; cpuMs: number }
  | { kind: "error"; id: number; task: number; message: string; cpuMs: number }
  | { kind: "done"; id: number; rssBytes: number };

/** One kind of analysis in a worker: samples in, plain data out. Kept between jobs, so that models load once. */
export type Task = (samples: Float32Array, options: unknown) => unknown | Promise<unknown>;

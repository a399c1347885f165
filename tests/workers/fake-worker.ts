/** A worker whose tasks do what their options say: for tests of the pool. */
interface Job {
  id: number;
  samples: Float32Array;
  tasks: { name: string; options?: unknown }[];
}

const hoard: Uint8Array[] = [];
const send = (reply: unknown) => process.send?.(reply);

async function act(name: string, samples: Float32Array): Promise<unknown> {
  if (name === "sum") return samples.reduce((sum, sample) => sum + sample, 0);
  if (name === "pid") return process.pid;
  if (name === "crash") process.kill(process.pid, "SIGSEGV");
  if (name === "exit") process.exit(7);
  if (name === "throw") throw new Error("no such luck");
  if (name === "hang") for (;;) Math.sqrt(2);
  if (name === "wait") await Bun.sleep(50);
  if (name === "grow") hoard.push(new Uint8Array(300 * 1024 ** 2).fill(1));
  return name;
}

process.on("message", async (job: Job) => {
  for (const [task, { name }] of job.tasks.entries()) {
    send({ kind: "begin", id: job.id, task });
    try {
      send({ kind: "result", id: job.id, task, result: await act(name, job.samples), cpuMs: 1 });
    } catch (error) {
      send({ kind: "error", id: job.id, task, message: (error as Error).message, cpuMs: 1 });
    }
  }
  send({ kind: "done", id: job.id, rssBytes: process.memoryUsage.rss() });
});
process.on("disconnect", () => process.exit(0));

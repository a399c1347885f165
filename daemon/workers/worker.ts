import type { Job, Reply, Task } from "./messages.ts";
import { makeTasks } from "./tasks.ts";

/** A process that works off jobs one after the other. It ends with its parent. */
const send = (reply: Reply) => process.send?.(reply);
const tasks: Record<string, Task> = makeTasks();

async function runTask(job: Job, index: number): Promise<void> {
  const { name, options } = job.tasks[index] as Job["tasks"][number];
  send({ kind: "begin", id: job.id, task: index });
  const before = process.cpuUsage();
  const spent = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  try {
    const task = tasks[name];
    if (!task) throw new Error(`There is no task ${name}`);
    const result = await task(job.samples, options);
    send({ kind: "result", id: job.id, task: index, result, cpuMs: spent() });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    send({ kind: "error", id: job.id, task: index, message, cpuMs: spent() });
  }
}

process.on("message", async (job: Job) => {
  for (let index = 0; index < job.tasks.length; index++) await runTask(job, index);
  // The blocks of samples are large and few: without this, a dozen of them wait to be collected.
  Bun.gc(true);
  send({ kind: "done", id: job.id, rssBytes: process.memoryUsage.rss() });
});
process.on("disconnect", () => process.exit(0));
send({ kind: "ready" });

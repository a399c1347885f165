import type { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { FakeBatch } from "./fake-batches.ts";
import type { World } from "./fake-world.ts";

export function streamRoutes(app: Hono, world: World): void {
  const follow = (
    counter: "eventStreams" | "progressStreams",
    accepts: (event: { type: string; data: Record<string, unknown> }) => boolean,
  ) => {
    world[counter]++;
    const news: { id: number; type: string; data: Record<string, unknown> }[] = [];
    let wake = () => {};
    const unlisten = world.events.listen((event) => {
      if (accepts(event)) news.push(event);
      wake();
    });
    return {
      news,
      wake: () => wake(),
      wait: () => new Promise<void>((resolve) => (wake = resolve)),
      end() {
        unlisten();
        world[counter]--;
      },
    };
  };
  app.get("/api/v1/events", (c) =>
    streamSSE(c, async (stream) => {
      const feed = follow("eventStreams", () => true);
      stream.onAbort(feed.wake);
      await stream.write(": connected\n\n");
      while (!stream.aborted) {
        if (feed.news.length === 0) await feed.wait();
        for (const event of feed.news.splice(0))
          await stream.writeSSE({ id: `${event.id}`, event: event.type, data: JSON.stringify(event.data) });
      }
      feed.end();
    }),
  );
  app.get("/execution/progress/:id", (c) =>
    streamSSE(c, async (stream) => {
      const fake = world.batches.find(({ batch }) => batch.id === Number(c.req.param("id"))) as FakeBatch;
      const feed = follow("progressStreams", (event) => event.type === "batch" && event.data.batchId === fake.batch.id);
      stream.onAbort(feed.wake);
      await stream.writeSSE({ event: "progress", data: JSON.stringify(fake.batch) });
      while (!stream.aborted && fake.batch.status === "running") {
        if (feed.news.length === 0) await feed.wait();
        for (const event of feed.news.splice(0))
          await stream.writeSSE({ event: "progress", data: JSON.stringify(event.data) });
      }
      if (!stream.aborted) await stream.writeSSE({ event: "end", data: JSON.stringify(fake.batch) });
      feed.end();
    }),
  );
}

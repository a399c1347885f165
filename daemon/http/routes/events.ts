import { createRoute, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import type { PhazeEvent } from "../../contract/event.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";

const heartbeatMs = 15_000;
/** A listener that reads this slowly gets a reset instead of ever more memory. */
const mostWaiting = 2000;

const route = createRoute({
  method: "get",
  path: "/api/v1/events",
  tags: ["Events"],
  summary: "All changes of state as server-sent events",
  description:
    "Resumes after `Last-Event-ID` (or `last_event_id`). An event `reset` means that some are lost: read everything anew.",
  request: { query: z.object({ last_event_id: z.coerce.number().int().nonnegative().optional() }) },
  responses: { 200: { description: "text/event-stream" } },
});

export function eventRoutes({ events }: AppDeps) {
  return makeRoutes().openapi(route, (c) => {
    const header = c.req.header("last-event-id");
    const lastId = header && /^\d+$/.test(header) ? Number(header) : c.req.valid("query").last_event_id;
    return streamSSE(c, async (stream) => {
      const reset = (): PhazeEvent => ({ id: events.lastId(), type: "reset", data: {} });
      let waiting: PhazeEvent[] = lastId === undefined ? [] : (events.since(lastId) ?? [reset()]);
      let wake = () => {};
      const unlisten = events.listen((event) => {
        waiting.push(event);
        if (waiting.length > mostWaiting) waiting = [reset()];
        wake();
      });
      stream.onAbort(() => wake());
      try {
        await stream.write(": connected\n\n");
        while (!stream.aborted) {
          if (waiting.length === 0) {
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, heartbeatMs);
              wake = () => {
                clearTimeout(timer);
                resolve();
              };
            });
          }
          const batch = waiting.splice(0);
          if (batch.length === 0) await stream.write(": still here\n\n");
          for (const event of batch)
            await stream.writeSSE({ id: `${event.id}`, event: event.type, data: JSON.stringify(event.data) });
        }
      } finally {
        unlisten();
      }
    });
  });
}

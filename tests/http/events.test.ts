import { describe, expect, test } from "bun:test";
import type { ProposalItem } from "../../daemon/contract/api.ts";
import type { Page } from "../support/page.ts";
import { ready } from "./support.ts";

/** Reads server-sent events until `enough` says so. */
async function readEvents(response: Response, enough: (text: string) => boolean): Promise<string> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  while (!enough(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += new TextDecoder().decode(value);
  }
  await reader.cancel();
  return text;
}

describe("events", () => {
  test("tell every change, and go on after the last one seen", async () => {
    const world = await ready();
    const [first] = (await world.call<Page<ProposalItem>>("GET", "/proposals/")).items as [ProposalItem];
    const from = world.daemon.deps.events.lastId();
    await world.call("PATCH", `/proposals/${first.id}/approve`);
    await world.call("PATCH", `/proposals/${first.id}/undo`);
    const resumed = await world.request("GET", "/api/v1/events", { headers: { "last-event-id": `${from}` } });
    const text = await readEvents(resumed, (seen) => seen.split("event: proposal").length > 2);
    expect(text).toContain(`id: ${from + 1}\n`);
    expect(text).toContain('"status":"approved"');
    const live = await world.request("GET", "/api/v1/events");
    const reading = readEvents(live, (seen) => seen.includes("event: pipeline"));
    await Bun.sleep(50);
    await world.call("POST", "/pipeline/pause");
    expect(await reading).toContain('"paused":true');
    const lost = await world.request("GET", "/api/v1/events", { headers: { "last-event-id": "5" } });
    expect(await readEvents(lost, (seen) => seen.includes("event:"))).toContain("event: reset");
  });

  test("the progress of a batch is told until it ends", async () => {
    const world = await ready();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const { batchId } = await world.call<{ batchId: number }>("POST", "/execution/start", {});
    const text = await readEvents(await world.request("GET", `/execution/progress/${batchId}`), (seen) =>
      seen.includes("event: end"),
    );
    expect(text).toContain("event: progress");
    expect(text.slice(text.indexOf("event: end"))).toContain('"status":"done"');
  });
});

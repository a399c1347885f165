import { describe, expect, test } from "bun:test";
import type { ProposalItem } from "../../daemon/contract/api.ts";
import type { Page } from "../support/page.ts";
import { ready } from "./support.ts";

describe("decisions", () => {
  test("approve, reject and undo, with a version that guards against races", async () => {
    const world = await ready();
    const [first] = (await world.call<Page<ProposalItem>>("GET", "/proposals/")).items as [ProposalItem];
    const approved = await world.call<ProposalItem>("PATCH", `/proposals/${first.id}/approve`, {
      version: first.version,
    });
    expect(approved).toMatchObject({ status: "approved", version: first.version + 1 });
    const stale = await world.request("PATCH", `/proposals/${first.id}/reject`, { body: { version: first.version } });
    expect(stale.status).toBe(409);
    expect((await world.call<ProposalItem>("PATCH", `/proposals/${first.id}/undo`)).status).toBe("pending");
    expect((await world.call<ProposalItem>("PATCH", `/proposals/${first.id}/reject`)).status).toBe("rejected");
    const trail = await world.call<Page<{ action: string; actor: string }>>("GET", "/audit/");
    expect(trail.items.map((entry) => [entry.action, entry.actor])).toEqual([
      ["reject", "api"],
      ["revert", "api"],
      ["approve", "api"],
    ]);
  });

  test("in bulk, by ids with versions or by a filter; what has changed is passed over and named", async () => {
    const world = await ready();
    const { items } = await world.call<Page<ProposalItem>>("GET", "/proposals/");
    const [a, b] = items as [ProposalItem, ProposalItem];
    const versions = { [a.id]: a.version, [b.id]: b.version + 5 };
    const reply = await world.call<{ decided: number }>("PATCH", "/proposals/bulk", {
      action: "approve",
      ids: [a.id, b.id, 999],
      versions,
    });
    expect(reply).toMatchObject({ decided: 1, conflicts: [b.id], notFound: [999] } as never);
    expect(
      await world.call<{ decided: number }>("PATCH", "/proposals/bulk", {
        action: "approve",
        all: true,
        filter: { minConfidence: 1 },
      }),
    ).toMatchObject({ decided: 0 });
    expect(
      await world.call<{ decided: number }>("PATCH", "/proposals/bulk", { action: "reject", all: true }),
    ).toMatchObject({ decided: 2 });
    expect((await world.request("PATCH", "/proposals/bulk", { body: { action: "approve" } })).status).toBe(400);
  });

  test("a batch tells how far it is, its journal comes in pages", async () => {
    const world = await ready();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const { batchId } = await world.call<{ batchId: number }>("POST", "/execution/start", {});
    await world.batchEnd(batchId);
    const batch = await world.call<Record<string, unknown>>("GET", `/execution/${batchId}`);
    expect(batch).toMatchObject({ status: "done", operations: { done: 4 }, bytesDone: batch.bytes });
    expect(batch).not.toHaveProperty("items");
    const journal = (query: string) =>
      world.call<Page<{ unit: number }>>("GET", `/execution/${batchId}/operations?${query}`);
    expect(await journal("page=2&page_size=3")).toMatchObject({ total: 4, page: 2, items: [{ unit: 2 }] });
    expect(await journal("status=failed")).toMatchObject({ total: 0, items: [] });
    expect((await world.request("GET", "/execution/999/operations")).status).toBe(404);
  });

  test("what was executed can only be undone by its batch", async () => {
    const world = await ready();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const plan = await world.call<{ batchId: number }>("POST", "/execution/start", {});
    await world.batchEnd(plan.batchId);
    const [item] = (await world.call<Page<ProposalItem>>("GET", "/proposals/?status=executed")).items as [ProposalItem];
    const response = await world.request("PATCH", `/proposals/${item.id}/reject`);
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      409,
      "The file has been moved: undo its batch instead",
    ]);
  });

  test("the preview shows the tree that approval would make", async () => {
    const world = await ready();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const preview = await world.call<{ total: number; directories: { path: string; files: { name: string }[] }[] }>(
      "GET",
      "/preview/",
    );
    expect(preview.total).toBe(3);
    expect(preview.directories.map((directory) => [directory.path, directory.files.length])).toEqual([
      ["music/Lowtide", 2],
      ["music/Mara Voss", 1],
    ]);
  });
});

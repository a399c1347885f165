import type { Hono } from "hono";
import { problem } from "../../../daemon/http/problem.ts";
import type { Proposal } from "./canned-proposals.ts";
import { type Decision, decide, type Filter, matching, pageOf, type World } from "./fake-world.ts";

export function proposalRoutes(app: Hono, world: World): void {
  const find = (id: string) => world.proposals.find((proposal) => proposal.id === Number(id));
  app.get("/proposals/", (c) => {
    const { min_confidence, status, kind, changed, q, sort = "id", ...query } = c.req.query();
    const filter = {
      ...(status && { status }),
      ...(kind && { kind }),
      ...(q && { q }),
      min: Number(min_confidence ?? 0),
      changed: changed === "true",
    };
    const items = matching(world, filter);
    const by = sort.replace("-", "") as "id" | "confidence" | "path" | "destination";
    items.sort((a, b) => (a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : a.id - b.id));
    return c.json(pageOf(sort.startsWith("-") ? items.reverse() : items, query));
  });
  app.get("/proposals/:id/detail", (c) => {
    const proposal = find(c.req.param("id"));
    return proposal ? c.json(proposal) : problem(c, 404, "No such proposal");
  });
  app.patch("/proposals/bulk", async (c) => {
    const body = (await c.req.json()) as {
      action: Decision;
      ids?: number[];
      versions?: Record<string, number>;
      all?: boolean;
      filter?: Filter & { minConfidence?: number };
    };
    world.bulkBodies.push(body);
    const chosen =
      body.ids ?? matching(world, { ...body.filter, min: body.filter?.minConfidence ?? 0 }).map(({ id }) => id);
    const conflicts = chosen.filter(
      (id) => body.versions?.[id] !== undefined && body.versions[id] !== find(`${id}`)?.version,
    );
    const free = chosen.filter((id) => !conflicts.includes(id));
    for (const id of free) decide(world, find(`${id}`) as Proposal, body.action);
    world.events.emit("proposal", { bulk: body.action, decided: free.length });
    return c.json({ decided: free.length, conflicts, notFound: [] });
  });
  app.patch("/proposals/:id/:action", async (c) => {
    const proposal = find(c.req.param("id"));
    const { version } = (await c.req.json()) as { version?: number };
    if (!proposal) return problem(c, 404, "No such proposal");
    if (version !== proposal.version)
      return problem(c, 409, "The proposal has changed", `It is at version ${proposal.version} now: look at it again`);
    decide(world, proposal, c.req.param("action") as Decision);
    world.events.emit("proposal", { id: proposal.id, status: proposal.status, version: proposal.version });
    return c.json(proposal);
  });
}

import type { Hono } from "hono";
import { keptRuleSchema, proposalEditSchema } from "../../../daemon/contract/api.ts";
import type { FieldName } from "../../../daemon/contract/fields.ts";
import type { NamingRule } from "../../../daemon/contract/naming.ts";
import { problem } from "../../../daemon/http/problem.ts";
import type { Proposal } from "./canned-proposals.ts";
import { type Decision, decide, type Filter, matching, pageOf, type World } from "./fake-world.ts";

function learn(world: World, rule: NamingRule) {
  const kept = { id: world.rules.length + 1, fileId: 1, actor: "panel", createdAt: Date.now(), active: true, ...rule };
  world.rules.push(keptRuleSchema.parse(kept));
  return kept;
}

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
  app.patch("/proposals/:id/fields", async (c) => {
    const proposal = find(c.req.param("id"));
    const body = proposalEditSchema.parse(await c.req.json());
    if (!proposal) return problem(c, 404, "No such proposal");
    if (body.version !== proposal.version) return problem(c, 409, "The proposal has changed", "Look at it again");
    const learned = Object.entries(body.fields).flatMap(([field, value]) => {
      const before = proposal.fields[field as FieldName] ?? "";
      if (!body.learn || !value || before === "") return [];
      return [
        learn(world, {
          kind: "alias",
          field: field as FieldName,
          scope: "",
          matches: before.toLowerCase(),
          before,
          value,
        }),
      ];
    });
    for (const [field, value] of Object.entries(body.fields) as [FieldName, string | null][]) {
      proposal.evidence[field] = [{ source: "person", text: "Set by hand", weight: 1 }];
      if (value) proposal.fields[field] = value;
      else delete proposal.fields[field];
    }
    if (body.kind) proposal.kind = body.kind;
    const filename = `${proposal.fields.artist ?? "?"} - ${proposal.fields.title ?? "Live"}.mp3`;
    Object.assign(proposal, { status: "pending", version: proposal.version + 1, filename });
    return c.json({ proposal, learned, concerned: learned.length * 3 });
  });
  app.get("/api/v1/naming/rules", (c) => c.json(pageOf(world.rules.toReversed(), c.req.query())));
  app.patch("/api/v1/naming/rules/:id", async (c) => {
    const rule = world.rules.find(({ id }) => id === Number(c.req.param("id")));
    const { active } = (await c.req.json()) as { active: boolean };
    if (!rule) return problem(c, 404, "No such rule");
    rule.active = active;
    return c.json({ rule, concerned: 3 });
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

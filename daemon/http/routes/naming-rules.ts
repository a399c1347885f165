import { createRoute, z } from "@hono/zod-openapi";
import { idParam, keptRuleSchema, pageOf, pageQuery } from "../../contract/api.ts";
import { appendAudit } from "../../db/audit.ts";
import { getRule, listRules, setRuleActive } from "../../db/naming-rules.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { proposeConcerned } from "../edit-proposal.ts";
import { fails, json, jsonBody } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

const list = createRoute({
  method: "get",
  path: "/api/v1/naming/rules",
  tags: ["Naming"],
  summary: "What the library has learned from edits",
  request: { query: pageQuery },
  responses: { 200: json(pageOf(keptRuleSchema), "A page of rules, the newest first") },
});

const change = createRoute({
  method: "patch",
  path: "/api/v1/naming/rules/{id}",
  tags: ["Naming"],
  summary: "Take back what was learned, or take it up again",
  request: { params: idParam, ...jsonBody(z.object({ active: z.boolean() })) },
  responses: {
    200: json(
      z.object({ rule: keptRuleSchema, concerned: z.number().int() }),
      "The rule, and how many pending proposals are made anew",
    ),
    404: fails("No such rule"),
  },
});

export function namingRuleRoutes(deps: AppDeps) {
  const { db, now } = deps;
  return makeRoutes()
    .openapi(list, (c) => {
      const { page, page_size } = c.req.valid("query");
      return c.json({ ...listRules(db, page_size, (page - 1) * page_size), page, page_size }, 200);
    })
    .openapi(change, (c) => {
      const { id } = c.req.valid("param");
      const { active } = c.req.valid("json");
      const rule = getRule(db, id);
      if (!rule) throw new HttpProblem(404, "No such rule");
      const concerned = db.transaction(() => {
        setRuleActive(db, id, active);
        const action = active ? "learn again" : "unlearn";
        appendAudit(db, { at: now(), actor: c.get("actor"), action, fileId: rule.fileId, detail: { rule: id } });
        return proposeConcerned(deps, [rule]);
      })();
      deps.events.emit("naming", { rule: id, active });
      return c.json({ rule: { ...rule, active }, concerned }, 200);
    });
}

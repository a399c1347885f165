import { createRoute } from "@hono/zod-openapi";
import {
  previewReplySchema,
  templateChangesSchema,
  templatesReplySchema,
  templatesSavedSchema,
} from "../../contract/naming-api.ts";
import { type TemplateChanges, type Templates, templateKinds, templateParts } from "../../contract/templates.ts";
import { appendAudit } from "../../db/audit.ts";
import { readCounts } from "../../db/counts.ts";
import { relativeTo } from "../../db/naming-input.ts";
import { listProposals } from "../../db/proposal-list.ts";
import { readTemplates, writeTemplates } from "../../db/templates.ts";
import { templateErrors } from "../../naming/template-parse.ts";
import { previewTemplates } from "../../naming/template-preview.ts";
import { changeTemplates, defaultTemplates, templateFields } from "../../naming/templates.ts";
import { syncStages } from "../../pipeline/advance.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json, jsonBody } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

/** How many of the newest pending proposals a preview looks at. */
const mostLookedAt = 500;

const changesBody = jsonBody(templateChangesSchema);

const get = createRoute({
  method: "get",
  path: "/api/v1/naming/templates",
  tags: ["Naming"],
  summary: "The templates that names are made by",
  responses: { 200: json(templatesReplySchema, "Templates, their defaults, and the fields they can use") },
});

const put = createRoute({
  method: "put",
  path: "/api/v1/naming/templates",
  tags: ["Naming"],
  summary: "Change templates; pending proposals are made anew",
  request: changesBody,
  responses: {
    200: json(templatesSavedSchema, "The templates now, and how many proposals are made anew"),
    400: fails("A template has errors: each with its path and its place"),
  },
});

const preview = createRoute({
  method: "post",
  path: "/api/v1/naming/templates/preview",
  tags: ["Naming"],
  summary: "What templates would do, without changing any",
  request: changesBody,
  responses: { 200: json(previewReplySchema, "By template: its errors, or samples of what it makes") },
});

const fields = [
  ...templateFields.map(({ word, example, description }) => ({ name: word, example, description })),
  { name: "YYYY.MM.DD", example: "2016.09.xx", description: "Date; any order and marks, such as YYYY or YYYY-MM" },
];

/** Single texts in which two sets of templates differ, by path such as `festival.filename`. */
function differences(before: Templates, after: Templates): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const kind of templateKinds)
    for (const part of templateParts)
      if (before[kind][part] !== after[kind][part]) changed[`${kind}.${part}`] = after[kind][part];
  return changed;
}

/** Puts changes in force and queues what they concern; returns how many proposals are made anew. */
function applyChanges({ db, registry, scheduler, now }: AppDeps, changes: TemplateChanges): number {
  const before = readTemplates(db);
  const wanted = changeTemplates(before, changes);
  const errors = templateErrors(wanted);
  if (errors.length > 0)
    throw new HttpProblem(
      400,
      errors.length === 1 ? "A template has an error" : `Templates have ${errors.length} errors`,
      errors.map(({ path, message }) => `${path}: ${message}`).join(" "),
      errors,
    );
  const changed = differences(before, wanted);
  if (Object.keys(changed).length === 0) return 0;
  db.transaction(() => {
    writeTemplates(db, changes);
    appendAudit(db, { at: now(), actor: "user", action: "set templates", detail: changed });
    syncStages(db, registry);
  })();
  scheduler.wake();
  return readCounts(db, "proposal").pending ?? 0;
}

function previewChanges({ db, library }: AppDeps, changes: TemplateChanges) {
  const stored = readTemplates(db);
  const newest = { sort: "id", descending: true, limit: mostLookedAt, offset: 0 } as const;
  const { items } = listProposals(db, { status: "pending" }, newest);
  const files = items.map((item) => ({ ...item, path: relativeTo(library, item.path) }));
  return { templates: previewTemplates(changeTemplates(stored, changes), stored, files), checked: files.length };
}

export function namingRoutes(deps: AppDeps) {
  return makeRoutes()
    .openapi(get, (c) => c.json({ templates: readTemplates(deps.db), defaults: defaultTemplates, fields }, 200))
    .openapi(put, (c) => {
      const remade = applyChanges(deps, c.req.valid("json") ?? {});
      return c.json({ templates: readTemplates(deps.db), remade }, 200);
    })
    .openapi(preview, (c) => c.json(previewChanges(deps, c.req.valid("json") ?? {}) as never, 200));
}

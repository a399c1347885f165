import type { Hono } from "hono";
import {
  previewReplySchema,
  templateChangesSchema,
  templatesReplySchema,
} from "../../../daemon/contract/naming-api.ts";
import { problem } from "../../../daemon/http/problem.ts";
import { templateErrors } from "../../../daemon/naming/template-parse.ts";
import { previewTemplates } from "../../../daemon/naming/template-preview.ts";
import { changeTemplates, defaultTemplates, templateFields } from "../../../daemon/naming/templates.ts";
import { library } from "./canned-proposals.ts";
import type { World } from "./fake-world.ts";

/** Templates as the daemon keeps them, over the world's proposals. */
export function namingRoutes(app: Hono, world: World): void {
  const url = "/api/v1/naming/templates";
  const fields = templateFields.map(({ word, example, description }) => ({ name: word, example, description }));
  app.get(url, (c) =>
    c.json(templatesReplySchema.parse({ templates: world.templates, defaults: defaultTemplates, fields })),
  );
  app.put(url, async (c) => {
    const changes = templateChangesSchema.parse(await c.req.json());
    const wanted = changeTemplates(world.templates, changes);
    if (templateErrors(wanted).length > 0) return problem(c, 400, "A template has an error");
    world.savedTemplates.push(changes);
    world.templates = wanted;
    const remade = world.proposals.filter(({ status }) => status === "pending").length;
    return c.json({ templates: wanted, remade });
  });
  app.post(`${url}/preview`, async (c) => {
    world.previews++;
    const wanted = changeTemplates(world.templates, templateChangesSchema.parse(await c.req.json()));
    const files = world.proposals.map((item) => ({ ...item, path: item.path.slice(library.length + 1) }));
    const templates = previewTemplates(wanted, world.templates, files);
    return c.json(previewReplySchema.parse({ templates, checked: files.length }));
  });
}

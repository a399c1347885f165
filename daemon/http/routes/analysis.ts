import { createRoute, z } from "@hono/zod-openapi";
import { analysisSchema, personValuesSchema } from "../../contract/analysis.ts";
import { idParam } from "../../contract/api.ts";
import { getAnalysis, setPersonValues } from "../../db/analysis.ts";
import { appendAudit } from "../../db/audit.ts";
import { getFile } from "../../db/files.ts";
import { requeueStage } from "../../db/runs.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json, jsonBody } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

/** The stages that listen, in the order in which people think of them. */
export const soundStages = ["loudness", "rhythm", "key", "mood"] as const;

const analyze = createRoute({
  method: "post",
  path: "/api/v1/analyze",
  tags: ["Analysis"],
  summary: "Analyse the sound again: all of it, or the named parts",
  request: jsonBody(
    z.object({
      fileIds: z.array(z.number().int().positive()).max(10_000).optional(),
      onlyFailed: z.boolean().optional(),
      stages: z.array(z.enum(soundStages)).min(1).optional(),
    }),
  ),
  responses: { 202: json(z.object({ queued: z.number().int() }), "Steps put into the queue") },
});

const detail = createRoute({
  method: "get",
  path: "/api/v1/files/{id}/analysis",
  tags: ["Analysis"],
  summary: "What is known of a file's sound, with its time series",
  request: { params: idParam },
  responses: { 200: json(analysisSchema, "The analysis"), 404: fails("Not analysed yet, or no such file") },
});

const setByHand = createRoute({
  method: "patch",
  path: "/api/v1/files/{id}/analysis",
  tags: ["Analysis"],
  summary: "Set values by hand: they win, and no new analysis changes them; null takes one back",
  request: {
    params: idParam,
    ...jsonBody(
      z
        .object({
          bpm: personValuesSchema.shape.bpm.nullable(),
          key: personValuesSchema.shape.key.nullable(),
          scale: personValuesSchema.shape.scale.nullable(),
          moodText: personValuesSchema.shape.moodText.nullable(),
          genre: personValuesSchema.shape.genre.nullable(),
        })
        .partial()
        .strict(),
    ),
  },
  responses: {
    200: json(analysisSchema, "The analysis as it is now"),
    400: fails("Not a value"),
    404: fails("No such file"),
  },
});

export function analysisRoutes({ db, registry, scheduler, events, now }: AppDeps) {
  return makeRoutes()
    .openapi(analyze, (c) => {
      const body = c.req.valid("json");
      const options = { ...(body?.fileIds ? { fileIds: body.fileIds } : {}), onlyFailed: body?.onlyFailed ?? false };
      let queued = 0;
      for (const name of body?.stages ?? soundStages)
        queued += requeueStage(db, name, registry.get(name).stage.version, options);
      scheduler.wake();
      return c.json({ queued }, 202);
    })
    .openapi(detail, (c) => {
      const analysis = getAnalysis(db, c.req.valid("param").id);
      if (!analysis) throw new HttpProblem(404, "Not analysed", "No stage has listened to this file yet");
      return c.json(analysis, 200);
    })
    .openapi(setByHand, (c) => {
      const { id } = c.req.valid("param");
      const changes = c.req.valid("json") ?? {};
      const file = getFile(db, id);
      if (!file || file.kind === "companion") throw new HttpProblem(404, "No such media file");
      const wish = (value: string | null | undefined) => (value ? "set" : value === null ? "take back" : "leave");
      if (wish(changes.key) !== wish(changes.scale))
        throw new HttpProblem(400, "Half a key", "Set key and scale together");
      db.transaction(() => {
        setPersonValues(db, id, changes, now());
        appendAudit(db, { at: now(), actor: "user", action: "set analysis", fileId: id, detail: changes });
      })();
      events.emit("file", { fileId: id });
      return c.json(getAnalysis(db, id) ?? { byPerson: [] }, 200);
    });
}

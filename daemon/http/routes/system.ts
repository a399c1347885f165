import { createRoute, z } from "@hono/zod-openapi";
import { previewMoves } from "../../db/proposal-list.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";
import { readStats } from "./pipeline.ts";

const health = createRoute({
  method: "get",
  path: "/health",
  tags: ["System"],
  summary: "Whether Phaze works and its database answers",
  responses: {
    200: json(z.object({ status: z.literal("ok") }), "It does"),
    503: fails("The database does not answer"),
  },
});

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["System"],
  summary: "Counts for Prometheus",
  responses: { 200: { description: "Prometheus text format" } },
});

const previewFile = z.object({
  proposalId: z.number().int(),
  name: z.string(),
  source: z.string(),
  sizeBytes: z.number().int(),
});
const preview = createRoute({
  method: "get",
  path: "/preview/",
  tags: ["Proposals"],
  summary: "The folders and files that the approved proposals would make",
  responses: {
    200: json(
      z.object({
        root: z.string(),
        total: z.number().int(),
        directories: z.array(z.object({ path: z.string(), files: z.array(previewFile) })),
      }),
      "At most 5,000 files, by destination",
    ),
  },
});

/** One metric in Prometheus's text format. */
function gauge(name: string, help: string, values: readonly (readonly [Record<string, string>, number])[]): string {
  const quoted = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  const lines = values.map(([labels, value]) => {
    const inner = Object.entries(labels).map(([key, text]) => `${key}="${quoted(text)}"`);
    return `${name}${inner.length > 0 ? `{${inner.join(",")}}` : ""} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines].join("\n");
}

function metricsText(deps: AppDeps): string {
  const stats = readStats(deps);
  const by = (label: string, counts: Record<string, number>) =>
    Object.entries(counts).map(([value, n]) => [{ [label]: value }, n] as const);
  const statuses = ["pending", "running", "done", "failed", "skipped"] as const;
  const runs = stats.stages.flatMap((stage) =>
    statuses.map((status) => [{ stage: stage.name, status }, stage[status]] as const),
  );
  return `${[
    gauge("phaze_files", "Files by kind", by("kind", stats.files)),
    gauge("phaze_files_missing", "Known files that are not there", [[{}, stats.missing]]),
    gauge("phaze_library_bytes", "Size of all known files", [[{}, stats.bytes]]),
    gauge("phaze_file_states", "Media files by state", by("state", stats.states)),
    gauge("phaze_proposals", "Proposals by status", by("status", stats.proposals)),
    gauge("phaze_runs", "Stages of files by status", runs),
    gauge("phaze_pipeline_paused", "1 while the pipeline is paused", [[{}, stats.paused ? 1 : 0]]),
    gauge(
      "phaze_service_up",
      "1 for each service that can be used",
      stats.services.map((service) => [{ service: service.name }, service.ok ? 1 : 0] as const),
    ),
    gauge("phaze_resident_memory_bytes", "Memory of the daemon", [[{}, process.memoryUsage.rss()]]),
  ].join("\n")}\n`;
}

const mostPreviewed = 5000;

export function systemRoutes(deps: AppDeps) {
  const { db, config } = deps;
  return makeRoutes()
    .openapi(health, (c) => {
      try {
        db.query("select 1 from folders limit 1").get();
      } catch (error) {
        throw new HttpProblem(503, "The database does not answer", (error as Error).message);
      }
      return c.json({ status: "ok" as const }, 200);
    })
    .openapi(metrics, (c) =>
      c.text(metricsText(deps), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
    )
    .openapi(preview, (c) => {
      const { items, total } = previewMoves(db, mostPreviewed);
      const directories = new Map<string, z.infer<typeof previewFile>[]>();
      for (const { directory, ...file } of items) {
        const files = directories.get(directory);
        if (files) files.push(file);
        else directories.set(directory, [file]);
      }
      return c.json(
        { root: config.outputPath, total, directories: [...directories].map(([path, files]) => ({ path, files })) },
        200,
      );
    });
}

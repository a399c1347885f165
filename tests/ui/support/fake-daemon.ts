import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { buildPanel, signInPage } from "../../../daemon/http/panel.ts";
import { problem } from "../../../daemon/http/problem.ts";
import { cannedStats, toFile, toFileDetail } from "./canned.ts";
import { executionRoutes } from "./fake-execution.ts";
import { llmRoutes } from "./fake-llm.ts";
import { namingRoutes } from "./fake-naming.ts";
import { proposalRoutes } from "./fake-proposals.ts";
import { soundOf, soundRoutes } from "./fake-sound.ts";
import { streamRoutes } from "./fake-streams.ts";
import { pageOf, type World } from "./fake-world.ts";

const pages = ["/", "/pipeline", "/proposals", "/execution", "/audit", "/preview", "/files", "/naming"];
function libraryRoutes(app: Hono, world: World): void {
  const running = () => world.batches.some(({ batch }) => batch.status === "running");
  const stats = () =>
    cannedStats(world.proposals, {
      paused: world.paused,
      scanning: world.scanning,
      batchRunning: running(),
      waits: world.waits,
      running: world.running,
    });
  app.get("/pipeline/stats", (c) => (world.signedOut ? problem(c, 401, "Sign in first") : c.json(stats())));
  app.post("/pipeline/:what{pause|resume}", (c) => {
    world.paused = c.req.param("what") === "pause";
    world.events.emit("pipeline", { paused: world.paused });
    return c.json({ paused: world.paused });
  });
  app.post("/api/v1/scan", (c) => {
    world.scanning = true;
    return c.json({ ...stats().scan, batchId: 7 }, 202);
  });
  app.get("/api/v1/files", (c) => {
    const { q = "", kind = "", state = "", missing = "", ...query } = c.req.query();
    const files = world.proposals
      .map(toFile)
      .filter(
        (file) =>
          file.path.toLowerCase().includes(q.toLowerCase()) &&
          (!kind || kind === "music" || kind === "media") &&
          (!state || file.state === state) &&
          missing !== "true",
      );
    return c.json(pageOf(files, query));
  });
  app.get("/api/v1/files/:id", (c) => {
    const proposal = world.proposals.find(({ fileId }) => fileId === Number(c.req.param("id")));
    return proposal ? c.json(toFileDetail(proposal, soundOf(world, proposal.fileId))) : problem(c, 404, "No such file");
  });
}

/** The real panel, built as the daemon builds it, over an API of canned answers. */
export async function serveFake(world: World, options: { basePath?: string; port?: number } = {}) {
  const { basePath = "" } = options;
  const panel = await buildPanel(basePath);
  const app = new Hono();
  app.use(
    secureHeaders({
      xFrameOptions: false,
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    }),
  );
  app.use(async (c, next) => {
    const path = c.req.path.replace(/\/$/, "") || "/";
    return c.req.method === "GET" && (c.req.header("accept") ?? "").includes("text/html") && pages.includes(path)
      ? c.html(panel.html)
      : next();
  });
  app.get("/assets/:name", (c) => {
    const asset = panel.assets.get(c.req.param("name"));
    return asset
      ? c.body(asset.body as Uint8Array<ArrayBuffer>, 200, { "content-type": asset.type })
      : problem(c, 404, "Nothing here");
  });
  app.get("/sign-in", (c) => c.html(signInPage(basePath, "")));
  proposalRoutes(app, world);
  llmRoutes(app, world);
  executionRoutes(app, world);
  streamRoutes(app, world);
  soundRoutes(app, world);
  namingRoutes(app, world);
  libraryRoutes(app, world);
  const server = Bun.serve({
    port: options.port ?? 0,
    hostname: "127.0.0.1",
    idleTimeout: 60,
    fetch(request) {
      const url = new URL(request.url);
      if (!url.pathname.startsWith(`${basePath}/`)) return new Response("outside the base path", { status: 404 });
      url.pathname = url.pathname.slice(basePath.length);
      return app.fetch(new Request(url, request));
    },
  });
  return { url: `http://127.0.0.1:${server.port}${basePath}`, stop: () => server.stop(true) };
}

import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { streamSSE } from "hono/streaming";
import { auditSchema } from "../../../daemon/contract/api.ts";
import { makeEvents } from "../../../daemon/events.ts";
import { buildPanel, signInPage } from "../../../daemon/http/panel.ts";
import { problem } from "../../../daemon/http/problem.ts";
import { cannedProposals, cannedStats, output, type Proposal, toFile, toFileDetail } from "./canned.ts";
import { type FakeBatch, planOf, refreshed, startBatch, undoPlanOf } from "./fake-batches.ts";

const pages = ["/", "/pipeline", "/proposals", "/execution", "/audit", "/preview", "/files"];
const decided = { approve: "approved", reject: "rejected", undo: "pending" } as const;
type Decision = keyof typeof decided;

/** The state behind the fake API; tests reach into it to make things happen. */
export function makeWorld(count: number) {
  return {
    proposals: cannedProposals(count),
    batches: [] as FakeBatch[],
    audit: [] as ReturnType<typeof auditSchema.parse>[],
    blocked: new Set<number>(),
    changedSince: new Set<number>(),
    paused: false,
    scanning: false,
    signedOut: false,
    /** Batches move on only when this is called. */
    hold: Promise.withResolvers<void>(),
    holding: false,
    events: makeEvents(),
    eventStreams: 0,
    progressStreams: 0,
    bulkBodies: [] as Record<string, unknown>[],
  };
}
export type World = ReturnType<typeof makeWorld>;

type Filter = { status?: string; kind?: string; min?: number; changed?: boolean; q?: string };

const matching = (world: World, filter: Filter): Proposal[] =>
  world.proposals.filter(
    (proposal) =>
      (!filter.status || proposal.status === filter.status) &&
      (!filter.kind || proposal.kind === filter.kind) &&
      proposal.confidence >= (filter.min ?? 0) &&
      (!filter.changed || !proposal.unchanged) &&
      (!filter.q || `${proposal.path} ${proposal.filename}`.toLowerCase().includes(filter.q.toLowerCase())),
  );

function pageOf<T>(items: readonly T[], query: Record<string, string>) {
  const [page, page_size] = [Number(query.page ?? 1), Number(query.page_size ?? 50)];
  return { items: items.slice((page - 1) * page_size, page * page_size), total: items.length, page, page_size };
}

function record(world: World, action: string, proposal: Proposal, batchId: number | null = null) {
  const { fileId, id: proposalId, path: source, destination: dest } = proposal;
  world.audit.unshift(
    auditSchema.parse({
      id: world.audit.length + 1,
      at: Date.now(),
      actor: "panel",
      action,
      fileId,
      proposalId,
      batchId,
      source,
      dest,
      sha256: null,
      detail: {},
    }),
  );
}

function decide(world: World, proposal: Proposal, action: Decision): void {
  Object.assign(proposal, { status: decided[action], version: proposal.version + 1, decidedAt: Date.now() });
  record(world, action === "undo" ? "revert" : action, proposal);
}

function proposalRoutes(app: Hono, world: World): void {
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

/** Works a batch off, one file after the other, when the world does not hold it. */
async function runBatch(world: World, fake: FakeBatch): Promise<void> {
  const { batch, operations } = fake;
  const tally = { units: operations.length, unitsDone: 0, unitsFailed: 0, bytes: batch.bytes * 2, bytesDone: 0 };
  const tell = () =>
    world.events.emit("batch", { batchId: batch.id, kind: batch.kind, status: batch.status, ...tally });
  for (const operation of operations) {
    if (world.holding) await world.hold.promise;
    const proposal = world.proposals.find(({ id }) => id === operation.proposalId);
    operation.status = "done";
    tally.unitsDone++;
    tally.bytesDone += operation.sizeBytes * 2;
    if (proposal) {
      Object.assign(proposal, {
        status: batch.kind === "apply" ? "executed" : "approved",
        version: proposal.version + 1,
      });
      record(world, batch.kind === "apply" ? "move" : "restore", proposal, batch.id);
    }
    const undone = batch.kind === "undo" && world.batches.find((other) => other.batch.id === batch.undoOf);
    if (undone)
      for (const other of undone.operations) if (other.proposalId === operation.proposalId) other.status = "undone";
    refreshed(fake);
    tell();
  }
  Object.assign(batch, { status: "done", finishedAt: Date.now() });
  tell();
}

function executionRoutes(app: Hono, world: World): void {
  const find = (id: string) => world.batches.find((fake) => fake.batch.id === Number(id));
  const approved = (ids?: number[]) =>
    world.proposals.filter((proposal) => proposal.status === "approved" && (!ids || ids.includes(proposal.id)));
  app.post("/execution/start", async (c) => {
    const { dryRun, ids } = (await c.req.json()) as { dryRun?: boolean; ids?: number[] };
    if (dryRun) return c.json(planOf(approved(ids), world.blocked, null, true));
    const ready = approved(ids).filter((proposal) => !proposal.unchanged && !world.blocked.has(proposal.id));
    const fake = startBatch(
      world.batches.length + 1,
      "apply",
      null,
      ready.map((proposal) => ({
        proposalId: proposal.id,
        fileId: proposal.fileId,
        source: proposal.path,
        dest: proposal.destination,
        sizeBytes: proposal.sizeBytes,
      })),
    );
    const plan = planOf(approved(ids), world.blocked, fake.batch.id, false);
    world.batches.push(fake);
    void runBatch(world, fake);
    return c.json(plan, 202);
  });
  app.post("/execution/:id/undo", async (c) => {
    const fake = find(c.req.param("id"));
    if (!fake) return problem(c, 404, "No such batch");
    const { dryRun } = (await c.req.json()) as { dryRun?: boolean };
    if (dryRun) return c.json(undoPlanOf(fake, world.changedSince, null));
    const back = fake.operations.filter(
      (operation) => operation.status === "done" && !world.changedSince.has(operation.proposalId ?? 0),
    );
    const undo = startBatch(
      world.batches.length + 1,
      "undo",
      fake.batch.id,
      back.map((operation) => ({ ...operation, source: operation.dest, dest: operation.source })),
    );
    const plan = undoPlanOf(fake, world.changedSince, undo.batch.id);
    fake.batch.undoneBy = undo.batch.id;
    world.batches.push(undo);
    void runBatch(world, undo).then(() => refreshed(fake));
    return c.json(plan, 202);
  });
  app.get("/execution/", (c) => c.json(pageOf(world.batches.map((fake) => fake.batch).reverse(), c.req.query())));
  app.get("/execution/:id", (c) => {
    const fake = find(c.req.param("id"));
    return fake ? c.json({ ...fake.batch, items: fake.operations }) : problem(c, 404, "No such batch");
  });
  app.get("/audit/", (c) => {
    const { action, batch_id, file_id, ...query } = c.req.query();
    const items = world.audit.filter(
      (entry) =>
        (!action || entry.action === action) &&
        (!batch_id || entry.batchId === Number(batch_id)) &&
        (!file_id || entry.fileId === Number(file_id)),
    );
    return c.json(pageOf(items, query));
  });
  app.get("/preview/", (c) => {
    const files = approved().filter((proposal) => !proposal.unchanged);
    const paths = [...new Set(files.map((proposal) => proposal.directory))].sort();
    const inside = (path: string) =>
      files
        .filter((proposal) => proposal.directory === path)
        .map(({ id, filename, path: source, sizeBytes }) => ({ proposalId: id, name: filename, source, sizeBytes }));
    return c.json({
      root: output,
      total: files.length,
      directories: paths.map((path) => ({ path, files: inside(path) })),
    });
  });
}

function streamRoutes(app: Hono, world: World): void {
  const follow = (
    counter: "eventStreams" | "progressStreams",
    accepts: (event: { type: string; data: Record<string, unknown> }) => boolean,
  ) => {
    world[counter]++;
    const news: { id: number; type: string; data: Record<string, unknown> }[] = [];
    let wake = () => {};
    const unlisten = world.events.listen((event) => {
      if (accepts(event)) news.push(event);
      wake();
    });
    return {
      news,
      wake: () => wake(),
      wait: () => new Promise<void>((resolve) => (wake = resolve)),
      end() {
        unlisten();
        world[counter]--;
      },
    };
  };
  app.get("/api/v1/events", (c) =>
    streamSSE(c, async (stream) => {
      const feed = follow("eventStreams", () => true);
      stream.onAbort(feed.wake);
      await stream.write(": connected\n\n");
      while (!stream.aborted) {
        if (feed.news.length === 0) await feed.wait();
        for (const event of feed.news.splice(0))
          await stream.writeSSE({ id: `${event.id}`, event: event.type, data: JSON.stringify(event.data) });
      }
      feed.end();
    }),
  );
  app.get("/execution/progress/:id", (c) =>
    streamSSE(c, async (stream) => {
      const fake = world.batches.find(({ batch }) => batch.id === Number(c.req.param("id"))) as FakeBatch;
      const feed = follow("progressStreams", (event) => event.type === "batch" && event.data.batchId === fake.batch.id);
      stream.onAbort(feed.wake);
      await stream.writeSSE({ event: "progress", data: JSON.stringify(fake.batch) });
      while (!stream.aborted && fake.batch.status === "running") {
        if (feed.news.length === 0) await feed.wait();
        for (const event of feed.news.splice(0))
          await stream.writeSSE({ event: "progress", data: JSON.stringify(event.data) });
      }
      if (!stream.aborted) await stream.writeSSE({ event: "end", data: JSON.stringify(fake.batch) });
      feed.end();
    }),
  );
}

function libraryRoutes(app: Hono, world: World): void {
  const running = () => world.batches.some(({ batch }) => batch.status === "running");
  const stats = () =>
    cannedStats(world.proposals, { paused: world.paused, scanning: world.scanning, batchRunning: running() });
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
    return proposal ? c.json(toFileDetail(proposal)) : problem(c, 404, "No such file");
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
  executionRoutes(app, world);
  streamRoutes(app, world);
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

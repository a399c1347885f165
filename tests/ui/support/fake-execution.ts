import type { Hono } from "hono";
import { problem } from "../../../daemon/http/problem.ts";
import { output } from "./canned-proposals.ts";
import { type FakeBatch, planOf, refreshed, startBatch, undoPlanOf } from "./fake-batches.ts";
import { pageOf, record, type World } from "./fake-world.ts";

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
        status: batch.kind === "apply" ? "executed" : "pending",
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

export function executionRoutes(app: Hono, world: World): void {
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
    return fake ? c.json(fake.batch) : problem(c, 404, "No such batch");
  });
  app.get("/execution/:id/operations", (c) => {
    const fake = find(c.req.param("id"));
    const { status, ...query } = c.req.query();
    if (!fake) return problem(c, 404, "No such batch");
    return c.json(
      pageOf(
        fake.operations.filter((operation) => !status || operation.status === status),
        query,
      ),
    );
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

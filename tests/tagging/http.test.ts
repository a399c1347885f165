import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeRoutes } from "../../daemon/http/deps.ts";
import { HttpProblem, problem } from "../../daemon/http/problem.ts";
import { type TaggingDeps, taggingRoutes } from "../../daemon/http/routes/tagging.ts";
import { makeTagger } from "../../daemon/tagging/tagger.ts";
import { mp3Frames } from "../support/audio-bytes.ts";
import { know, sha, tagDeps } from "./bench.ts";
import { baseFrames, tagOf } from "./files.ts";
import { tempFolder } from "./folder.ts";

async function setUp(enabled = true) {
  const folder = tempFolder();
  mkdirSync(join(folder, "library"));
  const path = join(folder, "library", "a.mp3");
  writeFileSync(path, Buffer.concat([tagOf(4, baseFrames), mp3Frames(50)]));
  const deps = tagDeps(folder, { enabled });
  await know(deps.db, path);
  const tagger = makeTagger(deps);
  const app = makeRoutes();
  app.onError((error, c) =>
    error instanceof HttpProblem
      ? problem(c, error.status, error.title, error.message)
      : problem(c, 500, `${error.stack}`),
  );
  app.use(async (c, next) => {
    c.set("actor", "tester");
    await next();
  });
  app.route("/", taggingRoutes({ db: deps.db, tagger } as unknown as TaggingDeps));
  const call = async (method: string, url: string, body?: unknown) => {
    const headers = { "content-type": "application/json" };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const response = await app.request(url, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const ended = async (id: number) => {
    for (;;) {
      const { body } = await call("GET", `/api/v1/tags/${id}`);
      if (body.status !== "running" && !tagger.busy()) return body;
      await Bun.sleep(5);
    }
  };
  return { path, call, ended };
}

describe("the API of tags", () => {
  test("dry run, write, look, undo, list", async () => {
    const { path, call, ended } = await setUp();
    const before = sha(path);
    const plan = await call("POST", "/api/v1/tags/write", { ids: [1], dryRun: true });
    expect(plan).toMatchObject({ status: 200, body: { dryRun: true, ready: 1, unchanged: 0, refused: 0, more: 0 } });
    expect(sha(path)).toBe(before);
    const started = await call("POST", "/api/v1/tags/write", { all: true, fields: ["bpm", "key"] });
    expect(started).toMatchObject({ status: 202, body: { id: 1, kind: "write", files: 1, actor: "tester" } });
    const batch = await ended(1);
    expect(batch).toMatchObject({ status: "done", writes: { done: 1 } });
    expect(batch.items).toMatchObject({
      total: 1,
      items: [{ status: "done", shaBefore: before, shaAfter: sha(path) }],
    });
    expect(await call("POST", "/api/v1/tags/1/undo")).toMatchObject({ status: 202, body: { id: 2, undoOf: 1 } });
    await ended(2);
    expect(sha(path)).toBe(before);
    const list = await call("GET", "/api/v1/tags?page_size=1");
    expect(list.body).toMatchObject({ total: 2, items: [{ id: 2, kind: "undo", status: "done" }] });
  });

  test("refusals say why and what to do", async () => {
    const { call, ended } = await setUp();
    expect(await call("POST", "/api/v1/tags/write", {})).toMatchObject({
      status: 400,
      body: { title: "Which files?" },
    });
    expect((await call("POST", "/api/v1/tags/write", { all: true, ids: [1] })).status).toBe(400);
    expect((await call("POST", "/api/v1/tags/write", { ids: [1], fields: ["title"] })).status).toBe(400);
    expect((await call("GET", "/api/v1/tags/7")).status).toBe(404);
    expect((await call("POST", "/api/v1/tags/7/undo")).status).toBe(404);
    await call("POST", "/api/v1/tags/write", { ids: [99] });
    expect((await ended(1)).items).toMatchObject({ items: [{ status: "failed", reason: "There is no file 99" }] });
    expect((await call("POST", "/api/v1/tags/1/undo")).status).toBe(409);
    const off = await setUp(false);
    const refused = await off.call("POST", "/api/v1/tags/write", { all: true });
    expect(refused).toMatchObject({ status: 403, body: { title: "Writing tags is switched off" } });
    expect(`${refused.body.detail}`).toContain("PHAZE_WRITE_TAGS=true");
  });
});

import { describe, expect, test } from "bun:test";
import type { Stats } from "../../daemon/contract/api.ts";
import { makeWorld, until, wav } from "../support/world.ts";
import { ready } from "./support.ts";

describe("around it", () => {
  test("every path of the reference answers, and the reference names the documented ones", async () => {
    const world = await ready();
    const spec = await world.call<{ paths: Record<string, Record<string, unknown>> }>("GET", "/openapi.json");
    const documented = Object.entries(spec.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    for (const name of [
      "GET /health",
      "POST /api/v1/scan",
      "GET /api/v1/scan/{batch_id}",
      "POST /api/v1/extract-metadata",
      "POST /api/v1/proposals/generate",
      "POST /api/v1/associate",
      "GET /pipeline/",
      "GET /pipeline/stats",
      "GET /proposals/",
      "PATCH /proposals/{id}/approve",
      "PATCH /proposals/{id}/reject",
      "PATCH /proposals/{id}/undo",
      "GET /proposals/{id}/detail",
      "PATCH /proposals/bulk",
      "POST /execution/start",
      "GET /execution/progress/{batch_id}",
      "GET /execution/{batch_id}/operations",
      "GET /audit/",
      "GET /preview/",
      "GET /api/v1/files",
      "GET /api/v1/files/{id}",
      "GET /api/v1/files/{id}/audio",
      "GET /api/v1/events",
      "POST /execution/{batch_id}/undo",
      "GET /api/v1/search",
      "GET /metrics",
    ])
      expect(documented).toContain(name);
    for (const path of ["/pipeline", "/proposals", "/audit", "/preview", "/execution"])
      expect([path, (await world.request("GET", path)).status]).toEqual([path, 200]);
  });

  test("nothing is pending once the pipeline is idle, though a file could not be read", async () => {
    const world = await makeWorld({ "broken.mp3": "no audio at all", "Lowtide - Ebb.wav": wav(1) });
    await world.settle();
    const { stages, idle } = await world.call<Stats>("GET", "/pipeline/stats");
    expect([idle, ...stages.filter((stage) => !stage.waitingFor).map((stage) => stage.pending)]).toEqual([
      true,
      ...stages.filter((stage) => !stage.waitingFor).map(() => 0),
    ]);
  });

  test("the reference page and the metrics", async () => {
    const world = await ready();
    expect(await (await world.request("GET", "/docs")).text()).toContain("/openapi.json");
    const metrics = await (await world.request("GET", "/metrics")).text();
    expect(metrics).toContain('phaze_files{kind="music"} 3');
    expect(metrics).toContain('phaze_runs{stage="propose",status="done"} 3');
    for (const line of metrics.trim().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{[^}]*\})? -?[\d.e+]+)$/);
  });

  test("headers contain the panel, and PHAZE_FRAME_ANCESTORS opens it", async () => {
    const world = await makeWorld({}, { env: { PHAZE_FRAME_ANCESTORS: "'self' https://music.example" } });
    const policy = (await world.request("GET", "/health")).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'self' https://music.example");
  });

  test("a base path works with and without a proxy that takes it off", async () => {
    const world = await makeWorld({}, { env: { PHAZE_BASE_PATH: "/phaze" } });
    expect((await world.request("GET", "/phaze/pipeline/stats")).status).toBe(200);
    expect((await world.request("GET", "/pipeline/stats")).status).toBe(200);
    const page = await world.request("GET", "/phaze/", { headers: { authorization: "", accept: "text/html" } });
    expect(page.headers.get("location")).toBe("/phaze/sign-in");
  });

  test("pause, resume, cancel, read tags again, link companions again", async () => {
    const world = await ready();
    expect(await world.call("POST", "/pipeline/pause")).toEqual({ paused: true } as never);
    expect(await world.call("POST", "/api/v1/extract-metadata", {})).toEqual({ queued: 3 } as never);
    expect(await world.call("POST", "/pipeline/cancel", { stage: "tags" })).toEqual({ cancelled: 3 } as never);
    expect(await world.call("POST", "/api/v1/extract-metadata", { onlyFailed: true })).toEqual({ queued: 3 } as never);
    expect(await world.call("POST", "/pipeline/resume")).toEqual({ paused: false } as never);
    await until("the pipeline", async () => (await world.call<Stats>("GET", "/pipeline/stats")).idle);
    expect(await world.call("POST", "/api/v1/associate")).toEqual({ folders: 1, changed: 0 } as never);
    expect((await world.request("POST", "/pipeline/cancel", { body: {} })).status).toBe(400);
    expect((await world.request("POST", "/pipeline/cancel", { body: { stage: "nope" } })).status).toBe(400);
  });

  test("what is too large or no JSON is refused in words", async () => {
    const world = await makeWorld({});
    const big = await world.request("PATCH", "/proposals/bulk", {
      body: { action: "approve", ids: Array.from({ length: 3_000_000 }, () => 1) },
    });
    expect(big.status).toBe(413);
    const broken = await world.request("POST", "/api/v1/scan", { body: "a text, no object" });
    expect([broken.status, broken.headers.get("content-type")]).toEqual([
      400,
      "application/problem+json; charset=utf-8",
    ]);
  });
});

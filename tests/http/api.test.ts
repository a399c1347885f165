import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FileItem, ProposalItem, Stats } from "../../daemon/contract/api.ts";
import { keptToken } from "../../daemon/http/auth.ts";
import { parseRange } from "../../daemon/http/routes/files.ts";
import { makeWorld, tempFolder, until, type World, wav } from "../support/world.ts";

interface Page<T> {
  items: T[];
  total: number;
  page: number;
  page_size: number;
}

const tree = {
  "Lowtide - Ebb.wav": wav(2, { seed: 1 }),
  "Lowtide - Flow.wav": wav(2, { seed: 2 }),
  "Mara Voss - Solo 100%.wav": wav(2, { seed: 3 }),
  "Mara Voss - Solo 100%.cue": "x",
};

async function ready(env: Record<string, string> = {}): Promise<World> {
  const world = await makeWorld(tree, { env });
  await world.settle();
  return world;
}

describe("sign-in", () => {
  const bare = (world: World, path: string, headers: Record<string, string> = {}, method = "GET") =>
    world.request(method, path, { headers: { authorization: "", ...headers } });

  test("no token, no answer, but for health; a browser is led to the sign-in page", async () => {
    const world = await makeWorld({});
    expect((await bare(world, "/health")).status).toBe(200);
    for (const path of ["/api/v1/files", "/proposals/", "/metrics", "/openapi.json", "/docs", "/api/v1/events"]) {
      const response = await bare(world, path);
      expect([path, response.status, response.headers.get("content-type")]).toEqual([
        path,
        401,
        "application/problem+json; charset=utf-8",
      ]);
    }
    const page = await bare(world, "/", { accept: "text/html" });
    expect([page.status, page.headers.get("location")]).toEqual([302, "/sign-in"]);
  });

  test("Bearer, X-Api-Key and the cookie of the sign-in link let in; wrong ones do not", async () => {
    const world = await makeWorld({});
    const { auth } = world.daemon.deps;
    expect((await bare(world, "/pipeline/stats", { authorization: `Bearer ${auth.token}` })).status).toBe(200);
    expect((await bare(world, "/pipeline/stats", { "x-api-key": auth.token })).status).toBe(200);
    expect((await bare(world, "/pipeline/stats", { "x-api-key": "wrong" })).status).toBe(401);
    expect((await bare(world, "/sign-in?code=wrong")).status).toBe(401);
    const link = await bare(world, `/sign-in?code=${auth.signInCode}`);
    const cookie = link.headers.get("set-cookie") ?? "";
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Lax");
    expect(cookie).not.toContain(auth.token);
    const session = { cookie: cookie.split(";")[0] as string };
    expect((await bare(world, "/pipeline/stats", session)).status).toBe(200);
    expect(await (await bare(world, "/proposals/", { ...session, accept: "text/html" })).text()).toContain("panel");
  });

  test("state-changing calls with the cookie from another site are refused", async () => {
    const world = await makeWorld({});
    const link = await bare(world, `/sign-in?code=${world.daemon.deps.auth.signInCode}`);
    const session = { cookie: (link.headers.get("set-cookie") ?? "").split(";")[0] as string };
    const post = (headers: Record<string, string>) =>
      bare(world, "/pipeline/pause", { ...session, host: "localhost", ...headers }, "POST");
    expect((await post({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await post({ "sec-fetch-site": "same-site" })).status).toBe(403);
    expect((await post({ origin: "https://evil.example" })).status).toBe(403);
    expect((await post({ origin: "null" })).status).toBe(403);
    expect((await post({ "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  test("without auth only loopback host names are answered", async () => {
    const world = await makeWorld({}, { env: { PHAZE_AUTH: "none" } });
    expect((await bare(world, "/pipeline/stats", { host: "localhost:8000" })).status).toBe(200);
    for (const extra of [{}, { "x-api-key": "x" }, { authorization: "Bearer x" }]) {
      expect((await bare(world, "/pipeline/stats", { host: "rebound.example", ...extra })).status).toBe(403);
    }
  });

  test("the kept token is made once and readable by its owner alone", () => {
    const file = join(tempFolder(), "token");
    const token = keptToken(file);
    expect(keptToken(file)).toBe(token);
    expect(Bun.file(file).size).toBeGreaterThan(20);
    expect(readFileSync(file, "utf8").trim()).toBe(token);
  });
});

describe("lists", () => {
  test("pages with true totals in a stable order", async () => {
    const world = await ready();
    const all = await world.call<Page<FileItem>>("GET", "/api/v1/files");
    expect(all).toMatchObject({ total: 4, page: 1, page_size: 50 });
    const pages = await Promise.all(
      [1, 2, 3].map((page) => world.call<Page<FileItem>>("GET", `/api/v1/files?page=${page}&page_size=2`)),
    );
    expect(pages.flatMap((page) => page.items.map((item) => item.id))).toEqual(all.items.map((item) => item.id));
    expect(pages[2]?.items).toEqual([]);
    for (const [query, total] of [
      ["kind=companion", 1],
      ["kind=media", 3],
      ["state=PROPOSAL_GENERATED", 3],
      ["state=DISCOVERED", 0],
      ["missing=true", 0],
      ["missing=false", 4],
      ["q=lowtide", 2],
      ["q=solo+mara", 1],
      ["q=%25", 0],
      ["q=_", 0],
      ["q=low&kind=video", 0],
    ] as const) {
      const page = await world.call<Page<FileItem>>("GET", `/api/v1/files?${query}`);
      expect([query, page.total, page.items.length]).toEqual([query, total, total]);
    }
    const sizes = (await world.call<Page<FileItem>>("GET", "/api/v1/files?sort=-size")).items.map(
      (item) => item.sizeBytes,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  test("bad queries are problems that name the field", async () => {
    const world = await makeWorld({});
    for (const query of ["page=0", "page_size=201", "page_size=x", "sort=evil", "state=NOPE"]) {
      const response = await world.request("GET", `/api/v1/files?${query}`);
      const body = (await response.json()) as { status: number; title: string; errors: { path: string }[] };
      expect([response.status, body.status, body.errors[0]?.path]).toEqual([400, 400, query.split("=")[0] as string]);
    }
    for (const [method, path] of [
      ["GET", "/api/v1/files/999"],
      ["GET", "/proposals/999/detail"],
      ["PATCH", "/proposals/999/approve"],
      ["GET", "/api/v1/scan/999"],
      ["POST", "/execution/999/undo"],
      ["GET", "/nothing/here"],
    ] as const) {
      expect([path, (await world.request(method, path)).status]).toEqual([path, 404]);
    }
  });

  test("search finds words of path and tags from their beginnings, without accents", async () => {
    const world = await makeWorld({ "Björk - Jóga.wav": wav(1) });
    await world.settle();
    for (const q of ["bjork", "Bjo", "JOGA", "jog bjö"])
      expect((await world.call<Page<FileItem>>("GET", `/api/v1/search?q=${encodeURIComponent(q)}`)).total).toBe(1);
    expect((await world.call<Page<FileItem>>("GET", "/api/v1/search?q=***")).total).toBe(0);
  });
});

describe("decisions", () => {
  test("approve, reject and undo, with a version that guards against races", async () => {
    const world = await ready();
    const [first] = (await world.call<Page<ProposalItem>>("GET", "/proposals/")).items as [ProposalItem];
    const approved = await world.call<ProposalItem>("PATCH", `/proposals/${first.id}/approve`, {
      version: first.version,
    });
    expect(approved).toMatchObject({ status: "approved", version: first.version + 1 });
    const stale = await world.request("PATCH", `/proposals/${first.id}/reject`, { body: { version: first.version } });
    expect(stale.status).toBe(409);
    expect((await world.call<ProposalItem>("PATCH", `/proposals/${first.id}/undo`)).status).toBe("pending");
    expect((await world.call<ProposalItem>("PATCH", `/proposals/${first.id}/reject`)).status).toBe("rejected");
    const trail = await world.call<Page<{ action: string; actor: string }>>("GET", "/audit/");
    expect(trail.items.map((entry) => [entry.action, entry.actor])).toEqual([
      ["reject", "api"],
      ["revert", "api"],
      ["approve", "api"],
    ]);
  });

  test("in bulk, by ids with versions or by a filter; what has changed is passed over and named", async () => {
    const world = await ready();
    const { items } = await world.call<Page<ProposalItem>>("GET", "/proposals/");
    const [a, b] = items as [ProposalItem, ProposalItem];
    const versions = { [a.id]: a.version, [b.id]: b.version + 5 };
    const reply = await world.call<{ decided: number }>("PATCH", "/proposals/bulk", {
      action: "approve",
      ids: [a.id, b.id, 999],
      versions,
    });
    expect(reply).toMatchObject({ decided: 1, conflicts: [b.id], notFound: [999] } as never);
    expect(
      await world.call<{ decided: number }>("PATCH", "/proposals/bulk", {
        action: "approve",
        all: true,
        filter: { minConfidence: 1 },
      }),
    ).toMatchObject({ decided: 0 });
    expect(
      await world.call<{ decided: number }>("PATCH", "/proposals/bulk", { action: "reject", all: true }),
    ).toMatchObject({ decided: 2 });
    expect((await world.request("PATCH", "/proposals/bulk", { body: { action: "approve" } })).status).toBe(400);
  });

  test("a batch tells how far it is, its journal comes in pages", async () => {
    const world = await ready();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const { batchId } = await world.call<{ batchId: number }>("POST", "/execution/start", {});
    await world.batchEnd(batchId);
    const batch = await world.call<Record<string, unknown>>("GET", `/execution/${batchId}`);
    expect(batch).toMatchObject({ status: "done", operations: { done: 4 }, bytesDone: batch.bytes });
    expect(batch).not.toHaveProperty("items");
    const journal = (query: string) =>
      world.call<Page<{ unit: number }>>("GET", `/execution/${batchId}/operations?${query}`);
    expect(await journal("page=2&page_size=3")).toMatchObject({ total: 4, page: 2, items: [{ unit: 2 }] });
    expect(await journal("status=failed")).toMatchObject({ total: 0, items: [] });
    expect((await world.request("GET", "/execution/999/operations")).status).toBe(404);
  });

  test("what was executed can only be undone by its batch", async () => {
    const world = await ready();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const plan = await world.call<{ batchId: number }>("POST", "/execution/start", {});
    await world.batchEnd(plan.batchId);
    const [item] = (await world.call<Page<ProposalItem>>("GET", "/proposals/?status=executed")).items as [ProposalItem];
    const response = await world.request("PATCH", `/proposals/${item.id}/reject`);
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      409,
      "The file has been moved: undo its batch instead",
    ]);
  });

  test("the preview shows the tree that approval would make", async () => {
    const world = await ready();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const preview = await world.call<{ total: number; directories: { path: string; files: { name: string }[] }[] }>(
      "GET",
      "/preview/",
    );
    expect(preview.total).toBe(3);
    expect(preview.directories.map((directory) => [directory.path, directory.files.length])).toEqual([
      ["music/Lowtide", 2],
      ["music/Mara Voss", 1],
    ]);
  });
});

/** Reads server-sent events until `enough` says so. */
async function readEvents(response: Response, enough: (text: string) => boolean): Promise<string> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  while (!enough(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += new TextDecoder().decode(value);
  }
  await reader.cancel();
  return text;
}

describe("events", () => {
  test("tell every change, and go on after the last one seen", async () => {
    const world = await ready();
    const [first] = (await world.call<Page<ProposalItem>>("GET", "/proposals/")).items as [ProposalItem];
    const from = world.daemon.deps.events.lastId();
    await world.call("PATCH", `/proposals/${first.id}/approve`);
    await world.call("PATCH", `/proposals/${first.id}/undo`);
    const resumed = await world.request("GET", "/api/v1/events", { headers: { "last-event-id": `${from}` } });
    const text = await readEvents(resumed, (seen) => seen.split("event: proposal").length > 2);
    expect(text).toContain(`id: ${from + 1}\n`);
    expect(text).toContain('"status":"approved"');
    const live = await world.request("GET", "/api/v1/events");
    const reading = readEvents(live, (seen) => seen.includes("event: pipeline"));
    await Bun.sleep(50);
    await world.call("POST", "/pipeline/pause");
    expect(await reading).toContain('"paused":true');
    const lost = await world.request("GET", "/api/v1/events", { headers: { "last-event-id": "5" } });
    expect(await readEvents(lost, (seen) => seen.includes("event:"))).toContain("event: reset");
  });

  test("the progress of a batch is told until it ends", async () => {
    const world = await ready();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const { batchId } = await world.call<{ batchId: number }>("POST", "/execution/start", {});
    const text = await readEvents(await world.request("GET", `/execution/progress/${batchId}`), (seen) =>
      seen.includes("event: end"),
    );
    expect(text).toContain("event: progress");
    expect(text.slice(text.indexOf("event: end"))).toContain('"status":"done"');
  });
});

describe("listening", () => {
  test("the file comes whole or by ranges", async () => {
    const world = await ready();
    const [file] = (await world.call<Page<FileItem>>("GET", "/api/v1/files?kind=media")).items as [FileItem];
    const whole = await world.request("GET", `/api/v1/files/${file.id}/audio`);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(bytes.equals(readFileSync(file.path))).toBe(true);
    const part = await world.request("GET", `/api/v1/files/${file.id}/audio`, { headers: { range: "bytes=10-19" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 10-19/${file.sizeBytes}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    expect(
      (await world.request("GET", `/api/v1/files/${file.id}/audio`, { headers: { range: "bytes=99999999-" } })).status,
    ).toBe(416);
  });

  const ranges: [string | undefined, ReturnType<typeof parseRange>][] = [
    [undefined, null],
    ["bytes=0-", [0, 99]],
    ["bytes=90-200", [90, 99]],
    ["bytes=-10", [90, 99]],
    ["bytes=5-2", "bad"],
    ["bytes=100-", "bad"],
    ["bytes=-", null],
    ["lines=1-2", null],
  ];
  for (const [header, range] of ranges)
    test(`${header} of 100 bytes`, () => expect(parseRange(header, 100)).toEqual(range));
});

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

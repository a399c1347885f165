import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keptToken } from "../../daemon/http/auth.ts";
import { makeWorld, tempFolder, type World } from "../support/world.ts";

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

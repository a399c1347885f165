import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FileDetail } from "../../daemon/contract/api.ts";
import type { FileMatches, FingerprintProgress, IdentifyReply } from "../../daemon/contract/fingerprint-api.ts";
import { floatWav, song } from "../support/sounds.ts";
import { makeWorld, stopWorld, tempFolder, until, type World } from "../support/world.ts";
import { type FakeSidecar, match, startFakeSidecar } from "./fake-sidecar.ts";

const fakes: FakeSidecar[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.stop();
});

const sound = (seconds: number) => floatWav(song(seconds));

/** A Phaze that listens, with fake engines somebody else runs. */
async function start(names: Record<string, Buffer>, folder = tempFolder(), one = false) {
  if (fakes.length === 0) fakes.push(startFakeSidecar("audfprint"), startFakeSidecar("panako"));
  const [audfprint, panako] = fakes as [FakeSidecar, FakeSidecar];
  const env = {
    AUDFPRINT_URL: one ? "http://127.0.0.1:9" : audfprint.url,
    PANAKO_URL: panako.url,
    WORKER_HEALTH_CHECK_INTERVAL: "1",
  };
  const world = await makeWorld(names, { folder, listen: true, env });
  return { world, audfprint, panako };
}

async function fileOf(world: World, name: string): Promise<FileDetail> {
  const { items } = await world.call<{ items: { id: number; name: string }[] }>("GET", "/api/v1/files?page_size=200");
  return world.call<FileDetail>("GET", `/api/v1/files/${items.find((item) => item.name === name)?.id}`);
}
const statuses = (file: FileDetail) => Object.fromEntries(file.runs.map((run) => [run.stage, run.status]));
const stagesOf = ["fingerprint-audfprint", "fingerprint-panako", "identify"];
const prints = (file: FileDetail) => stagesOf.map((stage) => statuses(file)[stage]);
const matchesOf = async (world: World, id: number) =>
  (await world.call<FileMatches>("GET", `/api/v1/files/${id}/matches`)).matches;

describe("the way of a file's fingerprints", () => {
  test("a new file is stored by both engines and looked for; what is found shows from both files", async () => {
    const { world, panako, audfprint } = await start({ "a.wav": sound(6) });
    await world.settle();
    const a = await fileOf(world, "a.wav");
    expect(prints(a)).toEqual(["done", "done", "done"]);
    expect([[...audfprint.tracks.keys()], [...panako.tracks.keys()]]).toEqual([[a.id], [a.id]]);
    panako.mood.matches = [match(a.id, { score: 30, tempoRatio: 1.25, refStartSec: 1, refEndSec: 4 })];
    writeFileSync(join(world.library, "b.wav"), sound(8));
    await world.settle();
    const b = await fileOf(world, "b.wav");
    expect(await matchesOf(world, b.id)).toMatchObject([
      { otherId: a.id, path: a.path, startSec: 10, endSec: 70, otherStartSec: 1, tempoRatio: 1.25, role: "query" },
    ]);
    expect(await matchesOf(world, a.id)).toMatchObject([
      { otherId: b.id, startSec: 1, endSec: 4, otherStartSec: 10, tempoRatio: 0.8, role: "reference" },
    ]);
    expect(world.call("GET", "/api/v1/files/999/matches")).rejects.toThrow("404");
    const { engines } = await world.call<FingerprintProgress>("GET", "/api/v1/fingerprint/progress");
    expect(engines).toMatchObject([
      { engine: "audfprint", done: 2, pending: 0, tracks: 2, healthy: true, error: null },
      { engine: "panako", done: 2, tracks: 2 },
    ]);
    expect(await world.call<object>("GET", "/tracklists/scan/status")).toMatchObject({ done: 2, matches: 1 });
    expect(await world.call<object>("POST", "/tracklists/scan", {})).toEqual({ queued: 0 });
    expect(await world.call<object>("POST", "/tracklists/scan", { fileIds: [b.id] })).toEqual({ queued: 1 });
    expect(await world.call<object>("POST", "/api/v1/fingerprint", { engine: "panako" })).toEqual({ queued: 2 });
    await world.daemon.idle();
    expect(await matchesOf(world, b.id)).toHaveLength(1);
  }, 30_000);

  test("with one engine away, files do not wait for it; they are stored once it is back", async () => {
    const folder = tempFolder();
    const { world } = await start({ "a.wav": sound(4) }, folder, true);
    await world.settle();
    expect(prints(await fileOf(world, "a.wav"))).toEqual(["pending", "done", "done"]);
    const stats = await world.call<{ stages: { name: string; waitingFor: string | null }[] }>("GET", "/pipeline/stats");
    expect(stats.stages.find(({ name }) => name === "fingerprint-audfprint")?.waitingFor).toContain("audfprint");
    const before = await fileOf(world, "a.wav");
    await stopWorld(world);
    const again = await start({}, folder);
    await until("the file to be stored", async () => prints(await fileOf(again.world, "a.wav"))[0] === "done");
    await again.world.daemon.idle();
    const after = await fileOf(again.world, "a.wav");
    expect(prints(after)).toEqual(["done", "done", "done"]);
    const finished = (file: FileDetail) => file.runs.find(({ stage }) => stage === "identify")?.finishedAt;
    expect(finished(after)).not.toBe(finished(before));
  }, 30_000);

  test("what an engine has lost, or makes otherwise now, is stored anew by itself", async () => {
    const folder = tempFolder();
    const { world, panako, audfprint } = await start({ "a.wav": sound(4) }, folder);
    await world.settle();
    const { id } = await fileOf(world, "a.wav");
    await stopWorld(world);
    panako.tracks.clear();
    audfprint.mood.parameters = "p2";
    audfprint.tracks.set(4711, { hashes: 1, durationSec: 1 });
    const again = await start({}, folder);
    await until(
      "both",
      () => panako.tracks.has(id) && audfprint.asked.filter((one) => one === `PUT /tracks/${id}`).length === 2,
    );
    await until("the stranger to go", () => !audfprint.tracks.has(4711));
    await again.world.daemon.idle();
    expect(prints(await fileOf(again.world, "a.wav"))).toEqual(["done", "done", "done"]);
  }, 30_000);

  test("another content makes what was stored and found fall", async () => {
    const { world, panako } = await start({ "a.wav": sound(4), "b.wav": sound(5) });
    await world.settle();
    const [a, b] = [await fileOf(world, "a.wav"), await fileOf(world, "b.wav")];
    panako.mood.matches = [match(a.id, { score: 30 }), match(b.id, { score: 30 })];
    await world.call("POST", "/tracklists/scan", { fileIds: [a.id, b.id] });
    await world.daemon.idle();
    expect([await matchesOf(world, a.id), await matchesOf(world, b.id)].map((list) => list.length)).toEqual([1, 1]);
    writeFileSync(join(world.library, "a.wav"), "no sound any more");
    await world.settle();
    expect(prints(await fileOf(world, "a.wav")).slice(0, 2)).toEqual(["failed", "failed"]);
    expect([await matchesOf(world, a.id), await matchesOf(world, b.id)]).toEqual([[], []]);
    writeFileSync(join(world.library, "a.wav"), sound(4));
    await world.settle();
    // Other bytes, the same sound: what was found is found again.
    panako.mood.matches = [match(a.id, { score: 30 })];
    writeFileSync(join(world.library, "b.wav"), Buffer.concat([sound(5), Buffer.from("junk\x04\0\0\0abcd")]));
    await world.settle();
    expect(await matchesOf(world, b.id)).toHaveLength(1);
  }, 30_000);
});

describe("a sound from outside", () => {
  const post = (world: World, body: BodyInit | null, headers: Record<string, string>) =>
    fetchApp(world, new Request("http://localhost/api/v1/identify", { method: "POST", body, headers }));
  const fetchApp = async (world: World, request: Request) => {
    const { belowBasePath, makeApp } = await import("../../daemon/http/app.ts");
    request.headers.set("authorization", `Bearer ${world.daemon.deps.auth.token}`);
    return belowBasePath(makeApp(world.daemon.deps, { html: "", assets: new Map() }), "")(request);
  };

  test("is sent to both engines as it comes, however long; matches come with their paths", async () => {
    const { world, panako, audfprint } = await start({ "a.wav": sound(4) });
    await world.settle();
    const { id, path } = await fileOf(world, "a.wav");
    panako.mood.matches = [match(4711, { score: 30 }), match(id, { score: 30 })];
    const before = panako.bytes;
    const body = new Uint8Array(4 * 11_025 * 300);
    const response = await post(world, body, { "x-sample-rate": "11025" });
    const { matches, errors } = (await response.json()) as IdentifyReply;
    expect([matches, errors]).toMatchObject([[{ fileId: id, path, engine: "panako", queryStartSec: 10 }], []]);
    expect([panako.bytes - before, audfprint.bytes]).toEqual([body.length, panako.bytes]);
    const lines = await post(world, body, { "x-sample-rate": "11025", accept: "application/x-ndjson" });
    const said = (await lines.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([said[0], said.at(-1).answer.matches.length]).toEqual([{ progress: 0.5 }, 1]);
  }, 30_000);

  test("without a rate it is refused; without engines it is said", async () => {
    const { world, panako, audfprint } = await start({});
    await world.settle();
    expect((await post(world, new Uint8Array(4), {})).status).toBe(400);
    await Promise.all([panako.stop(), audfprint.stop()]);
    const response = await post(world, new Uint8Array(4), { "x-sample-rate": "11025" });
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining("panako")]);
  }, 30_000);
});

import { expect, test } from "bun:test";
import type { AuditItem, ProposalItem } from "../../daemon/contract/api.ts";
import type { PreviewReply, TemplatesReply, TemplatesSaved } from "../../daemon/contract/naming-api.ts";
import { readFact } from "../../daemon/db/facts.ts";
import { getRun } from "../../daemon/db/runs.ts";
import { defaultTemplates } from "../../daemon/naming/templates.ts";
import { makeWorld, type World, wav } from "../support/world.ts";

const url = "/api/v1/naming/templates";
const tree = {
  "a/Lowtide - Ebb.wav": wav(2, { seed: 1 }),
  "a/Lowtide - Flow.wav": wav(2, { seed: 2 }),
  "b/Mara Voss - Solo.wav": wav(2, { seed: 3 }),
};

async function ready(): Promise<World> {
  const world = await makeWorld(tree);
  await world.settle();
  return world;
}

async function places(world: World): Promise<string[]> {
  const { items } = await world.call<{ items: ProposalItem[] }>("GET", "/proposals/");
  return items.map(({ directory, filename }) => `${directory}/${filename}`).sort();
}

async function put(world: World, body: unknown) {
  const response = await world.request("PUT", url, { body });
  return { status: response.status, body: await response.json() };
}

test("templates, defaults and the fields they can use", async () => {
  const world = await makeWorld({});
  const reply = await world.call<TemplatesReply>("GET", url);
  expect(reply).toMatchObject({ templates: defaultTemplates, defaults: defaultTemplates });
  expect(reply.fields.map(({ name }) => name)).toContain("AlbumArtist");
});

test("a change names what is pending anew, leaves what is decided, and is in the audit trail", async () => {
  const world = await ready();
  expect(await places(world)).toEqual([
    "music/Lowtide/Lowtide - Ebb.wav",
    "music/Lowtide/Lowtide - Flow.wav",
    "music/Mara Voss/Mara Voss - Solo.wav",
  ]);
  const { items } = await world.call<{ items: ProposalItem[] }>("GET", "/proposals/");
  const solo = items.find(({ filename }) => filename.includes("Solo")) as ProposalItem;
  await world.call("PATCH", `/proposals/${solo.id}/approve`, { version: solo.version });
  const saved = await world.call<TemplatesSaved>("PUT", url, {
    track: { filename: "{Title} by {Artist}", directory: "tracks" },
  });
  expect(saved).toMatchObject({ remade: 2, templates: { track: { directory: "tracks" } } });
  await world.daemon.idle();
  expect(await places(world)).toEqual([
    "music/Mara Voss/Mara Voss - Solo.wav",
    "tracks/Ebb by Lowtide.wav",
    "tracks/Flow by Lowtide.wav",
  ]);
  const audit = await world.call<{ items: AuditItem[] }>("GET", "/audit/?action=set%20templates");
  expect(audit.items.map(({ detail }) => detail)).toEqual([
    { "track.filename": "{Title} by {Artist}", "track.directory": "tracks" },
  ]);
  await world.call("PUT", url, { track: { filename: null } });
  await world.daemon.idle();
  expect(await places(world)).toContain("tracks/Lowtide - Ebb.wav");
  expect((await put(world, { track: null })).status).toBe(200);
  await world.daemon.idle();
  expect(await places(world)).toContain("music/Lowtide/Lowtide - Ebb.wav");
  expect(JSON.parse(readFact(world.daemon.deps.db, "templates") ?? "")).toEqual({});
});

test("nothing changed, nothing done", async () => {
  const world = await ready();
  const finishedAt = () => getRun(world.daemon.deps.db, 1, "propose")?.finishedAt;
  const before = finishedAt();
  expect((await put(world, { track: defaultTemplates.track, club: null })).body).toMatchObject({ remade: 0 });
  await world.daemon.idle();
  expect(finishedAt()).toBe(before);
  expect((await world.call<{ total: number }>("GET", "/audit/")).total).toBe(0);
});

test("templates with errors are refused with the place of each, and nothing is changed", async () => {
  const world = await makeWorld({});
  const { status, body } = await put(world, {
    festival: { filename: "{Artst} }", directory: "/{Event}" },
    club: { filename: "{Artist}" },
  });
  expect(status).toBe(400);
  expect(body).toMatchObject({
    title: "Templates have 3 errors",
    errors: [
      { path: "festival.filename", at: 1, length: 5 },
      { path: "festival.filename", at: 8, length: 1 },
      { path: "festival.directory", at: 0, length: 1 },
    ],
  });
  expect((await world.call<TemplatesReply>("GET", url)).templates).toEqual(defaultTemplates);
  for (const wrong of [
    { nothing: null },
    { festival: { name: "x" } },
    { festival: { filename: "x".repeat(2001) } },
    [],
  ])
    expect([wrong, (await put(world, wrong)).status]).toEqual([wrong, 400]);
});

test("a preview shows real files, examples, errors and collisions, and changes nothing", async () => {
  const world = await ready();
  const preview = (body: unknown) => world.call<PreviewReply>("POST", `${url}/preview`, body);
  const { templates, checked } = await preview({
    track: { filename: "{Artist}", directory: 'x/{Event or "none"}' },
    festival: { filename: "{Artist" },
  });
  expect(checked).toBe(3);
  expect(templates.track.madeUp).toBe(false);
  expect(templates.track.samples).toContainEqual({ from: "b/Mara Voss - Solo.wav", to: "x/none/Mara Voss.wav" });
  expect(templates.track.samples.length).toBe(3);
  expect(templates.track.collisions).toMatchObject([{ to: "x/none/Lowtide.wav" }]);
  expect(templates.track.collisions[0]?.from.toSorted()).toEqual(["a/Lowtide - Ebb.wav", "a/Lowtide - Flow.wav"]);
  expect(templates.festival).toMatchObject({ samples: [], errors: [{ path: "festival.filename", at: 0, length: 7 }] });
  expect(templates.concert).toMatchObject({ madeUp: true, errors: [], collisions: [] });
  expect(templates.concert.samples.length).toBeGreaterThan(0);
  const plain = await preview({});
  expect(plain.templates.track.collisions).toEqual([]);
  expect(plain.templates.track.samples[0]?.to).toStartWith("music/");
  expect((await world.call<TemplatesReply>("GET", url)).templates).toEqual(defaultTemplates);
});

import { describe, expect, test } from "bun:test";
import type { EditedReply, KeptRuleItem, ProposalItem } from "../../daemon/contract/api.ts";
import { makeWorld, type Tree, type World, wav } from "../support/world.ts";

/** Long enough to be a set, small enough for a test. */
const set = (seed: number) => wav(1500, { rateHz: 100, seed });

async function ready(tree: Tree): Promise<World> {
  const world = await makeWorld(tree);
  await world.settle();
  return world;
}

async function proposals(world: World): Promise<Record<string, ProposalItem>> {
  const { items } = await world.call<{ items: ProposalItem[] }>("GET", "/proposals/?page_size=200");
  return Object.fromEntries(items.map((item) => [item.path.slice(world.library.length + 1), item]));
}

const edit = (world: World, item: ProposalItem | undefined, body: Record<string, unknown>) =>
  world.call<EditedReply>("PATCH", `/proposals/${item?.id}/fields`, { version: item?.version, ...body });
const rules = async (world: World) =>
  (await world.call<{ items: KeptRuleItem[] }>("GET", "/api/v1/naming/rules")).items;

describe("fields changed by hand", () => {
  const tree = { "Lowtide - Ebb.wav": wav(2, { seed: 1 }), "Lowtide - Flow.wav": wav(2, { seed: 2 }) };

  test("win at once, with their name, and stay when the proposal is made anew", async () => {
    const world = await ready(tree);
    const before = (await proposals(world))["Lowtide - Ebb.wav"];
    const { proposal } = await edit(world, before, { fields: { title: "Ebb (Dub Mix)", album: "Shore" } });
    expect(proposal.filename).toBe("Lowtide - Ebb (Dub Mix).wav");
    expect(proposal.directory).toBe("music/Lowtide/Shore");
    expect(proposal.fields.mix).toBe("Dub Mix");
    expect(proposal.evidence.title).toEqual([{ source: "person", text: "Set by hand", weight: 1 }]);
    expect(proposal.alternatives.title?.[0]?.value).toBe("Ebb");
    expect(proposal.version).toBeGreaterThan(before?.version ?? 0);
    await world.call("POST", "/api/v1/proposals/generate");
    await world.settle();
    const after = (await proposals(world))["Lowtide - Ebb.wav"];
    expect(after?.filename).toBe("Lowtide - Ebb (Dub Mix).wav");
    const { proposal: back } = await edit(world, after, { fields: { title: null, album: null } });
    expect([back.directory, back.filename]).toEqual(["music/Lowtide", "Lowtide - Ebb.wav"]);
  });

  test("an empty text clears a field, a kind is kept", async () => {
    const world = await ready({ "Mara Voss - Live @ Tresor 2012-03-24.wav": set(3) });
    const before = (await proposals(world))["Mara Voss - Live @ Tresor 2012-03-24.wav"];
    expect(before?.filename).toBe("Mara Voss - Live @ Tresor 2012.03.24.wav");
    const { proposal } = await edit(world, before, { fields: { venue: "" } });
    expect(proposal.filename).toBe("Mara Voss - Live 2012.03.24.wav");
    const { proposal: other } = await edit(world, proposal, { kind: "other" });
    expect([other.kind, other.unchanged]).toEqual(["other", true]);
    expect(other.evidence.kind).toEqual([{ source: "person", text: "Set by hand", weight: 1 }]);
  });

  test("are refused for another version, for what is executed, and when they do not fit", async () => {
    const world = await ready(tree);
    const item = (await proposals(world))["Lowtide - Ebb.wav"] as ProposalItem;
    const patch = (body: unknown, id = item.id) =>
      world.request("PATCH", `/proposals/${id}/fields`, { body }).then(({ status }) => status);
    expect(await patch({ version: item.version + 5, fields: { title: "X" } })).toBe(409);
    expect(await patch({ fields: { title: "X" } }, 99_999)).toBe(404);
    expect(await patch({ fields: { nonsense: "X" } })).toBe(400);
    expect(await patch({ fields: { title: "two\nlines" } })).toBe(400);
    expect(await patch({ fields: { title: "x".repeat(401) } })).toBe(400);
    expect(await patch({})).toBe(400);
    await world.call("PATCH", `/proposals/${item.id}/approve`, { version: item.version });
    const { batchId } = await world.call<{ batchId: number }>("POST", "/execution/start");
    await world.batchEnd(batchId);
    expect(await patch({ fields: { title: "X" } })).toBe(409);
  });

  test("make an approved proposal pending again, and hostile text stays a name", async () => {
    const world = await ready(tree);
    const item = (await proposals(world))["Lowtide - Ebb.wav"];
    const approved = await world.call<ProposalItem>("PATCH", `/proposals/${item?.id}/approve`, {});
    const { proposal } = await edit(world, approved, { fields: { album: "../../etc/passwd" } });
    expect([proposal.status, proposal.directory]).toEqual(["pending", "music/Lowtide/..-..-etc-passwd"]);
  });
});

describe("what a library learns", () => {
  test("an artist's name is written alike in all its proposals, and can be taken back and up again", async () => {
    const world = await ready({
      "a/dj voss - Ebb.wav": wav(2, { seed: 1 }),
      "b/dj voss & Kern - Flow.wav": wav(2, { seed: 2 }),
      "c/Lowtide - Tide.wav": wav(2, { seed: 3 }),
    });
    const before = await proposals(world);
    const { learned, concerned } = await edit(world, before["a/dj voss - Ebb.wav"], {
      fields: { artist: "DJ Mara Voss" },
    });
    expect(learned.map(({ kind, before: was, value }) => [kind, was, value])).toEqual([
      ["alias", "dj voss", "DJ Mara Voss"],
    ]);
    expect(concerned).toBe(1);
    await world.settle();
    const after = await proposals(world);
    expect(after["b/dj voss & Kern - Flow.wav"]?.filename).toBe("DJ Mara Voss & Kern - Flow.wav");
    expect(after["b/dj voss & Kern - Flow.wav"]?.evidence.artist?.[0]).toMatchObject({ source: "library" });
    expect(after["c/Lowtide - Tide.wav"]?.version).toBe(before["c/Lowtide - Tide.wav"]?.version);
    const [rule] = await rules(world);
    await world.call("PATCH", `/api/v1/naming/rules/${rule?.id}`, { active: false });
    await world.settle();
    expect((await proposals(world))["b/dj voss & Kern - Flow.wav"]?.filename).toBe("dj voss & Kern - Flow.wav");
    expect((await proposals(world))["a/dj voss - Ebb.wav"]?.fields.artist).toBe("DJ Mara Voss");
    await world.call("PATCH", `/api/v1/naming/rules/${rule?.id}`, { active: true });
    await world.settle();
    expect((await proposals(world))["b/dj voss & Kern - Flow.wav"]?.filename).toBe("DJ Mara Voss & Kern - Flow.wav");
  });

  test("a spelling reaches names with other accents and case at once, also within joined names", async () => {
    const world = await ready({
      "a/Bjork - Ebb.wav": wav(2, { seed: 1 }),
      "b/Björk - Flow.wav": wav(2, { seed: 2 }),
      "c/Kern feat. BJÖRK - Tide.wav": wav(2, { seed: 3 }),
      "d/Bjorkestra - Swell.wav": wav(2, { seed: 4 }),
    });
    const before = await proposals(world);
    const { concerned } = await edit(world, before["a/Bjork - Ebb.wav"], { fields: { artist: "björk" } });
    expect(concerned).toBe(2);
    await world.settle();
    const after = await proposals(world);
    expect(Object.values(after).map(({ fields }) => fields.artist)).toEqual(
      expect.arrayContaining(["björk", "björk", "Kern feat. björk", "Bjorkestra"]),
    );
  });

  test("the order of day and month of a release group, for its files everywhere", async () => {
    const world = await ready({
      "x/01-a_b-live_at_tresor-sat-03-04-2012-GRP.wav": set(1),
      "y/01-c_d-live_at_tresor-sat-05-06-2012-GRP.wav": set(2),
      "y/01-e_f-live_at_tresor-sat-05-06-2012-OTH.wav": set(3),
    });
    const before = await proposals(world);
    const first = before["x/01-a_b-live_at_tresor-sat-03-04-2012-GRP.wav"];
    expect(first?.fields.date).toBe("2012-xx-xx");
    const { learned } = await edit(world, first, { fields: { date: "2012-03-04" } });
    expect(learned.map(({ kind, scope, value }) => [kind, scope, value])).toEqual([["date-order", "group:grp", "md"]]);
    await world.settle();
    const after = await proposals(world);
    expect(after["y/01-c_d-live_at_tresor-sat-05-06-2012-GRP.wav"]?.fields.date).toBe("2012-05-06");
    expect(after["y/01-e_f-live_at_tresor-sat-05-06-2012-OTH.wav"]?.fields.date).toBe("2012-xx-xx");
  });

  test("what a folder's files share, and what an event is", async () => {
    const world = await ready({
      "night/Mara Voss - Live 2012-03-24.wav": set(1),
      "night/Lowtide - Live 2012-03-24.wav": set(2),
      "else/Kern - Live @ Nebula 2013-01-02.wav": set(3),
      "more/Ebb - Live @ Nebula 2014-01-02.wav": set(4),
    });
    const before = await proposals(world);
    await edit(world, before["night/Mara Voss - Live 2012-03-24.wav"], { fields: { event: "Moonrise" } });
    await edit(world, before["else/Kern - Live @ Nebula 2013-01-02.wav"], {
      fields: { event: "Nebula", venue: "", source: "radioshow" },
    });
    await world.settle();
    const after = await proposals(world);
    expect(after["night/Lowtide - Live 2012-03-24.wav"]?.filename).toBe("Lowtide - Live @ Moonrise 2012.03.24.wav");
    expect(after["night/Lowtide - Live 2012-03-24.wav"]?.evidence.event).toEqual([
      { source: "library", text: "Set for other files in night", weight: 0.6 },
    ]);
    expect((await rules(world)).map(({ kind }) => kind).sort()).toEqual(["folder", "source"]);
  });

  test("a correction of an edit changes what was learned from it, and taking it back leaves nothing", async () => {
    const world = await ready({
      "a/Kern - Ebb.wav": wav(2, { seed: 1 }),
      "b/Kern - Flow.wav": wav(2, { seed: 2 }),
      "c/Mill - Tide.wav": wav(2, { seed: 3 }),
    });
    const artists = async () => {
      await world.settle();
      return Object.values(await proposals(world)).map(({ fields }) => fields.artist);
    };
    const first = (await proposals(world))["a/Kern - Ebb.wav"];
    const { proposal } = await edit(world, first, { fields: { artist: "Mill" } });
    expect((await artists()).sort()).toEqual(["Mill", "Mill", "Mill"]);
    const second = await edit(world, proposal, { fields: { artist: "Milla" } });
    expect((await artists()).sort()).toEqual(["Mill", "Milla", "Milla"]);
    expect((await rules(world)).map(({ before, value, active }) => [before, value, active])).toEqual([
      ["Kern", "Milla", true],
    ]);
    await edit(world, second.proposal, { fields: { artist: "Kern" } });
    expect((await artists()).sort()).toEqual(["Kern", "Kern", "Mill"]);
    expect((await rules(world)).filter(({ active }) => active)).toEqual([]);
  });

  test("nothing from values that only changed places, from albums of one artist, or for a folder of anything", async () => {
    const world = await ready({
      "incoming/Tresor - Mara Voss.wav": wav(2, { seed: 1 }),
      "incoming/Lowtide - Live 2012-03-24.wav": set(2),
    });
    const before = await proposals(world);
    const swapped = await edit(world, before["incoming/Tresor - Mara Voss.wav"], {
      fields: { artist: "Mara Voss", title: "Tresor" },
    });
    expect(swapped.learned).toEqual([]);
    const placed = await edit(world, before["incoming/Lowtide - Live 2012-03-24.wav"], { fields: { venue: "Tresor" } });
    expect(placed.learned).toEqual([]);
    const named = await edit(world, swapped.proposal, { fields: { album: "Greatest Hits" } });
    expect((await edit(world, named.proposal, { fields: { album: "Greatest Hits II" } })).learned).toEqual([]);
  });

  test("a look by the rules under way does not undo a change", async () => {
    const world = await ready({ "Lowtide - Ebb.wav": wav(2, { seed: 1 }) });
    const item = (await proposals(world))["Lowtide - Ebb.wav"];
    const { db } = world.daemon.deps;
    db.query("update runs set status = 'running', attempts = 1 where stage in ('propose', 'refine')").run();
    await edit(world, item, { fields: { title: "Dawn" } });
    const statuses = db.query("select status from runs where stage = 'propose'").values().flat();
    expect(statuses).not.toContain("running");
    await world.settle();
    expect((await proposals(world))["Lowtide - Ebb.wav"]?.fields.title).toBe("Dawn");
  });

  test("a decision taken back brings what has been learned meanwhile", async () => {
    const world = await ready({ "a/Kern - Ebb.wav": wav(2, { seed: 1 }), "b/Kern - Flow.wav": wav(2, { seed: 2 }) });
    const before = await proposals(world);
    const approved = await world.call<ProposalItem>(
      "PATCH",
      `/proposals/${before["b/Kern - Flow.wav"]?.id}/approve`,
      {},
    );
    await edit(world, before["a/Kern - Ebb.wav"], { fields: { artist: "Mill" } });
    await world.settle();
    expect((await proposals(world))["b/Kern - Flow.wav"]?.fields.artist).toBe("Kern");
    await world.call("PATCH", `/proposals/${approved.id}/undo`, {});
    await world.settle();
    expect((await proposals(world))["b/Kern - Flow.wav"]?.fields.artist).toBe("Mill");
  });

  test("nothing when told not to, and nothing from a title", async () => {
    const world = await ready({ "dj voss - Ebb.wav": wav(2, { seed: 1 }) });
    const item = (await proposals(world))["dj voss - Ebb.wav"];
    const { learned, proposal } = await edit(world, item, { fields: { artist: "DJ Voss" }, learn: false });
    expect(learned).toEqual([]);
    expect((await edit(world, proposal, { fields: { title: "Flow" } })).learned).toEqual([]);
    expect(await rules(world)).toEqual([]);
  });
});

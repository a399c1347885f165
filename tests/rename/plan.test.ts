import { describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PlanReply } from "../../daemon/contract/api.ts";
import type { ProposalDraft } from "../../daemon/contract/naming.ts";
import { proposalIds } from "../../daemon/db/proposal-list.ts";
import { getProposal } from "../../daemon/db/proposals.ts";
import { folderCompanionName, stemCompanionName } from "../../daemon/rename/companion-names.ts";
import { makePlan } from "../../daemon/rename/plan.ts";
import { checkDestination, makeSpace } from "../../daemon/rename/preflight.ts";
import { makeWorld, tempFolder, type World, wav } from "../support/world.ts";

/** A world whose files get these places, approved unless said otherwise. */
async function planned(
  places: Record<string, Partial<ProposalDraft> & { status?: "pending" }>,
  more: Record<string, string | Buffer> = {},
): Promise<World> {
  const tree = Object.fromEntries(Object.keys(places).map((name, n) => [name, wav(1, { seed: n })]));
  const world = await makeWorld({ ...tree, ...more });
  await world.settle();
  const { db } = world.daemon.deps;
  for (const id of proposalIds(db, {}, 100)) {
    const path = getProposal(db, id)?.path.slice(world.library.length + 1) ?? "";
    const { status = "approved", directory = "music/A", filename = "x.wav" } = places[path] ?? {};
    const key = `${directory}/${filename}`.normalize("NFC").toLowerCase();
    db.query(
      "update proposals set directory = ?, filename = ?, destination_key = ?, unchanged = 0, kind = 'track', fields = '{}', status = ? where id = ?",
    ).run(directory, filename, key, status, id);
  }
  return world;
}

const dryRun = (world: World) => world.call<PlanReply>("POST", "/execution/start", { dryRun: true });
const byName = (world: World, plan: PlanReply) =>
  Object.fromEntries(plan.items.map((item) => [item.source.slice(world.library.length + 1), item]));

describe("collisions block just the items that collide", () => {
  test("two approved ones, also when they differ in case or normal form only", async () => {
    const world = await planned({
      "a.wav": { filename: "Same.wav" },
      "b.wav": { filename: "sAME.wav" },
      "c.wav": { filename: "Bj\u00f6rk.wav" },
      "d.wav": { filename: "Bjo\u0308rk.wav" },
      "e.wav": { filename: "Own.wav" },
    });
    const items = byName(world, await dryRun(world));
    expect(
      Object.entries(items)
        .map(([name, item]) => [name, item.status])
        .sort(),
    ).toEqual([
      ["a.wav", "blocked"],
      ["b.wav", "blocked"],
      ["c.wav", "blocked"],
      ["d.wav", "blocked"],
      ["e.wav", "ready"],
    ]);
    expect(items["a.wav"]?.reasons).toEqual([`${world.library}/b.wav would get the same name: reject one of the two`]);
  });

  test("a pending proposal that wants the same place", async () => {
    const world = await planned({
      "a.wav": { filename: "Same.wav" },
      "b.wav": { filename: "same.wav", status: "pending" },
    });
    const plan = await dryRun(world);
    expect(plan.items[0]?.reasons).toEqual([
      `${world.library}/b.wav (pending) is proposed for the same name: decide on that one first`,
    ]);
  });

  test("files on disk: the same name, another case, a file where a folder is needed, a dangling link", async () => {
    const world = await planned({
      "a.wav": { filename: "Taken.wav" },
      "b.wav": { filename: "other.wav" },
      "c.wav": { directory: "file/inside" },
      "d.wav": { filename: "link.wav" },
      "e.wav": { filename: "free.wav" },
    });
    mkdirSync(join(world.output, "music/A"), { recursive: true });
    for (const name of ["music/A/Taken.wav", "music/A/OTHER.wav", "file"])
      writeFileSync(join(world.output, name), "here before");
    symlinkSync("/nowhere", join(world.output, "music/A/link.wav"));
    const plan = await dryRun(world);
    expect(plan).toMatchObject({ blocked: 4, ready: 1 });
    const reasons = plan.items.flatMap((item) => item.reasons).join("\n");
    for (const words of [
      "Taken.wav exists already",
      "differs only in case",
      "is a file, but a folder is needed there",
      "link.wav exists already",
    ])
      expect(reasons).toContain(words);
  });

  test("a destination that would leave the output folder, also through a link, is refused", async () => {
    const world = await planned({
      "a.wav": { directory: "../../up" },
      "b.wav": { directory: "linked" },
      "c.wav": { directory: "music/./x" },
    });
    mkdirSync(world.output);
    symlinkSync(tempFolder(), join(world.output, "linked"));
    const plan = await dryRun(world);
    expect(plan).toMatchObject({ blocked: 3, ready: 0 });
    expect(plan.items.flatMap((item) => item.reasons).join()).toContain("would leave the output folder");
  });

  test("a source that vanished or changed after its approval", async () => {
    const world = await planned({
      "a.wav": { filename: "1.wav" },
      "b.wav": { filename: "2.wav" },
      "c.wav": { filename: "3.wav" },
    });
    unlinkSync(join(world.library, "a.wav"));
    writeFileSync(join(world.library, "b.wav"), wav(5));
    const items = byName(world, await dryRun(world));
    expect(items["a.wav"]?.reasons).toContain("The file is not there any more");
    expect(items["b.wav"]?.reasons).toContain("The file has changed since it was looked at: scan again");
    expect(items["c.wav"]?.status).toBe("ready");
  });

  test("exact copies say that they are copies", async () => {
    const world = await makeWorld({ "x/Lowtide - Ebb.wav": wav(1), "y/Lowtide - Ebb.wav": wav(1) });
    await world.settle();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    expect((await dryRun(world)).items[0]?.reasons[0]).toContain("is an exact copy of it");
  });
});

describe("companions", () => {
  test("go along with their media or stay with a reason", async () => {
    const world = await planned(
      {
        "set/a.wav": { filename: "New A.wav" },
        "album/1.wav": { filename: "1.wav", directory: "one" },
        "album/2.wav": { filename: "2.wav", directory: "two" },
      },
      {
        "set/a.cue": "cue",
        "set/a.wav.txt": "t",
        "set/info.nfo": "n",
        "set/folder.jpg": "p",
        "set/back.jpg": "q",
        "album/cover.jpg": "p",
        "album/1.cue": "own",
      },
    );
    const items = byName(world, await dryRun(world));
    const to = (name: string) =>
      items[name]?.companions.map((companion) => companion.dest.slice(world.output.length + 1)).sort();
    expect(to("set/a.wav")).toEqual(
      [
        "music/A/New A - folder.jpg",
        "music/A/New A.cue",
        "music/A/New A.jpg",
        "music/A/New A.nfo",
        "music/A/New A.txt",
      ].sort(),
    );
    expect(to("album/1.wav")).toEqual(["one/1.cue"]);
    expect(items["album/1.wav"]?.notes).toEqual([
      "cover.jpg stays: it also belongs to files that do not move with this one",
    ]);
  });

  test("a companion whose new name is taken stays, and its media file still goes", async () => {
    const world = await planned({ "set/a.wav": { filename: "New.wav" } }, { "set/a.cue": "cue" });
    mkdirSync(join(world.output, "music/A"), { recursive: true });
    writeFileSync(join(world.output, "music/A/New.cue"), "older");
    const plan = await dryRun(world);
    expect(plan.items[0]).toMatchObject({ status: "ready", companions: [] });
    expect(plan.items[0]?.notes[0]).toContain("a.cue stays:");
  });

  const names: [string, string, string, string][] = [
    ["set.cue", "set.mp3", "New.mp3", "New.cue"],
    ["set.mp3.txt", "set.mp3", "New.mp3", "New.txt"],
    ["SET.JPG", "set.mp3", "New.mp3", "New.jpg"],
    ["a.b.cue", "a.b.mp3", "N.mp3", "N.cue"],
  ];
  for (const [companion, media, target, expected] of names) {
    test(`${companion} beside ${media} becomes ${expected}`, () =>
      expect(stemCompanionName(companion, media, target)).toBe(expected));
  }

  test("names are cut to 255 bytes before the extension", () => {
    const long = `${"ä".repeat(126)}.mp3`;
    expect(Buffer.byteLength(stemCompanionName("a.mp3.nfo", "a.mp3", long))).toBeLessThanOrEqual(255);
    expect(Buffer.byteLength(folderCompanionName("cover.jpeg", long, false, new Set()))).toBeLessThanOrEqual(255);
  });
});

describe("before the first byte", () => {
  test("too little space blocks what does not fit, and counts what stays on the disk", async () => {
    const world = await planned({ "a.wav": { filename: "1.wav" }, "b.wav": { filename: "2.wav" } });
    linkSync(join(world.library, "a.wav"), join(world.folder, "seed.wav"));
    const { db } = world.daemon.deps;
    const proposals = proposalIds(db, { status: "approved" }, 10).flatMap((id) => getProposal(db, id) ?? []);
    const reserve = 64 * 1024 * 1024;
    const plan = (freeBytes: number) =>
      makePlan(
        db,
        world.output,
        proposals,
        makeSpace(() => ({ device: -1, freeBytes: freeBytes + reserve })),
      );
    expect((await plan(1044)).items.map((item) => item.status).sort()).toEqual(["blocked", "ready"]);
    expect((await plan(2088)).items.map((item) => item.status)).toEqual(["ready", "ready"]);
    expect((await plan(10)).items[0]?.reasons[0]).toContain("Not enough space at");
  });

  const unsafe = [
    "/out/../etc/x.mp3",
    "/out/a//b.mp3",
    `/out/${"n".repeat(256)}`,
    "/out/./x",
    `/out/${"long/".repeat(900)}x`,
    "/out/nul\0",
  ];
  for (const path of unsafe)
    test(`refuses ${JSON.stringify(path.slice(0, 40))}`, () => expect(checkDestination("/out", path)).toHaveLength(1));
});

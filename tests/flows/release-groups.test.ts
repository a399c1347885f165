import { expect, test } from "bun:test";
import type { ProposalItem } from "../../daemon/contract/api.ts";
import { makeWorld, plant, type World, wav } from "../support/world.ts";

const set = (seed: number) => wav(1500, { rateHz: 100, seed });
const unsure = "one/01-a_b-live_at_tresor-sat-03-04-2012-GRP.wav";
const other = "two/01-c_d-live_at_tresor-sat-05-06-2012-OTH.wav";
const sure = "three/01-e_f-live_at_tresor-sat-24-12-2011-GRP.wav";
const against = "four/01-g_h-live_at_tresor-sat-12-24-2013-GRP.wav";

async function dates(world: World) {
  const { items } = await world.call<{ items: ProposalItem[] }>("GET", "/proposals/?page_size=200");
  const found = Object.fromEntries(items.map((item) => [item.path.slice(world.library.length + 1), item]));
  return { unsure: found[unsure]?.fields.date, other: found[other]?.fields.date, found };
}

test("a release group's order of day and month is learned from its files in other folders, until two are shown", async () => {
  const world = await makeWorld({ [unsure]: set(1), [other]: set(2) });
  await world.settle();
  expect(await dates(world)).toMatchObject({ unsure: "2012-xx-xx", other: "2012-xx-xx" });

  plant(world.library, { [sure]: set(3) });
  await world.settle();
  const { found, ...now } = await dates(world);
  expect(now).toEqual({ unsure: "2012-04-03", other: "2012-xx-xx" });
  expect(
    found[unsure]?.evidence.date?.some(({ source, text }) => source === "sibling" && text.includes("24-12-2011")),
  ).toBe(true);

  plant(world.library, { [against]: set(4) });
  await world.settle();
  expect(await dates(world)).toMatchObject({ unsure: "2012-xx-xx" });
});

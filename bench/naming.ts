import type { NamingInput } from "../daemon/contract/naming.ts";
import { proposeByRules } from "../daemon/naming/rules.ts";
import { type BenchOptions, residentMb, seconds, verdict } from "./support.ts";

const count = 20_000;
const artists = ["nina_brandt", "the_low_tides", "DJ Keller", "Ana & Pol", "sonar_v"];
const places = ["live_at_nordhalle", "essential_mix", "Live @ Harbour Festival 2018", "boiler_room_lisbon"];

function input(index: number): NamingInput {
  const artist = artists[index % artists.length] ?? "";
  const place = places[index % places.length] ?? "";
  const isSet = index % 2 === 0;
  const name = isSet
    ? `01-${artist}-${place}-sat-09-${10 + (index % 18)}-2016-grp.mp3`
    : `${(index % 12) + 1} - ${artist} - Song ${index}.mp3`;
  const folder = isSet ? "incoming" : `${artist} - Album ${index % 40} (2014)`;
  const siblings = Array.from({ length: 10 }, (_, other) => `${other} - ${artist} - Song ${other}.mp3`);
  return {
    path: `${folder}/${name}`,
    durationSec: isSet ? 5400 : 240,
    tags: isSet ? {} : { artist, title: `Song ${index}` },
    companions: [],
    siblings,
  };
}

/** Proposals by rules a second, on one core, and whether memory stays flat over many. */
export async function benchNaming({ print }: BenchOptions) {
  for (let index = 0; index < 2000; index++) proposeByRules(input(index));
  const beforeMb = await residentMb(process.pid);
  const sec = await seconds(() => {
    for (let index = 0; index < count; index++) proposeByRules(input(index));
  });
  const grownMb = (await residentMb(process.pid)) - beforeMb;
  print(verdict("proposals by rules", count / sec, "files/s", 2000, false));
  print(`memory grew by ${grownMb.toFixed(0)} MB over ${count} files`);
  return { perSec: count / sec, grownMb };
}

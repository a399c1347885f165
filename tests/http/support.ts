import { makeWorld, type World, wav } from "../support/world.ts";

const tree = {
  "Lowtide - Ebb.wav": wav(2, { seed: 1 }),
  "Lowtide - Flow.wav": wav(2, { seed: 2 }),
  "Mara Voss - Solo 100%.wav": wav(2, { seed: 3 }),
  "Mara Voss - Solo 100%.cue": "x",
};

/** A daemon whose three files have gone all the way to their proposals. */
export async function ready(env: Record<string, string> = {}): Promise<World> {
  const world = await makeWorld(tree, { env });
  await world.settle();
  return world;
}

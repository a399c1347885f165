import { expect, test } from "bun:test";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readPeaks } from "../../sidecars/lib/store/peak-bytes.ts";
import { openStore } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { tempFolder } from "../support/world.ts";
import { makeRandom, randomPeaks } from "./support.ts";

type Line = { begins?: number; stored?: number; seed?: number; hashes?: number; removed?: number };

test("whatever was acknowledged is there after a kill at any moment, and nothing is half there", async () => {
  const folder = tempFolder();
  const truth = new Map<number, { seed: number; hashes: number }>();
  let changes = 0;
  for (let round = 1; round <= 15; round++) {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "store-child.ts"), folder, `${round}`], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const output = new Response(child.stdout).text();
    await sleep(250 + ((round * 97) % 300));
    child.kill("SIGKILL");
    await child.exited;
    // A line that the kill has cut is no acknowledgement.
    const lines = (await output).split("\n").slice(0, -1);
    let open: number | null = null;
    for (const line of lines) {
      const said = JSON.parse(line) as Line;
      if (said.begins !== undefined) open = said.begins;
      else {
        open = null;
        changes++;
        if (said.stored !== undefined) truth.set(said.stored, { seed: said.seed ?? 0, hashes: said.hashes ?? 0 });
        else if (said.removed !== undefined) truth.delete(said.removed);
      }
    }
    const store = openStore(folder, panako);
    for (const _ of store.verify());
    for (const id of new Set([...store.ids(), ...truth.keys()])) {
      // The change that was under way may have happened or not; what is there must be whole, which `verify` has seen.
      if (id === open) {
        const track = store.get(id);
        if (!track) truth.delete(id);
        else truth.set(id, { seed: -1, hashes: track.hashes });
        continue;
      }
      const known = truth.get(id);
      expect(store.get(id)?.hashes).toBe(known?.hashes as number);
      if (!known || known.seed < 0) continue;
      const peaks = readPeaks(store.peaks(id) as Uint8Array);
      expect([...peaks.frame]).toEqual([...randomPeaks(makeRandom(known.seed), 10 + (known.seed % 5)).frame]);
    }
    store.close();
  }
  expect(changes).toBeGreaterThan(30);
}, 60_000);

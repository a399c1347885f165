import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writePeaks } from "../../sidecars/lib/store/peak-bytes.ts";
import { openStore, type Store } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { tempFolder } from "../support/world.ts";
import { type Change, type Line, peaksFor } from "./store-child.ts";
import { makeRandom } from "./support.ts";

/** Lets the child work until it is killed, `afterMs` after its first line. A line that the kill has cut says nothing. */
async function linesUntilKilled(folder: string, seed: number, afterMs: number): Promise<Line[]> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "store-child.ts"), folder, `${seed}`], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    if (text === "") sleep(afterMs).then(() => child.kill("SIGKILL"));
    text += decoder.decode(chunk, { stream: true });
  }
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Whether the store has of a recording just what was made of the seed; null: nothing of it. */
function has(store: Store, id: number, seed: number | null): boolean {
  const bytes = store.peaks(id);
  return seed === null ? bytes === null : bytes !== null && Buffer.compare(bytes, writePeaks(peaksFor(seed))) === 0;
}

test("what was acknowledged is there after a kill at any moment, and a change is there wholly or not at all", async () => {
  const folder = tempFolder();
  const random = makeRandom(2024);
  const truth = new Map<number, { seed: number; hashes: number }>();
  let [changes, merges, leftovers] = [0, 0, 0];
  for (let round = 1; round <= 20; round++) {
    let open: Change = [];
    for (const line of await linesUntilKilled(folder, round, random() * 400)) {
      if ("merged" in line) merges++;
      else if ("begins" in line) open = line.begins;
      else {
        changes++;
        for (const [index, { id, seed }] of open.entries())
          if (seed === null) truth.delete(id);
          else truth.set(id, { seed, hashes: line.done[index] as number });
        open = [];
      }
    }

    const before = readdirSync(folder).length;
    const store = openStore(folder, panako);
    leftovers += before - readdirSync(folder).length;
    for (const _ of store.verify());
    // Only the change that was under way may be there without an acknowledgement, and then all of it.
    if (open.some(({ id }) => !has(store, id, truth.get(id)?.seed ?? null)))
      for (const { id, seed } of open) {
        expect(has(store, id, seed)).toBe(true);
        if (seed === null) truth.delete(id);
        else truth.set(id, { seed, hashes: store.get(id)?.hashes as number });
      }
    expect(store.ids()).toEqual([...truth.keys()].sort((a, b) => a - b));
    for (const [id, { seed, hashes }] of truth) {
      expect(has(store, id, seed)).toBe(true);
      expect(store.get(id)?.hashes).toBe(hashes);
    }
    store.close();
  }
  expect(changes).toBeGreaterThan(50);
  expect(merges).toBeGreaterThan(5);
  expect(leftovers).toBeGreaterThan(0);
}, 120_000);

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { makeRandom, randomPeaks } from "./support.ts";

const disk = `/tmp/phaze-small-disk-${process.pid}`;
/** A disk of 2 MB; only root may make one. */
const mounted =
  process.getuid?.() === 0 &&
  Bun.spawnSync(["sh", "-c", `mkdir -p ${disk} && mount -t tmpfs -o size=2m tmpfs ${disk}`]).exitCode === 0;
beforeAll(() => {
  if (!mounted) process.stderr.write("Skipped: a small disk can only be mounted by root\n");
});
afterAll(() => {
  if (mounted) Bun.spawnSync(["sh", "-c", `umount ${disk} && rmdir ${disk}`]);
});

const recording = (id: number) => ({ id, durationSec: 180, peaks: randomPeaks(makeRandom(id), 180) });

test.skipIf(!mounted)("a full disk costs neither a recording nor the store, in a write or in a merge", () => {
  const folder = join(disk, "store");
  const store = openStore(folder, panako);
  let stored = 0;
  let refusal: NodeJS.ErrnoException | null = null;
  while (!refusal && stored < 1000) {
    try {
      store.add([recording(stored)]);
      stored++;
    } catch (error) {
      refusal = error as NodeJS.ErrnoException;
    }
  }
  expect(refusal?.code).toBe("ENOSPC");
  expect(stored).toBeGreaterThan(10);
  expect(store.totals().tracks).toBe(stored);
  // There is room for less than what a merge of everything writes.
  expect(() => {
    for (const _ of store.maintain(true));
  }).toThrow(/ENOSPC|no space/i);
  expect(store.totals().tracks).toBe(stored);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  for (const _ of store.verify());
  store.close();

  const again = openStore(folder, panako);
  expect(again.ids().length).toBe(stored);
  // What is deleted makes room at once, and the merge that failed before goes through.
  again.remove(Array.from({ length: Math.floor(stored * 0.6) }, (_, id) => id));
  for (const _ of again.maintain(true));
  expect(again.totals().segments).toBe(1);
  again.add([recording(0)]);
  expect(again.get(0)).not.toBeNull();
  for (const _ of again.verify());
  again.close();
});

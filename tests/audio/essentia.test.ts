import { expect, test } from "bun:test";
import { loadEssentia, takeVector, withVector } from "../../daemon/audio/essentia.ts";
import { analyseKey } from "../../daemon/audio/key.ts";
import { analyseRhythm } from "../../daemon/audio/rhythm.ts";

const listeners = () =>
  (["uncaughtException", "unhandledRejection"] as const).map((event) =>
    process.listeners(event as "uncaughtException").slice(),
  );

test("loading leaves the process's handlers of faults as they were", async () => {
  const own = () => {};
  process.on("uncaughtException", own);
  const before = listeners();
  await loadEssentia();
  expect(listeners()).toEqual(before);
  process.off("uncaughtException", own);
});

test("vectors go to the heap of the module and come back", async () => {
  const essentia = await loadEssentia();
  const vector = essentia.arrayToVector(Float32Array.of(1, 2.5, -3));
  expect([...takeVector(vector)]).toEqual([1, 2.5, -3]);
  expect(() => vector.size()).toThrow();
  let kept: { size(): number } | undefined;
  const work = () =>
    withVector(essentia, Float32Array.of(1), (one) => {
      kept = one;
      throw new Error("on purpose");
    });
  expect(work).toThrow("on purpose");
  expect(() => kept?.size()).toThrow();
});

test("the heap of the module stays as it is over 500 windows", async () => {
  const essentia = await loadEssentia();
  const samples = Float32Array.from(
    { length: 6 * 44_100 },
    (_, i) => Math.sin(i * 0.06) * (i % 22_050 < 2000 ? 0.9 : 0.1),
  );
  const run = (count: number) => {
    for (let i = 0; i < count; i++) {
      analyseRhythm(essentia, samples);
      analyseKey(essentia, samples);
    }
    return essentia.module.HEAPU8.length;
  };
  const first = run(5);
  expect(run(500)).toBe(first);
}, 60_000);

import { expect, test } from "bun:test";
import { makeWindower, type SampleWindow } from "../../daemon/audio/windows.ts";

const counting = (length: number) => Float32Array.from({ length }, (_, index) => index + 1);

/** All windows of a stream that comes in blocks of these sizes, again and again. */
function cut(total: number, blockSizes: number[], windowSamples: number, leadSamples: number): SampleWindow[] {
  const windower = makeWindower({ rate: 10, windowSamples, leadSamples });
  const stream = counting(total);
  const windows: SampleWindow[] = [];
  for (let at = 0, turn = 0; at < total; turn++) {
    const size = blockSizes[turn % blockSizes.length] as number;
    windows.push(...windower.take(stream.subarray(at, at + size)));
    at += size;
  }
  const rest = windower.rest();
  return rest ? [...windows, rest] : windows;
}

test("windows do not depend on the blocks the sound comes in", () => {
  for (const [total, lead] of [
    [100, 0],
    [95, 3],
    [7, 2],
    [30, 0],
  ] as const) {
    const whole = cut(total, [total], 10, lead);
    for (const sizes of [[1], [3, 1, 7], [64], [11]]) expect(cut(total, sizes, 10, lead)).toEqual(whole);
  }
});

test("windows follow each other without a gap, and the last ends with the sound", () => {
  const windows = cut(95, [13], 10, 3);
  expect(windows.map((window) => window.startSec)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(windows.at(-1)?.endSec).toBe(9.5);
  expect([...(windows[0]?.samples.slice(0, 5) ?? [])]).toEqual([0, 0, 0, 1, 2]);
  expect([...(windows[1]?.samples.slice(0, 5) ?? [])]).toEqual([8, 9, 10, 11, 12]);
  expect(windows.at(-1)?.samples.length).toBe(3 + 5);
});

test("no window comes of nothing", () => {
  expect(makeWindower({ rate: 10, windowSamples: 10, leadSamples: 4 }).rest()).toBeNull();
});

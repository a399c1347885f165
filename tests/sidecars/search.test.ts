import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { SidecarMatch } from "../../daemon/contract/sidecar.ts";
import { audfprint } from "../../sidecars/audfprint/engine.ts";
import { peaksOf, secondsOf } from "../../sidecars/lib/front-end/front-end.ts";
import { frameRate } from "../../sidecars/lib/parameters.ts";
import { roundPeaks } from "../../sidecars/lib/peaks.ts";
import { runThrough, search } from "../../sidecars/lib/search/search.ts";
import { makeResampler } from "../../sidecars/lib/server/resample.ts";
import { openStore, type Store } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { tempFolder } from "../support/world.ts";
import { makeRandom, tune } from "./support.ts";

/** Sound played faster (ratio above 1) with its pitch, as a turntable does. */
function faster(samples: Float32Array, ratio: number): Float32Array {
  const resampler = makeResampler(Math.round(11_025 * ratio), 11_025);
  const head = resampler.take(samples);
  const tail = resampler.finish();
  return Float32Array.from([...head, ...tail]);
}

describe.each([audfprint, panako])("$name", (engine) => {
  let store: Store;
  const songs = [21, 22, 23, 24].map((seed) => tune(seed, 60));
  beforeEach(() => {
    store = openStore(tempFolder(), engine);
    store.add(songs.map((samples, index) => ({ id: index + 1, durationSec: 60, peaks: peaksOf(samples) })));
  });
  afterEach(() => store.close());
  const ask = (samples: Float32Array, except?: ReadonlySet<number>): SidecarMatch[] => {
    const { segments, release } = store.acquire();
    const query = { peaks: peaksOf(samples), durationSec: secondsOf(samples.length), ...(except ? { except } : {}) };
    const found = runThrough(search({ engine, segments, get: store.get, peaks: store.peaks }, query));
    release();
    return found.sort((a, b) => b.score - a.score);
  };

  test("finds an excerpt where it is", () => {
    const [best, ...others] = ask((songs[2] as Float32Array).slice(11_025 * 20, 11_025 * 40));
    expect(best?.id).toBe(3);
    expect(Math.abs((best?.refStartSec ?? 0) - 20 - (best?.queryStartSec ?? 0))).toBeLessThan(0.1);
    expect(others.filter(({ score }) => score > (best?.score ?? 0) / 3)).toEqual([]);
  });

  test("finds nothing of what it does not have", () => {
    expect(ask(tune(99, 20)).filter(({ score }) => score > 15)).toEqual([]);
  });

  test("leaves out what it is told to", () => {
    expect(ask((songs[0] as Float32Array).slice(0, 11_025 * 20), new Set([1])).filter(({ id }) => id === 1)).toEqual(
      [],
    );
  });

  test("finds the tracks of a set with their times", () => {
    const set = Float32Array.from([
      ...(songs[1] as Float32Array).subarray(11_025 * 5, 11_025 * 45),
      ...tune(77, 30),
      ...(songs[3] as Float32Array).subarray(0, 11_025 * 50),
    ]);
    const found = ask(set)
      .filter(({ score }) => score > 15)
      .sort((a, b) => a.queryStartSec - b.queryStartSec);
    expect(found.map(({ id }) => id)).toEqual([2, 4]);
    const [first, second] = found as [SidecarMatch, SidecarMatch];
    expect(Math.abs(first.queryStartSec)).toBeLessThan(3);
    expect(Math.abs(first.queryEndSec - 40)).toBeLessThan(3);
    expect(Math.abs(second.queryStartSec - 70)).toBeLessThan(3);
    expect(Math.abs(second.refStartSec)).toBeLessThan(3);
  });

  test("finds the tracks of a set of more than 20 minutes, plain copies and masked ones", () => {
    const pieces = songs.map((samples, index) => ({ peaks: peaksOf(samples), index, at: 300 + index * 200 }));
    // Of the second song many peaks are masked by louder ones: few codes alone do not find it.
    const random = makeRandom(7);
    const [kept, masksPerSec] = engine === audfprint ? [0.35, 12] : [0.5, 5];
    const masks = Array.from(
      { length: 60 * masksPerSec },
      () => [(500 + 60 * random()) * frameRate, 5600 * random(), 25 + 10 * random()] as const,
    );
    const heard = pieces.flatMap(({ peaks, index, at }) =>
      [...peaks.frame.keys()]
        .filter(() => index !== 1 || random() < kept)
        .map(
          (peak) =>
            [
              (peaks.frame[peak] as number) + Math.round(at * frameRate),
              peaks.cents[peak] as number,
              peaks.strength[peak] as number,
            ] as const,
        ),
    );
    const { segments, release } = store.acquire();
    const index = { engine, segments, get: store.get, peaks: store.peaks };
    const shares: number[] = [];
    const searching = search(index, { peaks: roundPeaks([...heard, ...masks]), durationSec: 1300 });
    let step = searching.next();
    for (; !step.done; step = searching.next()) shares.push(step.value);
    release();
    const found = step.value.filter(({ score }) => score > 15).sort((a, b) => a.queryStartSec - b.queryStartSec);
    expect(found.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    for (const [place, { at }] of pieces.entries()) {
      expect(Math.abs((found[place]?.queryStartSec ?? 0) - at)).toBeLessThan(3);
      expect(Math.abs((found[place]?.queryEndSec ?? 0) - at - 60)).toBeLessThan(4);
    }
    expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  });

  test("gives nothing for what is shorter than a code, or empty", () => {
    expect(ask(new Float32Array(200))).toEqual([]);
    expect(ask(new Float32Array(11_025 * 60))).toEqual([]);
  });
});

test.each([1.04, 0.94])("panako finds what a turntable plays at %f times the speed, and says so", (ratio) => {
  const store = openStore(tempFolder(), panako);
  const song = tune(31, 60);
  store.add([{ id: 1, durationSec: 60, peaks: peaksOf(song) }]);
  const played = faster(song, ratio).slice(0, 11_025 * 20);
  const { segments, release } = store.acquire();
  const index = { engine: panako, segments, get: store.get, peaks: store.peaks };
  const [best] = runThrough(search(index, { peaks: peaksOf(played), durationSec: 20 }));
  release();
  store.close();
  expect(best?.id).toBe(1);
  expect(Math.abs((best?.tempoRatio ?? 0) - ratio)).toBeLessThan(0.005);
  expect(Math.abs((best?.pitchRatio ?? 0) - ratio)).toBeLessThan(0.01);
});

test.each([8000, 16_000, 22_050, 44_100, 48_000, 96_000])(
  "sound of %i Hz is brought to the rate of analysis",
  (rate) => {
    const seconds = 2;
    const samples = Float32Array.from({ length: rate * seconds }, (_, at) => Math.sin((2 * Math.PI * 440 * at) / rate));
    const resampler = makeResampler(rate, 11_025);
    const out = [
      ...resampler.take(samples.subarray(0, 777)),
      ...resampler.take(samples.subarray(777)),
      ...resampler.finish(),
    ];
    expect(Math.abs(out.length - 11_025 * seconds)).toBeLessThan(40);
    for (let at = 2000; at < 20_000; at += 997)
      expect(Math.abs((out[at] as number) - Math.sin((2 * Math.PI * 440 * at) / 11_025))).toBeLessThan(0.02);
  },
);

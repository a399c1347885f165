import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { personValues, setPersonValues } from "../../daemon/db/analysis.ts";
import { inBrowser, seen, testMs } from "./support/browser.ts";
import { hostile } from "./support/canned-proposals.ts";
import { djSet, plantSound } from "./support/canned-sound.ts";
import { setRun } from "./support/fake-sound.ts";
import type { World } from "./support/fake-world.ts";

const sound = (page: Page) => page.getByRole("region", { name: "Sound" });
const cursor = (page: Page) => page.getByRole("slider", { name: "Place in the sound" });
const overflow = (page: Page) =>
  page.evaluate(() => {
    const dialog = document.querySelector("dialog");
    return dialog ? dialog.scrollWidth - dialog.clientWidth : -1;
  });
const withSet = (seconds: number) => (world: World) => plantSound(world, 101, djSet(seconds));

inBrowser("the sound of a file in a browser", (open) => {
  test(
    "is told in values, bars and a picture with a summary",
    async () => {
      const { page } = await open("/files?id=101", { prepare: withSet(3600) });
      await cursor(page).waitFor();
      const text = await seen(sound(page));
      expect(text).toMatch(/Tempo\s+128\.\d BPM fairly sure, 72 %\s+Key\s+11A F♯ minor clear, 81 %/);
      expect(text).toMatch(/−9\.8 LUFS, range 6\.2 LU[\s\S]*−0\.3 dBTP[\s\S]*−8\.2 dB, peak 0\.965/);
      expect(text).toMatch(/Danceability\s+\d+ %[\s\S]*Happy\s+\d+ %[\s\S]*Styles\s+Electronic\s+81 %\s+House\s+64 %/);
      expect(text).not.toContain("Rock");
      const summary = await sound(page).locator(".curve svg").getAttribute("aria-label");
      expect(summary).toMatch(
        /^The sound over 1:00:00\. Tempo between 118 and 1\d\d\.?\d* BPM; .* keys, \d+ changes\. Strongest mood/,
      );
      expect(await sound(page).locator(".curve .code").allTextContents()).toContain("9A");
    },
    testMs,
  );

  test(
    "is read at a place by pointer and by keys",
    async () => {
      const { page } = await open("/files?id=101", { prepare: withSet(3600) });
      await cursor(page).hover();
      await sound(page).getByText("0:2").first().waitFor();
      await page.mouse.move(5, 5);
      await sound(page).getByText("use the arrow keys").waitFor();
      await cursor(page).focus();
      await page.keyboard.press("ArrowRight");
      expect(await cursor(page).getAttribute("aria-valuetext")).toMatch(
        /^0:00:00 to 0:00:30: 118 BPM; 8A, A minor; Danceability \d+ %; Happy/,
      );
      for (const [key, time] of [
        ["End", "0:59:30 to 1:00:00"],
        ["ArrowRight", "0:59:30 to 1:00:00"],
        ["PageDown", "0:54:30 to 0:55:00"],
        ["Home", "0:00:00 to 0:00:30"],
      ] as const) {
        await page.keyboard.press(key);
        await sound(page).getByText(time).waitFor();
      }
      await cursor(page).click({ position: { x: 545, y: 40 } });
      await page.mouse.move(5, 5);
      expect(await seen(sound(page).locator(".readout"))).toMatch(/^0:\d\d:\d\d to .*BPM/);
    },
    testMs,
  );

  for (const width of [1400, 390]) {
    test(
      `of twelve hours and of five seconds fits ${width} pixels, with no more points than are seen`,
      async () => {
        const prepare = (world: World) => {
          plantSound(world, 101, djSet(43_200));
          plantSound(world, 102, { durationSec: 5 });
        };
        const { page, url } = await open("/files?id=101", { width, prepare });
        await cursor(page).focus();
        await page.keyboard.press("End");
        await sound(page).getByText("11:59:30 to 12:00:00").waitFor();
        expect(await overflow(page)).toBe(0);
        const plot = (await cursor(page).boundingBox())?.width ?? 0;
        for (const path of await sound(page).locator(".curve path").all()) {
          const points = ((await path.getAttribute("d")) ?? "").match(/[MVH]/g)?.length ?? 0;
          expect(points).toBeGreaterThan(50);
          expect(points).toBeLessThan(3 * plot);
        }
        await page.goto(`${url}/files?id=102`);
        await cursor(page).focus();
        await page.keyboard.press("ArrowRight");
        expect(await seen(sound(page).locator(".readout"))).toMatch(/0:00 to 0:05\s+128 BPM\s+8A A minor/);
        expect(await overflow(page)).toBe(0);
      },
      testMs,
    );
  }

  test(
    "is set by hand, wrong values are refused in words, and it goes back to what was measured",
    async () => {
      const { page, world } = await open("/files?id=101", { prepare: withSet(300), expected: [500] });
      await sound(page).getByRole("button", { name: "Set by hand" }).click();
      const form = sound(page).locator("form");
      await form.getByLabel("Tempo").fill("fast");
      await form.getByRole("button", { name: "Save" }).click();
      await form.getByRole("alert").getByText("A tempo is a number from 20 to 400").waitFor();
      await form.getByLabel("Tempo").fill("64,5");
      await form.getByLabel("Key").selectOption("6A");
      await form.getByLabel("Mood").fill("late night");
      await form.getByLabel("Genre").fill(hostile);
      world.soundBroken = true;
      await form.getByRole("button", { name: "Save" }).click();
      await form.getByRole("alert").getByText("Phaze made a mistake").waitFor();
      world.soundBroken = false;
      await form.getByRole("button", { name: "Save" }).click();
      await sound(page).getByText("Saved.").waitFor();
      await sound(page).getByText("64.5 BPM").waitFor();
      expect(await seen(sound(page))).toMatch(
        /64\.5 BPM set by you\s+Key\s+6A G minor set by you[\s\S]*late night set by you/,
      );
      expect(await seen(sound(page))).toContain(hostile);
      expect(personValues(world.sound, 101)).toEqual({
        bpm: 64.5,
        key: "G",
        scale: "minor",
        moodText: "late night",
        genre: hostile,
      });
      const opener = sound(page).getByRole("button", { name: "Set by hand" });
      expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);

      await opener.click();
      expect(await form.getByLabel("Tempo").inputValue()).toBe("64.5");
      await form.getByRole("button", { name: "Back to measured" }).click();
      await sound(page).getByText("Back to what was measured.").waitFor();
      await sound(page).getByText("fairly sure, 72 %").waitFor();
      expect(await seen(sound(page))).not.toContain("set by you");
      expect(personValues(world.sound, 101)).toEqual({});
    },
    testMs,
  );

  test(
    "says what is under way and what is in the way, and shows each result as it comes",
    async () => {
      const prepare = (world: World) => {
        for (const stage of ["loudness", "rhythm", "mood"]) setRun(world, 101, stage, "pending");
        setRun(world, 101, "key", "failed", "the worker died");
        world.running.push({ fileId: 101, stage: "rhythm", startedAt: 1, progress: 0.25 });
      };
      const { page, world } = await open("/files?id=101", { prepare });
      await sound(page).getByText("Listening for tempo: 25 %").waitFor();
      expect(await seen(sound(page))).toMatch(
        /Loudness waits in the queue\.[\s\S]*Key: failed\. The worker died\.[\s\S]*Mood waits: There are no models. Get them: phaze models download\./,
      );
      for (const running of world.running) running.progress = 0.75;
      await sound(page).getByRole("progressbar", { name: "Listening for tempo" }).waitFor();
      await sound(page).getByText("Listening for tempo: 75 %").waitFor();
      expect(await sound(page).getByRole("button", { name: "Analyse again" }).isDisabled()).toBe(true);
      world.running.length = 0;
      plantSound(world, 101, djSet(600));
      await sound(page).getByText("fairly sure, 72 %").waitFor();
      await cursor(page).waitFor();
      expect(await seen(sound(page))).not.toContain("failed");
      await sound(page).getByRole("button", { name: "Analyse again" }).click();
      await sound(page).getByText("Asked for a new analysis.").waitFor();
      await sound(page).getByText("Loudness, tempo and key wait in the queue.").waitFor();
    },
    testMs,
  );

  test(
    "that is damaged, silent or set by hand alone is told plainly",
    async () => {
      const prepare = (world: World) => {
        const quiet = { loudnessLufs: null, loudnessRangeLu: null, replayGainDb: null, replayGainPeak: null };
        const reason = "Nothing in it is loud and long enough to measure";
        plantSound(world, 101, {
          durationSec: 4323,
          coverage: 0.6,
          bpm: () => null,
          key: () => null,
          loudness: { ...quiet, reason, notes: [{ kind: "clipping", text: "Clipped in 3 places" }] },
          rhythm: { bpm: null, bpmConfidence: 0, reason: "no beat" },
        });
        setPersonValues(world.sound, 102, { bpm: 100 }, 1);
      };
      const { page, url } = await open("/files?id=101", { prepare });
      await sound(page).getByText("Only 1:12:03 of 2:00:05 could be decoded").waitFor();
      expect(await seen(sound(page))).toMatch(
        /Tempo\s+None\. No beat\.\s+Key\s+None\. No clear tones\.\s+Loudness\s+None\. Nothing in it is loud and long enough to measure\.[\s\S]*Clipped in 3 places/,
      );
      expect(await sound(page).locator(".curve").count()).toBe(0);
      await page.goto(`${url}/files?id=102`);
      await sound(page).getByText("100 BPM").waitFor();
      expect(await seen(sound(page))).toContain("set by you");
    },
    testMs,
  );

  test(
    "counts in the pipeline as one step, and a change by hand is in the audit trail's words",
    async () => {
      const { page, url } = await open("/");
      await page.getByRole("img", { name: "Loudness: 12 done" }).waitFor();
      const pipeline = page.getByRole("region", { name: "Pipeline" });
      expect(await seen(pipeline)).toMatch(
        /Sound[\s\S]*Loudness\s+12\s+Tempo\s+12\s+Key\s+12\s+Mood\s+0\s+Waits \(Mood\): There are no models/,
      );
      await page.goto(`${url}/audit`);
      await page.getByLabel("What").selectOption("Sound set by hand");
      await page.goto(`${url}/files`);
      await page.getByLabel("State").selectOption("Analysed");
    },
    testMs,
  );
});

import { expect, test } from "bun:test";
import { approveFirst, inBrowser, row, seen, testMs, until } from "./support/browser.ts";

inBrowser("the frame in a browser", (open) => {
  test(
    "dialogs close by Escape, by their button and by a click beside them, and the focus goes back",
    async () => {
      const { page } = await open("/proposals");
      await row(page, 1).waitFor();
      const dialog = page.getByRole("dialog");
      const opener = page.getByRole("button", { name: "Keys" });
      const closers = [
        () => page.keyboard.press("Escape"),
        () => dialog.getByRole("button", { name: "Close" }).first().click(),
        () => page.mouse.click(5, 5),
      ];
      for (const close of closers) {
        await opener.focus();
        await page.keyboard.press("?");
        await dialog.waitFor();
        await close();
        await dialog.waitFor({ state: "detached" });
        expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);
      }
    },
    testMs,
  );

  test(
    "one event stream at most, over all pages, and none after leaving",
    async () => {
      const { page, world } = await open("/");
      await until(() => world.eventStreams === 1, "the panel listens");
      for (const name of ["Proposals", "Preview", "Execution", "Files", "Naming", "Audit", "Overview"]) {
        await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
        await page.getByRole("heading", { level: 1, name }).waitFor();
        expect(world.eventStreams).toBe(1);
      }
      await page.goBack();
      await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
      await page.goto("about:blank");
      await until(() => world.eventStreams === 0, "the stream is closed");
    },
    testMs,
  );

  test(
    "the overview shows the pipeline, what is missing and its cost, and starts a scan",
    async () => {
      const { page, world } = await open("/", { prepare: approveFirst(3) });
      await page.getByRole("img", { name: "Tags: 12 done, 2 failed, 9 waiting" }).waitFor();
      expect(await seen(page.getByRole("region", { name: "Helpers" }))).toMatch(
        /Proposals are made by rules alone[\s\S]*Start Ollama/,
      );
      await page.getByRole("button", { name: "Scan now" }).click();
      await page.getByRole("button", { name: "Scanning …" }).waitFor();
      expect(world.scanning).toBe(true);
      await page.getByRole("button", { name: "Pause work" }).click();
      await page.getByRole("button", { name: "Resume work" }).waitFor();
      expect(world.paused).toBe(true);
      await page.getByRole("link", { name: "Failed" }).click();
      await page.getByText("No file matches").waitFor();
    },
    testMs,
  );

  test(
    "an empty library says what to do, and nothing breaks without files",
    async () => {
      const { page, url } = await open("/", { count: 0 });
      await page.getByText("No music found yet").waitFor();
      for (const [path, words] of [
        ["/proposals", "No proposals yet"],
        ["/execution", "Nothing is approved"],
        ["/preview", "No folders to show"],
        ["/files", "No files yet"],
        ["/audit", "Nothing has happened yet"],
      ] as const) {
        await page.goto(`${url}${path}`);
        await page.getByText(words).waitFor();
      }
    },
    testMs,
  );

  test(
    "files are searched, and a drawer shows everything of one",
    async () => {
      const { page } = await open("/files");
      await page.getByRole("searchbox").fill("carl");
      await page.locator("h1 + span", { hasText: "1 file" }).waitFor();
      await page.locator("tbody button").click();
      const drawer = page.getByRole("dialog");
      await drawer.getByText("Ollama gave an answer that is no JSON").waitFor();
      expect(await seen(drawer)).toMatch(/320 kbit\/s[\s\S]*44\.1 kHz[\s\S]*01-carl_cox-live\.cue/);
      expect(await drawer.locator("audio").getAttribute("src")).toBe("/api/v1/files/101/audio");
      await page.keyboard.press("Escape");
      await drawer.waitFor({ state: "detached" });
      expect(page.url()).not.toContain("id=");
    },
    testMs,
  );

  test(
    "lives below a base path, fits 390 pixels on every page, and leads to the sign-in when signed out",
    async () => {
      const { page, world, url } = await open("/proposals", {
        basePath: "/phaze",
        width: 390,
        expected: [401],
        prepare: approveFirst(3),
      });
      await row(page, 5).waitFor();
      for (const name of ["Overview", "Preview", "Execution", "Files", "Naming", "Audit", "Proposals"]) {
        await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
        await page.getByRole("heading", { level: 1, name }).waitFor();
        expect(new URL(page.url()).pathname.startsWith("/phaze/")).toBe(true);
        expect([name, await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)]).toEqual([name, 0]);
      }
      world.signedOut = true;
      world.events.emit("pipeline", {});
      await page.waitForURL(`${url}/sign-in`);
      await page.getByLabel("Access token").waitFor();
    },
    testMs,
  );
});

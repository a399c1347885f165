import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Locator, Page } from "playwright-core";
import { chromiumPath, launch, openTab, type Tab, until } from "./support/browser.ts";
import { hostile } from "./support/canned.ts";
import type { World } from "./support/fake-daemon.ts";

const testMs = 20_000;
let browser: Browser;
let tab: Tab;

const open = async (...given: Parameters<typeof openTab> extends [unknown, ...infer Rest] ? Rest : never) => {
  tab = await openTab(browser, ...given);
  return tab;
};
/** What a person sees of it. */
// biome-ignore lint/performance/useDomNodeTextContent: this is the text as it is laid out, asked of the browser.
const seen = (what: Locator): Promise<string> => what.innerText();
const row = (page: Page, id: number) => page.locator(`#proposal-${id}`);
const statusOf = (world: World, id: number) => world.proposals[id - 1]?.status;
const approveFirst = (n: number) => (world: World) => {
  for (const proposal of world.proposals.slice(0, n)) proposal.status = "approved";
};

if (!chromiumPath) {
  test.skip("the panel in a browser: no Chromium found; install chromium or set CHROMIUM_PATH", () => {});
} else {
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    expect(tab.complaints).toEqual([]);
    await tab.close();
  });
  describe("proposals in a browser", proposals);
  describe("execution in a browser", execution);
  describe("the frame in a browser", frame);
}

function proposals() {
  test(
    "are listed with both names, the difference, and the true total",
    async () => {
      const { page } = await open("/proposals?size=25", { count: 130 });
      await row(page, 1).waitFor();
      expect(await page.locator(".row").count()).toBe(25);
      expect(await seen(page.locator(".pager"))).toContain("1–25 of 130");
      expect(await seen(row(page, 1).locator(".from"))).toContain(
        "incoming/01-carl_cox-live_at_space_ibiza-sat-09-20-2016-talion.mp3",
      );
      expect(await seen(row(page, 1).locator(".to"))).toContain(
        "performances/artists/Carl Cox/Carl Cox - Live @ Space Ibiza 2016.09.20.mp3",
      );
      expect(await seen(row(page, 1).locator("ins").first())).toBe("performances/artists/Carl Cox");
      expect(await seen(row(page, 1))).toMatch(/91 %\s+Set · by rules · 1 h 59 min · 287 MB/);
      await page.getByRole("button", { name: "Next" }).click();
      await row(page, 26).waitFor();
      expect(page.url()).toContain("page=2");
    },
    testMs,
  );

  test(
    "are filtered, searched and sorted by the server, and the address keeps it",
    async () => {
      const { page } = await open("/proposals", { count: 30 });
      await page.getByLabel("Kind").selectOption("set");
      await page.locator("h1 + span", { hasText: "2 pending" }).waitFor();
      await page.getByLabel("Kind").selectOption("");
      await page.getByRole("searchbox").fill("strobe");
      await page.locator("h1 + span", { hasText: "1 pending" }).waitFor();
      await page.getByRole("searchbox").fill("no such words");
      await page.getByRole("button", { name: "Clear the filters" }).click();
      await page.getByLabel("Order").selectOption("confidence");
      await until(
        async () => (await page.locator(".row").first().getAttribute("id")) === "proposal-4",
        "the least sure one comes first",
      );
      await page.getByLabel("Confidence from").fill("97");
      await page.keyboard.press("Tab");
      await until(async () => (await page.locator(".row").count()) < 5, "only the sure ones stay");
      await page.reload();
      await page.locator(".row").first().waitFor();
      expect(await page.getByLabel("Confidence from").inputValue()).toBe("97");
    },
    testMs,
  );

  test(
    "are approved, rejected and taken back by key",
    async () => {
      const { page, world } = await open("/proposals");
      await row(page, 1).waitFor();
      await page.keyboard.press("j");
      await page.keyboard.press("a");
      await row(page, 2).getByText("Approved", { exact: true }).waitFor();
      expect([statusOf(world, 1), statusOf(world, 2)]).toEqual(["pending", "approved"]);
      await page.keyboard.press("u");
      await until(() => statusOf(world, 2) === "pending", "the approval is taken back");
      await row(page, 2).getByRole("button", { name: "Approve" }).waitFor();
      await page.keyboard.press("k");
      await page.keyboard.press("r");
      await row(page, 1).getByText("Rejected", { exact: true }).waitFor();
      expect(statusOf(world, 1)).toBe("rejected");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("proposal-1");
    },
    testMs,
  );

  test(
    "show their evidence by key and button, and typing in the search decides nothing",
    async () => {
      const { page, world } = await open("/proposals");
      await row(page, 1).waitFor();
      await page.keyboard.press(" ");
      const why = row(page, 1).locator(".evidence");
      await why.waitFor();
      expect(await seen(why)).toMatch(/Venue\s+Space Ibiza\s+File name 01-carl_cox/);
      await row(page, 1).getByRole("button", { name: "Less" }).click();
      await why.waitFor({ state: "detached" });
      await page.keyboard.press("/");
      await page.keyboard.type("aru");
      expect(await page.getByRole("searchbox").inputValue()).toBe("aru");
      expect(world.proposals.every(({ status }) => status === "pending")).toBe(true);
    },
    testMs,
  );

  test(
    "are approved by button; the focus stays in the row and decided rows stay until one goes on",
    async () => {
      const { page, world } = await open("/proposals?size=25", { count: 40 });
      await row(page, 3).getByRole("button", { name: "Approve" }).click();
      await row(page, 3).getByRole("button", { name: "Take back" }).waitFor();
      expect(statusOf(world, 3)).toBe("approved");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("proposal-3");
      await page.getByRole("button", { name: "Next" }).click();
      await row(page, 26).waitFor();
      expect(await row(page, 1).count()).toBe(1);
      expect(await row(page, 3).count()).toBe(0);
      expect(await row(page, 26).getAttribute("aria-current")).toBe("true");
    },
    testMs,
  );

  test(
    "that changed meanwhile are not decided: the row is shown as it is now",
    async () => {
      const { page, world } = await open("/proposals", { expected: [409] });
      await row(page, 1).waitFor();
      Object.assign(world.proposals[0] ?? {}, { version: 5, filename: "Carl Cox - Another Name.mp3" });
      await page.keyboard.press("a");
      await row(page, 1).getByRole("alert").waitFor();
      expect(await seen(row(page, 1).getByRole("alert"))).toContain("Not approved. The proposal has changed");
      expect(await seen(row(page, 1).locator(".to"))).toContain("Carl Cox - Another Name.mp3");
      expect(statusOf(world, 1)).toBe("pending");
      await page.keyboard.press("a");
      await row(page, 1).getByText("Approved", { exact: true }).waitFor();
      expect(await row(page, 1).getByRole("alert").count()).toBe(0);
    },
    testMs,
  );

  test(
    "are decided many at once with their versions; what has changed is left and counted",
    async () => {
      const { page, world } = await open("/proposals");
      await row(page, 1).locator("input").click();
      await row(page, 4)
        .locator("input")
        .click({ modifiers: ["Shift"] });
      Object.assign(world.proposals[1] ?? {}, { version: 9 });
      await page.getByRole("button", { name: "Approve selected" }).click();
      await page.getByText("Approved 3 proposals; 1 proposal had changed and was left as it is").waitFor();
      expect(world.bulkBodies[0]).toMatchObject({
        action: "approve",
        ids: [1, 2, 3, 4],
        versions: { 1: 1, 2: 1, 3: 1, 4: 1 },
      });
      expect([1, 2, 3, 4].map((id) => statusOf(world, id))).toEqual(["approved", "pending", "approved", "approved"]);
      await row(page, 2).getByText("Left as it is").waitFor();
      await page.getByRole("button", { name: "Take back", exact: true }).click();
      await until(() => world.proposals.every(({ status }) => status === "pending"), "all are taken back");
    },
    testMs,
  );

  test(
    "are approved far beyond the page by confidence, after their number was told",
    async () => {
      const { page, world } = await open("/proposals?size=25", { count: 120 });
      await page.getByRole("button", { name: "All that match" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("slider").fill("90");
      const sure = world.proposals.filter(({ confidence }) => confidence >= 0.9).length;
      await dialog.getByRole("button", { name: `Approve ${sure}` }).click();
      await page.getByText(`Approved ${sure} proposals`).waitFor();
      expect(world.bulkBodies[0]).toEqual({
        action: "approve",
        all: true,
        filter: { status: "pending", minConfidence: 0.9 },
      });
      await page.locator("h1 + span", { hasText: `${120 - sure} pending` }).waitFor();
    },
    testMs,
  );

  test(
    "with hostile text are shown as text",
    async () => {
      const { page } = await open("/proposals");
      await row(page, 4).getByRole("button", { name: "Why?" }).click();
      await row(page, 4).locator(".notes").waitFor();
      expect(await seen(row(page, 4))).toContain(hostile);
      expect(await page.locator("main img").count()).toBe(0);
      expect(await page.title()).toBe("Proposals · Phaze");
    },
    testMs,
  );

  test(
    "decided elsewhere are told of, and do not move rows under one's hands",
    async () => {
      const { page, world } = await open("/proposals");
      await row(page, 1).waitFor();
      await until(() => world.eventStreams === 1, "the panel listens");
      Object.assign(world.proposals[0] ?? {}, { status: "rejected", version: 2 });
      world.events.emit("proposal", { id: 1, status: "rejected", version: 2 });
      await page.getByRole("button", { name: "Show it as it is now" }).click();
      await row(page, 1).waitFor({ state: "detached" });
    },
    testMs,
  );
}

function execution() {
  test(
    "says what will happen, applies with progress, and puts everything back",
    async () => {
      const { page, world } = await open("/execution", { prepare: approveFirst(4) });
      world.blocked.add(3);
      await page.getByRole("button", { name: "Check again" }).click();
      await page.getByText("is already there").waitFor();
      expect(await seen(page.locator(".next"))).toMatch(/4 files, 336 MB would move\.\s+3 ready\s*1 blocked/);
      await page.getByText("1 companion goes along").click();
      await page.locator(".companions").waitFor();

      world.holding = true;
      await page.getByRole("button", { name: "Apply …" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Apply 4 files" }).click();
      await page.getByRole("progressbar", { name: "Progress of batch 1" }).waitFor();
      await until(() => world.progressStreams === 1, "the panel follows the batch");
      world.hold.resolve();
      await page.getByText("Apply done: every file was verified").waitFor();
      expect([1, 2, 3, 4].map((id) => statusOf(world, id))).toEqual(["executed", "executed", "approved", "executed"]);
      await until(() => world.progressStreams === 0, "the progress stream is closed");

      world.holding = false;
      world.changedSince.add(2);
      await page.getByRole("button", { name: "Undo" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("2 files can go back").waitFor();
      expect(await seen(dialog.getByLabel("Why it cannot go back"))).toContain("has changed since it was moved");
      await dialog.getByRole("button", { name: "Put 2 files back" }).click();
      await page.getByText("Undo done: every file was verified").waitFor();
      await page.getByText("undone by batch 2").waitFor();
      expect([1, 2, 4].map((id) => statusOf(world, id))).toEqual(["approved", "executed", "approved"]);
    },
    testMs,
  );

  test(
    "shows the journal of a batch, and the audit trail follows",
    async () => {
      const { page } = await open("/execution", { prepare: approveFirst(2) });
      await page.getByRole("button", { name: "Apply …" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Apply 3 files" }).click();
      await page.getByRole("button", { name: "Details" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.locator(".operation").first().waitFor();
      expect(await dialog.locator(".operation").count()).toBe(2);
      await dialog.getByRole("link", { name: "Audit of this batch" }).click();
      await page.locator("tbody tr").first().waitFor();
      expect(await seen(page.locator("tbody"))).toContain("Moved");
      await page.getByLabel("What").selectOption("approve");
      await page.getByText("No entry matches").waitFor();
    },
    testMs,
  );

  test(
    "with nothing approved leads to the proposals; with approvals the preview shows their folders",
    async () => {
      const { page } = await open("/execution");
      await page.getByRole("link", { name: "Review proposals" }).click();
      await row(page, 1).getByRole("button", { name: "Approve" }).click();
      await row(page, 1).getByRole("button", { name: "Take back" }).waitFor();
      await page.getByRole("link", { name: "Preview" }).click();
      await page.getByText("1 approved file in 1 folder").waitFor();
      expect(await seen(page.locator("main"))).toMatch(
        /organized[\s\S]*performances\/[\s\S]*artists\/[\s\S]*Carl Cox\//,
      );
    },
    testMs,
  );
}

function frame() {
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
      for (const name of ["Proposals", "Preview", "Execution", "Files", "Audit", "Overview"]) {
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
      const { page } = await open("/", { count: 0 });
      await page.getByText("No music found yet").waitFor();
      for (const [path, words] of [
        ["/proposals", "No proposals yet"],
        ["/execution", "Nothing is approved"],
        ["/preview", "No folders to show"],
        ["/files", "No files yet"],
        ["/audit", "Nothing has happened yet"],
      ] as const) {
        await page.goto(`${tab.url}${path}`);
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
      for (const name of ["Overview", "Preview", "Execution", "Files", "Audit", "Proposals"]) {
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
}

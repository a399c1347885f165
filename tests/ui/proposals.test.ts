import { expect, test } from "bun:test";
import { inBrowser, row, seen, statusOf, testMs, until } from "./support/browser.ts";
import { hostile } from "./support/canned-proposals.ts";

inBrowser("proposals in a browser", (open) => {
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
      expect(await seen(why)).toMatch(
        /Venue\s+Space Ibiza\s+(?:How sure this value is:\s)?80 %\s+File name 01-carl_cox/,
      );
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

  test(
    "on a page that no longer exists lead to the last one; approvals that move nothing are not counted for an apply",
    async () => {
      const { page } = await open("/proposals?size=25&page=9", {
        count: 30,
        prepare: (world) => Object.assign(world.proposals[4] ?? {}, { status: "approved" }),
      });
      await row(page, 30).waitFor();
      expect(page.url()).toContain("page=2");
      const link = page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Execution" });
      expect(await seen(link)).toBe("Execution");
      await link.click();
      await page.getByText("Nothing has to move").waitFor();
    },
    testMs,
  );
});

import { expect, test } from "bun:test";
import { approveFirst, inBrowser, row, seen, statusOf, testMs, until } from "./support/browser.ts";

inBrowser("execution in a browser", (open) => {
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
      expect([1, 2, 4].map((id) => statusOf(world, id))).toEqual(["pending", "executed", "pending"]);
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
});

import { expect, test } from "bun:test";
import { inBrowser, row, seen, testMs, until } from "./support/browser.ts";
import type { World } from "./support/fake-world.ts";

/** The first proposal has a second opinion on its artist. */
const contradicted = (world: World) => {
  const [first] = world.proposals;
  if (first) first.alternatives.artist = [{ value: "Carl Coxx", source: "tag", text: "Carl Coxx", weight: 0.4 }];
};

inBrowser("fields of a proposal", (open) => {
  test(
    "are changed by hand from the keyboard, and what was learned can be refused",
    async () => {
      const { page, world } = await open("/proposals", { prepare: contradicted });
      await row(page, 1).waitFor();
      await page.keyboard.press("e");
      const form = row(page, 1).locator("form.proposal-form");
      await form.waitFor();
      await form.getByLabel("Artist").fill("Carl Cox Ultimate");
      await form.getByLabel("Artist").press("Enter");
      await form.waitFor({ state: "detached" });
      expect(await seen(row(page, 1).locator(".evidence"))).toMatch(/Artist\s+Carl Cox Ultimate[\s\S]*You Set by hand/);
      expect(world.rules.map(({ before, value, active }) => [before, value, active])).toEqual([
        ["Carl Cox", "Carl Cox Ultimate", true],
      ]);
      await page
        .getByText(/Saved and learned: artist “Carl Cox” is written “Carl Cox Ultimate”\. 3 other proposals/)
        .waitFor();
      await page.getByRole("button", { name: "Do not learn this" }).click();
      await until(() => world.rules[0]?.active === false, "the rule is taken back");
    },
    testMs,
  );

  test(
    "show what else was found, which is one click away; Escape leaves everything as it was",
    async () => {
      const { page, world } = await open("/proposals", { prepare: contradicted });
      const before = world.proposals[0]?.version;
      await row(page, 1).getByRole("button", { name: "Why?" }).click();
      expect(await seen(row(page, 1).locator(".evidence"))).toMatch(/Not taken:\s+“?Carl Coxx”?\s+Tag Carl Coxx/);
      await row(page, 1).getByRole("button", { name: "Change by hand" }).click();
      const form = row(page, 1).locator("form.proposal-form");
      await form.getByRole("button", { name: /Artist Carl Coxx/ }).click();
      expect(await form.getByLabel("Artist").inputValue()).toBe("Carl Coxx");
      await form.getByLabel("Venue").press("Escape");
      await form.waitFor({ state: "detached" });
      expect(world.proposals[0]?.version).toBe(before);
    },
    testMs,
  );

  test(
    "that changed meanwhile are not saved",
    async () => {
      const { page, world } = await open("/proposals", { expected: [409] });
      await row(page, 2).getByRole("button", { name: "Why?" }).click();
      await row(page, 2).getByRole("button", { name: "Change by hand" }).click();
      const second = world.proposals[1];
      if (second) Object.assign(second, { version: 9 });
      const form = row(page, 2).locator("form.proposal-form");
      await form.getByLabel("Title").fill("Another");
      await form.getByRole("button", { name: "Save" }).click();
      await row(page, 2)
        .getByText(/Not saved\./)
        .waitFor();
      expect(second?.fields.title).not.toBe("Another");
    },
    testMs,
  );
});

import { describe, expect, test } from "bun:test";
import { defaultTemplates } from "../../daemon/naming/templates.ts";
import { changesOf, draftText, withText } from "../../ui/template-draft.ts";
import { aroundError } from "../../ui/template-words.ts";
import { inBrowser, seen, testMs, until } from "./support/browser.ts";

describe("a draft of templates", () => {
  test("holds only what differs, and says what is to be sent", () => {
    const { filename } = defaultTemplates.track;
    const draft = withText({}, defaultTemplates, "track", "filename", "{Title}");
    expect(draftText(draft, defaultTemplates, "track", "filename")).toBe("{Title}");
    expect(draftText(draft, defaultTemplates, "track", "directory")).toBe(defaultTemplates.track.directory);
    expect(changesOf(draft)).toEqual({ track: { filename: "{Title}" } });
    expect(withText(draft, defaultTemplates, "track", "filename", filename)).toEqual({});
  });

  test.each([
    ["{Artst}", 1, 5, ["{", "Artst", "}"]],
    ["", 0, 0, ["", " ", ""]],
    [`${"x".repeat(30)}]${"y".repeat(30)}`, 30, 1, [`…${"x".repeat(18)}`, "]", `${"y".repeat(18)}…`]],
  ] as const)("%j is shown around what is wrong", (text, at, length, pieces) =>
    expect<readonly string[]>(aroundError(text, at, length)).toEqual(pieces),
  );
});

inBrowser("the naming templates in a browser", (open) => {
  test(
    "typing shows what comes of it, after a pause and with one question",
    async () => {
      const { page, world } = await open("/naming");
      const tracks = page.getByRole("region", { name: "Tracks" });
      await tracks.getByText("deadmau5 - Strobe (Club Edit).flac").waitFor();
      const before = world.previews;
      const input = page.getByRole("textbox", { name: "File name of tracks" });
      await input.fill("");
      await input.pressSequentially("{Title} by {Artist}", { delay: 5 });
      await tracks.getByText("Strobe (Club Edit) by deadmau5.flac").waitFor();
      expect(world.previews).toBeLessThanOrEqual(before + 2);
      expect(await seen(page.getByRole("region", { name: "Radio shows" }))).toContain("Made-up examples");
      expect(world.savedTemplates).toEqual([]);
    },
    testMs,
  );

  test(
    "a mistake is marked at its characters, and keeps from saving",
    async () => {
      const { page } = await open("/naming");
      const input = page.getByRole("textbox", { name: "File name of festivals" });
      await input.fill("{Artist} - {Evnt} }");
      const festivals = page.getByRole("region", { name: "Festivals" });
      await festivals.getByText("There is no field Evnt. Did you mean Event?").waitFor();
      expect(await festivals.locator("mark").allInnerTexts()).toEqual(["Evnt", "}"]);
      expect(await input.getAttribute("aria-invalid")).toBe("true");
      const bar = page.getByRole("region", { name: "Changes that are not saved" });
      expect(await seen(bar)).toContain("2 mistakes to mend first");
      expect(await bar.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
      await input.fill("{Artist} - {Event}");
      await festivals.locator("mark").first().waitFor({ state: "detached" });
      expect(await bar.getByRole("button", { name: "Save" }).isEnabled()).toBe(true);
    },
    testMs,
  );

  test(
    "files that would get one name are told",
    async () => {
      const { page } = await open("/naming");
      await page.getByRole("textbox", { name: "File name of tracks" }).fill('{Mix or "same"}');
      await page.getByRole("textbox", { name: "Folder of tracks" }).fill("music");
      const tracks = page.getByRole("region", { name: "Tracks" });
      expect(await seen(tracks.locator(".collision").first())).toMatch(/\d+ files would get one name, music\/same/);
    },
    testMs,
  );

  test(
    "saving sends what was changed; a reset goes back to the default",
    async () => {
      const { page, world } = await open("/naming");
      const input = page.getByRole("textbox", { name: "Folder of clubs" });
      await input.fill("clubs/{Venue}");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("12 pending proposals are made anew").waitFor();
      expect(world.savedTemplates).toEqual([{ club: { directory: "clubs/{Venue}" } }]);
      const bar = page.getByRole("region", { name: "Changes that are not saved" });
      await bar.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Folder of clubs: back to the default" }).click();
      expect(await input.inputValue()).toBe(defaultTemplates.club.directory);
      await page.getByRole("button", { name: "Discard" }).click();
      expect(await input.inputValue()).toBe("clubs/{Venue}");
      await page.getByRole("button", { name: "Folder of clubs: back to the default" }).click();
      await page.getByRole("button", { name: "Save" }).click();
      await until(() => world.savedTemplates.length === 2, "the default is saved");
      expect(world.templates).toEqual(defaultTemplates);
    },
    testMs,
  );

  test(
    "a field is put in at the cursor, and a line stays one line",
    async () => {
      const { page } = await open("/naming");
      const input = page.getByRole("textbox", { name: "File name of tracks" });
      const chip = page.getByRole("toolbar").getByRole("button", { name: "Album", exact: true });
      await chip.waitFor();
      expect(await chip.isDisabled()).toBe(true);
      await input.fill("{Artist} / x");
      await input.evaluate((element) => (element as HTMLTextAreaElement).setSelectionRange(11, 12));
      await chip.click();
      expect(await input.inputValue()).toBe("{Artist} / {Album}");
      await page.keyboard.type("!");
      await page.keyboard.press("Enter");
      expect(await input.inputValue()).toBe("{Artist} / {Album}!");
    },
    testMs,
  );

  test(
    "what is typed outlives a walk to another page, and leaving the panel asks first",
    async () => {
      const { page } = await open("/naming");
      await page.getByRole("textbox", { name: "File name of tracks" }).fill("{Title}");
      const navigation = page.getByRole("navigation", { name: "Pages" });
      await navigation.getByRole("link", { name: "Files" }).click();
      await page.getByRole("heading", { level: 1, name: "Files" }).waitFor();
      await navigation.getByRole("link", { name: "Naming not saved" }).click();
      expect(await page.getByRole("textbox", { name: "File name of tracks" }).inputValue()).toBe("{Title}");
      const asked = page.waitForEvent("dialog").then(async (dialog) => {
        await dialog.accept();
        return dialog.type();
      });
      await page.reload();
      expect(await asked).toBe("beforeunload");
      await page.getByRole("textbox", { name: "File name of tracks" }).waitFor();
      expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
    },
    testMs,
  );
});

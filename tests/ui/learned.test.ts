import { expect, test } from "bun:test";
import { keptRuleSchema } from "../../daemon/contract/api.ts";
import { ruleInWords } from "../../ui/rule-words.ts";
import { inBrowser, testMs, until } from "./support/browser.ts";
import type { World } from "./support/fake-world.ts";

const rule = (more: object) =>
  keptRuleSchema.parse({
    ...{ id: 1, kind: "alias", field: "artist", scope: "", matches: "dj voss", before: "dj voss", value: "DJ Voss" },
    ...{ fileId: 101, actor: "panel", createdAt: Date.now(), active: true, ...more },
  });

test.each([
  [{}, "artist “dj voss” is written “DJ Voss”"],
  [
    { kind: "date-order", field: "date", scope: "group:grp", value: "dm" },
    "in dates of the group GRP, the day comes first",
  ],
  [
    { kind: "date-order", field: "date", scope: "folder:a/b", value: "md" },
    "in dates in the folder a/b, the month comes first",
  ],
  [{ kind: "source", field: "source", before: "Nebula", value: "radioshow" }, "“Nebula” is: radioshow"],
  [
    { kind: "folder", field: "event", scope: "folder:night", value: "Moonrise" },
    "event “Moonrise” for files without one in the folder night",
  ],
])("%j in words", (more, words) => expect(ruleInWords(rule(more))).toBe(words));

inBrowser("what was learned", (open) => {
  test(
    "is listed, taken back and up again; with nothing learned, it is said how to",
    async () => {
      const prepare = (world: World) =>
        void world.rules.push(
          rule({}),
          rule({ id: 2, kind: "source", field: "source", before: "Nebula", value: "club" }),
        );
      const { page, world } = await open("/naming", { prepare });
      const card = page.getByRole("region", { name: "What Phaze has learned" });
      await card.getByText("“Nebula” is: club").waitFor();
      await card.getByRole("button", { name: "Take back: artist" }).click();
      await until(() => world.rules[0]?.active === false, "the rule is taken back");
      await card.getByText("taken back", { exact: true }).waitFor();
      await card.getByRole("button", { name: "Take up again: artist" }).click();
      await until(() => world.rules[0]?.active === true, "the rule is in force again");
    },
    testMs,
  );

  test(
    "nothing yet",
    async () => {
      const { page } = await open("/naming");
      await page.getByText("Nothing yet. Open a proposal, press “Change by hand”").waitFor();
    },
    testMs,
  );
});

import { expect, test } from "bun:test";
import { keptRuleSchema } from "../../daemon/contract/api.ts";
import { ruleInWords } from "../../ui/rule-words.ts";
import { inBrowser, seen, testMs, until } from "./support/browser.ts";
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

inBrowser("the language model", (open) => {
  const card = "Language model";
  test(
    "is missing: two that suit, a download with its progress, a cancel, and an error with its remedy",
    async () => {
      const { page, world } = await open("/naming");
      const region = page.getByRole("region", { name: card });
      await region.getByText("Until then proposals are made by rules alone").waitFor();
      expect(await seen(region)).toMatch(
        /Small: qwen3:1\.7b[\s\S]*1\.4 GB to download[\s\S]*Better: qwen3:4b-instruct[\s\S]*2\.5 GB/,
      );
      await region.getByRole("button", { name: "Download qwen3:1.7b" }).click();
      await region.getByText("pulling manifest").waitFor();
      Object.assign(world.llm.pull ?? {}, { completedBytes: 700_000_000, totalBytes: 1_400_000_000 });
      world.events.emit("llm", {});
      await region.getByText("700 MB of 1.4 GB").waitFor();
      expect(await region.getByRole("button", { name: "Download qwen3:4b-instruct" }).isDisabled()).toBe(true);
      await region.getByRole("button", { name: "Cancel" }).click();
      await region.getByText("Ollama keeps what it has").waitFor();
      Object.assign(world.llm.pull ?? {}, {
        state: "failed",
        error: "no space left on device",
        remedy: "Free some space",
      });
      world.events.emit("llm", {});
      await region.getByText("No space left on device. Free some space.").waitFor();
    },
    testMs,
  );

  test(
    "is there, or Ollama is not",
    async () => {
      const { page, world } = await open("/naming", { expected: [503] });
      const region = page.getByRole("region", { name: card });
      await region.getByText("missing").waitFor();
      Object.assign(world.llm, { state: "no-server", reason: "Ollama does not answer", remedy: "Start Ollama" });
      world.events.emit("llm", {});
      await region.getByText("Remedy: Start Ollama.").waitFor();
      expect(await region.getByRole("button", { name: "Download qwen3:1.7b" }).isDisabled()).toBe(true);
      Object.assign(world.llm, { state: "ok", reason: null, remedy: null });
      world.events.emit("llm", {});
      await region.getByText("ready", { exact: true }).waitFor();
    },
    testMs,
  );
});

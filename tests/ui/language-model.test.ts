import { expect, test } from "bun:test";
import { inBrowser, seen, testMs, until } from "./support/browser.ts";

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
      await region.getByText("50 %, 700 MB of 1.4 GB").waitFor();
      const bar = region.getByRole("progressbar", { name: "Download of qwen3:1.7b" });
      expect(await bar.getAttribute("aria-valuenow")).toBe("50");
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

  test(
    "the overview shows it while it is missing, or a download has something to tell, and else not",
    async () => {
      const { page, world } = await open("/");
      const region = page.getByRole("region", { name: card });
      await region.getByRole("button", { name: "Download qwen3:4b-instruct" }).click();
      await region.getByRole("progressbar", { name: "Download of qwen3:4b-instruct" }).waitFor();
      Object.assign(world.llm, { state: "ok", reason: null, remedy: null });
      Object.assign(world.llm.pull ?? {}, { state: "done" });
      world.events.emit("llm", { state: "ok" });
      await region.waitFor({ state: "detached" });
      Object.assign(world.llm.pull ?? {}, {
        state: "failed",
        error: "no space left on device",
        remedy: "Free some space",
      });
      world.events.emit("llm", {});
      await region.getByText("No space left on device").waitFor();
    },
    testMs,
  );

  test(
    "how far a download is does not have all counts read anew",
    async () => {
      const { page, world } = await open("/naming");
      await until(() => world.eventStreams === 1, "the panel listens");
      await page.getByRole("region", { name: card }).waitFor();
      const asked = { stats: 0, model: 0 };
      page.on("request", (request) => {
        if (request.url().endsWith("/pipeline/stats")) asked.stats++;
        if (request.url().endsWith("/api/v1/llm")) asked.model++;
      });
      for (let n = 0; n < 10; n++) {
        world.events.emit("llm", { pull: {} });
        await Bun.sleep(120);
      }
      await until(() => asked.model > 0, "the model is asked for");
      expect(asked.stats).toBe(0);
      world.events.emit("llm", { state: "no-server" });
      await until(() => asked.stats > 0, "the counts are read");
    },
    testMs,
  );
});

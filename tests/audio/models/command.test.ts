import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCatalogue } from "../../../daemon/audio/models/catalogue.ts";
import { parseWords, UsageError } from "../../../daemon/commands/command.ts";
import { models } from "../../../daemon/commands/models.ts";
import { readConfig } from "../../../daemon/config.ts";
import { tempFolder, testEnv } from "../../support/world.ts";
import { haveModels, modelsFolder, modelTestName, zip } from "./support.ts";

/** Runs `phaze models …` with MODELS_PATH at `path`. */
async function run(path: string, args: string[], { isTerminal = false, signal = new AbortController().signal } = {}) {
  let out = "";
  let err = "";
  const cwd = tempFolder();
  const config = () => readConfig({ ...testEnv(cwd), MODELS_PATH: path }, cwd);
  const { flags, words } = parseWords(models, args);
  const io = {
    out(text: string) {
      out += text;
    },
    err(text: string) {
      err += text;
    },
    isTerminal,
    env: {},
    cwd,
    signal,
  };
  const code = await models.run({ flags, words, json: Boolean(flags.json), io, config });
  return { code, out, err, json: () => JSON.parse(out) };
}

test("wrong use is said as such", async () => {
  const folder = tempFolder();
  await expect(run(folder, ["remove"])).rejects.toThrow(UsageError);
  await expect(run(folder, ["download", "other"])).rejects.toThrow(/no model other. There are: msd-musicnn-1, /);
  await expect(run(folder, ["download", "--from", "ftp://x/"])).rejects.toThrow(/--from is an address such as https/);
  expect(models.details?.()).toContain("not for commercial use");
});

test("without models: list names them all, verify fails with the remedy", async () => {
  const folder = tempFolder();
  const { code, json } = await run(folder, ["list", "--json"]);
  expect(code).toBe(0);
  expect(json()).toMatchObject({ folder, licence: "CC BY-NC-SA 4.0" });
  expect(json().models).toHaveLength(6);
  expect(json().models[0]).toMatchObject({ name: "msd-musicnn-1", gives: "style", state: "absent", bytes: 3_179_153 });
  expect((await run(folder, ["list"])).out).toContain("mood_sad-musicnn-msd-2");
  const verified = await run(folder, ["verify", "danceability-musicnn-msd-2"]);
  expect(verified.code).toBe(1);
  expect(verified.out).toContain(
    "✗ danceability-musicnn-msd-2 is not installed. Get it: phaze models download danceab",
  );
});

test("a damaged model is listed as refused, with the reason", async () => {
  const folder = tempFolder();
  const model = readCatalogue().models[0];
  mkdirSync(join(folder, "msd-musicnn-1"));
  writeFileSync(join(folder, "msd-musicnn-1", "model.json"), Buffer.alloc(model?.files[0]?.bytes ?? 0));
  const { out } = await run(folder, ["list"]);
  expect(out).toMatch(/✗ .*msd-musicnn-1\/model\.json has the unknown SHA-256/);
});

test("a download that fails says what failed for each model, and ends with 1", async () => {
  const folder = tempFolder();
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null, { status: 404 }) });
  const from = `http://127.0.0.1:${server.port}/mirror`;
  const { code, json } = await run(folder, ["download", "--json", "--from", from, "msd-musicnn-1"]);
  expect(code).toBe(1);
  const reason = `${from}/feature-extractors/musicnn/msd-musicnn-1-tfjs.zip is not there (HTTP 404)`;
  expect(json().models).toEqual([{ name: "msd-musicnn-1", state: "failed", reason: expect.stringContaining(reason) }]);
  await expect(
    run(folder, ["download", "--from", from], { signal: AbortSignal.abort(new Error("stopped")) }),
  ).rejects.toThrow("stopped");
  const file = join(tempFolder(), "file");
  writeFileSync(file, "");
  expect((await run(file, ["download", "--from", from, "msd-musicnn-1"])).out).toMatch(
    /✗ .*Cannot write .*MODELS_PATH/,
  );
  await server.stop(true);
});

test.skipIf(!haveModels)(
  modelTestName("download, list, verify, and download again, with real models from a server on this machine"),
  async () => {
    const folder = join(tempFolder(), "models");
    const asked: string[] = [];
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        const { pathname } = new URL(request.url);
        asked.push(pathname);
        const name = /([\w-]+)-tfjs\.zip$/.exec(pathname)?.[1] ?? "";
        const files = readCatalogue().models.find((model) => model.name === name)?.files ?? [];
        const read = (file: string): [string, Uint8Array] => [file, readFileSync(join(modelsFolder, name, file))];
        return new Response(new Uint8Array(zip(Object.fromEntries(files.map((file) => read(file.name))))));
      },
    });
    const from = `http://127.0.0.1:${server.port}/`;
    const first = await run(folder, ["download", "--from", from, "mood_sad-musicnn-msd-2", "msd-musicnn-1"], {
      isTerminal: true,
    });
    expect(first.code).toBe(0);
    expect(first.out).toContain("✓ msd-musicnn-1: installed");
    expect(first.out).toContain("CC BY-NC-SA 4.0");
    expect(first.err).toContain("100 %  mood_sad-musicnn-msd-2  ");
    expect(asked).toEqual([
      "/feature-extractors/musicnn/msd-musicnn-1-tfjs.zip",
      "/legacy/classifiers/mood_sad/mood_sad-musicnn-msd-2-tfjs.zip",
    ]);
    const listed = (await run(folder, ["list", "--json"])).json().models;
    expect(listed.map((model: { state: string }) => model.state)).toEqual([
      "usable",
      "absent",
      "usable",
      "absent",
      "absent",
      "absent",
    ]);
    const again = await run(folder, ["download", "--json", "--from", from, "msd-musicnn-1"]);
    expect(again.json().models).toEqual([{ name: "msd-musicnn-1", state: "already installed", reason: null }]);
    expect(asked).toHaveLength(2);
    const verified = await run(folder, ["verify", "--json", "msd-musicnn-1"]);
    expect(verified.json()).toMatchObject({ backend: "native", models: [{ name: "msd-musicnn-1", state: "ok" }] });
    expect(verified.json().models[0].difference).toBeLessThan(1e-5);
    const byWasm = await run(folder, ["verify", "--wasm", "mood_sad-musicnn-msd-2"]);
    expect(byWasm.code).toBe(0);
    expect(byWasm.out).toContain("run by wasm");
    await server.stop(true);
  },
  60_000,
);

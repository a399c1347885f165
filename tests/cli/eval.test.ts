import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf } from "../naming/llm-support.ts";
import { type ChatAnswer, type FakeOllama, refused, startOllama } from "../naming/ollama-server.ts";
import { tempFolder } from "../support/world.ts";
import { run } from "./run-cli.ts";

const servers: FakeOllama[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

const track = (id: string, artist: string, title: string, more: object = {}) => ({
  ...{ id, path: `${artist} - ${title}.mp3`, durationSec: 239, tags: {}, companions: [], siblings: [] },
  expect: { kind: "track", artist, title, filename: `${artist} - ${title}.mp3`, directory: `music/${artist}` },
  ...more,
});
const set = {
  ...{ id: "set-1", path: "x/rec.mp3", durationSec: 7000, tags: {}, siblings: [] },
  companions: [
    { name: "rec.txt", text: "a night with the great Helena Brandt\nat the Golden Pier, in deepest winter\n" },
  ],
  expect: {
    ...{ kind: "set", artist: "Helena Brandt", venue: "Golden Pier" },
    filename: "Helena Brandt - Live @ Golden Pier.mp3",
    directory: "performances/artists/Helena Brandt",
  },
};
const cases = [track("a", "Burial", "Archangel"), track("b", "Mira Vale", "Night Run"), set];

function plant(list: object[] = cases): string {
  const folder = tempFolder();
  writeFileSync(join(folder, "cases.jsonl"), list.map((one) => JSON.stringify(one)).join("\n"));
  return folder;
}
function ollama(chat: (attempt: number, content: string) => ChatAnswer) {
  const server = startOllama(chat);
  servers.push(server);
  return { server, env: { OLLAMA_HOST: server.host, LLM_MODEL: "m", LLM_MAX_RPM: "1000", LLM_BATCH_SIZE: "2" } };
}
/** Repeats what is claimed, and fills what the set's companion says. */
const helps = (_: number, content: string) =>
  JSON.stringify({
    items: filesOf(content).map(({ index, path, claims }) => ({
      index,
      ...(path.endsWith("rec.mp3")
        ? { kind: "set", fields: { artist: "Helena Brandt", venue: "Golden Pier" } }
        : { fields: { artist: (claims.artist as { value: string }).value } }),
    })),
  });
const evaluate = ["eval", "naming", "cases.jsonl"];

describe("eval naming", () => {
  test("by rules: a table of fields with percent, and the worst cases with path, expected and got", async () => {
    const { code, out } = await run(plant(), evaluate);
    expect(code).toBe(0);
    expect(out).toMatch(/FIELD +RIGHT +OF +PERCENT/);
    expect(out).toMatch(/^title +2 +2 +100\.0 %$/m);
    expect(out).toMatch(/^venue +0 +1 +0\.0 %$/m);
    expect(out).toMatch(/2 of 3 right \(66\.7 %\), 0 invented/);
    expect(out).toMatch(/✗ set-1 {2}x\/rec\.mp3\n[\s\S]*venue: expected "Golden Pier", got ""/);
    expect(out).not.toContain("✗ a ");
  });

  test("with the model: scored the same way, and JSON says what it was made with", async () => {
    const { server, env } = ollama(helps);
    const { code, json } = await run(plant(), [...evaluate, "--engine", "ollama", "--json"], env);
    expect(code).toBe(0);
    const score = json();
    expect(score).toMatchObject({
      ...{ cases: 3, right: 3, invented: 0 },
      engine: "ollama",
      model: "m",
      prompt: "fields-v3",
    });
    expect(score.fields.venue).toEqual({ right: 1, total: 1 });
    expect(score.perCase.map(({ id }: { id: string }) => id)).toEqual(["a", "b", "set-1"]);
    expect(score.durationMs).toBeGreaterThan(0);
    expect(server.requests.map(({ messages }) => filesOf(messages[1]?.content ?? "[]").length)).toEqual([2, 1]);
    const rules = (await run(plant(), [...evaluate, "--json"])).json();
    expect(rules).toMatchObject({ engine: "rules", model: null, prompt: null, right: 2 });
  });

  test("a bar on a terminal, none elsewhere", async () => {
    const { env } = ollama(helps);
    const args = [...evaluate, "--engine", "ollama"];
    const { err } = await run(plant(), args, env, undefined, true);
    expect(err).toContain("3 of 3");
    expect((await run(plant(), args, env)).err).toBe("");
  });

  test("--worst: inventions first, then most wrong fields; how many is asked for", async () => {
    const list = [
      track("good", "Burial", "Archangel"),
      track("one", "Burial", "Etched", { expect: { ...track("x", "Burial", "Etched").expect, title: "Headplate" } }),
      track("two", "Burial", "Shell", {
        expect: { kind: "track", artist: "Nobody", title: "Nothing", filename: "y.mp3", directory: "z" },
      }),
      track("guess", "Burial", "Loner", { never: ["Loner"] }),
    ];
    const order = (out: string) => [...out.matchAll(/^✗ (\S+)/gm)].map(([, id]) => id);
    const all = await run(plant(list), evaluate);
    expect(order(all.out)).toEqual(["guess", "two", "one"]);
    expect(all.out).toContain("invented  title: Loner");
    expect(order((await run(plant(list), [...evaluate, "--worst", "1"])).out)).toEqual(["guess"]);
    expect(order((await run(plant(list), [...evaluate, "--worst", "0"])).out)).toEqual([]);
  });

  test("a model that is away, missing, or fails on the way: exit 1 with reason and remedy", async () => {
    const folder = plant();
    const args = [...evaluate, "--engine", "ollama"];
    const away = await run(folder, args);
    expect([away.code, away.out]).toEqual([1, ""]);
    expect(away.err).toMatch(/does not answer[\s\S]*Start Ollama/);
    const { env } = ollama((attempt) => (attempt === 1 ? helps(1, "[]") : refused(500, "out of memory")));
    expect((await run(folder, args, { ...env, LLM_MODEL: "other" })).err).toContain("ollama pull other");
    const failing = await run(folder, args, env);
    expect(failing.code).toBe(1);
    expect(failing.err).toMatch(/failed after \d of 3 cases: out of memory/);
  });

  test("wrong use", async () => {
    const folder = plant();
    for (const args of [
      ["--engine", "cloud"],
      ["--worst", "x"],
    ])
      expect((await run(folder, [...evaluate, ...args])).code).toBe(2);
  });
});

import { afterEach, describe, expect, test } from "bun:test";
import { fieldNames } from "../../daemon/contract/fields.ts";
import type { NamingInput } from "../../daemon/contract/naming.ts";
import { promptVersion, promptVersions, readPrompt } from "../../daemon/naming/llm-prompt.ts";
import { replyFormat } from "../../daemon/naming/llm-reply.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { filesOf, known, namer, never, reply, run, serve, stopServers } from "./llm-support.ts";

afterEach(stopServers);

describe("what is asked", () => {
  const second = { ...known, path: "sets/Objekt - Live at Fabric 2015-03-14.mp3" };

  test("thinking is off, in a question and in a try", async () => {
    const { server } = await run([known], () => reply({ index: 0, fields: {} }));
    await namer(server).tryOut(never);
    expect(server.requests.map(({ think }) => think)).toEqual([false, false]);
  });

  test("the shape has one item for each file, with its index, and short values", async () => {
    const { server } = await run([known, second], () =>
      reply({ index: 0, fields: {} }, { index: 1, fields: { artist: "Objekt" } }),
    );
    type Format = { properties: { items: Record<string, unknown> }; $defs: Record<string, unknown> };
    const format = server.requests[0]?.format as Format | undefined;
    const items = format?.properties.items ?? {};
    expect(items).toMatchObject({ type: "array", minItems: 2, maxItems: 2 });
    // llama.cpp reads `items` before `prefixItems`: beside it, it would make every item free.
    expect(items.items).toBeUndefined();
    expect(items.prefixItems).toMatchObject([0, 1].map((index) => ({ properties: { index: { const: index } } })));
    expect(items.prefixItems).toMatchObject([
      { required: ["index", "fields"], properties: { fields: { $ref: "#/$defs/fields" } } },
      {},
    ]);
    expect(format?.$defs).toMatchObject({ fields: { properties: { mix: { maxLength: 120 } } } });
  });

  test("the shape of the largest question is short: Ollama holds a grammar of 32,768 bytes", () => {
    // Measured with llama.cpp's own converter: 10,765 characters, for 50 files, become a grammar of 30,307 bytes.
    expect(JSON.stringify(replyFormat(50)).length).toBeLessThan(11_000);
  });

  test("a try asks in the shape of a full question", async () => {
    const server = serve(() => reply({ index: 0, fields: {} }));
    expect(await namer(server, { batchSize: 7 }).tryOut(never)).toEqual({ ok: true });
    expect(server.requests[0]?.format).toMatchObject({ properties: { items: { maxItems: 7 } } });
  });

  test("the context stays the same from question to question, and from a try on", async () => {
    const server = serve((attempt) => (attempt === 2 ? "garbage" : reply({ index: 0, fields: {} })));
    const one = namer(server);
    await one.tryOut(never);
    const long = { ...known, companions: [{ name: "a.txt", text: "x".repeat(1900) }] };
    for (const input of [known, long]) await one.propose([input], [proposeByRules(input)], never);
    const sizes = server.requests.map(({ options }) => options.num_ctx);
    expect(sizes.length).toBe(4);
    expect(new Set(sizes).size).toBe(1);
    // A question whose text has more tokens than usual makes it grow, and it stays so.
    const dense = { ...known, companions: [{ name: "a.txt", text: "語".repeat(1900) }] };
    const many = Array.from({ length: 8 }, () => dense);
    await one.propose(
      many,
      many.map((input) => proposeByRules(input)),
      never,
    );
    await one.propose([known], [proposeByRules(known)], never);
    const [grown, after] = server.requests.slice(-2).map(({ options }) => options.num_ctx);
    expect(grown).toBeGreaterThan(sizes[0] as number);
    expect(after).toBe(grown as number);
  });

  test("a rejected answer is shown to the model, cut to 2,000 characters", async () => {
    const { server } = await run([known], () => "z".repeat(5000));
    expect(server.requests[1]?.messages[2]).toEqual({ role: "assistant", content: "z".repeat(2000) });
  });

  test("the prompt knows every field, and kind beside them", async () => {
    const { server } = await run([known], () => reply({ index: 0, fields: {} }));
    const system = server.requests[0]?.messages[0]?.content ?? "";
    const [before = "", list = ""] = system.split("\nFields:\n");
    for (const name of fieldNames) expect(list).toContain(`\`${name}\``);
    expect(list).not.toContain("`kind`");
    expect(before).toContain("`kind`");
    expect(before).toContain('{"items":');
  });
});

describe("limits", () => {
  test("files are asked in batches and speech is not asked", async () => {
    const inputs = [known, { ...known, path: "Audiobooks/A - B/01.mp3", tags: { genre: "Audiobook" } }, known, known];
    const { server, out } = await run(
      inputs,
      () => reply({ index: 0, fields: { artist: "Helena Hauff" } }, { index: 1, fields: { artist: "Helena Hauff" } }),
      { batchSize: 2 },
    );
    expect(out[1]?.kind).toBe("other");
    expect(out.length).toBe(4);
    expect(server.requests.length).toBeGreaterThanOrEqual(2);
  });

  test("the rate limit waits its minute and never wedges, even when calls fail or the clock goes back", async () => {
    const server = serve(() => "garbage");
    let now = 1_000_000;
    let slept = 0;
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        slept += ms;
        now += ms;
      },
    };
    const one = namer(server, { maxRpm: 2, clock });
    for (let i = 0; i < 3; i++) await one.propose([known], [proposeByRules(known)], never);
    expect(slept).toBeGreaterThanOrEqual(120_000);
    expect(slept).toBeLessThan(181_000);
    now = 5;
    await one.propose([known], [proposeByRules(known)], never);
    expect(server.requests.length).toBe(8);
  });

  test("a wait for the rate limit can be aborted", async () => {
    const server = serve(() => reply({ index: 0, fields: { artist: "Helena Hauff" } }));
    const one = namer(server, { maxRpm: 1 });
    await one.propose([known], [proposeByRules(known)], never);
    await expect(one.propose([known], [proposeByRules(known)], AbortSignal.timeout(50))).rejects.toThrow();
  });

  test("companions are cut to their limit", async () => {
    const long = { ...known, companions: [{ name: "a.txt", text: "x".repeat(9000) }] };
    const { server } = await run([long], () => reply({ index: 0, fields: {} }), { maxCompanionChars: 100 });
    expect(server.requests[0]?.messages[1]?.content).toContain("x".repeat(100));
    expect(server.requests[0]?.messages[1]?.content).not.toContain("x".repeat(101));
  });
});

describe("room", () => {
  const chatty = (name: string): NamingInput => ({
    ...known,
    path: `sets/${name}.mp3`,
    companions: [{ name: "a.txt", text: "語".repeat(1500) }],
  });
  const inputs = Array.from({ length: 6 }, (_, n) => chatty(`Helena Hauff - Live at Fabric ${n}`));
  const drafts = inputs.map((input) => proposeByRules(input));
  const echo = (_: number, content: string) => reply(...filesOf(content).map(({ index }) => ({ index, fields: {} })));

  test("where all files would pass the model's context, there are fewer in a call, and none is cut", async () => {
    const server = serve(echo, { contextLength: 8192 });
    const one = namer(server);
    await one.probe(never);
    await one.propose(inputs, drafts, never);
    const asked = server.requests.map(({ messages }) => filesOf(messages[1]?.content ?? "[]"));
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.flat().map(({ path }) => path)).toEqual(inputs.map(({ path }) => path));
    for (const { messages, options, truncate } of server.requests) {
      expect(messages[1]?.content).toContain("語".repeat(1500));
      expect(options.num_ctx).toBeLessThanOrEqual(8192);
      expect(truncate).toBe(false);
    }
  });

  test("where one file alone would, its texts are shortened, and a note says so", async () => {
    const server = serve(echo, { contextLength: 3072 });
    const one = namer(server);
    await one.probe(never);
    const [first] = await one.propose(inputs.slice(0, 1), drafts.slice(0, 1), never);
    const [file] = server.requests.map(({ messages }) => messages[1]?.content ?? "");
    expect(file).toContain("語".repeat(200));
    expect(file).not.toContain("語".repeat(1500));
    expect(first?.notes.join()).toContain("only a part of the texts");
  });

  test("a model that counts more tokens than were reckoned with gets more room from then on", async () => {
    const server = serve(echo, { promptTokens: (chars) => chars * 4 });
    const one = namer(server, { batchSize: 6 });
    for (let i = 0; i < 2; i++) await one.propose(inputs, drafts, never);
    const [before, after] = server.requests.map(({ options }) => options.num_ctx);
    expect(after).toBeGreaterThan(before as number);
  });
});

test("the prompt's version is the name of its file, and every version can be read", async () => {
  expect(promptVersions).toContain(promptVersion);
  for (const version of promptVersions) expect((await readPrompt(version)).length).toBeGreaterThan(500);
});

import { afterEach, describe, expect, test } from "bun:test";
import type { ProposalDraft } from "../../daemon/contract/naming.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { known, namer, never, reply, run, serve, stopServers } from "./llm-support.ts";
import { type ChatAnswer, endless, truncated } from "./ollama-server.ts";

afterEach(stopServers);

describe("bad answers", () => {
  const good = reply({ index: 0, fields: { artist: "Helena Hauff" } });
  const cases: [string, (attempt: number) => ChatAnswer][] = [
    ["not JSON", () => "I am sorry, I cannot help with that."],
    ["cut off", () => truncated('{"items":[{"index":0,"fie')],
    ["another shape", () => '{"answer":42}'],
    ["a negative index", () => reply({ index: -1, fields: { artist: "Helena Hauff" } })],
    ["an index out of range", () => reply({ index: 7, fields: { artist: "Helena Hauff" } })],
    ["an index twice", () => reply({ index: 0, fields: { artist: "A" } }, { index: 0, fields: { artist: "B" } })],
    ["indexes that begin at 1", () => reply({ index: 1, fields: { artist: "Helena Hauff" } })],
    ["an index written as text", () => reply({ index: "0", fields: { artist: "Helena Hauff" } })],
    ["an index that is no number", () => '{"items":[{"index":NaN,"fields":{"artist":"Helena Hauff"}}]}'],
    ["an index beyond all numbers", () => '{"items":[{"index":1e999,"fields":{"artist":"Helena Hauff"}}]}'],
    ["nothing at all", () => ""],
    ["a list without its object", () => JSON.stringify([{ index: 0, fields: { artist: "Helena Hauff" } }])],
    ["JSON with words around it", () => `Sure! \`\`\`json\n${good}\n\`\`\``],
    ["a refusal as JSON", () => '{"error":"I cannot help with that"}'],
    [
      "a loop of one token, cut by its limit",
      () => truncated(`{"items":[{"index":0,"fields":{"artist":"${"la ".repeat(900)}`),
    ],
    ["a loop that never ends", () => endless("la ")],
    ["a megabyte of garbage", () => "\u0000\ufffd{[".repeat(250_000)],
    ["a megabyte of good form", () => reply(...Array.from({ length: 30_000 }, () => ({ index: 0, fields: {} })))],
    ["JSON of ten thousand levels", () => "[".repeat(10_000) + "]".repeat(10_000)],
    ["fields as a list", () => reply({ index: 0, fields: ["Helena Hauff"] })],
    ["no items", () => reply()],
    ["items of the wrong kind", () => reply("x", null, { index: "0" }, { index: 0.5, fields: {} })],
  ];
  for (const [what, chat] of cases) {
    test(`${what}: asked twice, then the rules' draft with a note`, async () => {
      const { first, drafts, server } = await run([known], chat);
      const { notes, ...rest } = first;
      const { notes: before, ...wanted } = drafts[0] as ProposalDraft;
      expect(rest).toEqual(wanted);
      expect(notes.length).toBe(before.length + 1);
      expect(notes.at(-1)).toContain("no usable answer");
      expect(server.requests.length).toBe(2);
    });
    test(`${what} once, then good`, async () => {
      const { first, server } = await run([known], (attempt) => (attempt === 1 ? chat(1) : good));
      expect(first.engine).toBe("ollama");
      const roles = server.requests[1]?.messages.map(({ role }) => role);
      expect(roles).toEqual(["system", "user", "assistant", "user"]);
      expect(server.requests[1]?.messages.at(-1)?.content).toContain("could not be used");
    });
  }

  test("a missing file alone is asked again", async () => {
    const second = { ...known, path: "sets/Objekt - Live at Fabric 2015-03-14.mp3" };
    const { out, server } = await run([known, second], (attempt) =>
      reply({ index: 0, fields: { artist: attempt === 1 ? "Helena Hauff" : "Objekt" } }),
    );
    expect(out.map((draft) => draft.engine)).toEqual(["ollama", "ollama"]);
    expect(server.requests[1]?.messages[1]?.content).not.toContain("Helena");
  });

  test("notes about the model from an earlier try are replaced, others stay", async () => {
    const { server, drafts, out } = await run([known], () => "no idea");
    const noted = out.map((draft) => ({ ...draft, notes: [...draft.notes, "A note of the rules."] }));
    const [again] = await namer(server).propose([known], noted, never);
    expect(again?.notes.filter((note) => note.includes("no usable answer")).length).toBe(1);
    expect(again?.notes).toEqual([...(drafts[0]?.notes ?? []), "A note of the rules.", expect.any(String)]);
  });

  test("a field the model confirms twice has its evidence once", async () => {
    const { server, out } = await run([known], () => good);
    const [again] = await namer(server).propose([known], out, never);
    expect(again?.evidence).toEqual(out[0]?.evidence as ProposalDraft["evidence"]);
  });

  test("an abort by the caller is thrown", async () => {
    const server = serve(() => new Promise<string>(() => {}));
    const stop = new AbortController();
    const work = namer(server).propose([known], [proposeByRules(known)], stop.signal);
    setTimeout(() => stop.abort(new Error("stopped")), 50);
    await expect(work).rejects.toThrow("stopped");
  });

  test("of three files whose indexes are shifted by one, none gets its neighbour's fields", async () => {
    const names = ["Helena Hauff", "Objekt", "Batu"];
    const inputs = names.map((name) => ({
      ...known,
      path: `sets/${name} - Live at Fabric 2015-03-14.mp3`,
      siblings: names,
    }));
    const drafts = inputs.map((input) => ({ ...proposeByRules(input), fields: {}, sureness: {} }));
    const server = serve(() =>
      reply(...names.map((artist, at) => ({ index: at + 1, kind: "set", fields: { artist } }))),
    );
    const out = await namer(server).propose(inputs, drafts, never);
    expect(out.map(({ fields }) => fields)).toEqual([{}, {}, {}]);
    expect(out.every(({ notes }) => notes.join().includes("indexes"))).toBe(true);
  });

  test("one field of no use does not cost the others", async () => {
    const { first, drafts } = await run([known], () =>
      reply({
        index: 0,
        kind: 7,
        fields: {
          ...{ artist: "Helena Hauff", venue: { name: "Fabric" }, event: ["x"], stage: null, day: true, part: -3 },
          ...{ episode: 1.5, discNumber: "-1", unknown: "x", album: "a".repeat(500) },
        },
      }),
    );
    expect(first.engine).toBe("ollama");
    expect(first.fields).toEqual(drafts[0]?.fields as ProposalDraft["fields"]);
  });

  test("a number with a sign counts nothing", async () => {
    const input = { ...known, path: "sets/Helena Hauff - Live at Fabric 3.mp3" };
    const draft: ProposalDraft = { ...proposeByRules(input), fields: { artist: "Helena Hauff", venue: "Fabric" } };
    const ask = async (part: string) => {
      const server = serve(() => reply({ index: 0, fields: { part } }));
      return (await namer(server).propose([input], [draft], never))[0]?.fields.part;
    };
    expect([await ask("3"), await ask("-3")]).toEqual(["3", undefined]);
  });

  test("what the model said in place of JSON is not repeated in the notes", async () => {
    const { first } = await run([known], () => "PWNED PWNED");
    expect(JSON.stringify(first)).not.toContain("PWNED");
  });
});

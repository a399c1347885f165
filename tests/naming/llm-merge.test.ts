import { afterEach, describe, expect, test } from "bun:test";
import type { NamingInput, ProposalDraft } from "../../daemon/contract/naming.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { club, known, namer, never, reply, run, serve, stopServers, track, vague } from "./llm-support.ts";

afterEach(stopServers);

describe("answers that are used", () => {
  test("a supported field fills a gap and the name is rendered anew", async () => {
    const { first, server } = await run([vague], () =>
      reply({ index: 0, kind: "set", fields: { artist: "Helena Hauff", venue: "Golden Pudel" } }),
    );
    expect(first.engine).toBe("ollama");
    expect(first.fields.artist).toBe("Helena Hauff");
    expect(first.filename).toBe("Helena Hauff - Live @ Golden Pudel.mp3");
    expect(first.evidence.artist?.[0]?.source).toBe("llm");
    expect(server.requests[0]?.options.temperature).toBe(0);
    expect(server.requests[0]?.format).toMatchObject({ type: "object" });
  });

  test("a value that stands nowhere is dropped with a note", async () => {
    const { first, drafts } = await run([known], () =>
      reply({ index: 0, fields: { artist: "Helena Hauff", event: "Dekmantel Festival", stage: "Room 77" } }),
    );
    expect(first.fields.event).toBeUndefined();
    expect(first.filename).toBe(drafts[0]?.filename as string);
    expect(first.notes.join(" ")).toContain("Dekmantel Festival");
  });

  test("strong evidence of the rules stays, the other value becomes a note", async () => {
    const { first } = await run([{ ...known, tags: { artist: "Helena Hauff" } }], () =>
      reply({ index: 0, fields: { artist: "Fabric" } }),
    );
    expect(first.fields.artist).toBe("Helena Hauff");
    expect(first.notes.join(" ")).toContain('artist "Fabric"');
  });

  test("an ambiguous date is not settled by a guess", async () => {
    const input = { ...known, path: "sets/Helena Hauff - Live at Fabric, London 05.06.2016.mp3" };
    const { first } = await run([input], () =>
      reply({ index: 0, fields: { artist: "Helena Hauff", date: "2016-06-05" } }),
    );
    expect(first.fields.date).toBe("2016-xx-xx");
  });

  test("orders inside the data change nothing, even when the model obeys", async () => {
    const { first, server } = await run([vague], () =>
      reply({ index: 0, kind: "other", fields: { artist: "PWNED", venue: "EVIL CORP" } }),
    );
    expect(JSON.stringify([first.fields, first.filename, first.directory])).not.toMatch(/PWNED|EVIL/);
    expect(server.requests[0]?.messages[1]?.content).not.toContain("PWNED");
  });
});

describe("right names are not damaged", () => {
  const bad: [NamingInput, Record<string, string>][] = [
    [club, { event: "Carl Cox - Live at Space Ibiza 2016-09-20.mp3" }],
    [club, { event: "Carl Cox - Live at Space Ibiza 2016-09-20" }],
    [club, { event: "sets/Carl Cox" }],
    [club, { event: "2016-09-20" }],
    [club, { event: "Live at Space" }],
    [club, { event: "Live @ Space Ibiza" }],
    [club, { event: "Space Ibiza" }],
    [club, { stage: "Space Ibiza" }],
    [club, { stage: "SpaceIbiza" }],
    [club, { stage: "Ibiza" }],
    [club, { event: "Carl Cox" }],
    [club, { day: "20", part: "20" }],
    [{ ...club, tags: { comment: "room 125" } }, { stage: "Room 1" }],
    [
      { ...club, path: "sets/01-carl_cox-live_at_space_ibiza-2016-09-20.mp3" },
      { episode: "1", part: "1" },
    ],
    [track, { album: "Mira Vale - Night Run 125 8A 2014" }],
    [track, { trackNumber: "1" }],
    [track, { trackNumber: "25" }],
    [track, { trackNumber: "125" }],
    [track, { trackNumber: "8" }],
    [track, { trackNumber: "2014" }],
    [track, { discNumber: "1" }],
    [{ ...track, path: "music/Mira Vale - 99 Nights.mp3", tags: {} }, { trackNumber: "99" }],
    [{ ...track, path: "music/Mira Vale - A Night.mp3", tags: {} }, { discNumber: "1" }],
    [{ ...track, path: "music/Mira Vale - A Night.mp3", tags: {} }, { discNumber: "A" }],
  ];
  for (const [input, fields] of bad) {
    test(JSON.stringify(fields), async () => {
      const { first, drafts } = await run([input], () => reply({ index: 0, fields }));
      const draft = drafts[0] as ProposalDraft;
      expect(first.fields).toEqual(draft.fields);
      expect(first).toMatchObject({ filename: draft.filename, directory: draft.directory });
      expect(first.confidence).toBe(draft.confidence);
    });
  }

  test("a value given for two fields is taken once", async () => {
    const { first } = await run([vague], () =>
      reply({
        index: 0,
        kind: "set",
        fields: { artist: "Helena Hauff", venue: "Golden Pudel", stage: "Golden Pudel" },
      }),
    );
    expect(first.filename).toBe("Helena Hauff - Live @ Golden Pudel.mp3");
  });

  test("a part counted in letters is still taken", async () => {
    const input = { ...club, companions: [], path: "sets/rec Part B.mp3" };
    const rough: ProposalDraft = { ...proposeByRules(input), kind: "set", fields: {} };
    const server = serve(() => reply({ index: 0, fields: { part: "2" } }));
    expect((await namer(server).propose([input], [rough], never))[0]?.fields.part).toBe("2");
  });

  test("a number that stands by itself is still taken", async () => {
    const input = { ...track, path: "music/Mira Vale - Night Run (07).mp3" };
    const { first } = await run([input], () => reply({ index: 0, fields: { trackNumber: "7" } }));
    expect(first.fields.trackNumber).toBe("7");
  });
});

describe("confidence", () => {
  const winter = { ...club, companions: [{ name: "a.txt", text: "recorded on the Sunset Terrace that night\n" }] };

  test("a complete name that the model changed is not as sure as before", async () => {
    const sure = proposeByRules(winter);
    const server = serve(() => reply({ index: 0, fields: { artist: "Carl Cox", stage: "Sunset Terrace" } }));
    const [first] = await namer(server).propose([winter], [{ ...sure, confidence: 0.95 }], never);
    expect(first?.filename).toContain("Sunset Terrace");
    expect(first?.confidence).toBe(0.7);
    const [unsure] = await namer(server).propose([winter], [{ ...sure, confidence: 0.3 }], never);
    expect(unsure?.confidence).toBe(0.3);
  });

  test("a second look at a refined draft leaves it as it is", async () => {
    for (const fields of [{ artist: "Carl Cox" }, { artist: "Carl Cox", stage: "Sunset Terrace", event: "Nowhere" }]) {
      const { server, out } = await run([winter], () => reply({ index: 0, fields }));
      let drafts = out;
      for (let i = 0; i < 3; i++) drafts = await namer(server).propose([winter], drafts, never);
      expect(drafts).toEqual(out);
    }
  });
});

describe("what a proposal was made with", () => {
  const made = { model: "m", prompt: "fields-v3", durationMs: expect.any(Number) };

  test("model, prompt and time stand on it when the answer changed it, and when it only confirmed", async () => {
    const changed = await run([vague], () => reply({ index: 0, fields: { artist: "Helena Hauff" } }));
    expect(changed.first).toMatchObject(made);
    const confirmed = await run([known], async () => {
      await Bun.sleep(30);
      return reply({ index: 0, fields: { artist: "Helena Hauff" } });
    });
    expect(confirmed.first.durationMs).toBeGreaterThanOrEqual(30);
    expect(Number.isInteger(confirmed.first.durationMs)).toBe(true);
    expect(confirmed.first).toMatchObject({ ...made, fields: confirmed.drafts[0]?.fields as ProposalDraft["fields"] });
  });

  test("an answer that was of no use leaves none of it", async () => {
    for (const answer of ["no idea", reply({ index: 0, fields: {} }), reply({ index: 0, fields: { venue: "Mars" } })]) {
      const { first } = await run([known], () => answer);
      expect([first.model, first.prompt, first.durationMs]).toEqual([undefined, undefined, undefined]);
    }
  });

  test("each file of a call that was asked again has the time of the call that answered it", async () => {
    const second = { ...known, path: "sets/Objekt - Live at Fabric 2015-03-14.mp3" };
    const { out } = await run([known, second], async (attempt) => {
      if (attempt === 2) await Bun.sleep(120);
      return reply({ index: 0, fields: { artist: attempt === 1 ? "Helena Hauff" : "Objekt" } });
    });
    expect(out[0]?.durationMs).toBeLessThan(100);
    expect(out[1]?.durationMs).toBeGreaterThanOrEqual(120);
  });

  test("another model's look is named, also when it finds nothing new", async () => {
    const { out } = await run([known], () => reply({ index: 0, fields: { artist: "Helena Hauff" } }));
    const old = { ...(out[0] as ProposalDraft), model: "older", prompt: "fields-v2", durationMs: 1 };
    const server = serve(() => reply({ index: 0, fields: { artist: "Helena Hauff" } }));
    const [again] = await namer(server).propose([known], [old], never);
    expect(again).toMatchObject({ model: "m", prompt: "fields-v3", confidence: old.confidence });
  });
});

describe("claims the model decides between", () => {
  const input = { ...club, path: "sets/Carl Cox - rec.mp3" };
  const contested = (sure: number, source: "folder" | "library" = "library"): ProposalDraft => ({
    ...proposeByRules(input),
    kind: "set",
    fields: { artist: "Carl Cox", venue: "Rec" },
    evidence: { venue: [{ source: "filename", text: "Carl Cox - rec" }] },
    sureness: { artist: 0.9, venue: sure },
    alternatives: { venue: [{ value: "Space Ibiza", source, text: "as in 12 files", weight: 0.4 }] },
  });
  const choose = async (draft: ProposalDraft, fields: Record<string, string>, more: Partial<NamingInput> = {}) => {
    const server = serve(() => reply({ index: 0, fields }));
    return (await namer(server).propose([{ ...input, ...more }], [draft], never))[0] as ProposalDraft;
  };

  test("another value of the rules' is taken where they are unsure, with its place as evidence", async () => {
    const first = await choose({ ...contested(0.3), fields: { artist: "Carl Cox" } }, { venue: "space ibiza" });
    expect(first.fields.venue).toBe("Space Ibiza");
    expect(first.evidence.venue).toEqual([
      { source: "library", text: "as in 12 files", weight: 0.4 },
      { source: "llm", text: expect.any(String) },
    ]);
  });

  test("a claim from a text must stand in that text", async () => {
    const first = await choose(
      { ...contested(0.3, "folder"), fields: { artist: "Carl Cox" } },
      { venue: "Space Ibiza" },
    );
    expect(first.fields.venue).toBeUndefined();
  });

  test("what a person set stays, and what a person emptied stays empty", async () => {
    const companions = [{ name: "a.txt", text: "live at the Space Ibiza, Sunset Terrace\n" }];
    const fields = { artist: "Carl Cox", venue: "Space Ibiza", stage: "Sunset Terrace" };
    const free = await choose({ ...contested(0.3), fields: { artist: "Carl Cox" } }, fields, { companions });
    expect(free.fields).toMatchObject({ venue: "Space Ibiza", stage: "Sunset Terrace" });
    const person = { venue: "", stage: "Terrace" };
    const held = await choose({ ...contested(0.3), fields: { artist: "Carl Cox", stage: "Terrace" } }, fields, {
      ...{ companions, person },
    });
    expect(held.fields).toEqual({ artist: "Carl Cox", stage: "Terrace" });
  });

  test("a title that only a neighbour's name has is not this file's", async () => {
    const album = {
      ...track,
      path: "music/Mira Vale/rec.mp3",
      tags: { artist: "Mira Vale" },
      siblings: ["Night Run.mp3"],
    };
    const draft: ProposalDraft = { ...proposeByRules(album), fields: { artist: "Mira Vale" } };
    const server = serve(() => reply({ index: 0, fields: { artist: "Mira Vale", title: "Night Run" } }));
    const [first] = await namer(server).propose([album], [draft], never);
    expect(first?.fields.title).toBeUndefined();
  });
});

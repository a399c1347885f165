import { describe, expect, test } from "bun:test";
import type { NamingInput } from "../../daemon/contract/naming.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";

type Tags = Record<string, string>;
function propose(path: string, tags: Tags, neighbours: [string, Tags][], more: Partial<NamingInput> = {}) {
  return proposeByRules({
    path,
    durationSec: 240,
    tags,
    companions: [],
    siblings: neighbours.map(([name]) => name),
    neighbours: neighbours.map(([name, theirs]) => ({ name, tags: theirs })),
    ...more,
  });
}
const album = (count: number, tags: Tags): [string, Tags][] =>
  Array.from({ length: count }, (_, at) => [`${at + 2}.mp3`, { trackNumber: `${at + 2}`, ...tags }]);

describe("files of one folder agree", () => {
  const theirs = { artist: "Lowtide", album: "Shore", year: "2011" };

  test("on the album's spelling, when one file has its own", () => {
    const draft = propose(
      "Lowtide/x/1.mp3",
      { artist: "Lowtide", title: "Ebb", album: "shore", trackNumber: "1" },
      album(4, theirs),
    );
    expect(draft.fields.album).toBe("Shore");
    expect(draft.evidence.album?.some(({ source, text }) => source === "sibling" && text.includes("4 of 4"))).toBe(
      true,
    );
  });

  test("on the year, when one file has another", () => {
    const tags = { artist: "Lowtide", title: "Ebb", album: "Shore", trackNumber: "1", year: "2019" };
    const draft = propose("Lowtide/Shore/1.mp3", tags, album(6, theirs));
    expect(draft.fields.year).toBe("2011");
    expect(draft.alternatives.year?.[0]).toMatchObject({ value: "2019", source: "tag" });
    expect(draft.sureness.year).toBeLessThan(0.8);
  });

  test("on album and performer, for a file without tags that fills a gap", () => {
    const draft = propose("dump/01 - Ebb.mp3", {}, album(3, theirs));
    expect([draft.directory, draft.filename]).toEqual(["music/Lowtide/Shore", "Lowtide - 01 - Ebb.mp3"]);
  });

  test("but a file of another album keeps its own", () => {
    const tags = { artist: "Kern", title: "Flow", album: "Delta", trackNumber: "1" };
    expect(propose("dump/1.mp3", tags, album(5, theirs)).directory).toBe("music/Kern/Delta");
  });

  test("a file whose number is taken, or that has none, joins nobody", () => {
    expect(propose("Downloads/02 - Ebb.mp3", {}, album(3, theirs)).fields.album).toBeUndefined();
    expect(propose("Downloads/Ebb.mp3", {}, album(3, theirs)).fields.album).toBeUndefined();
  });

  test("many performers and no album artist make a compilation; one with guests does not", () => {
    const various = album(6, { album: "Night" }).map(([name, tags], at): [string, Tags] => [
      name,
      { ...tags, artist: `Act ${at}` },
    ]);
    const own = { artist: "Kern", title: "Flow", album: "Night", trackNumber: "1" };
    expect(propose("Night/1.mp3", own, various).directory).toBe("music/Various Artists/Night");
    const guests = various.map(([name, tags], at): [string, Tags] => [
      name,
      { ...tags, artist: `Kern feat. Guest ${at}` },
    ]);
    expect(propose("Night/1.mp3", own, guests).fields.albumArtist).toBeUndefined();
  });
});

describe("other copies of a recording", () => {
  const copy = {
    path: "music/Lowtide/Lowtide - Ebb.mp3",
    tags: { artist: "Lowtide", title: "Ebb" },
    probability: 0.98,
  };

  test("name a file that says nothing", () => {
    const draft = propose("dump/download (3).mp3", { title: "Track 03" }, [], { copies: [copy] });
    expect(draft.filename).toBe("Lowtide - Ebb.mp3");
    expect(draft.evidence.artist?.[0]).toMatchObject({ source: "fingerprint", text: copy.path });
  });

  test("support what a file says, and a contradiction shows", () => {
    const same = propose("Lowtide - Ebb.mp3", {}, [], { copies: [copy] });
    const alone = propose("Lowtide - Ebb.mp3", {}, []);
    expect(same.confidence).toBeGreaterThan(alone.confidence);
    const other = propose("Kern - Ebb.mp3", { artist: "Kern" }, [], { copies: [copy] });
    expect(other.fields.artist).toBe("Kern");
    expect(other.alternatives.artist?.[0]).toMatchObject({ value: "Lowtide", source: "fingerprint" });
  });

  test("tell that a nameless file is a set", () => {
    const recording = { path: "sets/Mara Voss - Live @ Tresor 2012-03-24.mp3", tags: {}, probability: 0.95 };
    const draft = propose("dump/track 1.mp3", {}, [], { durationSec: 5000, copies: [recording] });
    expect([draft.kind, draft.filename]).toEqual(["set", "Mara Voss - Live @ Tresor 2012.03.24.mp3"]);
    expect(draft.evidence.kind?.[0]?.source).toBe("fingerprint");
  });
});

describe("what listening found", () => {
  const sound = { bpm: 126.2, durationSec: 5_000, isMix: true };

  test("a steady beat in several keys is a mix, where no name says more", () => {
    const heard = propose("Mara Voss/Aurora.mp3", { title: "Aurora" }, [], { durationSec: 5_000, sound });
    expect(heard.evidence.kind).toEqual([
      { source: "audio", text: "83 min, a steady 126 BPM, several keys: a mix", weight: 0.6 },
    ]);
    const unheard = propose("Mara Voss/Aurora.mp3", { title: "Aurora" }, [], { durationSec: 5_000 });
    expect(unheard.evidence.kind?.[0]?.text).toBe("It lasts 83 min");
  });

  test("a length that the container does not say, or says wrongly, is the heard one", () => {
    const path = "Mara Voss - Live @ Tresor 2012-03-24.mp3";
    const draft = propose(path, {}, [], { durationSec: 180, sound });
    expect(draft.kind).toBe("set");
    expect(draft.notes).toContain("The file says that it lasts 180 s; 5000 s could be heard.");
    expect(propose(path, {}, [], { durationSec: null, sound }).kind).toBe("set");
  });
});

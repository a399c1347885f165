import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { readTags } from "../daemon/audio/read-tags.ts";
import { musicExtensions } from "../daemon/contract/kinds.ts";
import type { Metadata } from "../daemon/contract/metadata.ts";
import { makeSoundBuilder } from "../daemon/demo/build-sound.ts";
import type { Sound } from "../daemon/demo/plan.ts";
import { songs } from "../daemon/demo/songs.ts";
import { demoRateHz, frameSamples, renderSong } from "../daemon/demo/synth.ts";
import { makeTagger } from "../daemon/demo/tagger.ts";
import { makeDemoLibrary } from "../daemon/demo.ts";
import { decodeFile, ffmpegTestName, findFfmpeg } from "./support/audio-files.ts";

const signal = new AbortController().signal;
const setSec = 20 * 60;
let parent = "";
let library = "";
let paths: string[] = [];
const metadata = new Map<string, Metadata>();
const progress: number[] = [];
let result = { files: 0, seconds: 0 };

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), "phaze-demo-"));
  library = join(parent, "demo");
  result = await makeDemoLibrary(library, { signal, onProgress: (done) => progress.push(done) });
  paths = readdirSync(library, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(library.length + 1));
  for (const path of media()) {
    const extension = extname(path).slice(1);
    metadata.set(path, await readTags(join(library, path), { extension, signal }));
  }
}, 60_000);
afterAll(() => rmSync(parent, { recursive: true, force: true }));

function media(): string[] {
  return paths.filter((path) => musicExtensions.some((extension) => path.endsWith(`.${extension}`)));
}

/** The one file whose path holds this text. */
function find(text: string): string {
  const found = paths.filter((path) => path.includes(text));
  expect(found).toHaveLength(1);
  return found[0] ?? "";
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("the demo library", () => {
  test("is some dozens of small files, made with true progress and no litter", () => {
    expect(media().length).toBeGreaterThanOrEqual(25);
    expect(media().length).toBeLessThanOrEqual(40);
    expect(result.files).toBe(media().length);
    expect(progress).toEqual(Array.from({ length: result.files }, (_, index) => index + 1));
    const bytes = paths.reduce((sum, path) => sum + statSync(join(library, path)).size, 0);
    expect(bytes).toBeLessThan(80_000_000);
    expect(readdirSync(parent)).toEqual(["demo"]);
  });

  test("every file is readable, without warnings, and has a length", () => {
    for (const [path, { durationSec, warnings, hasAudio }] of metadata) {
      expect({ path, warnings, hasAudio }).toEqual({ path, warnings: [], hasAudio: true });
      expect(durationSec).toBeGreaterThan(3);
    }
  });

  test.each([
    ["Nordlicht_Festival-SAT-09-20-2016-KLNK/01-", ".mp3"],
    ["Brakwater_Open_Air-SAT-03-04-2017-KLNK/01-", ".mp3"],
    ["Kesselwerk 05-06-2015", ""],
    ["night_ferry_radio_042", ""],
    ["night_ferry_radio_043", ""],
    ["night_ferry_radio_044", ""],
    ["part 1 of 2", ""],
    ["part 2 of 2", ""],
  ])("%s is long enough for a set", (text, ending) => {
    const path = paths.filter((one) => one.includes(text) && one.endsWith(ending));
    expect(metadata.get(path[0] ?? "")?.durationSec).toBeGreaterThan(setSec);
  });

  test("everything else is a track or shorter", () => {
    const long = [...metadata.values()].filter((one) => (one.durationSec ?? 0) > setSec);
    const middle = [...metadata.values()].filter(
      (one) => (one.durationSec ?? 0) > 180 && (one.durationSec ?? 0) < setSec,
    );
    expect([long.length, middle.length]).toEqual([8, 0]);
  });

  test("album, compilation, discs, junk, mojibake and video names carry their tags", () => {
    expect(metadata.get(find("03_a_map_of_paper.mp3"))).toMatchObject({
      ...{ artist: "Lumo & Kvist", albumArtist: "Lumo & Kvist", album: "Salt Roads", title: "A Map of Paper" },
      ...{ trackNumber: 3, year: 2019, cover: { mime: "image/jpeg" } },
    });
    expect(metadata.get(find("04 - Noor Attwater"))).toMatchObject({ albumArtist: "Various Artists", trackNumber: 4 });
    expect(metadata.get(find("CD2/01 Munning.ogg"))).toMatchObject({ artist: "Bøkeskov", discNumber: 2, discTotal: 2 });
    expect(metadata.get(find("tarn_hollis_-_slow"))).toMatchObject({ artist: "Unknown Artist", title: "Track 02" });
    expect(metadata.get(find("NattfÃ¤rja"))).toMatchObject({ artist: "ZoÃ« LindqvÃ¤rn", title: "NattfÃ¤rja" });
    expect(metadata.get(find("[dQ7x_kLmN2p]"))).toMatchObject({ artist: "ZoeLindqvarnVEVO" });
    expect(metadata.get(find("Slow Meridian.flac"))).toMatchObject({ title: "Slow Meridian", lossless: true });
    expect(metadata.get(find("NOOR ATTWATER"))).toMatchObject({ artist: null, title: null, tagTypes: [] });
  });

  test("one name is decomposed on disk and composed in its tags", () => {
    const path = find("Ho\u0308stljus");
    expect(path).not.toBe(path.normalize("NFC"));
    expect(metadata.get(path)).toMatchObject({ artist: "Björn Ålander", title: "Höstljus" });
  });

  test("two files are exact copies under other names", () => {
    const same = (one: string, other: string) =>
      expect(readFileSync(join(library, find(one)))).toEqual(readFileSync(join(library, find(other))));
    same("01_harbour_light.mp3", "track01 (1).mp3");
    same("02 - Vexholm - Granite.mp3", "Granite FINAL copy.mp3");
    const sums = media().map((path) => sha256(readFileSync(join(library, path))));
    expect(new Set(sums).size).toBe(sums.length - 2);
  });

  test("companions of each kind, true to their media", () => {
    const endings = new Set(paths.map((path) => extname(path)));
    for (const ending of [".nfo", ".m3u", ".m3u8", ".sfv", ".cue", ".jpg", ".png", ".txt"])
      expect(endings).toContain(ending);
    const folder = "Oskar_Fjeldgren-Live_at_Nordlicht_Festival-SAT-09-20-2016-KLNK";
    const read = (ending: string) =>
      readFileSync(join(library, find(`${folder}/01-`.concat(nordlicht, ending))), "utf8");
    const nordlicht = "oskar_fjeldgren-live_at_nordlicht_festival-sat-09-20-2016-klnk";
    const sum = Bun.hash.crc32(readFileSync(join(library, folder, `01-${nordlicht}.mp3`)));
    expect(read(".sfv")).toContain(`01-${nordlicht}.mp3 ${sum.toString(16).padStart(8, "0")}`);
    expect(read(".m3u")).toContain(`01-${nordlicht}.mp3`);
    expect(read(".cue").match(/TRACK \d\d AUDIO/g)?.length).toBeGreaterThan(10);
  });

  test("the mixed set holds the frames of its tracks where its CUE sheet says", () => {
    const cue = readFileSync(join(library, find("klnk.cue")), "utf8");
    const [, minutes = "", seconds = "", frames = ""] = /"Granite"[\s\S]*?INDEX 01 (\d+):(\d+):(\d+)/.exec(cue) ?? [];
    const startSec = Number(minutes) * 60 + Number(seconds) + Number(frames) / 75;
    const set = readFileSync(join(library, find("sat-09-20-2016-klnk.mp3")));
    const track = readFileSync(join(library, find("02 - Vexholm - Granite.mp3")));
    const piece = track.subarray(20_000, 24_000);
    const tagBytes = 10 + ((track[8] ?? 0) << 7) + (track[9] ?? 0);
    const bytesPerSec = 4_000;
    expect((set.indexOf(piece) - (20_000 - tagBytes)) / bytesPerSec).toBeCloseTo(startSec, 1);
  });
});

describe("making it", () => {
  test("an existing folder is left alone", async () => {
    const folder = join(parent, "existing");
    mkdirSync(folder);
    expect((await makeDemoLibrary(folder, { signal })).files).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test("an interrupted start leaves nothing behind", async () => {
    const folder = join(parent, "interrupted");
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error("stopped"));
    expect(await makeDemoLibrary(folder, { signal: controller.signal, onProgress }).catch(String)).toContain("stopped");
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(parent)).toEqual(["demo"]);
  });

  test("a second run makes the same bytes", async () => {
    const tagger = await makeTagger();
    const plans: { sound: Exclude<Sound, { kind: "copy" }>; path: string; tags: Record<string, string> }[] = [
      {
        sound: { kind: "track", song: "moons" },
        path: "04 - Noor Attwater - Paper Moons.mp3",
        tags: {
          ...{ ALBUM: "Kesselwerk Sampler Vol. 2", ALBUMARTIST: "Various Artists", DATE: "2021" },
          ...{ ARTIST: "Noor Attwater", TITLE: "Paper Moons", TRACKNUMBER: "4" },
        },
      },
      { sound: { kind: "wav", song: "bounce" }, path: "untitled bounce 03.wav", tags: {} },
    ];
    const builder = await makeSoundBuilder(async () => {});
    for (const { sound, path, tags } of plans) {
      const { bytes } = await builder.build(sound);
      const again = Object.keys(tags).length > 0 ? await tagger(bytes, tags, null) : bytes;
      expect(sha256(again)).toBe(sha256(readFileSync(join(library, find(path)))));
    }
  });

  test("songs differ in sound, and sections are whole frames and whole beats", () => {
    const [one, two] = [songs[0], songs[5]].map((song) => song && renderSong(song));
    expect(one?.main.length).toBeGreaterThan(0);
    expect(one?.main.slice(0, 5_000)).not.toEqual(two?.main.slice(0, 5_000));
    for (const song of songs.slice(0, 2)) {
      const sections = renderSong(song);
      expect(sections.main.length % frameSamples).toBe(0);
      const bpm = (32 * 60 * demoRateHz) / sections.main.length;
      expect(Math.abs(bpm / song.bpm - 1)).toBeLessThan(0.002);
      expect(Math.max(...sections.lift.slice(0, 50_000))).toBeGreaterThan(0.2);
    }
  });
});

describe.skipIf(findFfmpeg() === null)(ffmpegTestName("decoding"), () => {
  test.each([
    "sat-09-20-2016-klnk.mp3",
    "Kesselwerk 05-06-2015.mp3",
    "05_lanterns_reprise_.mp3",
    "CD1/01 Kilde.ogg",
    "Slow Meridian.flac",
    "untitled bounce 03.wav",
    "kick_loop_128bpm.wav",
  ])(
    "%s decodes without complaint, to its full length",
    async (text) => {
      const path = find(text);
      const { seconds, complaint } = await decodeFile(join(library, path));
      expect(complaint).toBe("");
      expect(Math.abs(seconds - (metadata.get(path)?.durationSec ?? 0))).toBeLessThan(0.2);
    },
    30_000,
  );
});

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ProposalItem } from "../../daemon/contract/api.ts";
import { realMusic } from "../support/real-music.ts";
import { makeWorld, tempFolder } from "../support/world.ts";

const ffmpeg = Bun.which("ffmpeg");
const music = ffmpeg ? realMusic() : [];

/** Copies a recording with other tags and, for a set, `loops` times over; the sound itself is not touched. */
function plant(from: string, to: string, tags: Record<string, string>, loops = 0): void {
  mkdirSync(dirname(to), { recursive: true });
  const meta = Object.entries(tags).flatMap(([key, value]) => ["-metadata", `${key}=${value}`]);
  const clear = ["-map_metadata", "-1", "-map_metadata:s:a", "-1", "-map", "0:a"];
  const { status, stderr } = spawnSync(ffmpeg ?? "", [
    ...["-v", "error", "-y", "-stream_loop", `${loops}`, "-i", from, ...clear, "-c", "copy", ...meta, to],
  ]);
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
}

const album = { artist: "The Frozen Keys", album: "Winter Slopes", date: "2009" };
const track = (number: string, title: string) => ({ ...album, title, track: number });

test.skipIf(music.length < 8)(
  "real music under scrambled names: from folder to proposals, each field with its evidence",
  async () => {
    const folder = tempFolder();
    const library = join(folder, "library");
    const put = (n: number, name: string, tags: Record<string, string> = {}, loops = 0) =>
      plant(music[n] as string, join(library, name), tags, loops);
    put(0, "slopes/01 ice.ogg", track("1", "Ice"));
    put(1, "slopes/02 snow.ogg", track("2", "Snow"));
    put(2, "slopes/03 frost.ogg", { ...track("3", "Frost"), album: "winter slopes" });
    put(3, "slopes/04 - Thaw.ogg");
    put(4, "Downloads/track 05 (1).ogg", { title: "Track 05", artist: "Unknown Artist" });
    put(4, "keep/The Frozen Keys - Melt.ogg", { artist: "The Frozen Keys", title: "Melt" });
    copyFileSync(join(library, "keep/The Frozen Keys - Melt.ogg"), join(library, "Downloads/audio_final.ogg"));
    put(5, "sets/01-bjorn_vinter-live_at_polar_festival-sat-03-04-2016-grp.ogg", {}, 90);
    put(7, "other/01-nils_kald-live_at_polar_festival-sat-09-24-2016-grp.ogg", {}, 40);
    put(7, "tapes/night.ogg", {}, 20);
    const nfo = ["Artist : J\x81rgen K\x94hler", "Club   : Tresor", "Played : 24.12.2004"].map(
      (line) => `\xba ${line} \xba`,
    );
    writeFileSync(
      join(library, "tapes/night.nfo"),
      Buffer.from(["\xc9\xcd\xcd\xcd\xbb", ...nfo].join("\r\n"), "latin1"),
    );

    const world = await makeWorld({}, { folder });
    await world.settle();
    const { items } = await world.call<{ items: ProposalItem[] }>("GET", "/proposals/?page_size=200");
    const made = Object.fromEntries(
      items.map((item) => [item.path.slice(library.length + 1), `${item.kind}: ${item.directory}/${item.filename}`]),
    );
    expect(made).toEqual({
      "slopes/01 ice.ogg": "track: music/The Frozen Keys/Winter Slopes/The Frozen Keys - 01 - Ice.ogg",
      "slopes/02 snow.ogg": "track: music/The Frozen Keys/Winter Slopes/The Frozen Keys - 02 - Snow.ogg",
      "slopes/03 frost.ogg": "track: music/The Frozen Keys/Winter Slopes/The Frozen Keys - 03 - Frost.ogg",
      "slopes/04 - Thaw.ogg": "track: music/The Frozen Keys/Winter Slopes/The Frozen Keys - 04 - Thaw.ogg",
      "Downloads/track 05 (1).ogg": "track: Downloads/track 05 (1).ogg",
      "keep/The Frozen Keys - Melt.ogg": "track: music/The Frozen Keys/The Frozen Keys - Melt.ogg",
      "Downloads/audio_final.ogg": "track: music/The Frozen Keys/The Frozen Keys - Melt.ogg",
      "sets/01-bjorn_vinter-live_at_polar_festival-sat-03-04-2016-grp.ogg":
        "set: performances/festivals/Polar Festival 2016/Bjorn Vinter - Live @ Polar Festival 2016.03.04.ogg",
      "other/01-nils_kald-live_at_polar_festival-sat-09-24-2016-grp.ogg":
        "set: performances/festivals/Polar Festival 2016/Nils Kald - Live @ Polar Festival 2016.09.24.ogg",
      "tapes/night.ogg": "set: performances/artists/Jürgen Köhler/Jürgen Köhler - Live @ Tresor 2004.12.24.ogg",
    });
    for (const item of items)
      for (const field of Object.keys(item.fields) as (keyof typeof item.fields)[]) {
        expect([item.path, field, item.evidence[field]?.length ?? 0]).not.toEqual([item.path, field, 0]);
        expect(item.sureness[field]).toBeGreaterThan(0);
      }
    const thaw = items.find(({ path }) => path.endsWith("Thaw.ogg"));
    expect(thaw?.evidence.album?.map(({ source }) => source)).toContain("sibling");
    expect(items.every(({ durationMs, model }) => durationMs !== null && model === null)).toBe(true);
  },
  300_000,
);

import { describe, expect, test } from "bun:test";
import { renderName } from "../../daemon/naming/render.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { setFields, trackFields } from "./random-templates.ts";
import { makeRandom } from "./random-text.ts";

const propose = (path: string, durationSec: number, tags = {}) =>
  proposeByRules({ path, durationSec, tags, companions: [], siblings: [] });

describe("a file that the templates have named", () => {
  test("stays where it is, whatever its fields were", () => {
    const random = makeRandom(53);
    for (let i = 0; i < 1500; i++) {
      const isTrack = i % 2 === 0;
      const { fields, manyDiscs } = isTrack ? trackFields(random) : { fields: setFields(random), manyDiscs: false };
      // Another album artist is known by tags alone.
      if (fields.albumArtist !== "Various Artists") delete fields.albumArtist;
      const made = renderName(isTrack ? "track" : "set", fields, { path: "in/x.mp3", manyDiscs });
      const path = `${made.directory}/${made.filename}`;
      const draft = propose(path, isTrack ? 200 : 4000);
      expect(`${draft.directory}/${draft.filename}`).toBe(path);
    }
  }, 30_000);

  test("may lie in such a folder by chance: then the folder names nobody", () => {
    const draft = propose("music/Techno/2019/Carl Craig - Desire.mp3", 300);
    expect([draft.directory, draft.filename]).toEqual(["music/Carl Craig", "Carl Craig - Desire.mp3"]);
  });

  test("is read by its tags when it has some", () => {
    const draft = propose("music/Bjork/Post/Bjork - 02 - Hyperballad.mp3", 300, {
      artist: "Björk",
      title: "Hyper-Ballad",
      album: "Post",
      trackNumber: "2",
    });
    expect(draft.filename).toBe("Björk - 02 - Hyper-Ballad.mp3");
  });
});

import type { Fields } from "../contract/fields.ts";
import type { TemplateKind } from "../contract/templates.ts";
import type { NamedFile } from "./template-preview.ts";

const file = (kind: "track" | "set", path: string, fields: Fields): NamedFile => ({
  ...{ kind, path, fields },
  filename: "",
  directory: "",
});

/** Files that nobody has, for templates without a file in the library. */
export const examples: Readonly<Record<TemplateKind, readonly NamedFile[]>> = {
  track: [
    file("track", "incoming/03_harbour_lights-320kbps.mp3", {
      ...{ artist: "Northern Quay", title: "Harbour Lights", album: "Tides", trackNumber: "3", year: "2009" },
    }),
    file("track", "incoming/CD2/northern quay - undertow (dub mix).flac", {
      ...{ artist: "Northern Quay", title: "Undertow (Dub Mix)", mix: "Dub Mix", album: "Tides" },
      ...{ trackNumber: "5", discNumber: "2", year: "2009" },
    }),
    file("track", "incoming/ada lund-slow rain.mp3", { artist: "Ada Lund", title: "Slow Rain" }),
  ],
  compilation: [
    file("track", "incoming/VA - Night Drive/07 ada lund - slow rain.mp3", {
      ...{ artist: "Ada Lund", title: "Slow Rain", album: "Night Drive", albumArtist: "Various Artists" },
      ...{ trackNumber: "7", year: "2012" },
    }),
  ],
  festival: [
    file("set", "incoming/ada_lund-live_at_meadow_days-sat-07-20-2019.mp3", {
      ...{ artist: "Ada Lund", event: "Meadow Days", stage: "Lake Stage", day: "Saturday", date: "2019-07-20" },
      source: "festival",
    }),
  ],
  concert: [
    file("set", "incoming/Northern Quay - Old Mill 2014-07-19.flac", {
      ...{ artist: "Northern Quay", venue: "Old Mill", date: "2014-07-19", source: "concert" },
    }),
  ],
  radioshow: [
    file("set", "incoming/Night Signal 430 (guest Ada Lund) part 2.mp3", {
      ...{ artist: "Ada Lund", event: "Night Signal", episode: "430", part: "2", date: "2018-03-14" },
      source: "radioshow",
    }),
  ],
  club: [
    file("set", "incoming/ada lund @ cellar seven 2015.mp3", {
      ...{ artist: "Ada Lund", venue: "Cellar Seven", date: "2015-xx-xx", source: "club" },
    }),
  ],
  stream: [
    file("set", "incoming/ada lund livestream rooftop 2020-05-01.mp4", {
      ...{ artist: "Ada Lund", event: "Rooftop Session", date: "2020-05-01", source: "stream" },
    }),
  ],
  set: [file("set", "incoming/ada lund live side a.mp3", { artist: "Ada Lund", date: "2008-10-xx", part: "Side A" })],
};

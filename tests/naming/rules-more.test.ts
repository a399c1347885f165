import { expect, test } from "bun:test";
import type { NamingInput } from "../../daemon/contract/naming.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";

type More = Partial<Omit<NamingInput, "path" | "durationSec">>;

/** What it is about, path, seconds, what else is known, and what must come of it. */
const table: [string, string, number, More, string][] = [
  [
    "initials are no side of a record",
    "dnb/D.A.V & Kern - Loop.mp3",
    260,
    {},
    "track: music/D.A.V & Kern/D.A.V & Kern - Loop.mp3",
  ],
  [
    "two capitals say nothing about shouting",
    "Lowtide - Shore/03 - 6_15 PM.mp3",
    168,
    { tags: { title: "6:15 PM", trackNumber: "3" } },
    "track: music/Lowtide/Shore/Lowtide - 03 - 6-15 PM.mp3",
  ],
  [
    "discs in words",
    "Lowtide - Shore (1999)/Disc Two/06 - Ebb.flac",
    382,
    { siblings: ["01 - Flow.flac", "05 - Tide.flac"] },
    "track: music/Lowtide/Shore/Lowtide - 206 - Ebb.flac",
  ],
  [
    "a catalogue number in lower case",
    "lowtide-ebb_and_flow-(abc1301)-web-2013-grp/01-lowtide-ebb-grp.mp3",
    300,
    { siblings: ["02-lowtide-flow-grp.mp3"] },
    "track: music/Lowtide/Ebb And Flow/Lowtide - 01 - Ebb.mp3",
  ],
  [
    "a name transliterated from its tags",
    "x/Nautilus-Kryliya.mp3",
    209,
    { tags: { artist: "Наутилус", title: "Крылья" } },
    "track: music/Наутилус/Наутилус - Крылья.mp3",
  ],
  ["dotted capitals of Turkish", "MOR DENİZ - BİR GÜN.MP3", 263, {}, "track: music/Mor Deniz/Mor Deniz - Bir Gün.mp3"],
  [
    "a folder of a language, not a performer",
    "华语/王小明 - 夜雨 (2000)/03 - 灯火.flac",
    223,
    { siblings: ["02 - 雨.flac"] },
    "track: music/王小明/夜雨/王小明 - 03 - 灯火.flac",
  ],
  ["UTF-8 unpacked as DOS", "unzipped/M├╢tley - Kick.mp3", 282, {}, "track: music/Mötley/Mötley - Kick.mp3"],
  [
    "a telephone's name, and a title that holds both",
    "phone/AUD-20190412-WA0007.mp3",
    183,
    { tags: { title: "Lowtide - Ebb" } },
    "track: music/Lowtide/Lowtide - Ebb.mp3",
  ],
  [
    "tags the wrong way round",
    "Lowtide - Shore (1995)/02 - Ebb.mp3",
    210,
    { tags: { artist: "Ebb", title: "Lowtide", album: "Shore" }, siblings: ["01 - Flow.mp3"] },
    "track: music/Lowtide/Shore/Lowtide - 02 - Ebb.mp3",
  ],
  [
    "tempo and key behind a title",
    "DJcity/Lowtide ft. Kern - Yeah! (Clean) (Intro) 105 4A.mp3",
    262,
    {},
    "track: music/Lowtide ft. Kern/Lowtide ft. Kern - Yeah! (Clean) (Intro).mp3",
  ],
  [
    "key and tempo in front",
    "Rekordbox/8A - 124 - Lowtide - Ebb (Kern Mix).mp3",
    470,
    {},
    "track: music/Lowtide/Lowtide - Ebb (Kern Mix).mp3",
  ],
  [
    "a work and its movement",
    "Classical/Lindsay Quartet - Quartets/CD4/03 - Quartet No. 8 in C minor, Op. 110 - II. Allegro.flac",
    162,
    { siblings: ["02 - Quartet No. 8 in C minor, Op. 110 - I. Largo.flac"] },
    "track: music/Lindsay Quartet/Quartets/Lindsay Quartet - 403 - Quartet No. 8 in C minor, Op. 110 - II. Allegro.flac",
  ],
  [
    "tracks of an album that are called after a date",
    "Jazz/Kern Trio - The Oslo Concert (1976)/01 - Oslo, January 24, 1976, Part I.flac",
    1562,
    { siblings: ["02 - Oslo, January 24, 1976, Part II.flac", "03 - Encore.flac"] },
    "track: music/Kern Trio/The Oslo Concert/Kern Trio - 01 - Oslo, January 24, 1976, Part I.flac",
  ],
  [
    "a premiere with its label",
    "SoundCloud/PREMIERE： Lowtide - Ebb (Kern Diskomiks) [Full Moon].mp3",
    446,
    { tags: { artist: "Some Blog Premieres", title: "PREMIERE: Lowtide - Ebb (Kern Diskomiks) [Full Moon]" } },
    "track: music/Lowtide/Lowtide - Ebb (Kern Diskomiks).mp3",
  ],
  [
    "a ripper's log",
    "EAC rips/disc0093/07 Ebb.flac",
    415,
    {
      companions: [
        {
          name: "x.log",
          text: "Exact Audio Copy V0.95\n\nEAC extraction logfile from 14. June 2009, 13:22\n\nLowtide / Shore\n\nUsed drive : X\n",
        },
      ],
      siblings: ["06 Flow.flac"],
    },
    "track: music/Lowtide/Shore/Lowtide - 07 - Ebb.flac",
  ],
  [
    "a cue sheet of several files",
    "xld/untitled disc/Track02.flac",
    335,
    {
      tags: { title: "Track 2", artist: "Unknown Artist" },
      siblings: ["Track01.flac"],
      companions: [
        {
          name: "Shore.cue",
          text: 'REM DATE 2003\nPERFORMER "Lowtide"\nTITLE "Shore"\nFILE "Track01.flac" WAVE\n TRACK 01 AUDIO\n  TITLE "Flow"\n  INDEX 01 00:00:00\nFILE "Track02.flac" WAVE\n TRACK 02 AUDIO\n  TITLE "Ebb"\n  INDEX 01 00:00:00\n',
        },
      ],
    },
    "track: music/Lowtide/Shore/Lowtide - 02 - Ebb.flac",
  ],
  [
    "a playlist's entry for this file",
    "rip0017/track03.mp3",
    312,
    {
      siblings: ["track01.mp3"],
      companions: [
        {
          name: "a.m3u",
          text: "#EXTM3U\n#EXTINF:1,Kern - Flow\ntrack01.mp3\n#EXTINF:312,Lowtide - Ebb\ntrack03.mp3\n",
        },
      ],
    },
    "track: music/Lowtide/Lowtide - 03 - Ebb.mp3",
  ],
  [
    "the performer of all names beside it",
    "Downloads/03 - Ebb.mp3",
    240,
    { siblings: ["Lowtide - 01 - Flow.mp3", "Lowtide - 02 - Tide.mp3"] },
    "track: music/Lowtide/Lowtide - 03 - Ebb.mp3",
  ],
  [
    "a show without a known name, in a folder of radio",
    "radio/Lowtide-Burn_It_Down-SAT-24-02-2012-TALiON.mp3",
    7190,
    { tags: { artist: "Lowtide", title: "Burn It Down" } },
    "set: performances/radioshows/Burn It Down/Lowtide - Live @ Burn It Down 2012.02.24.mp3",
  ],
  [
    "a comment that tells when it was recorded",
    "trip/Lowtide - Live at Tresor 07-06-2013.mp3",
    7310,
    { tags: { artist: "Lowtide", comment: "recorded 7 June 2013" } },
    "set: performances/artists/Lowtide/Lowtide - Live @ Tresor 2013.06.07.mp3",
  ],
  [
    "colons between the pieces of a title",
    "YouTube/Lowtide ： Sonar 2018 ： SonarClub (Full Set HQ) [aB3dE_f-9hQ].m4a",
    5105,
    { tags: { artist: "Some Archive TV", title: "Lowtide: Sonar 2018: SonarClub (Full Set HQ)" } },
    "set: performances/festivals/Sonar 2018/Lowtide - Live @ Sonar SonarClub 2018.xx.xx.m4a",
  ],
  [
    "the letters of a video's id are nobody's capitals",
    "yt-dlp/LOWTIDE B2B KERN LIVE AT TOMORROWLAND 2024 FREEDOM STAGE [q7LkPz_0WmE].mkv",
    5402,
    {},
    "set: performances/festivals/Tomorrowland 2024/Lowtide b2b Kern - Live @ Tomorrowland Freedom Stage 2024.xx.xx.mkv",
  ],
  [
    "a name with dots that begins with its performer and date",
    "Bootlegs/Lowtide.1978-06-29.Old.Waldorf.San.Francisco.FM.FLAC.flac",
    4370,
    {},
    "set: performances/concerts/Old Waldorf San Francisco 1978/Lowtide - Live @ Old Waldorf San Francisco 1978.06.29.flac",
  ],
  [
    "a title tag with number and performer",
    "Lowtide/Shore/03 Lowtide - Ebb.mp3",
    241,
    { tags: { artist: "Lowtide", title: "03 - Lowtide - Ebb", album: "Shore", trackNumber: "3/18" } },
    "track: music/Lowtide/Shore/Lowtide - 03 - Ebb.mp3",
  ],
  [
    "hyphens of a title's own",
    "Low_Tide_-_Shore_(1999)/02_-_Ebb-n-flow.mp3",
    604,
    {},
    "track: music/Low Tide/Shore/Low Tide - 02 - Ebb-n-flow.mp3",
  ],
  [
    "a performer's own bracket",
    "sets/Lowtide (Espacio) - All Night Long @ Tresor, Berlin 2014-11-23.mp3",
    21_800,
    {},
    "set: performances/artists/Lowtide (Espacio)/Lowtide (Espacio) - Live @ Tresor 2014.11.23.mp3",
  ],
  [
    "a stage with its host",
    "Lowtide - Dimensions Festival 2016 - The Clearing hosted by Kern - 27.08.2016.flac",
    7190,
    {},
    "set: performances/festivals/Dimensions Festival 2016/Lowtide - Live @ Dimensions Festival The Clearing 2016.08.27.flac",
  ],
  [
    "what stands beside a festival is a stage",
    "Lowtide - Live at Sonar Festival 2018 (Olive Grove).mp3",
    7012,
    {},
    "set: performances/festivals/Sonar Festival 2018/Lowtide - Live @ Sonar Festival Olive Grove 2018.xx.xx.mp3",
  ],
  [
    "but a town behind a comma is none",
    "Lowtide - Live at Sonar Festival, Smalltown 2018.mp3",
    7012,
    {},
    "set: performances/festivals/Sonar Festival 2018/Lowtide - Live @ Sonar Festival 2018.xx.xx.mp3",
  ],
  [
    "folders below festivals",
    "Festivals/2018/Houghton/The Warehouse/Lowtide.mp3",
    10_650,
    { siblings: ["Kern.mp3"] },
    "set: performances/festivals/Houghton 2018/Lowtide - Live @ Houghton The Warehouse 2018.xx.xx.mp3",
  ],
  [
    "a presenter",
    "Radio/Toolroom Radio EP 512 - Presented by Lowtide.mp3",
    3605,
    {},
    "set: performances/radioshows/Toolroom Radio/Lowtide - Live @ Toolroom Radio 512.mp3",
  ],
  [
    "a show by its word",
    "Frisky/Lowtide - Radio Tidal 2014-02-04 (Hour 2).mp3",
    3598,
    {},
    "set: performances/radioshows/Radio Tidal/Lowtide - Live @ Radio Tidal 2014.02.04 Part 2.mp3",
  ],
  [
    "a podcast with episode and date",
    "podcasts/Lowtide - Tidal Radio Episode 012 (31.03.18).mp3",
    3622,
    {},
    "set: performances/radioshows/Tidal Radio/Lowtide - Live @ Tidal Radio 012 2018.03.31.mp3",
  ],
  [
    "a short year that would be to come",
    "fm/01-lowtide-live_at_tresor-fm-29-07-05-xtc.mp3",
    7155,
    {},
    "set: performances/artists/Lowtide/Lowtide - Live @ Tresor 2005.07.29.mp3",
  ],
  [
    "a date with spaced dashes",
    "streams/Lowtide @ Tresor 08 - 24 - 2019.mp4",
    3588,
    {},
    "set: performances/artists/Lowtide/Lowtide - Live @ Tresor 2019.08.24.mp4",
  ],
  [
    "a label whose podcast it is",
    "Podcasts/Dekmantel Podcast 205.mp3",
    4266,
    { tags: { artist: "Dekmantel", title: "Dekmantel Podcast 205 - Lowtide" } },
    "set: performances/radioshows/Dekmantel Podcast/Lowtide - Live @ Dekmantel Podcast 205.mp3",
  ],
  [
    "a channel in the middle of a title, and hashtags",
    "YouTube/Lowtide ｜ Afterlife ｜ Printworks London 4K #afterlife [ZzYyXxWwVvU].webm",
    5422,
    { tags: { artist: "Afterlife", title: "Lowtide | Afterlife | Printworks London 4K #afterlife" } },
    "set: performances/artists/Lowtide/Lowtide - Live @ Afterlife.webm",
  ],
  [
    "a tag with a month",
    "wav/set_0007.wav",
    7260,
    { tags: { artist: "Lowtide", title: "Live @ Tresor, Berlin", date: "2013-11" } },
    "set: performances/artists/Lowtide/Lowtide - Live @ Tresor 2013.11.xx.wav",
  ],
  [
    "a year with an apostrophe",
    "90s/Lowtide - Tribal Gathering '96 (Live PA).mp3",
    3122,
    {},
    "set: performances/festivals/Tribal Gathering 1996/Lowtide - Live @ Tribal Gathering 1996.xx.xx.mp3",
  ],
  [
    "a station in front",
    "Radio/BBC Radio 6 Music - Lowtide - 2016-07-16.mp3",
    10_812,
    {},
    "set: performances/radioshows/BBC Radio 6 Music/Lowtide - Live @ BBC Radio 6 Music 2016.07.16.mp3",
  ],
];

test.each(table)("%s", (_, path, durationSec, more, wanted) => {
  const draft = proposeByRules({ path, durationSec, tags: {}, companions: [], siblings: [], ...more });
  expect(`${draft.kind}: ${draft.directory}/${draft.filename}`).toBe(wanted);
});

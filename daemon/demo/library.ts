import { cueSheet, playlist, sfvSums } from "./companions.ts";
import { demoJpeg, demoPng } from "./pictures.ts";
import type { Companion, MediaFile } from "./plan.ts";

const albumTags = {
  ALBUM: "Salt Roads",
  ALBUMARTIST: "Lumo & Kvist",
  ARTIST: "Lumo & Kvist",
  DATE: "2019",
  GENRE: "Electronica",
};
const samplerTags = { ALBUM: "Kesselwerk Sampler Vol. 2", ALBUMARTIST: "Various Artists", DATE: "2021" };
const riverTags = { ALBUM: "Two Rivers", ARTIST: "Bøkeskov", DATE: "2014", DISCTOTAL: "2" };

const nordlicht = "Oskar_Fjeldgren-Live_at_Nordlicht_Festival-SAT-09-20-2016-KLNK";
const nordlichtStem = "01-oskar_fjeldgren-live_at_nordlicht_festival-sat-09-20-2016-klnk";
const brakwater = "Vexholm-Live_at_Brakwater_Open_Air-SAT-03-04-2017-KLNK";
const brakwaterStem = "01-vexholm-live_at_brakwater_open_air-sat-03-04-2017-klnk";
const album = "lumo and kvist/Salt Roads (2019) [320kbps]";
const sampler = "VA - Kesselwerk Sampler Vol. 2 (2021)";
const concert = "concerts/Sable Marrow 2014";

/** The mixed set: every song of it is also in the library as a file of its own. */
const mixedSet = [
  ...["harbour", "undertow", "meridian", "ninefold", "orchard", "granite", "moons"],
  ...["ferry", "salt", "bounce", "lanterns", "autumn", "signal", "relay"],
];

/** Media of the demo. Paths are as found in a neglected archive; `\u0308` and the like are meant. */
export const mediaFiles: readonly MediaFile[] = [
  { path: `${nordlicht}/${nordlichtStem}.mp3`, sound: { kind: "set", songs: mixedSet } },
  { path: `${brakwater}/${brakwaterStem}.mp3`, sound: { kind: "set", seed: "brakwater" } },
  {
    path: "sets/Mirelle Tanz - Live @ Kesselwerk 05-06-2015.mp3",
    sound: { kind: "set", seed: "kesselwerk" },
    tags: { ARTIST: "Mirelle Tanz", TITLE: "Live @ Kesselwerk" },
  },
  ...["harbour", "salt", "paper", "ebb", "lanterns"].map((song, index): MediaFile => {
    const title = ["Harbour Light", "Salt Roads", "A Map of Paper", "Ebb", "Lanterns (Reprise)"][index] ?? "";
    const name = title.toLowerCase().replaceAll(/[ ()]+/g, "_");
    const tags = { ...albumTags, TITLE: title, TRACKNUMBER: String(index + 1) };
    return { path: `${album}/0${index + 1}_${name}.mp3`, sound: { kind: "track", song }, tags, cover: index < 4 };
  }),
  ...[
    ["undertow", "Sable Marrow", "Undertow (Tarn Hollis Remix)"],
    ["granite", "Vexholm", "Granite"],
    ["ninefold", "Oskar Fjeldgren", "Ninefold"],
    ["moons", "Noor Attwater", "Paper Moons"],
  ].map(([song = "", artist = "", title = ""], index): MediaFile => {
    const tags = { ...samplerTags, ARTIST: artist, TITLE: title, TRACKNUMBER: String(index + 1) };
    return { path: `${sampler}/0${index + 1} - ${artist} - ${title}.mp3`, sound: { kind: "track", song }, tags };
  }),
  ...["spring", "stones", "mouth", "delta"].map((song, index): MediaFile => {
    const disc = index < 2 ? 1 : 2;
    const track = (index % 2) + 1;
    const title = ["Kilde", "Stein mot stein", "Munning", "Delta"][index] ?? "";
    const tags = { ...riverTags, TITLE: title, TRACKNUMBER: String(track), DISCNUMBER: String(disc) };
    return { path: `Bøkeskov - Two Rivers/CD${disc}/0${track} ${title}.ogg`, sound: { kind: "ogg", song }, tags };
  }),
  ...[
    ["042", "Ixchel Ray", "14-03-2018"],
    ["043", "Tarn Hollis", "28-03-2018"],
    ["044", "Noor Attwater", "04-04-2018"],
  ].map(([episode, guest, date]): MediaFile => {
    const path = `podcasts/night_ferry_radio_${episode}_-_${guest?.replace(" ", "_")}_-_${date}.mp3`;
    const tags = {
      ARTIST: guest ?? "",
      TITLE: `Night Ferry Radio ${episode}`,
      ALBUM: "Night Ferry Radio",
      GENRE: "Podcast",
    };
    return { path, sound: { kind: "set", seed: `ferry ${episode}` }, tags };
  }),
  { path: `${concert}/sable marrow at Tidewerk 2014-07-19 part 1 of 2.mp3`, sound: { kind: "set", seed: "tide one" } },
  { path: `${concert}/sable marrow at Tidewerk 2014-07-19 part 2 of 2.mp3`, sound: { kind: "set", seed: "tide two" } },
  {
    path: "Downloads/Zoë Lindqvärn - Glass Orchard (Official Video) [HD] [dQ7x_kLmN2p].mp3",
    sound: { kind: "track", song: "orchard" },
    tags: {
      ARTIST: "ZoeLindqvarnVEVO",
      TITLE: "Zoë Lindqvärn - Glass Orchard (Official Video)",
      COMMENT: "https://video.example/dQ7x_kLmN2p",
    },
  },
  {
    path: "Downloads/ZoÃ« LindqvÃ¤rn - NattfÃ¤rja.mp3",
    sound: { kind: "track", song: "ferry" },
    tags: { ARTIST: "ZoÃ« LindqvÃ¤rn", TITLE: "NattfÃ¤rja", DATE: "2012" },
  },
  {
    path: "Downloads/Bjo\u0308rn A\u030alander - Ho\u0308stljus.mp3",
    sound: { kind: "track", song: "autumn" },
    tags: { ARTIST: "Björn Ålander", TITLE: "Höstljus" },
  },
  { path: "Downloads/NOOR ATTWATER - PAPER MOONS (EXTENDED MIX).mp3", sound: { kind: "track", song: "moons" } },
  {
    path: "Downloads/tarn_hollis_-_slow_meridian-KLNK.mp3",
    sound: { kind: "track", song: "meridian" },
    tags: { ARTIST: "Unknown Artist", TITLE: "Track 02", ALBUM: "Unknown Album", COMMENT: "www.freetracks.example" },
  },
  { path: "Downloads/track01 (1).mp3", sound: { kind: "copy", of: `${album}/01_harbour_light.mp3` } },
  {
    path: "backup/old laptop/Granite FINAL copy.mp3",
    sound: { kind: "copy", of: `${sampler}/02 - Vexholm - Granite.mp3` },
  },
  {
    path: "vinyl rips/Kestrel Union - Signal Loss EP [KST004]/A1 - Kestrel Union - Signal Loss.mp3",
    sound: { kind: "track", song: "signal" },
    tags: { ARTIST: "Kestrel Union", TITLE: "Signal Loss", ALBUM: "Signal Loss EP", DATE: "1998" },
  },
  {
    path: "vinyl rips/Kestrel Union - Signal Loss EP [KST004]/B1 - Kestrel Union - Relay.mp3",
    sound: { kind: "track", song: "relay" },
    tags: { ARTIST: "Kestrel Union", TITLE: "Relay", ALBUM: "Signal Loss EP", DATE: "1998" },
  },
  {
    path: "lossless/Tarn Hollis - Slow Meridian.flac",
    sound: { kind: "flac", song: "meridian" },
    tags: { ARTIST: "Tarn Hollis", TITLE: "Slow Meridian", ALBUM: "Slow Meridian", DATE: "2020", TRACKNUMBER: "1" },
  },
  { path: "lossless/mirelle tanz - untitled bounce 03.wav", sound: { kind: "wav", song: "bounce" } },
  { path: "samples/kick_loop_128bpm.wav", sound: { kind: "sample", song: "ninefold" } },
];

/** Texts, pictures and sums beside the media; made after them, as some tell lengths and checksums. */
export const companions: readonly Companion[] = [
  { path: `${nordlicht}/00-oskar_fjeldgren-live_at_nordlicht_festival-sat-09-20-2016-klnk.nfo`, make: () => nfo },
  { path: `${nordlicht}/${nordlichtStem}.cue`, make: (built) => cueSheet(built, `${nordlicht}/${nordlichtStem}.mp3`) },
  { path: `${nordlicht}/${nordlichtStem}.m3u`, make: (built) => playlist(built, nordlicht) },
  { path: `${nordlicht}/${nordlichtStem}.sfv`, make: (built) => sfvSums(built, nordlicht) },
  { path: `${brakwater}/${brakwaterStem}.m3u`, make: (built) => playlist(built, brakwater) },
  { path: `${brakwater}/${brakwaterStem}.sfv`, make: (built) => sfvSums(built, brakwater) },
  { path: `${album}/cover.jpg`, make: demoJpeg },
  { path: `${album}/lumo and kvist - salt roads.m3u8`, make: (built) => playlist(built, album) },
  { path: `${sampler}/folder.png`, make: () => demoPng(96) },
  { path: `${sampler}/00 - kesselwerk sampler vol 2.m3u`, make: (built) => playlist(built, sampler) },
  { path: `${concert}/info.txt`, make: () => concertInfo },
  { path: "sets/.DS_Store", make: () => "\0\0\0\x01Bud1" },
  { path: "Downloads/unfinished download.mp3.part", make: () => "half of a file" },
];

const nfo = [
  "        K L N K  presents",
  "",
  "  Artist ....: Oskar Fjeldgren",
  "  Event .....: Nordlicht Festival 2016, Main Stage",
  "  Date ......: 20.09.2016 (recorded), 22.09.2016 (released)",
  "  Source ....: SAT   Genre: Techno   Size: 1 file",
  "",
].join("\r\n");

const concertInfo = [
  "Sable Marrow",
  "Tidewerk, Hafenstadt",
  "2014-07-19",
  "",
  "audience recording, two parts, cut at the encore",
  "",
].join("\n");

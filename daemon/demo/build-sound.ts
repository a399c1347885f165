import {
  encodeOgg,
  encodeSections,
  encodeWav,
  joinSections,
  type Mp3Encoder,
  type Mp3Sections,
  makeEncoders,
  toPcm16,
} from "./encode.ts";
import { encodeFlac } from "./encode-flac.ts";
import type { BuiltFile, Sound } from "./plan.ts";
import { findSong, songs } from "./songs.ts";
import {
  arrange,
  arrangement,
  demoRateHz,
  renderSong,
  type Sections,
  seededRandom,
  shortArrangement,
} from "./synth.ts";

export interface BuiltSound {
  readonly bytes: Uint8Array;
  readonly seconds: number;
  readonly tracks: BuiltFile["tracks"];
}

export interface SoundBuilder {
  build(sound: Exclude<Sound, { kind: "copy" }>): Promise<BuiltSound>;
}

/** Long enough to count as a set by a clear margin; sets begin at 20 minutes. */
const setSec = 21.2 * 60;
const sampleSec = 4;

/**
 * Builds sounds; each song is synthesised and encoded once, however many files and sets it is in. A song blocks the
 * thread for a fifth of a second: `pause` is awaited between them, and may throw to end the work.
 */
export async function makeSoundBuilder(pause: () => Promise<void>): Promise<SoundBuilder> {
  const [mp3, ogg] = await makeEncoders();
  const encoded = new Map<string, EncodedSong>();
  const encode = (id: string) => remember(encoded, id, () => encodeSong(mp3, renderSong(findSong(id))));
  const shortPcm = (id: string) => arrange(renderSong(findSong(id)), shortArrangement);

  async function buildSet(wanted: readonly string[]): Promise<BuiltSound> {
    const parts: Uint8Array[] = [];
    const tracks: { artist: string; title: string; startSec: number }[] = [];
    let seconds = 0;
    for (let index = 0; seconds < setSec; index++) {
      const song = findSong(wanted[index % wanted.length] ?? "");
      tracks.push({ artist: song.artist, title: song.title, startSec: seconds });
      const { frames, fullSec } = encode(song.id);
      parts.push(joinSections(frames, arrangement));
      seconds += fullSec;
      await pause();
    }
    return { bytes: new Uint8Array(Buffer.concat(parts)), seconds, tracks };
  }

  return {
    async build(sound) {
      await pause();
      if (sound.kind === "set") return buildSet(sound.songs ?? shuffledSongs(sound.seed ?? ""));
      const pcm = sound.kind === "track" ? new Float32Array(0) : shortPcm(sound.song);
      const seconds = pcm.length / demoRateHz;
      const known = { seconds, tracks: [] };
      switch (sound.kind) {
        case "track":
          return wholeTrack(encode(sound.song));
        case "ogg":
          return { ...known, bytes: encodeOgg(ogg, pcm, songs.indexOf(findSong(sound.song)) + 1) };
        case "flac":
          return { ...known, bytes: encodeFlac(toPcm16(pcm), demoRateHz) };
        case "wav":
          return { ...known, bytes: encodeWav(toPcm16(pcm)) };
        case "sample":
          return { bytes: encodeWav(toPcm16(pcm.subarray(0, sampleSec * demoRateHz))), seconds: sampleSec, tracks: [] };
      }
    },
  };
}

/** Only the encoded song is kept: its samples are thirty times as large and quickly made again. */
interface EncodedSong {
  readonly frames: Mp3Sections;
  readonly fullSec: number;
}

function encodeSong(encoder: Mp3Encoder, sections: Sections): EncodedSong {
  const samples = arrangement.reduce((sum, name) => sum + sections[name].length, 0);
  return { frames: encodeSections(encoder, sections), fullSec: samples / demoRateHz };
}

function wholeTrack({ frames, fullSec }: EncodedSong): BuiltSound {
  return { bytes: joinSections(frames, arrangement), seconds: fullSec, tracks: [] };
}

function remember<Value>(values: Map<string, Value>, key: string, make: () => Value): Value {
  const known = values.get(key);
  if (known !== undefined) return known;
  const made = make();
  values.set(key, made);
  return made;
}

function shuffledSongs(seed: string): string[] {
  const random = seededRandom(seed);
  const ordered = songs.map((song) => ({ id: song.id, place: random() }));
  return ordered.sort((one, other) => one.place - other.place).map((song) => song.id);
}

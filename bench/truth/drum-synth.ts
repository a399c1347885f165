import type { Hit, Voice } from "./patterns.ts";
import { makeRandom } from "./random.ts";

export const rateHz = 44_100;

/** How the voices of a kit sound: pitches in Hz, decays in seconds. */
export interface Kit {
  readonly name: string;
  readonly kickHz: number;
  readonly kickSec: number;
  readonly snareHz: number;
  readonly snareSec: number;
  readonly hatSec: number;
  readonly clickHz: number;
  /** Hiss under it all, as a share of full scale. */
  readonly hiss: number;
  /** Loudness of cymbals and hats. */
  readonly bright: number;
}

export const tuningKits: readonly Kit[] = [
  {
    name: "machine",
    kickHz: 50,
    kickSec: 0.25,
    snareHz: 190,
    snareSec: 0.15,
    hatSec: 0.03,
    clickHz: 1000,
    hiss: 0,
    bright: 0.6,
  },
  {
    name: "dry",
    kickHz: 75,
    kickSec: 0.1,
    snareHz: 240,
    snareSec: 0.1,
    hatSec: 0.05,
    clickHz: 2200,
    hiss: 0.003,
    bright: 0.35,
  },
];

export const heldOutKits: readonly Kit[] = [
  {
    name: "boomy",
    kickHz: 42,
    kickSec: 0.5,
    snareHz: 160,
    snareSec: 0.3,
    hatSec: 0.09,
    clickHz: 600,
    hiss: 0.01,
    bright: 0.8,
  },
  {
    name: "dull",
    kickHz: 95,
    kickSec: 0.07,
    snareHz: 320,
    snareSec: 0.06,
    hatSec: 0.02,
    clickHz: 3500,
    hiss: 0.02,
    bright: 0.15,
  },
];

/** The sound of each voice of a kit, at 44.1 kHz. */
function soundsOf(kit: Kit): Record<Voice, Float32Array> {
  const random = makeRandom(kit.clickHz);
  const noise = () => random() * 2 - 1;
  const make = (sec: number, value: (t: number, hiss: number) => number) =>
    Float32Array.from({ length: Math.round(sec * 6 * rateHz) }, (_, i) => {
      const t = i / rateHz;
      return value(t, noise()) * Math.exp(-t / sec) * Math.min(1, i / 20);
    });
  let last = 0;
  const high = (hiss: number) => {
    const value = (hiss - last) * 0.5;
    last = hiss;
    return value;
  };
  const tone = (hz: number, t: number) => Math.sin(2 * Math.PI * hz * t);
  return {
    kick: make(
      kit.kickSec,
      (t, hiss) => tone(kit.kickHz, t + 0.012 * (1 - Math.exp(-t * 60))) + (t < 0.004 ? hiss * 0.3 : 0),
    ),
    snare: make(kit.snareSec, (t, hiss) => 0.4 * tone(kit.snareHz, t) + 0.5 * hiss),
    clap: make(kit.snareSec, (_, hiss) => 0.8 * high(hiss)),
    hat: make(kit.hatSec, (_, hiss) => kit.bright * high(hiss)),
    open: make(kit.hatSec * 4, (_, hiss) => kit.bright * high(hiss)),
    ride: make(
      kit.hatSec * 3,
      (t, hiss) => kit.bright * (0.5 * high(hiss) + 0.15 * tone(5230, t) + 0.1 * tone(7411, t)),
    ),
    rim: make(0.02, (t, hiss) => 0.7 * tone(1700, t) + 0.2 * hiss),
    tom: make(0.2, (t) => 0.7 * tone(kit.kickHz * 2.1, t)),
    click: make(0.015, (t) => 0.7 * tone(kit.clickHz, t)),
    accent: make(0.015, (t) => 0.9 * tone(kit.clickHz * 1.5, t)),
  };
}

/** Strokes as sound: `Float32Array[n]`, mono, 44,100 Hz, −1…1. */
export function renderHits(hits: readonly Hit[], kit: Kit, lengthSec: number): Float32Array {
  const random = makeRandom(7);
  const sounds = soundsOf(kit);
  const mix = Float32Array.from({ length: Math.round(lengthSec * rateHz) }, () => (random() * 2 - 1) * kit.hiss);
  for (const { atSec, voice, gain } of hits) {
    const from = Math.round(atSec * rateHz);
    const sound = sounds[voice];
    const end = Math.min(sound.length, mix.length - from);
    for (let i = 0; i < end; i++) mix[from + i] = (mix[from + i] ?? 0) + gain * (sound[i] ?? 0) * 0.5;
  }
  return limited(mix);
}

/** Scaled so that nothing is louder than 0.9. */
export function limited(mix: Float32Array): Float32Array {
  let peak = 0.9;
  for (const value of mix) peak = Math.max(peak, Math.abs(value));
  return mix.map((value) => (value * 0.9) / peak);
}

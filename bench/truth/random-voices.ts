import type { Dice } from "./dice.ts";
import { rateHz } from "./drum-synth.ts";
import type { GrooveVoice } from "./random-grooves.ts";

type Voices = Record<GrooveVoice, Float32Array>;

const make = (sec: number, value: (t: number) => number): Float32Array =>
  Float32Array.from({ length: Math.round(sec * rateHz) }, (_, i) => value(i / rateHz));

const sine = (hz: number, t: number): number => Math.sin(2 * Math.PI * hz * t);

/** Sounds of drums; the held-out ones are rims, claps, rings and soft shakers. */
export function randomVoices(dice: Dice, isHeldOut: boolean): Voices {
  const { pick } = dice;
  const click = pick([beep, tick, noiseClick])(dice);
  return {
    kick: kick(dice),
    snare: pick(isHeldOut ? [clap, rim, snare] : [snare, snare, clap])(dice),
    hat: pick(isHeldOut ? [ring, noiseHat] : [noiseHat, noiseHat, toneHat])(dice),
    shaker: shaker(dice),
    click,
    accent: pick([beep, tick, noiseClick])(dice),
  };
}

function kick({ between, chance, random }: Dice): Float32Array {
  const [hz, decay, sweep] = [between(42, 95), between(0.05, 0.3), between(0, 120)];
  const beater = chance(0.5) ? between(0.05, 0.4) : 0;
  return make(decay * 5, (t) => {
    const body = sine(hz, t + ((sweep / hz) * (1 - Math.exp(-t * 40))) / 40) * Math.exp(-t / decay);
    return body * Math.min(1, t * 1000) + (t < 0.005 ? beater * (random() * 2 - 1) : 0);
  });
}

function snare({ between, random }: Dice): Float32Array {
  const [hz, decay, tone] = [between(150, 330), between(0.04, 0.2), between(0.1, 0.6)];
  return make(decay * 5, (t) => (tone * sine(hz, t) + 0.5 * (random() * 2 - 1)) * Math.exp(-t / decay));
}

/** Noise less its lows. */
function hiss(random: () => number): () => number {
  let last = 0;
  return () => {
    const next = random() * 2 - 1;
    const value = 0.5 * (next - last);
    last = next;
    return value;
  };
}

function clap({ between, random }: Dice): Float32Array {
  const [decay, high] = [between(0.04, 0.15), hiss(random)];
  return make(decay * 5 + 0.03, (t) => {
    const burst = t < 0.024 ? Math.exp(-(t % 0.008) / 0.003) : Math.exp(-(t - 0.024) / decay);
    return 0.9 * high() * burst;
  });
}

function rim({ between, random }: Dice): Float32Array {
  const hz = between(900, 2200);
  return make(0.12, (t) => (0.7 * sine(hz, t) + 0.2 * (random() * 2 - 1)) * Math.exp(-t / 0.018));
}

function noiseHat({ between, random }: Dice): Float32Array {
  const [decay, high] = [between(0.01, 0.12), hiss(random)];
  return make(decay * 5, (t) => 0.8 * high() * Math.exp(-t / decay));
}

function toneHat({ between }: Dice): Float32Array {
  const [hz, decay] = [between(6000, 9000), between(0.01, 0.08)];
  return make(decay * 5, (t) => 0.6 * sine(hz, t) * Math.exp(-t / decay));
}

function ring({ between }: Dice): Float32Array {
  const [base, decay] = [between(2500, 4500), between(0.03, 0.25)];
  const parts = [1, 1.34, 1.72, 2.09].map((ratio) => ratio * base);
  return make(decay * 5, (t) => 0.25 * parts.reduce((sum, hz) => sum + sine(hz, t), 0) * Math.exp(-t / decay));
}

function shaker({ between, random }: Dice): Float32Array {
  const [rise, fall, high] = [between(0.005, 0.03), between(0.02, 0.06), hiss(random)];
  return make(rise + fall * 5, (t) => 0.7 * high() * (t < rise ? t / rise : Math.exp(-(t - rise) / fall)));
}

function beep({ between }: Dice): Float32Array {
  const [hz, sec] = [between(440, 2500), between(0.015, 0.12)];
  return make(sec, (t) => 0.8 * sine(hz, t) * Math.min(1, t * 500, (sec - t) * 500));
}

function tick({ between }: Dice): Float32Array {
  const [hz, decay] = [between(600, 4000), between(0.004, 0.03)];
  return make(decay * 5, (t) => 0.8 * sine(hz, t) * Math.exp(-t / decay));
}

function noiseClick({ between, random }: Dice): Float32Array {
  const decay = between(0.002, 0.03);
  return make(decay * 5, (t) => 0.8 * (random() * 2 - 1) * Math.exp(-t / decay));
}

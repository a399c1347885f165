import type { Dice } from "./dice.ts";
import { rateHz } from "./drum-synth.ts";

/** Distortion, reverb, low-pass, hiss, fades and a gap, each with some chance, in place. */
export function applyEffects(dice: Dice, mix: Float32Array, isHeldOut: boolean): void {
  const { chance, between, random } = dice;
  if (chance(0.2)) distort(mix, between(1, 5));
  if (chance(isHeldOut ? 0.4 : 0.25)) addEcho(mix, between(0.02, 0.09), between(0.4, 0.8), between(0.05, 0.4));
  if (chance(0.3)) lowPass(mix, between(isHeldOut ? 3000 : 6000, 16_000));
  const hiss = chance(0.4) ? 10 ** between(-4, -1.8) : 0;
  if (hiss > 0) for (let i = 0; i < mix.length; i++) mix[i] = (mix[i] as number) + hiss * (random() * 2 - 1);
  if (chance(0.1)) fade(mix, between(5, 25), chance(0.5));
  if (chance(0.1)) silence(mix, between(0, mix.length / rateHz - 4), between(1, 6));
}

function distort(mix: Float32Array, drive: number): void {
  for (let i = 0; i < mix.length; i++) mix[i] = Math.tanh(drive * (mix[i] as number)) / Math.min(drive, 2);
}

/** Three combs, which ring like a room (Schroeder 1962). */
function addEcho(mix: Float32Array, sec: number, feedback: number, wet: number): void {
  const dry = mix.slice();
  for (const ratio of [1, 1.27, 1.61]) {
    const delay = Math.round(sec * ratio * rateHz);
    const ring = dry.slice();
    for (let i = delay; i < ring.length; i++) ring[i] = (ring[i] as number) + feedback * (ring[i - delay] as number);
    for (let i = 0; i < mix.length; i++) mix[i] = (mix[i] as number) + (wet / 3) * (ring[i] as number);
  }
}

/** Four poles. */
function lowPass(mix: Float32Array, hz: number): void {
  const share = 1 - Math.exp((-2 * Math.PI * hz) / rateHz);
  for (let pass = 0; pass < 4; pass++) {
    let last = 0;
    for (let i = 0; i < mix.length; i++) {
      last += share * ((mix[i] as number) - last);
      mix[i] = last;
    }
  }
}

function fade(mix: Float32Array, sec: number, isIn: boolean): void {
  const count = Math.min(mix.length, Math.round(sec * rateHz));
  for (let i = 0; i < count; i++) {
    const at = isIn ? i : mix.length - 1 - i;
    mix[at] = (mix[at] as number) * (i / count);
  }
}

function silence(mix: Float32Array, fromSec: number, sec: number): void {
  mix.fill(0, Math.round(fromSec * rateHz), Math.round((fromSec + sec) * rateHz));
}

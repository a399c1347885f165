import { stepwise, type TempoMap } from "./tempo-map.ts";

/** A note; channel 9 is drums. Times in beats. */
export interface Note {
  readonly beat: number;
  readonly beats: number;
  readonly channel: number;
  readonly pitch: number;
  readonly velocity: number;
}

const ticksPerBeat = 480;

const variable = (value: number): number[] => {
  const bytes = [value & 127];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 127) | 128);
  return bytes;
};

/** A Standard MIDI File of one track at one tempo. `programs`: General MIDI program (0…127) by channel. */
export function writeMidi(notes: readonly Note[], bpm: number, programs: Readonly<Record<number, number>>): Uint8Array {
  const events: { tick: number; bytes: number[] }[] = [];
  const perBeat = Math.round(60_000_000 / bpm);
  events.push({ tick: 0, bytes: [0xff, 0x51, 3, perBeat >> 16, (perBeat >> 8) & 255, perBeat & 255] });
  for (const [channel, program] of Object.entries(programs)) {
    events.push({ tick: 0, bytes: [0xc0 | Number(channel), program] });
  }
  for (const { beat, beats, channel, pitch, velocity } of notes) {
    events.push({ tick: Math.round(beat * ticksPerBeat), bytes: [0x90 | channel, pitch, velocity] });
    events.push({ tick: Math.round((beat + beats) * ticksPerBeat) - 1, bytes: [0x80 | channel, pitch, 0] });
  }
  events.sort((one, other) => one.tick - other.tick);
  const track: number[] = [];
  let last = 0;
  for (const { tick, bytes } of events) {
    track.push(...variable(tick - last), ...bytes);
    last = tick;
  }
  track.push(0, 0xff, 0x2f, 0);
  const head = [0x4d, 0x54, 0x68, 0x64, 0, 0, 0, 6, 0, 0, 0, 1, ticksPerBeat >> 8, ticksPerBeat & 255];
  const length = [24, 16, 8, 0].map((shift) => (track.length >> shift) & 255);
  return Uint8Array.from([...head, 0x4d, 0x54, 0x72, 0x6b, ...length, ...track]);
}

/** The tempo events of a Standard MIDI File as a tempo map. */
export function readTempoMap(bytes: Uint8Array): TempoMap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const division = view.getUint16(12);
  const changes: { tick: number; secPerBeat: number }[] = [];
  for (let at = 14; at + 8 <= bytes.length; at += 8 + view.getUint32(at + 4)) {
    if (view.getUint32(at) === 0x4d54726b) changes.push(...tempoEvents(bytes, at + 8, at + 8 + view.getUint32(at + 4)));
  }
  changes.sort((one, other) => one.tick - other.tick);
  let [tick, sec, secPerBeat] = [0, 0, 0.5];
  const steps: { atSec: number; bpm: number }[] = [{ atSec: 0, bpm: 120 }];
  for (const change of changes) {
    sec += ((change.tick - tick) / division) * secPerBeat;
    ({ tick, secPerBeat } = change);
    if (sec === 0) steps.pop();
    steps.push({ atSec: sec, bpm: 60 / secPerBeat });
  }
  return stepwise(steps);
}

/** Walks over the events of a track from byte `at` to `end`. */
function tempoEvents(bytes: Uint8Array, at: number, end: number): { tick: number; secPerBeat: number }[] {
  const found: { tick: number; secPerBeat: number }[] = [];
  let [tick, status] = [0, 0];
  const number = () => {
    for (let value = 0; ; ) {
      const byte = bytes[at++] ?? 0;
      value = value * 128 + (byte & 127);
      if (byte < 128 || at >= end) return value;
    }
  };
  while (at < end) {
    tick += number();
    const first = bytes[at] ?? 0;
    if (first >= 128) at++;
    if (first >= 0xf0) {
      const kind = first === 0xff ? bytes[at++] : null;
      const length = number();
      const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
      if (kind === 0x51) found.push({ tick, secPerBeat: ((a << 16) | (b << 8) | c) / 1e6 });
      at += length;
      continue;
    }
    if (first >= 128) status = first;
    at += status >> 5 === 6 ? 1 : 2;
  }
  return found;
}

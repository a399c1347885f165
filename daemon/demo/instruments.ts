/** Sounds of one song. Each adds itself to `out` from a position in samples, cut where `out` ends. */
export interface Instruments {
  readonly kick: (out: Float32Array, at: number) => void;
  readonly snare: (out: Float32Array, at: number) => void;
  readonly hat: (out: Float32Array, at: number) => void;
  readonly bass: (out: Float32Array, at: number, samples: number, midi: number) => void;
  readonly chord: (out: Float32Array, at: number, samples: number, midi: number) => void;
  readonly lead: (out: Float32Array, at: number, samples: number, midi: number) => void;
}

/** One period, by table: the oscillators run for millions of samples. */
type Wave = Float32Array;
const waveSamples = 2_048;

function makeWave(shape: (phase: number) => number): Wave {
  return Float32Array.from({ length: waveSamples }, (_, index) => shape(index / waveSamples));
}

interface Waves {
  readonly saw: Wave;
  readonly square: Wave;
  readonly pulse: Wave;
  readonly triangle: Wave;
  readonly organ: Wave;
}

function makeWaves(): Waves {
  const sine = (phase: number) => Math.sin(2 * Math.PI * phase);
  return {
    saw: makeWave((phase) => 2 * phase - 1),
    square: makeWave((phase) => (phase < 0.5 ? 1 : -1)),
    pulse: makeWave((phase) => (phase < 0.25 ? 1 : -0.33)),
    triangle: makeWave((phase) => 1 - 4 * Math.abs(phase - 0.5)),
    organ: makeWave((phase) => 0.7 * sine(phase) + 0.4 * sine(2 * phase) + 0.2 * sine(3 * phase)),
  };
}

interface Voice {
  readonly wave: Wave;
  readonly gain: number;
  /** Of a one-pole low-pass; lower is duller. */
  readonly cutoffHz: number;
  readonly attackSec: number;
  /** Time in which the sound falls to a third. */
  readonly decaySec: number;
  /** Two oscillators this far apart; 0 is one. */
  readonly detune: number;
}

/** Instruments whose waves, brightness and drum tuning come from `random`. */
export function makeInstruments(rateHz: number, random: () => number): Instruments {
  const between = (low: number, high: number) => low + (high - low) * random();
  const { saw, square, pulse, triangle, organ } = makeWaves();
  const pick = (waves: readonly Wave[]) => waves[Math.floor(random() * waves.length)] ?? saw;
  const kick = renderKick(rateHz, between(42, 58), between(0.12, 0.25));
  const snare = renderNoise(rateHz, random, between(0.06, 0.16), 0.35, between(0.15, 0.5));
  const hat = renderNoise(rateHz, random, between(0.015, 0.05), 0.22, 0);
  const bass: Voice = {
    ...{ wave: pick([saw, square, triangle]), gain: 0.3, cutoffHz: between(250, 900) },
    ...{ attackSec: 0.004, decaySec: between(0.15, 0.5), detune: 0 },
  };
  const chord: Voice = {
    ...{ wave: pick([saw, pulse, organ, triangle]), gain: 0.11, cutoffHz: between(700, 3_000) },
    ...{ attackSec: between(0.01, 0.15), decaySec: between(0.6, 3), detune: between(0.001, 0.005) },
  };
  const lead: Voice = {
    ...{ wave: pick([triangle, square, organ, pulse]), gain: 0.14, cutoffHz: between(1_500, 5_000) },
    ...{ attackSec: 0.003, decaySec: between(0.08, 0.3), detune: 0.001 },
  };
  return {
    kick: (out, at) => addSamples(out, at, kick),
    snare: (out, at) => addSamples(out, at, snare),
    hat: (out, at) => addSamples(out, at, hat),
    bass: (out, at, samples, midi) => addNote(out, rateHz, at, samples, midi, bass),
    chord: (out, at, samples, midi) => addNote(out, rateHz, at, samples, midi, chord),
    lead: (out, at, samples, midi) => addNote(out, rateHz, at, samples, midi, lead),
  };
}

function addSamples(out: Float32Array, at: number, sound: Float32Array): void {
  const start = Math.round(at);
  const count = Math.min(sound.length, out.length - start);
  for (let i = 0; i < count; i++) out[start + i] = (out[start + i] ?? 0) + (sound[i] ?? 0);
}

/** A sine that falls from three octaves above its end. */
function renderKick(rateHz: number, endHz: number, seconds: number): Float32Array {
  const out = new Float32Array(Math.round(rateHz * seconds * 1.6));
  let phase = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / rateHz;
    phase += (endHz * (1 + 7 * Math.exp(-t / 0.02))) / rateHz;
    out[i] = 0.85 * Math.sin(2 * Math.PI * phase) * Math.exp((-3 * t) / seconds);
  }
  return out;
}

/** High-passed noise that dies away, with a body of a falling tone for drums. */
function renderNoise(rateHz: number, random: () => number, seconds: number, gain: number, body: number): Float32Array {
  const out = new Float32Array(Math.round(rateHz * seconds * 3));
  let last = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / rateHz;
    const noise = random() * 2 - 1;
    const tone = body * Math.sin(2 * Math.PI * 190 * t);
    out[i] = gain * ((noise - last) * 0.8 + tone) * Math.exp(-t / seconds);
    last = noise;
  }
  return out;
}

function addNote(out: Float32Array, rateHz: number, at: number, samples: number, midi: number, voice: Voice): void {
  const hz = 440 * 2 ** ((midi - 69) / 12);
  const start = Math.round(at);
  const count = Math.min(Math.round(samples), out.length - start);
  const [one, two] = [(hz * (1 - voice.detune)) / rateHz, (hz * (1 + voice.detune)) / rateHz];
  const smooth = 1 - Math.exp((-2 * Math.PI * voice.cutoffHz) / rateHz);
  const fall = Math.exp(-1 / (voice.decaySec * rateHz));
  const attack = Math.max(1, voice.attackSec * rateHz);
  const release = Math.min(count, 0.01 * rateHz);
  const { wave } = voice;
  let phaseOne = 0;
  let phaseTwo = 0.37;
  let filtered = 0;
  let level = voice.gain;
  for (let i = 0; i < count; i++) {
    phaseOne += one;
    phaseTwo += two;
    if (phaseOne >= 1) phaseOne -= 1;
    if (phaseTwo >= 1) phaseTwo -= 1;
    const first = wave[(phaseOne * waveSamples) | 0] ?? 0;
    const sound = voice.detune === 0 ? first : 0.6 * (first + (wave[(phaseTwo * waveSamples) | 0] ?? 0));
    filtered += smooth * (sound - filtered);
    level *= fall;
    const edge = Math.min(1, i / attack, (count - i) / release);
    out[start + i] = (out[start + i] ?? 0) + filtered * level * edge;
  }
}

import { createMp3Encoder, createOggEncoder } from "wasm-media-encoders";
import { frameHeaderBytes, parseFrameHeader } from "./mpeg-frame.ts";
import { demoRateHz, frameSamples, type SectionName, type Sections, sectionNames } from "./synth.ts";

/** Bitrate of the demo's MP3s, of mono sound at 22,050 Hz. */
const mp3Kbps = 32;
/** Silence that LAME and decoders put before the first sample: 576 + 529 (lame.sourceforge.io, tech-FAQ). */
const codecDelaySamples = 1_105;

export type Mp3Encoder = Awaited<ReturnType<typeof createMp3Encoder>>;
export type OggEncoder = Awaited<ReturnType<typeof createOggEncoder>>;
/** Encoded frames of each section; joined in any order they are a valid stream. */
export type Mp3Sections = Readonly<Record<SectionName, Uint8Array>>;

export function makeEncoders(): Promise<[Mp3Encoder, OggEncoder]> {
  return Promise.all([createMp3Encoder(), createOggEncoder()]);
}

/**
 * Encodes each section by itself, at constant bitrate and beginning without borrowed bits, so that minutes and hours
 * can be made by repeating frames. A section decodes to as many samples as it was made of: the codec's delay takes
 * the place of its last samples, and the beat goes on across the joints.
 */
export function encodeSections(encoder: Mp3Encoder, sections: Sections): Mp3Sections {
  const encode = (name: SectionName) => encodeFrames(encoder, sections[name]);
  const [main, lift, pause] = sectionNames.map(encode);
  if (main === undefined || lift === undefined || pause === undefined) throw new Error("a section is missing");
  return { main, lift, break: pause };
}

function encodeFrames(encoder: Mp3Encoder, pcm: Float32Array): Uint8Array {
  encoder.configure({ channels: 1, sampleRate: demoRateHz, outputSampleRate: demoRateHz, bitrate: mp3Kbps });
  const head = encoder.encode([pcm.subarray(0, pcm.length - codecDelaySamples)]).slice();
  const bytes = Buffer.concat([head, encoder.finalize()]);
  let at = 0;
  for (let frames = pcm.length / frameSamples; frames > 0; frames--) {
    const header = parseFrameHeader(bytes.subarray(at, at + frameHeaderBytes), 0);
    if (header === null || at + header.frameBytes > bytes.length) throw new Error("MP3 encoder gave too few frames");
    at += header.frameBytes;
  }
  return new Uint8Array(bytes.subarray(0, at));
}

export function joinSections(sections: Mp3Sections, names: readonly SectionName[]): Uint8Array {
  return new Uint8Array(Buffer.concat(names.map((name) => sections[name])));
}

/** Ogg Vorbis of mono sound at demoRateHz; the serial number is fixed, so that equal songs are equal files. */
export function encodeOgg(encoder: OggEncoder, pcm: Float32Array, serial: number): Uint8Array {
  encoder.configure({ channels: 1, sampleRate: demoRateHz, vbrQuality: 0, oggSerialNo: serial });
  const head = encoder.encode([pcm]).slice();
  return new Uint8Array(Buffer.concat([head, encoder.finalize()]));
}

/** −1…1 as signed 16-bit integers. */
export function toPcm16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))));
}

/** WAV of mono 16-bit PCM. */
export function encodeWav(pcm: Int16Array): Uint8Array {
  const file = Buffer.alloc(44 + pcm.length * 2);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(demoRateHz, 24);
  file.writeUInt32LE(demoRateHz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(pcm.length * 2, 40);
  for (let at = 0; at < pcm.length; at++) file.writeInt16LE(pcm[at] ?? 0, 44 + at * 2);
  return new Uint8Array(file);
}

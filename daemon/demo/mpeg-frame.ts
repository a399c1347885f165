/** Headers of MPEG audio frames, layer III (ISO 11172-3 §2.4.1.3, 13818-3). */
interface FrameHeader {
  readonly frameBytes: number;
}

export const frameHeaderBytes = 4;

/** By version: 2.5, reserved, 2, 1. */
const ratesHz = [[11025, 12000, 8000], [], [22050, 24000, 16000], [44100, 48000, 32000]];
const bitratesV1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const bitratesV2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** The frame header at `at`, or null: reserved values, free format and cut headers are none. */
export function parseFrameHeader(bytes: Uint8Array, at: number): FrameHeader | null {
  const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + frameHeaderBytes);
  const isLayer3 = first === 0xff && (second & 0xe6) === 0xe2;
  const version = (second >> 3) & 3;
  const rateHz = ratesHz[version]?.[(third >> 2) & 3];
  const kbps = (version === 3 ? bitratesV1 : bitratesV2)[third >> 4];
  if (!isLayer3 || !rateHz || !kbps || at + frameHeaderBytes > bytes.length) return null;
  return { frameBytes: Math.floor(((version === 3 ? 144_000 : 72_000) * kbps) / rateHz) + ((third >> 1) & 1) };
}

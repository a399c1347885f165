/** What the decoder's log says of a file. */
export interface DecodeLog {
  /** Channels of the first audio stream; null when the log names no audio stream. */
  channels: number | null;
  codec: string | null;
  sampleRateHz: number | null;
  /** Length the container promises, s; null when it promises none, or the decoder only guessed one. */
  promisedSec: number | null;
  corruptFrames: number;
  loudnessLufs: number | null;
  loudnessRangeLu: number | null;
  /** The last things it complained of, newest last. */
  complaints: string[];
  /** The container says that its sound is encrypted. */
  encrypted: boolean;
  /** Reading the file failed on the way: another attempt may succeed. */
  unreadable: boolean;
}

export interface DecodeLogReader {
  take(chunk: string): void;
  readonly log: DecodeLog;
}

const mostComplaints = 6;
const longestLine = 2000;
/** FFmpeg's own word on a packet it could not use (before and since version 6); the codec's words on it come beside. */
const corrupt =
  /Error while decoding stream|Error submitting packet to decoder|corrupt (decoded frame|input packet)|CRC mismatch!/;

const layouts: Record<string, number> = {
  mono: 1,
  stereo: 2,
  "2.1": 3,
  "3.0": 3,
  quad: 4,
  "4.0": 4,
  "5.0": 5,
  "5.1": 6,
  "6.1": 7,
  "7.1": 8,
};

/** Channels named by a part of a stream's line such as `stereo`, `5.1(side)` or `3 channels`; null when it names none. */
function channelsOf(part: string): number | null {
  const counted = /^(\d+) channels\b/.exec(part);
  if (counted) return Number(counted[1]);
  return layouts[part.replace(/\(.*/, "")] ?? null;
}

const timeSec = (text: string) => {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(":").map(Number);
  return hours * 3600 + minutes * 60 + seconds;
};

/** A number of the loudness summary; null for the values that stand for "nothing to measure". */
const measured = (text: string | undefined, nothing: number) => {
  const value = Number(text);
  return Number.isFinite(value) && value > nothing ? value : null;
};

/** Reads FFmpeg's log (with levels in brackets) as it comes; keeps a few lines, however long the flood. */
export function makeDecodeLogReader(): DecodeLogReader {
  const log: DecodeLog = {
    channels: null,
    codec: null,
    sampleRateHz: null,
    promisedSec: null,
    corruptFrames: 0,
    loudnessLufs: null,
    loudnessRangeLu: null,
    complaints: [],
    encrypted: false,
    unreadable: false,
  };
  let rest = "";
  let guessed = false;
  let section = "";

  function takeStream(text: string): void {
    if (log.codec !== null) return;
    const parts = text.split(/,\s*/);
    log.encrypted ||= /\((drms|drmi|enca|p608)\b/.test(text);
    log.codec = /^\w+/.exec(parts[0] ?? "")?.[0] ?? null;
    log.sampleRateHz = Number(/(\d+) Hz/.exec(text)?.[1] ?? Number.NaN) || null;
    log.channels = parts.map(channelsOf).find((count) => count !== null) ?? null;
  }

  function takeLine(line: string): void {
    if (/\[info\] overread/.test(line)) return;
    const level = /\[(info|warning|error|fatal|panic)\]/.exec(line)?.[1];
    const text = line
      .replace(/^(\[[^\]]*\] )+/, "")
      .replace("file:/dev/fd/4: ", "")
      .trim();
    if (/Estimating duration from bitrate/.test(text)) guessed = true;
    const duration = /^Duration: (\d+:\d\d:\d\d(?:\.\d+)?)/.exec(text);
    if (duration && log.promisedSec === null && !guessed) log.promisedSec = timeSec(duration[1] as string);
    const stream = /^Stream #0:\d+.*?: Audio: (.*)/.exec(text);
    if (stream) takeStream(stream[1] as string);
    if (/^(Integrated loudness|Loudness range|Sample peak|True peak):/.test(text)) section = text;
    const value = /^(I|LRA):\s+(-?[\d.]+|-?inf|nan)/.exec(text);
    if (value?.[1] === "I" && section.startsWith("Integrated")) log.loudnessLufs = measured(value[2], -70);
    if (value?.[1] === "LRA" && section.startsWith("Loudness")) log.loudnessRangeLu = measured(value[2], -1);
    if (/Input\/output error|Stale file handle|No such device|timed out/i.test(text)) log.unreadable = true;
    if (/DRM protected stream/.test(text)) log.encrypted = true;
    if (level === "error" || level === "fatal" || level === "panic" || (level === "warning" && corrupt.test(text))) {
      if (corrupt.test(text)) log.corruptFrames++;
      log.complaints.push(text.slice(0, 300));
      if (log.complaints.length > mostComplaints) log.complaints.shift();
    }
  }

  return {
    log,
    take(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = (lines.pop() ?? "").slice(0, longestLine);
      for (const line of lines) takeLine(line);
    },
  };
}

const numbers = new Intl.NumberFormat("en");
const byteUnits = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** `12,345`. */
export const showCount = (n: number): string => numbers.format(n);

/** `1 file`, `12,345 files`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${showCount(n)} ${n === 1 ? one : many}`;

/** Decimal units, as disks are sold: `1.2 GB`. */
export function showBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** `42 s`, `3 min 5 s`, `1 h 23 min`. */
export function showDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
}

/** A stretch of time in ms, precise where it is short: `80 ms`, `1.4 s`. */
export function showMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : showDuration(ms / 1000);
}

const two = (n: number) => `${n}`.padStart(2, "0");

/** A place in a recording: `4:05`, `1:12:03`; `withHours` for places in a long one: `0:04:05`. */
export function showClock(seconds: number, withHours = false): string {
  const whole = Math.floor(seconds + 0.001);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60 && !withHours) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** A place in a long recording, without its seconds: `0:05`, `1:12`. */
export const showHours = (seconds: number): string =>
  `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}`;

/** With at most so many digits after the point, and a real minus: `−9.8`, `128`. */
export const showNumber = (value: number, digits: number): string =>
  `${Number(value.toFixed(digits)) + 0}`.replace("-", "−");

/** `tempo`, `tempo and key`, `tempo, key and mood`. */
export const showList = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** The first letter as a capital. */
export const sentenceCase = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** With a capital and one full stop. */
export const toSentence = (text: string): string => sentenceCase(text.trim().replace(/[.\s]*$/, "."));

/** Local time without a guess at the reader's habits: `2026-03-01 14:05`. */
export function showTime(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `just now`, `4 minutes ago`, and the date when it is longer ago than a day. */
export function showAgo(ms: number, now = Date.now()): string {
  const seconds = Math.round((now - ms) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 3570) return `${plural(Math.round(seconds / 60), "minute")} ago`;
  return seconds < 86_000 ? `${plural(Math.round(seconds / 3600), "hour")} ago` : showTime(ms);
}

export const showPercent = (share: number): string => `${Math.round(share * 100)} %`;

const pictures: Readonly<Record<string, string>> = { "\n": "␊", "\r": "␍", "\t": "␉", "\0": "␀", "\u007f": "␡" };

/** Text as it is, with what cannot be seen made visible: control characters and those that turn the direction. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u{fffd}]/gu, (found) => {
    return pictures[found] ?? (found < " " ? String.fromCodePoint(0x2400 + found.charCodeAt(0)) : "�");
  });
}

/** Splits a path at its last slash: the folder (without the slash) and the name. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf("/");
  return at < 0 ? { folder: "", name: path } : { folder: path.slice(0, at), name: path.slice(at + 1) };
}

/** `path` relative to `root` when it lies in it, else as it is. */
export function below(root: string | undefined, path: string): string {
  const start = root?.replace(/\/+$/, "");
  return start && path.startsWith(`${start}/`) ? path.slice(start.length + 1) : path;
}

import { dosHigh } from "./code-pages.ts";

/** cp1252 code points of the bytes 0x80–0x9F; bytes without one map to themselves, as readers of old files do. */
const cp1252High =
  "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";
const cp1251Upper =
  "\u0402\u0403\u201A\u0453\u201E\u2026\u2020\u2021\u20AC\u2030\u0409\u2039\u040A\u040C\u040B\u040F\u0452\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u0098\u2122\u0459\u203A\u045A\u045C\u045B\u045F\u00A0\u040E\u045E\u0408\u00A4\u0490\u00A6\u00A7\u0401\u00A9\u0404\u00AB\u00AC\u00AD\u00AE\u0407\u00B0\u00B1\u0406\u0456\u0491\u00B5\u00B6\u00B7\u0451\u2116\u0454\u00BB\u0458\u0405\u0455\u0457";

const utf8Pair =
  /[\u00C2-\u00F4][\u0080-\u00BF\u0152\u0153\u0160\u0161\u0178\u017D\u017E\u0192\u02C6\u02DC\u2013-\u2122\u20AC]/;
const utf8AsCyrillic =
  /(?:[\u0420\u0421\u0413\u0414\u0432][\u0080-\u00BF\u0400-\u040F\u0450-\u045F\u0490\u0491\u2013-\u2122\u0410-\u044F]){2}/;

function byteOfCp1252(code: number): number {
  const at = cp1252High.indexOf(String.fromCharCode(code));
  if (at >= 0) return 0x80 + at;
  return code <= 0xff ? code : -1;
}

function byteOfCp1251(code: number): number {
  if (code < 0x80) return code;
  if (code >= 0x410 && code <= 0x44f) return code - 0x410 + 0xc0;
  const at = cp1251Upper.indexOf(String.fromCharCode(code));
  return at >= 0 ? 0x80 + at : -1;
}

function byteOfDos(code: number): number {
  if (code < 0x80) return code;
  const at = dosHigh.indexOf(String.fromCharCode(code));
  return at >= 0 ? 0x80 + at : -1;
}

function decodeAs(text: string, byteOf: (code: number) => number): string | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = byteOf(text.charCodeAt(i));
    if (byte < 0) return null;
    bytes[i] = byte;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Not valid UTF-8: the text was never mis-read this way.
    return null;
  }
}

/** True when the decoded text could have been typed by a person: shorter, no control characters. */
function isPlausible(before: string, after: string): boolean {
  return after.length < before.length && !/[\p{Cc}\uFFFD]/u.test(after);
}

function repairUtf8(text: string): string {
  if (!utf8Pair.test(text)) return text;
  const decoded = decodeAs(text, byteOfCp1252);
  return decoded !== null && isPlausible(text, decoded) ? decoded : text;
}

function repairUtf8AsCyrillic(text: string): string {
  if (!utf8AsCyrillic.test(text)) return text;
  const decoded = decodeAs(text, byteOfCp1251);
  return decoded !== null && isPlausible(text, decoded) ? decoded : text;
}

/** UTF-8 read as the table of DOS, as old programs unpack archives: `M├╢tley`. */
function repairUtf8AsDos(text: string): string {
  if (!/[\u251C\u252C][\u2550-\u256C\u00A0-\u00FF\u0391-\u03C6\u2502-\u2593]/.test(text)) return text;
  const decoded = decodeAs(text, byteOfDos);
  return decoded !== null && isPlausible(text, decoded) ? decoded : text;
}

/** Whether a text as a whole is cp1251 read as latin1; short texts beside it are then repaired without further proof. */
export function isCp1251(text: string): boolean {
  return repairCp1251(text) !== text;
}

/** Turns cp1251 read as latin1 back, for texts already known to be so. */
export function decodeCp1251(text: string): string {
  if (/[\u0100-\uFFFF]/.test(text)) return text;
  return text.replace(/[\u00A8\u00B8\u00C0-\u00FF]/g, (letter) => {
    const byte = letter.charCodeAt(0);
    if (byte === 0xa8) return "\u0401";
    return byte === 0xb8 ? "\u0451" : String.fromCharCode(byte - 0xc0 + 0x410);
  });
}

/** cp1251 read as latin1: whole words of À…ÿ without ASCII letters, which no Latin language writes. */
function repairCp1251(text: string): string {
  const high = text.match(/[\u00C0-\u00FF\u00A8\u00B8]/g)?.length ?? 0;
  if (high < 4 || /[\u0100-\uFFFF]/.test(text)) return text;
  const words = text.match(/[A-Za-z\u00A8\u00B8\u00C0-\u00FF]+/g) ?? [];
  const mixed = words.filter((word) => /[A-Za-z]/.test(word) && /[\u00C0-\u00FF]/.test(word));
  if (mixed.length > 0) return text;
  const after = decodeCp1251(text);
  const cyrillic = after.match(/[\u0400-\u045F]/g) ?? [];
  const vowels = cyrillic.filter((letter) => /[аеёиоуыэюя]/i.test(letter)).length;
  // A capital inside a word would be noise, not Russian.
  const oddCase = /\p{Ll}\p{Lu}/u.test(after);
  return vowels / cyrillic.length > 0.1 && vowels / cyrillic.length < 0.8 && !oddCase ? after : text;
}

/**
 * Undoes text decoded with the wrong table: UTF-8 read as cp1252 (also twice) or as cp1251, and cp1251 read as
 * latin1. Only a repair that reverses cleanly and gives plausible text is made; everything else comes back as it was.
 */
export function repairMojibake(text: string): string {
  // Plain ASCII is by far the commonest case and can hold no damage.
  if (!/\P{ASCII}/u.test(text)) return text;
  const once = repairUtf8(text);
  const twice = once === text ? text : repairUtf8(once);
  return repairCp1251(repairUtf8AsCyrillic(repairUtf8AsDos(twice)));
}

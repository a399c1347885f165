/** Longer text is cut: no name or comment that a person wrote is longer. */
const maxTextChars = 4_096;

/**
 * Text of a tag made safe to store and show: NFC, trimmed, no NULs, no half surrogates, at most 4,096 UTF-16 units
 * (then `onCut` is told). Null if nothing is left. Wrongly decoded text is left as it is.
 */
export function cleanText(value: unknown, onCut: () => void): string | null {
  if (typeof value !== "string") return null;
  const plain = value
    .slice(0, 4 * maxTextChars)
    .replaceAll(/\0+/g, " ")
    .toWellFormed()
    .normalize("NFC")
    .trim();
  if (plain.length <= maxTextChars && value.length <= 4 * maxTextChars) return plain === "" ? null : plain;
  onCut();
  return cutText(plain, maxTextChars).trimEnd();
}

/** At most `chars` UTF-16 units, never half a character. */
export function cutText(text: string, chars: number): string {
  const last = text.charCodeAt(chars - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? chars - 1 : chars);
}

/** The number a tag's text begins with, a comma counting as a point; null if none. */
export function leadingNumber(value: unknown): number | null {
  const match = /^\s*(\d+(?:[.,]\d+)?)/.exec(String(value ?? ""));
  return match?.[1] === undefined ? null : Number(match[1].replace(",", "."));
}

/** A whole number from 1 to `max`, else null and a warning; no warning if there is none. */
export function usableNumber(field: string, value: unknown, max: number, warnings: string[]): number | null {
  if (value == null || Number.isNaN(value)) return null;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) return value;
  warnings.push(`${field} ${cutText(String(value), 40)} is not usable`);
  return null;
}

/** Beats a minute, fractions included, else null and a warning; 0 stands for none. */
export function usableTempo(value: unknown, warnings: string[]): number | null {
  const bpm = leadingNumber(value);
  if (bpm !== null && bpm > 0 && bpm <= 1000) return bpm;
  if (value != null && bpm !== 0) warnings.push(`tempo ${cutText(String(value), 40)} is not usable`);
  return null;
}

import { stemOf } from "./clean-name.ts";
import { decodePercent } from "./text.ts";

const scheme = /^[a-z][a-z\d+.-]{1,15}:\/\//i;
const fold = (text: string) => text.normalize("NFC").toLowerCase();

/** The last part of a path or address as a list writes it, with either slash: a text to compare, never a place to open. */
export function writtenName(path: string): string {
  const isAddress = scheme.test(path);
  const bare = isAddress ? path.replace(/[?#].*$/s, "") : path;
  const name = bare.slice(Math.max(bare.lastIndexOf("/"), bare.lastIndexOf("\\")) + 1);
  return isAddress ? decodePercent(name) : name;
}

/** The name without its extension, for comparing. */
export const foldedStem = (name: string) => fold(stemOf(name));

/**
 * Whether a written name means this file: `same` by its whole name, `stem` when only the extension differs, as after a
 * conversion.
 */
export function meansFile(written: string, file: string): "same" | "stem" | null {
  const forms = [written, decodePercent(written)].map(fold);
  if (forms.includes(fold(file))) return "same";
  const own = foldedStem(file);
  return own !== "" && forms.some((form) => foldedStem(form) === own) ? "stem" : null;
}

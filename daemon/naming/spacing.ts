import spellings from "./data/spellings.json";

/** Marks a place where something was taken out of a name: it separates like ` - `. */
export const breakMark = "¦";

/** Names with a slash, as tools that forbid it write them: `AC_DC`. */
const slashNames = spellings.names
  .filter((name) => name.includes("/"))
  .map((name) => [new RegExp(`(?<![\\p{L}\\p{N}])${name.replace(/\//g, "_")}(?![\\p{L}\\p{N}])`, "u"), name] as const);
const hyphenNames = spellings.hyphenArtists.map((name) => name.toLowerCase());

/** Underscores and dots that stand for spaces become spaces; `_-_` and `__` become separators. */
export function spaceOut(raw: string): string {
  let text = raw;
  for (const [written, name] of raw.includes("_") ? slashNames : []) text = text.replace(written, name);
  const spaces = text.match(/ /g)?.length ?? 0;
  const underscores = text.match(/_/g)?.length ?? 0;
  let out = text;
  if (underscores > 0) {
    // Tools that forbid a colon write `_ ` for it.
    out =
      underscores >= spaces
        ? out.replace(/__+/g, " - ").replace(/_/g, " ")
        : out.replace(/_ /g, " - ").replace(/_/g, " ");
  } else if (spaces === 0 && (text.match(/[\p{L}\d)]\.(?=[\p{L}\d(])/gu)?.length ?? 0) >= 2) {
    // The dots of initials (`D.A.N.C.E.`) are their own.
    const initials = out.replace(/(?<!\p{L})(?:\p{L}\.){3,}/gu, (run) => run.replaceAll(".", "\u2024"));
    out = initials
      .replace(/\.-\./g, " - ")
      .replace(/\.(?=-?[\p{L}\d(]|¦|$)/gu, " ")
      .replace(/ -(?=\p{L})/gu, " - ")
      .replaceAll("\u2024", ".");
  }
  return out.replace(/[ \u00A0]+/g, " ").trim();
}

/** True for names whose parts are joined by hyphens without spaces: `artist_name-title-WEB-2014`. */
export function isTight(text: string): boolean {
  return !/ /.test(text) && /[^-_]-[^-_]/.test(text);
}

/**
 * Splits the hyphens of a tight name into separators. Hyphens inside well-known names, names the tags hold, and
 * single letters (`x-press`) stay.
 */
export function splitTight(text: string, keep: readonly string[]): string {
  let out = text;
  const hasSpacedSeparator = / [-–—] /.test(text);
  for (const name of [...keep, ...hyphenNames]) {
    if (!name.includes("-")) continue;
    const at = out.toLowerCase().indexOf(name.toLowerCase());
    if (at >= 0)
      out = out.slice(0, at) + out.slice(at, at + name.length).replace(/-/g, "\u2011") + out.slice(at + name.length);
  }
  if (hasSpacedSeparator) return out.replace(/\u2011/g, "-");
  return out
    .replace(/-+/g, " - ")
    .replace(/\u2011/g, "-")
    .replace(/ {2,}/g, " ");
}

/** Pieces between separators, trimmed, without empties. */
export function splitPieces(text: string): string[] {
  return text
    .split(/\s+[-–—~]+\s+|\s+:\s+|\s*[¦|]\s*|\s+[-–—]+$|^[-–—]+\s+|\s+\/\/?\s+|\s+[•·]\s+/)
    .map((piece) => piece.replace(/^[\s\-–—,;:.]+(?=\s|$)|^[\s,;–—-]+|[\s,;–—-]+$/g, "").trim())
    .filter((piece) => piece !== "" && !/^[\s()[\]{}.,'"-]+$/.test(piece));
}

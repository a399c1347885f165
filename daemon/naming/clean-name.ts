const device =
  /^(con|prn|aux|nul|com[0-9\u00B9\u00B2\u00B3]|lpt[0-9\u00B9\u00B2\u00B3]|conin\$|conout\$|clock\$)(?=\s*(?:\.|$))/i;
const maxBytes = 255;
const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** Cuts at a whole character (with its marks) so that at most `limit` bytes of UTF-8 remain. */
function cutTo(text: string, limit: number): string {
  if (text.length * 3 <= limit || byteLength(text) <= limit) return text;
  let used = 0;
  let out = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text.slice(0, 2_000))) {
    const bytes = byteLength(segment);
    if (used + bytes > limit) {
      if (out !== "") break;
      // One character with more marks than fit: cut between its code points.
      for (const point of segment) {
        if (used + byteLength(point) > limit) break;
        out += point;
        used += byteLength(point);
      }
      break;
    }
    out += segment;
    used += bytes;
  }
  return out;
}

function trimEnds(text: string): string {
  return text.replace(/^\s+/, "").replace(/[\s.]+$/, "");
}

function cleanOnce(text: string, limit: number): string {
  const safe = text
    .toWellFormed()
    .normalize("NFC")
    .replace(/[\uFFFD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF\uFFF9-\uFFFB]/g, "")
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]/g, " ")
    .replace(/[\p{Cc}?"*<>|]/gu, "")
    .replace(/[/\\]/g, "-")
    .replace(/:(?=\s)/g, " -")
    .replace(/:/g, "-")
    .replace(/\s+/g, " ")
    .normalize("NFC");
  const named = trimEnds(safe).replace(device, (name) => `${name}_`);
  return trimEnds(cutTo(named, limit));
}

/**
 * One component of a path as any file system takes it: NFC, no reserved characters or device names, no leading or
 * trailing space, no trailing dot, at most 255 bytes of UTF-8 less `reserveBytes` for an extension. Never empty:
 * text without a usable character gives `_`. Cleaning a clean name changes nothing.
 */
export function cleanComponent(text: string, reserveBytes = 0): string {
  const limit = Math.max(8, maxBytes - reserveBytes);
  let out = cleanOnce(text.slice(0, 4_000), limit);
  // A cut or a removed mark can bring two characters together that compose; the second pass settles that.
  for (let pass = 0; pass < 4; pass++) {
    const again = cleanOnce(out, limit);
    if (again === out) break;
    out = again;
  }
  return out === "" ? "_" : out;
}

/** The extension of a file name with its dot, lower-cased; empty when there is none that is plain. */
export function extensionOf(path: string): string {
  return /[^/]\.([A-Za-z0-9]{1,10})$/.exec(path)?.[1]?.toLowerCase().replace(/^/, ".") ?? "";
}

/** The name without folders and extension. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const extension = extensionOf(name);
  return extension === "" ? name : name.slice(0, -extension.length);
}

/** A portable file name of at most 255 bytes, extension included. */
export function cleanFilename(stem: string, extension: string): string {
  return `${cleanComponent(stem, byteLength(extension))}${extension}`;
}

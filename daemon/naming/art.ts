const drawn = /[\u2500-\u25A0]+/g;
const frameEnds = new Set("|!:*#¦");

/** A line without what was drawn around it; empty when nothing in it can be read. */
function withoutFrame(line: string): string {
  const text = line.replace(drawn, " ").trimEnd();
  if (!/[\p{L}\p{N}]/u.test(text)) return "";
  const inner = text.trimStart();
  const isFramed = frameEnds.has(inner.charAt(0)) && inner.at(-1) === inner.charAt(0);
  return isFramed ? inner.slice(1, -1).trim() : text;
}

/** Text without the pictures and frames of its maker, so that little room holds much of what it says. */
export function stripArt(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map(withoutFrame);
  return lines.filter((line, at) => line !== "" || (at > 0 && lines[at - 1] !== "")).join("\n");
}

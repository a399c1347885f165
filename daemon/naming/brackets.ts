/** A bracketed piece of a name: `(…)`, `[…]`, `{…}`, with its place. */
export interface Bracket {
  readonly start: number;
  readonly end: number;
  readonly open: string;
  readonly inside: string;
}

const pattern = /\(([^()]*(?:\([^()]*\)[^()]*)*)\)|\[([^[\]]*)\]|\{([^{}]*)\}|【([^【】]*)】/g;

/** Brackets of every form in a text, left to right; one level of round ones may nest. */
export function findBrackets(text: string): Bracket[] {
  if (!/[([{【]/.test(text)) return [];
  return [...text.matchAll(pattern)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    open: match[0][0] ?? "(",
    inside: (match[1] ?? match[2] ?? match[3] ?? match[4] ?? "").trim(),
  }));
}

/** Rewrites each bracket: a text replaces it, null keeps it. */
export function mapBrackets(text: string, rewrite: (bracket: Bracket) => string | null): string {
  let out = "";
  let at = 0;
  for (const bracket of findBrackets(text)) {
    const replacement = rewrite(bracket);
    out += text.slice(at, bracket.start) + (replacement ?? text.slice(bracket.start, bracket.end));
    at = bracket.end;
  }
  return out + text.slice(at);
}

/**
 * How plausible a text is that was decoded with a guessed table: every character beyond ASCII adds to a score or takes
 * from it, by its neighbours. Only scores of the same bytes can be compared.
 */
export function plausibility(text: string): number {
  let score = 0;
  let isQuoteOpen = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) isQuoteOpen = false;
    if (code < 0x80) continue;
    const place = { code, text, at, before: kindAt(text, at - 1), after: kindAt(text, at + 1) };
    const kind = kindOf(code);
    if (code === 0x201c) isQuoteOpen = true;
    if (code === 0x201d) {
      score += isQuoteOpen && place.after !== "latin" ? 1 : -0.5;
      isQuoteOpen = false;
    } else score += scorers[kind](place);
  }
  return score;
}

type Kind = "space" | "latin" | "cyrillic" | "drawing" | "mark" | "sign" | "odd" | "ascii";
interface Place {
  readonly code: number;
  readonly text: string;
  readonly at: number;
  readonly before: Kind;
  readonly after: Kind;
}

/** Signs that texts about music do hold: no-break space, quotes, currency, degree, copyright, number. */
const signs = new Set("\u00A0¡£§©«®°´·»¿€№™");
const marks = new Set("–—‘’‚“„…•‹›");
/** Words of one letter, in French, Italian, Spanish, Portuguese, Swedish. */
const oneLetterWords = new Set("àèéáíóåöÀÈÉÖÅ");
/** Percent of Russian text, for the common letters. */
const russian: Readonly<Record<string, number>> = {
  о: 11,
  е: 8.5,
  а: 8,
  и: 7.4,
  н: 6.7,
  т: 6.3,
  с: 5.5,
  р: 4.7,
  в: 4.5,
  л: 4.4,
  к: 3.5,
  м: 3.2,
  д: 3,
  п: 2.8,
  у: 2.6,
  я: 2,
  ы: 1.9,
  ь: 1.7,
};

const isBlock = (code: number) => code >= 0x2580 && code <= 0x259f;

function kindOf(code: number): Kind {
  if (code < 0x80) {
    if (code <= 0x20) return "space";
    return /[A-Za-z]/.test(String.fromCharCode(code)) ? "latin" : "ascii";
  }
  if (code < 0xa0 || code === 0xfffd) return "odd";
  if ((code >= 0xc0 && code <= 0x17f && code !== 0xd7 && code !== 0xf7) || code === 0x1e9e) return "latin";
  if (code >= 0x400 && code <= 0x491) return "cyrillic";
  if (code >= 0x2500 && code <= 0x25a0) return "drawing";
  const character = String.fromCharCode(code);
  return marks.has(character) ? "mark" : signs.has(character) ? "sign" : "odd";
}

function kindAt(text: string, at: number): Kind {
  return at < 0 || at >= text.length ? "space" : kindOf(text.charCodeAt(at));
}

const isUpper = (character: string) => character.toLowerCase() !== character;
const isLower = (character: string) => character.toUpperCase() !== character;

/** A capital behind a small letter, or a small letter before a capital: no word is written so. */
function caseFault({ text, at, before, after }: Place): number {
  const own = text.charAt(at);
  const behind = isUpper(own) && (before === "latin" || before === "cyrillic") && isLower(text.charAt(at - 1));
  const ahead = isLower(own) && (after === "latin" || after === "cyrillic") && isUpper(text.charAt(at + 1));
  return (behind ? -1.5 : 0) + (ahead ? -1 : 0);
}

function scoreLatin(place: Place): number {
  const { text, at, before, after } = place;
  const isBeyond = (i: number) => text.charCodeAt(i) >= 0x80;
  if (before === "cyrillic" || after === "cyrillic" || before === "drawing" || after === "drawing") return -1;
  if (before !== "latin" && after !== "latin") return oneLetterWords.has(text.charAt(at)) ? 0.4 : -0.3;
  const isInRun = before === "latin" && after === "latin" && isBeyond(at - 1) && isBeyond(at + 1);
  const own = text.charAt(at);
  const isTwin = text.charAt(at - 1) === own;
  // A sharp s stands behind a vowel; letters of the Slavic languages have tables of their own.
  const isStray = own === "ß" && !/[aeiouyäöü]/i.test(text.charAt(at - 1));
  return (
    (/[ŠšŽž]/.test(own) ? 0.8 : 1) + caseFault(place) - (isInRun ? 1.5 : 0) - (isTwin ? 2 : 0) - (isStray ? 1.5 : 0)
  );
}

function scoreCyrillic(place: Place): number {
  const { text, at, before, after } = place;
  if (before === "latin" || after === "latin") return before === "latin" && after === "latin" ? -2 : -1.5;
  if (before !== "cyrillic" && after !== "cyrillic") return 0.1;
  if (text.charAt(at - 1) === text.charAt(at) && text.charAt(at + 1) === text.charAt(at)) return -2;
  return 0.4 + (russian[text.charAt(at).toLowerCase()] ?? 0) / 10 + caseFault(place);
}

/** Frames and shades stand in runs or, if upright, beside space; not inside words. */
function scoreDrawing({ text, at, code, before, after }: Place): number {
  if (before === "space" && after === "space" && !isBlock(code) && code !== 0x2502 && code !== 0x2551) return 0;
  const side = (kind: Kind, neighbour: number) => {
    if (kind === "space" || text.charCodeAt(neighbour) === code) return 0.3;
    if (kind === "drawing") return isBlock(code) && isBlock(text.charCodeAt(neighbour)) ? 0.3 : 0.05;
    return kind === "latin" || kind === "cyrillic" ? -0.5 : -0.1;
  };
  return side(before, at - 1) + side(after, at + 1);
}

/** Dashes, quotes, dots: each has its side of a word. */
function scoreMark({ text, at, code, before, after }: Place): number {
  const isLetter = (kind: Kind) => kind === "latin" || kind === "cyrillic";
  if (code === 0x2019 && isLetter(before) && isLetter(after))
    return /^(?:s|t|d|ll|l|re|ve|m|n)(?!\p{L})/iu.test(text.slice(at + 1, at + 4)) ||
      /(?<!\p{L})[dlcjmnstDLCJMNSTO]$/u.test(text.slice(Math.max(0, at - 2), at))
      ? 1.5
      : -1;
  if (isLetter(before) && isLetter(after)) return -1;
  // Opening quotes stand before a word, the rest behind or between.
  if (code === 0x2018 || code === 0x201a || code === 0x201c || code === 0x201e) return isLetter(before) ? -1 : 1;
  return isLetter(before) && (code === 0x2026 || code === 0x2019) ? 1.1 : 0.5;
}

function scoreSign({ code, before, after }: Place): number {
  const isInWord = (before === "latin" && after === "latin") || (before === "cyrillic" && after === "cyrillic");
  if (code === 0xa0) return isInWord ? 0.9 : 0.5;
  if ((code === 0xa1 || code === 0xbf) && before !== "latin" && after === "latin") return 0.5;
  return isInWord ? -0.7 : 0.1;
}

const scorers: Readonly<Record<Kind, (place: Place) => number>> = {
  latin: scoreLatin,
  cyrillic: scoreCyrillic,
  drawing: scoreDrawing,
  mark: scoreMark,
  sign: scoreSign,
  odd: ({ code }) => (code < 0xa0 || code === 0xfffd ? -3 : -0.7),
  space: () => 0,
  ascii: () => 0,
};

import spellings from "./data/spellings.json";
import { repairMojibake } from "./mojibake.ts";

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  ndash: "–",
  mdash: "—",
  hellip: "…",
  rsquo: "’",
  lsquo: "‘",
  rdquo: "”",
  ldquo: "“",
  eacute: "é",
  Eacute: "É",
  egrave: "è",
  ecirc: "ê",
  euml: "ë",
  aacute: "á",
  agrave: "à",
  acirc: "â",
  auml: "ä",
  Auml: "Ä",
  aring: "å",
  aelig: "æ",
  ccedil: "ç",
  iacute: "í",
  icirc: "î",
  iuml: "ï",
  ntilde: "ñ",
  oacute: "ó",
  ocirc: "ô",
  ouml: "ö",
  Ouml: "Ö",
  oslash: "ø",
  uacute: "ú",
  ugrave: "ù",
  ucirc: "û",
  uuml: "ü",
  Uuml: "Ü",
  szlig: "ß",
  trade: "™",
  copy: "©",
  reg: "®",
  deg: "°",
  bull: "•",
};

const lookAlikes: Readonly<Record<string, string>> = {
  "｜": "|",
  "：": ":",
  "꞉": ":",
  "？": "?",
  "＂": '"',
  "⧸": "/",
  "∕": "/",
  "／": "/",
  "⧹": "\\",
  "＼": "\\",
  "＊": "*",
  "＜": "<",
  "＞": ">",
  "＆": "&",
  "＃": "#",
  "＠": "@",
  "（": "(",
  "）": ")",
};

const smallWords = new Set(["b2b", "vs", "vs.", "feat", "feat.", "ft", "ft."]);
const knownWords = new Map(spellings.words.map((word) => [word.toLowerCase(), word]));
const knownNames = new Map(spellings.names.map((name) => [name.toLowerCase(), name]));

/** Text without accents, case and punctuation: what two spellings of one name have in common. */
export function foldText(text: string): string {
  if (!/\P{ASCII}/u.test(text))
    return text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, " ")
      .trim();
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** `&amp;`, `&#39;`, `&#x27;` and common letters; unknown ones stay. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return entities[name] ?? entities[name.toLowerCase()] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return code >= 0x20 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}

/** `%20` and other encoded bytes, where they are valid UTF-8. */
export function decodePercent(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign beside encoded bytes: decode only the runs that are whole.
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return run;
      }
    });
  }
}

/** A text as a person would have typed it: NFC, repaired, decoded, without invisible characters. */
export function plainText(text: string): string {
  const decoded = decodeEntities(decodePercent(repairMojibake(text.normalize("NFC").toWellFormed())));
  return decoded
    .replace(/[｜：꞉？＂⧸∕／⧹＼＊＜＞＆＃＠（）]/g, (mark) => lookAlikes[mark] ?? mark)
    .replace(/[\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF\uFFFD]/g, "")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .normalize("NFC")
    .trim();
}

/** Without emoji; text symbols such as a plain heart stay. */
export function stripEmoji(text: string): string {
  if (!/\P{ASCII}/u.test(text)) return text;
  return text
    .replace(/(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{RI}|\p{EMod}|[\u200D\uFE0F\u20E3])+/gu, " ")
    .replace(/ {2,}/g, " ")
    .trim();
}

/** Lower case, in which the dotted capital of Turkish is a plain i. */
const toLower = (text: string) => text.toLowerCase().replace(/i\u0307/g, "i");

function titleWord(word: string): string {
  const lower = word.startsWith("İ") ? `İ${toLower(word.slice(1))}` : toLower(word);
  if (smallWords.has(lower)) return lower;
  const bare = /^([^\p{L}\p{N}]*)(.*?)([^\p{L}\p{N}]*)$/u.exec(word);
  const known = bare?.[2] ? knownWords.get(bare[2].toLowerCase()) : undefined;
  if (bare && known) return `${bare[1]}${known}${bare[3]}`;
  return lower.replace(
    /(^|[-/([{"“.&+_])(\p{L})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

/** Every word's first letter up, the rest down; joiners stay low, well-known abbreviations keep their capitals. */
export function titleCase(text: string): string {
  return text.split(" ").map(titleWord).join(" ");
}

/** True when `whole` is all lower or all upper case, so that its capitals say nothing. */
export function isUncased(whole: string): boolean {
  // Joiners are often left low in shouted names: `ADAM BEYER at AWAKENINGS`.
  const words = whole.replace(
    /(?<!\p{L})(?:at|in|on|the|of|and|b2b|feat|ft|vs|live|by|from|with|x|pres|presents)(?!\p{L})/gu,
    "",
  );
  const letters = (/\p{L}/u.test(words) ? words : whole).replace(/[^\p{L}]/gu, "");
  const upper = letters.match(/\p{Lu}/gu)?.length ?? 0;
  const lower = letters.match(/\p{Ll}/gu)?.length ?? 0;
  // Of two capitals (`7:30 AM`) nobody can tell.
  if (upper + lower < 2 || (upper === 2 && lower === 0)) return false;
  // Letters without case (kana, Hangul) beside capitals: a name in its own spelling, not shouting.
  if (upper + lower < letters.length) return false;
  return upper === 0 || lower === 0;
}

/** How a well-known name is written, whatever its case here. */
export function knownSpelling(text: string): string | undefined {
  return knownNames.get(text.toLowerCase());
}

function isWholeWord(text: string, at: number, length: number): boolean {
  const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  return !isLetter(text[at - 1]) && !isLetter(text[at + length]);
}

/**
 * Capitals of a value read from `whole` (rule 15). `better` are other texts of the input; one that holds the same
 * value in mixed case wins over title case.
 */
export function fixCase(value: string, whole: string, better: readonly string[]): string {
  if (!isUncased(value) || !isUncased(whole)) return value;
  const known = knownSpelling(value);
  if (known) return known;
  const wanted = value.toLowerCase();
  for (const text of better) {
    const at = text.toLowerCase().indexOf(wanted);
    if (at < 0 || isUncased(text)) continue;
    const found = text.slice(at, at + value.length);
    // Capitals throughout, in a text that has small letters elsewhere, are meant.
    const isShouted = found === found.toUpperCase() && !/\s/.test(found) && isWholeWord(text, at, found.length);
    if (found.toLowerCase() === wanted && (!isUncased(found) || isShouted)) return found;
  }
  return casePieces(value);
}

/** Title case, where performers joined by `b2b`, `&` or a comma keep their well-known spelling each. */
function casePieces(value: string): string {
  return value
    .split(/( b2b | vs\.? | & | feat\.? | ft\.? |, | and )/i)
    .map((piece) =>
      /^(?: | and |, )/i.test(piece) && piece.trim() !== "" && smallWords.has(piece.trim().toLowerCase())
        ? piece.toLowerCase()
        : (knownSpelling(piece) ?? titleCase(piece)),
    )
    .join("");
}

const numerals = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"];

function plainNumeral(word: string): string {
  const at = numerals.indexOf(word);
  return at > 0 ? String(at) : word.replace(/^0+(?=\d)/, "");
}

/** Whether two texts say the same, allowing for punctuation, accents, cuts and a few different letters. */
export function isSimilar(a: string, b: string): boolean {
  const x = foldText(a);
  const y = foldText(b);
  if (x === y) return true;
  if (x === "" || y === "") return false;
  const [short, long] = x.length < y.length ? [x, y] : [y, x];
  if (short.length >= 3 && ` ${long} `.includes(` ${short} `)) return true;
  if (short.length >= 8 && long.startsWith(short)) return true;
  // `Etude` beside `12 Études`: one word, but for its ending.
  if (short.length >= 5 && long.split(" ").some((word) => word.startsWith(short) && word.length <= short.length + 2))
    return true;
  const words = short.split(" ").map(plainNumeral);
  const others = new Set(long.split(" ").map(plainNumeral));
  const shared = words.filter((word) => others.has(word)).length;
  return words.length > 1 ? shared / words.length >= 0.75 : short.replace(/ /g, "") === long.replace(/ /g, "");
}

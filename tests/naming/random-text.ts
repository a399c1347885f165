/** A small seeded generator (mulberry32): the same seed gives the same texts on every machine. */
export function makeRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const pieces = [
  "/",
  "\\",
  "..",
  ".",
  " ",
  "  ",
  ":",
  ": ",
  "?",
  "*",
  "<",
  ">",
  "|",
  '"',
  "CON",
  "aux",
  "NUL.txt",
  "COM1",
  "lpt9 ",
  "\u0000",
  "\u0007",
  "\u202E",
  "\u200B",
  "\uFEFF",
  "\uD800",
  "\uDC00",
  "e\u0301",
  "Å",
  "A\u030A",
  "ﬁ",
  "한글",
  "\u1100\u1161",
  "ループ",
  "🔥",
  "👩‍👩‍👧",
  "🇩🇪",
  "Ã¤",
  "Êèíî",
  "%2F",
  "%2e%2e%2f",
  "&#47;",
  "&amp;",
  "｜",
  "⧸",
  "2016-09-20",
  "05.06.2010",
  "Live at ",
  " @ ",
  " - ",
  "_",
  "-TALiON",
  "(",
  ")",
  "[",
  "]",
  "{Artist}",
  "{YYYY}",
  "[x]",
  "part 2",
  "A".repeat(300),
  "ß".repeat(140),
  "\u0301".repeat(200),
  "Festival",
  "Essential Mix",
  "C:",
  "~",
  "$HOME",
  "`id`",
  "\r\n",
  "\t",
  "\u2028",
] as const;

/** Text of hostile pieces and of any code points, lone surrogates included. */
export function randomText(random: (below: number) => number): string {
  let out = "";
  for (let n = random(9); n > 0; n--) {
    const kind = random(3);
    if (kind === 0) out += pieces[random(pieces.length)];
    else if (kind === 1) out += String.fromCharCode(random(0x10000));
    else out += String.fromCodePoint(0x20 + random(0x300));
  }
  return out;
}

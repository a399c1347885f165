/** A piece of a name: the same on both sides, the same word written otherwise (`recased`), or without an equal. */
export interface Piece {
  text: string;
  how: "same" | "recased" | "changed";
}

interface Token {
  text: string;
  /** What is compared: without case and accents. */
  key: string;
  /** False for separators, which are never marked by themselves. */
  word: boolean;
}

/** Names with more words than this are marked as a whole: comparing them would cost more than it tells. */
const mostTokens = 160;

const fold = (text: string) =>
  text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();

const tokens = (text: string): Token[] =>
  (text.match(/[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+/gu) ?? []).map((part) => ({
    text: part,
    key: fold(part),
    word: /[\p{L}\p{N}]/u.test(part),
  }));

/** Lengths of the longest common subsequences of all tails: `table[i][j]` for `a.slice(i)` and `b.slice(j)`. */
function tailTable(a: readonly Token[], b: readonly Token[]): Uint16Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const [row, next] = [table[i] as Uint16Array, table[i + 1] as Uint16Array];
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i]?.key === b[j]?.key ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

/** `equals`: index of each kept token, with the text it has on the other side. */
function join(list: readonly Token[], equals: ReadonlyMap<number, string>): Piece[] {
  const isChangedWord = (at: number) => Boolean(list[at]?.word) && !equals.has(at);
  const pieces: Piece[] = [];
  list.forEach(({ text, word }, at) => {
    const lost = word ? !equals.has(at) : isChangedWord(at - 1) && isChangedWord(at + 1);
    const how = lost ? "changed" : word && equals.get(at) !== text ? "recased" : "same";
    const last = pieces.at(-1);
    if (last?.how === how) last.text += text;
    else pieces.push({ text, how });
  });
  return pieces;
}

/** Marks the words in which two names differ. Separators are marked only between two changed words. */
export function diffNames(before: string, after: string): { before: Piece[]; after: Piece[] } {
  if (before === after) return { before: [{ text: before, how: "same" }], after: [{ text: after, how: "same" }] };
  const [a, b] = [tokens(before), tokens(after)];
  const [inA, inB] = [new Map<number, string>(), new Map<number, string>()];
  if (a.length > mostTokens || b.length > mostTokens) return { before: join(a, inA), after: join(b, inB) };
  const table = tailTable(a, b);
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as Token, b[j] as Token];
    if (left.key === right.key) {
      inA.set(i++, right.text);
      inB.set(j++, left.text);
    } else if ((table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0)) i++;
    else j++;
  }
  return { before: join(a, inA), after: join(b, inB) };
}

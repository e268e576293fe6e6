/** A word or a sign of a text: how it is compared, and where it stands. */
export type Word = { key: string; start: number; end: number };

// Leaders (". . . .") are one sign. A word goes on over a hyphen, an apostrophe, a point or comma between digits, and a hyphen at the end of a line.
const word =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]\p{M}*|[[\p{L}\p{N}\p{M}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+(?:(?:[.,'’\-‐‑–_\/]|[\-‐]\n[ \t]*)[[\p{L}\p{N}\p{M}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+)*|([.·…_\-])(?:\s*\1){2,}|\S/gv;

const keyOf = (text: string) =>
  text
    .replace(/^([.·…_-])(?:\s*\1)+$/, '…')
    .normalize('NFKC')
    .replace(/[‐‑‒–—−]/g, '-')
    .replace(/[‘’‚′]/g, "'")
    .replace(/[“”„″«»]/g, '"')
    // "set-point", "setpoint" and "set-" at the end of a line with "point" on the next are one word; "E-10" and "E10" are two.
    .replace(/(?<=\p{L})-\s*(?=\p{L})/gu, '');

/** The words and signs of a text in order. White space, typography and hyphens between letters are not compared; case is: mm is not Mm. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const { 0: found, index: start } of text.matchAll(word)) {
    const key = keyOf(found);
    const end = start + found.length;
    // One sign may stand for several, ℃ for °C: the first of them is where it is, the others have no width.
    const [first = key, ...others] = found.length === 1 ? (key.match(word) ?? []) : [];
    words.push({ key: first, start, end });
    for (const other of others) words.push({ key: other, start: end, end });
  }
  return words;
}

/** How much a word counts when texts are compared: signs hardly, the short words every sentence has less than others. */
export function weightOf(key: string): number {
  if (!/[\p{L}\p{N}]/u.test(key)) return 1;
  return key.length <= 3 && !/\p{N}/u.test(key) ? 4 : 10;
}

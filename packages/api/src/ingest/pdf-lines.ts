import { rightToLeft, unspaced, wordGap, type Word } from './pdf-words.ts';

/** Words on one baseline without a wide gap between them, left to right. */
export type Chunk = {
  words: Word[];
  x0: number;
  x1: number;
  base: number;
  top: number;
  bottom: number;
  size: number;
  /** A small chunk was joined to it. */
  grown?: boolean;
};

/** A gap wider than this part of the font size parts chunks; narrower gaps occur between the words of justified lines. */
const chunkGap = 0.85;
/** A list sign stands further from its item's first word than that. */
const itemGap = 2.5;

/** The sign or number at the head of a list item. */
export const listMarker = /^(?:[•‣▪▫◦●○■□–—−➢➤✓✔*·∙-]|\(?\d{1,3}[.)]|\(?[a-z][.)]|[o])$/;

/** Puts words into chunks by geometry alone; superscripts and subscripts go with the chunk they touch. */
export function chunksOf(words: Word[]): Chunk[] {
  const sorted = words.toSorted((a, b) => a.base - b.base || a.x0 - b.x0);
  const chunks: Chunk[] = [];
  let row: Word[] = [];
  const flush = () => {
    row.sort((a, b) => a.x0 - b.x0);
    let begin = 0;
    for (let i = 1; i <= row.length; i++) {
      if (i < row.length && isClose(row, i, chunkGap)) continue;
      if (i - begin === 1 && startsItem(row, begin)) continue;
      chunks.push(chunkOf(row.slice(begin, i)));
      begin = i;
    }
    row = [];
  };
  for (const word of sorted) {
    const first = row[0];
    if (first && word.base - first.base > 0.28 * Math.min(first.size, word.size)) flush();
    row.push(word);
  }
  if (row.length > 0) flush();
  return closeGaps(attachSmall(chunks));
}

/** Whether word `i` of a row stands at most so many font sizes behind the word before it. */
function isClose(row: Word[], i: number, gap: number): boolean {
  const [left, right] = [row[i - 1]!, row[i]!];
  return right.x0 - left.x1 <= gap * Math.max(left.size, right.size) && right.x1 > left.x0;
}

/**
 * Whether word `i` is a list sign with its item's words behind it. Parted from them, the signs of a list would look like a column of
 * their own, or like the end of the notes in the margin beside them.
 */
function startsItem(row: Word[], i: number): boolean {
  if (!listMarker.test(row[i]!.text) || row.length < i + 4 || !isClose(row, i + 1, itemGap)) return false;
  return isClose(row, i + 2, chunkGap) && isClose(row, i + 3, chunkGap);
}

/** Chunks that came close to one another when superscripts filled the gap between them are one. */
function closeGaps(chunks: Chunk[]): Chunk[] {
  const gone = new Set<Chunk>();
  for (const chunk of chunks.toSorted((a, b) => a.x0 - b.x0)) {
    if (!chunk.grown || gone.has(chunk)) continue;
    for (const other of chunks) {
      if (other === chunk || gone.has(other)) continue;
      const gap = Math.max(other.x0 - chunk.x1, chunk.x0 - other.x1);
      const level = Math.abs(other.base - chunk.base) <= 0.28 * Math.min(other.size, chunk.size);
      if (!level || gap > chunkGap * Math.max(chunk.size, other.size)) continue;
      gone.add(other);
      const { base, size } = chunk;
      const words = [...chunk.words, ...other.words].sort((a, b) => a.x0 - b.x0);
      Object.assign(chunk, chunkOf(words), { base, size, grown: true });
    }
  }
  return chunks.filter((chunk) => !gone.has(chunk));
}

function chunkOf(words: Word[]): Chunk {
  let [x0, x1, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  const weights = new Map<number, number>();
  let main = words[0]!;
  let best = 0;
  for (const word of words) {
    x0 = Math.min(x0, word.x0);
    x1 = Math.max(x1, word.x1);
    top = Math.min(top, word.top);
    bottom = Math.max(bottom, word.bottom);
    const key = Math.round(word.size * 4);
    const weight = (weights.get(key) ?? 0) + word.text.length;
    weights.set(key, weight);
    if (weight > best) {
      best = weight;
      main = word;
    }
  }
  return { words, x0, x1, top, bottom, base: main.base, size: main.size };
}

/** Joins each small chunk (superscript, subscript, a fraction's part) to the larger one it touches. */
function attachSmall(chunks: Chunk[]): Chunk[] {
  const gone = new Set<Chunk>();
  for (let i = 0; i < chunks.length; i++) {
    const small = chunks[i]!;
    if (small.words.length > 3) continue;
    // Signs that are drawn above their line at full size, such as roots and integrals.
    const sign = small.words.length === 1 && !/[\p{L}\p{N}]/u.test(small.words[0]!.text);
    for (const step of [-1, 1]) {
      for (let j = i + step; j >= 0 && j < chunks.length; j += step) {
        const host = chunks[j]!;
        if (Math.abs(host.base - small.base) > host.size + small.size) break;
        if (gone.has(host) || gone.has(small) || (host.size * 0.9 < small.size && !sign)) continue;
        const shift = small.base - host.base;
        if (host === small || shift < (sign ? -1.1 : -0.65) * host.size || shift > 0.35 * host.size) continue;
        const reach = 0.3 * host.size;
        if (small.x0 > host.x1 + reach || small.x1 < host.x0 - reach) continue;
        gone.add(small);
        const joined = chunkOf([...host.words, ...small.words].sort((a, b) => a.x0 - b.x0));
        Object.assign(host, joined, { base: host.base, size: host.size, grown: true });
      }
    }
  }
  return chunks.filter((chunk) => !gone.has(chunk));
}

/** Chunks on common baselines, top to bottom. */
export function rowsOf(chunks: Chunk[]): Chunk[][] {
  const rows: Chunk[][] = [];
  for (const chunk of chunks.toSorted((a, b) => a.base - b.base)) {
    const row = rows.at(-1);
    if (row && chunk.base - row[0]!.base < 0.3 * chunk.size) row.push(chunk);
    else rows.push([chunk]);
  }
  return rows;
}

/** The middle one of the values, 0 of none. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** A line as it is read: `glued[i]` means no space before word `i`; `cells` are the places where a wide gap starts a new cell. */
export type Line = {
  words: Word[];
  glued: boolean[];
  cells: number[];
  chunks: Chunk[];
  x0: number;
  x1: number;
  top: number;
  bottom: number;
  base: number;
  size: number;
  bold: boolean;
  mono: boolean;
};

/** Puts chunks of one column into lines, top to bottom. */
export function linesOf(chunks: Chunk[]): Line[] {
  const sorted = chunks.toSorted((a, b) => a.base - b.base || a.x0 - b.x0);
  const rows: Chunk[][] = [];
  for (const chunk of sorted) {
    const row = rows.at(-1);
    const first = row?.[0];
    const fits =
      first &&
      chunk.base - first.base <= 0.28 * Math.min(first.size, chunk.size) &&
      row.every(
        (other) => other.x1 <= chunk.x0 + 0.3 * chunk.size || other.x0 >= chunk.x1 - 0.3 * chunk.size,
      );
    if (fits) row.push(chunk);
    else rows.push([chunk]);
  }
  return rows.map(lineOf);
}

/** One line of these chunks, in reading order. */
export function lineOf(row: Chunk[]): Line {
  const chunks = row.toSorted((a, b) => a.x0 - b.x0);
  const main = chunks.reduce((a, b) => (b.x1 - b.x0 > a.x1 - a.x0 ? b : a));
  const visual = chunks.flatMap((chunk) => chunk.words);
  const starts = new Set<Word | undefined>(chunks.map((chunk) => chunk.words[0]));
  const words = visual.some((word) => rightToLeft.test(word.text)) ? readingOrder(visual) : visual;
  const length = (some: Word[]) => some.reduce((sum, word) => sum + word.text.length, 0);
  const letters = length(words);
  return {
    words,
    glued: words.map((word, i) => i > 0 && words[i - 1] !== undefined && isGlued(words[i - 1]!, word)),
    cells: words === visual ? words.flatMap((word, i) => (starts.has(word) ? [i] : [])) : [0],
    chunks,
    x0: chunks[0]!.x0,
    x1: Math.max(...chunks.map((chunk) => chunk.x1)),
    top: Math.min(...chunks.map((chunk) => chunk.top)),
    bottom: Math.max(...chunks.map((chunk) => chunk.bottom)),
    base: main.base,
    size: main.size,
    bold: length(words.filter((word) => word.font.bold)) > 0.8 * letters,
    mono: length(words.filter((word) => word.font.mono)) > 0.9 * letters,
  };
}

/** Turns a line with right-to-left words from the order of the page into the order of reading. */
function readingOrder(visual: Word[]): Word[] {
  const isRight = (word: Word) => rightToLeft.test(word.text);
  const rightward = visual.filter((word) => /\p{L}/u.test(word.text) && !isRight(word)).length;
  const turned = visual.filter(isRight).length >= rightward;
  const order = turned ? visual.toReversed() : visual;
  const result: Word[] = [];
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && isRight(order[end]!) !== turned) end++;
    if (end > i) {
      result.push(...order.slice(i, end).reverse());
      i = end;
    } else result.push(order[i++]!);
  }
  return result;
}

function isGlued(a: Word, b: Word): boolean {
  const gap = b.x0 >= a.x0 ? b.x0 - a.x1 : a.x0 - b.x1;
  const size = Math.max(a.size, b.size);
  if (gap < chunkGap * size && isUnspacedPair(a.text, b.text)) return true;
  if (gap > wordGap * size || gap < -2 * size) return false;
  if (b.x0 >= a.x0 ? a.spaceAfter || b.spaceBefore : a.spaceBefore || b.spaceAfter) return false;
  // "10" with a raised "6" must not become 106.
  const shifted = Math.abs(a.base - b.base) > 0.15 * size;
  return !(shifted && /[\p{N}]$/u.test(a.text) && /^[\p{N}−-]/u.test(b.text));
}

/** Whether no space is written between these two, as in Chinese and Japanese. */
export function isUnspacedPair(a: string, b: string): boolean {
  return unspaced.test(a.slice(-1)) && unspaced.test(b);
}

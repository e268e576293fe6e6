import { runningEdge, type TextBlock, type TextLine } from './pdf-text.ts';

/** A page as furniture is looked for: its blocks, its text and its height. */
export type PageText = { ordinal: number; height: number; text: string; blocks: TextBlock[] };

type Candidate = {
  page: number;
  line: TextLine;
  key: string;
  base: number;
  x0: number;
  words: number;
  rank: number;
  /** The first and the last words of the key; of short lines all of them. */
  head: string;
  tail: string;
};

/** How many lines of each edge are looked at. */
const depth = 3;

/**
 * Lines that belong to the pages and not to what they say: running headers and footers, page numbers, tabs at the side. They
 * repeat at one place on neighbouring pages, digits aside. Titles that change with each chapter are told by standing where
 * others repeat.
 */
export function furnitureIn(pages: PageText[]): Set<TextLine> {
  const found = new Set<TextLine>();
  const candidates = pages.flatMap(candidatesOf);
  const byPlace = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const slot = String(Math.round(candidate.base / 4));
    byPlace.set(slot, [...(byPlace.get(slot) ?? []), candidate]);
  }
  const near = (base: number) =>
    [-1, 0, 1].flatMap((step) => byPlace.get(String(Math.round(base / 4) + step)) ?? []);
  const least = pages.length < 4 ? 2 : 3;
  for (const candidate of candidates) {
    const pagesWith = new Set<number>();
    for (const other of near(candidate.base)) {
      const distance = Math.abs(other.page - candidate.page);
      // Eight pages either way: two-sided layouts and chapters of a few pages still repeat within it.
      if (distance > 8 || Math.abs(other.base - candidate.base) > 3) continue;
      if (other.key === candidate.key || sharesPart(candidate, other)) pagesWith.add(other.page);
    }
    if (pagesWith.size >= (isNumberOnly(candidate.key) ? 2 : least)) found.add(candidate.line);
  }
  // A place where at least half of the neighbouring pages have a running line is a place for running lines.
  const outer = candidates.filter((candidate) => candidate.rank === 0 && candidate.words <= 14);
  for (const candidate of outer) {
    if (found.has(candidate.line)) continue;
    const around = near(candidate.base).filter(
      (other) => Math.abs(other.page - candidate.page) <= 16 && Math.abs(other.base - candidate.base) <= 1.5,
    );
    const running = new Set(around.filter((other) => found.has(other.line)).map((other) => other.page));
    const pagesNear = pages.filter((page) => Math.abs(page.ordinal - candidate.page) <= 16).length;
    if (running.size >= 3 && running.size >= 0.4 * pagesNear) found.add(candidate.line);
  }
  return found;
}

function candidatesOf({ ordinal, height, text, blocks }: PageText): Candidate[] {
  const found: Candidate[] = [];
  const lines = blocks.flatMap((block) => block.lines.map((line) => ({ line, block })));
  const upright = lines.filter(({ block }) => block.angle === 0);
  const top = upright
    .filter(({ line }) => line.base < runningEdge * height)
    .sort((a, b) => a.line.base - b.line.base);
  const bottom = upright
    .filter(({ line }) => line.base > (1 - runningEdge) * height)
    .sort((a, b) => b.line.base - a.line.base);
  const turned = lines.filter(({ block }) => block.angle !== 0).slice(0, 8);
  for (const side of [top, bottom, turned]) {
    let rank = -1;
    let base = Number.NaN;
    for (const { line } of side) {
      if (!(Math.abs(line.base - base) < 3)) rank++;
      base = line.base;
      if (rank >= depth && side !== turned) break;
      // Headers have three parts at most; more cells are the head of a table that runs over pages.
      if (line.cells > 3) continue;
      const words = text.slice(line.start, line.end);
      const key = keyOf(words);
      const parts = key.split(' ');
      found.push({
        page: ordinal,
        line,
        key,
        head: parts.slice(0, partWords).join(' '),
        tail: parts.slice(-partWords).join(' '),
        base: line.base,
        x0: line.x0,
        words: words.split(/\s+/).length,
        rank,
      });
    }
  }
  return found;
}

/** The line without what changes from page to page: digits and Roman numerals. */
function keyOf(line: string): string {
  return line
    .toLowerCase()
    .replace(/\d+/g, '#')
    .replace(/^[ivxlc]+$|(?<=\s)[ivxlc]+$|^[ivxlc]+(?=\s)/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The outermost line of a page may name its chapter beside what all pages say: its beginning or its end repeats. */
function sharesPart(a: Candidate, b: Candidate): boolean {
  if (a.rank > 0 || b.rank > 0 || a.line.cells < 2 || b.line.cells < 2) return false;
  return a.head === b.head || a.tail === b.tail;
}

/** So many words at one end of a line are no accident. */
const partWords = 3;

function isNumberOnly(key: string): boolean {
  return /^(?:page |seite |p\. ?|[-–—([] ?)?#(?: ?(?:of|von|\/) ?#)?(?: ?[-–—)\]])?$/.test(key);
}

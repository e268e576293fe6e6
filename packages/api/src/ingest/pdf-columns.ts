import { areApart, beginTogether, goingLines } from './pdf-flows.ts';
import { median, rowsOf, type Chunk } from './pdf-lines.ts';

/** The two sides of a gutter: columns to be read one after the other, or notes in the margin at one side. */
export type Parting = {
  left: Chunk[];
  right: Chunk[];
  margin: 'left' | 'right' | undefined;
  /** The higher of two is cut first. */
  score: number;
  /** Left border of the right side. */
  edge: number;
};

/**
 * Parts what stands on either side of `edge`, the left border of the right side; undefined where it is read across. Less
 * is asked for where gutters are `known` elsewhere on the page, least where one of them is this.
 */
export function partingAt(edge: number, run: Chunk[], known: number[]): Parting | undefined {
  const left = run.filter((chunk) => chunk.x0 < edge - 1);
  const right = run.filter((chunk) => chunk.x0 >= edge - 1);
  const l = sideOf(left);
  const r = sideOf(right);
  if (!l || !r) return undefined;
  // Where the right side stands further right, another edge says so.
  if (r.left > edge + 3) return undefined;
  const gap = edge - l.right;
  if (gap < 0.4 * Math.min(l.size, r.size)) return undefined;
  const rows = Math.min(l.rows, r.rows);
  const tall = Math.min(l.bottom - l.top, r.bottom - r.top);
  const score = tall + gap;
  const clear = gap > 0.8 * Math.min(l.size, r.size);
  const comparable = l.width > 0.4 * r.width && r.width > 0.4 * l.width;
  if (
    comparable &&
    clear &&
    areApart(...neighbours(left, right, l, r), known.length > 0 ? 4 : 6, known.length > 0)
  )
    return { left, right, margin: undefined, score, edge };
  if (
    clear &&
    rows >= 6 &&
    known.some((x) => Math.abs(x - edge) < 3) &&
    !beginTogether(left, right) &&
    goingLines(right).size + goingLines(left).size > 1
  )
    return { left, right, margin: undefined, score, edge };
  if (rows >= 3 && l.dense && r.dense && besideFull(right, left, l) > 0.4 && besideFull(left, right, r) > 0.4)
    return hasSharedRows(left, right) || beginTogether(left, right)
      ? undefined
      : { left, right, margin: undefined, score, edge };
  const even = l.usual > 0.4 * r.usual && r.usual > 0.4 * l.usual;
  // Indexes: short lines of words that end in page numbers, in columns of one width.
  if (rows >= 8 && even && l.numbered > 0.4 && r.numbered > 0.4)
    return { left, right, margin: undefined, score, edge };
  // The rest of a text in the second column of its last page: little, but beside full lines of prose.
  const rest = l.dense && l.rows >= 4 && r.rows <= 4 && isRest(right) && besideFull(right, left, l) === 1;
  if (rest && clear && !beginTogether(left, right))
    return { left, right, margin: r.width > 0.5 * l.width ? undefined : 'right', score, edge };
  if (l.width < 0.5 * r.width && isText(r) && isMargin(left, right, l, r))
    return { left, right, margin: 'left', score, edge };
  if (r.width < 0.5 * l.width && isText(l) && isMargin(right, left, r, l))
    return { left, right, margin: 'right', score, edge };
  return undefined;

  /** Notes may also stand beside lists, tables and headings, if they keep to base lines of their own. */
  function isText(side: Side): boolean {
    return side.rows >= 4 && (side.dense || (clear && areApart(left, right, 3, false)));
  }
}

/** Whether these few lines may be the end of a text, and not a page number or what kind of thing the line beside them names. */
function isRest(chunks: Chunk[]): boolean {
  const last = chunks.reduce((a, b) => (b.base > a.base ? b : a));
  return (
    /[.!?]["'”’)\]]*$/u.test(last.words.at(-1)!.text) || median(chunks.map(({ words }) => words.length)) >= 3
  );
}

/** The columns on either side of a gutter, where one side holds two columns. */
function neighbours(left: Chunk[], right: Chunk[], l: Side, r: Side): [Chunk[], Chunk[]] {
  const [from, to] = [l.right - 1.1 * r.width, r.left + 1.1 * l.width];
  return [left.filter((chunk) => chunk.x1 > from), right.filter((chunk) => chunk.x0 < to)];
}

type Side = {
  left: number;
  rows: number;
  width: number;
  right: number;
  top: number;
  bottom: number;
  size: number;
  /** Width of its wide lines. */
  usual: number;
  /** Share of words with page numbers. */
  numbered: number;
  /** Share of chunks about as wide as the widest. */
  full: number;
  dense: boolean;
};

function sideOf(chunks: Chunk[]): Side | undefined {
  if (chunks.length === 0) return undefined;
  const rows = rowsOf(chunks);
  const left = Math.min(...chunks.map((chunk) => chunk.x0));
  const right = Math.max(...chunks.map((chunk) => chunk.x1));
  const width = right - left;
  // By chunks and not by rows: a side may hold two columns, while cells of a table are short or of different widths.
  const widths = chunks.map((chunk) => chunk.x1 - chunk.x0).sort((a, b) => a - b);
  const usual = widths[Math.floor(0.9 * (widths.length - 1))]!;
  const full = widths.filter((each) => each > 0.7 * usual).length / widths.length;
  const words = median(chunks.map((chunk) => chunk.words.length));
  return {
    rows: rows.length,
    left,
    width,
    right,
    top: Math.min(...chunks.map((chunk) => chunk.top)),
    bottom: Math.max(...chunks.map((chunk) => chunk.bottom)),
    size: median(chunks.map((chunk) => chunk.size)),
    usual,
    numbered: chunks.filter(isIndexEntry).length / chunks.length,
    full,
    // Lines of prose fill their column; cells of three words and more that do so five times in a row are rare.
    dense: words >= 4 ? full >= 0.5 : words >= 3 && full >= 0.6 && rows.length >= 5,
  };
}

/** Of the rows of one side that stand level with a line of the other: the share for which that line is a full one, not a cell. */
function besideFull(rows: Chunk[], other: Chunk[], { usual }: Side): number {
  let level = 0;
  let full = 0;
  const otherRows = rowsOf(other);
  for (const [chunk] of rowsOf(rows)) {
    const beside = otherRows.find((row) => Math.abs(row[0]!.base - chunk!.base) < 0.3 * chunk!.size);
    if (!beside) continue;
    level++;
    const near = beside.reduce((a, b) => (distance(b, chunk!) < distance(a, chunk!) ? b : a));
    if (near.x1 - near.x0 > 0.6 * usual) full++;
  }
  return level === 0 ? 1 : full / level;
}

function distance(a: Chunk, b: Chunk): number {
  return Math.max(a.x0 - b.x1, b.x0 - a.x1);
}

function isIndexEntry({ words }: Chunk): boolean {
  return words.length > 1 && /\p{L}/u.test(words[0]!.text) && /^\d{1,4}$/.test(words.at(-1)!.text);
}

/**
 * Whether two full columns are a table of sentences ("symptom, remedy"): white bands run across both at the same heights, and
 * between them both sides begin level. Paragraphs of two columns of prose end at different heights.
 */
function hasSharedRows(left: Chunk[], right: Chunk[]): boolean {
  const all = [...left, ...right].sort((a, b) => a.top - b.top);
  const steps = rowsOf(left).map(([chunk], i, rows) => chunk!.base - (rows[i - 1]?.[0]!.base ?? chunk!.base));
  const leading = median(steps.slice(1));
  const groups: Chunk[][] = [];
  let bottom = -Infinity;
  for (const chunk of all) {
    // Words of one line of usual leading overlap or nearly touch; a row's padding is what is left beyond that.
    if (chunk.top - bottom > 0.28 * Math.max(leading, chunk.size) || groups.length === 0) groups.push([]);
    groups.at(-1)!.push(chunk);
    bottom = Math.max(bottom, chunk.bottom);
  }
  const rightSide = new Set(right);
  const level = groups.filter((group) => {
    const tops = [group.filter((c) => !rightSide.has(c)), group.filter((c) => rightSide.has(c))].map((side) =>
      Math.min(...side.map((chunk) => chunk.base)),
    );
    return Math.abs(tops[0]! - tops[1]!) < 0.3 * group[0]!.size;
  });
  const lines = rowsOf(all).length;
  return (
    groups.length >= 3 &&
    level.length >= 0.75 * groups.length &&
    lines >= 1.3 * groups.length &&
    lines <= 10 * groups.length
  );
}

/**
 * Whether the narrow side holds notes in the margin, which stand anywhere, and not the first cells of a table or the terms of a
 * definition list, each of which stands level with a line of the wide side that begins something.
 */
function isMargin(narrow: Chunk[], wide: Chunk[], narrowSide: Side, wideSide: Side): boolean {
  const rows = rowsOf(wide);
  const own = rowsOf(narrow);
  const levelWith = (chunk: Chunk) =>
    rows.findIndex((row) => Math.abs(row[0]!.base - chunk.base) < 0.12 * chunk.size);
  const level = own.filter((row) => levelWith(row[0]!) !== -1).length;
  // Notes are set smaller or on lines of their own; cells share lines with the cells beside them.
  const wrapped = own.length >= 2 && narrowSide.full >= 0.5;
  const sameType = narrowSide.size > 0.92 * wideSide.size;
  if (sameType && level > (wrapped ? 0.7 : 0.5) * own.length) return false;
  const leading = median(rows.slice(1).map((row, i) => row[0]!.base - rows[i]![0]!.base));
  const right = Math.max(...wide.map((chunk) => chunk.x1));
  const left = Math.min(...wide.map((chunk) => chunk.x0));
  const blocks = own.filter((row, i) => {
    const before = own[i - 1];
    return !before || row[0]!.base - before[0]!.base > 1.35 * Math.max(row[0]!.size, before[0]!.size);
  });
  const beginning = blocks.filter(([chunk]) => {
    const at = levelWith(chunk!);
    const row = rows[at];
    const before = rows[at - 1];
    if (!row || !before) return row !== undefined;
    const end = Math.max(...before.map((other) => other.x1));
    return row[0]!.base - before[0]!.base > 1.2 * leading || end < right - 0.15 * (right - left);
  });
  return beginning.length < 0.7 * blocks.length;
}

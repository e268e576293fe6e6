import type { Chunk } from './pdf-lines.ts';

/** Part of a page that is read line by line; `margin` marks notes beside the text, which are no part of its sentences. */
export type Region = { chunks: Chunk[]; margin: boolean };

/**
 * Cuts a page into columns in reading order. A gutter is a vertical strip that no chunk crosses; it counts as one only where
 * both sides read as columns of their own. What crosses it (a heading over two columns, a wide figure) ends it above and below.
 */
export function regionsOf(chunks: Chunk[]): Region[] {
  return split(chunks, 0, pageHeight(chunks));
}

const maxDepth = 12;

function split(chunks: Chunk[], depth: number, height: number): Region[] {
  if (chunks.length === 0) return [];
  const gutter = depth < maxDepth ? bestGutter(chunks, height) : undefined;
  if (!gutter) return [{ chunks, margin: false }];
  const { left, right, above, below, margin } = gutter;
  const sides =
    margin === 'left'
      ? [...split(right, depth + 1, height), { chunks: left, margin: true }]
      : margin === 'right'
        ? [...split(left, depth + 1, height), { chunks: right, margin: true }]
        : [...split(left, depth + 1, height), ...split(right, depth + 1, height)];
  return [...split(above, depth + 1, height), ...sides, ...split(below, depth + 1, height)];
}

type Gutter = {
  left: Chunk[];
  right: Chunk[];
  above: Chunk[];
  below: Chunk[];
  margin: 'left' | 'right' | undefined;
  score: number;
};

function bestGutter(chunks: Chunk[], height: number): Gutter | undefined {
  const sorted = chunks.toSorted((a, b) => a.base - b.base);
  const large = 1.15 * median(chunks.map((chunk) => chunk.size));
  let best: Gutter | undefined;
  for (const edge of leftEdges(chunks)) {
    for (const gutter of guttersAt(edge, sorted, height, large))
      if (!best || gutter.score > best.score) best = gutter;
  }
  return best;
}

/** Places where several chunks begin, as candidates for the right border of a gutter. */
function leftEdges(chunks: Chunk[]): number[] {
  const starts = chunks.map((chunk) => chunk.x0).sort((a, b) => a - b);
  const edges: number[] = [];
  for (let i = 0; i < starts.length; ) {
    let end = i + 1;
    while (end < starts.length && starts[end]! - starts[i]! < 3) end++;
    if (end - i >= 2) edges.push(starts[i]!);
    i = end;
  }
  // The first is the left border of the text itself. More than 40 are cells of tables and labels of drawings.
  return edges.slice(1, 41);
}

function guttersAt(edge: number, sorted: Chunk[], height: number, large: number): Gutter[] {
  const found: Gutter[] = [];
  let run: Chunk[] = [];
  let from = 0;
  const flush = (to: number) => {
    const gutter = gutterOf(edge, run, height);
    if (gutter) found.push({ ...gutter, above: sorted.slice(0, from), below: sorted.slice(to) });
    run = [];
  };
  for (const [i, chunk] of sorted.entries()) {
    const crosses = chunk.x0 < edge - 1 && chunk.x1 > edge - 0.45 * chunk.size;
    if (crosses || (run.length > 0 && chunk.size >= large && isHeadingAcross(chunk, edge, sorted))) {
      flush(i);
      from = i + 1;
      if (!crosses) {
        run = [];
        from = i;
        run.push(chunk);
      }
    } else run.push(chunk);
  }
  flush(sorted.length);
  return found;
}

/** A large line at the left with nothing beside it, but text on the other side above and below: it heads both columns. */
function isHeadingAcross(chunk: Chunk, edge: number, sorted: Chunk[]): boolean {
  if (chunk.x0 >= edge) return false;
  const margin = 0.7 * chunk.size;
  let [above, beside, below] = [0, 0, 0];
  for (const other of sorted) {
    if (other.x0 < edge - 1) continue;
    if (other.bottom < chunk.top - margin) above++;
    else if (other.top > chunk.bottom + margin) below++;
    else beside++;
  }
  return above > 0 && below > 0 && beside === 0;
}

function gutterOf(edge: number, run: Chunk[], height: number): Omit<Gutter, 'above' | 'below'> | undefined {
  const left = run.filter((chunk) => chunk.x0 < edge - 1);
  const right = run.filter((chunk) => chunk.x0 >= edge - 1);
  const l = sideOf(left);
  const r = sideOf(right);
  if (!l || !r) return undefined;
  const gap = edge - l.right;
  if (gap < 0.4 * Math.min(l.size, r.size)) return undefined;
  const rows = Math.min(l.rows, r.rows);
  const tall = Math.min(l.bottom - l.top, r.bottom - r.top);
  const score = tall + gap;
  if (rows >= 3 && l.dense && r.dense) return { left, right, margin: undefined, score };
  // Indexes and lists of names: short lines, but columns of one width over much of the page.
  const even = l.width > 0.75 * r.width && r.width > 0.75 * l.width;
  if (rows >= 12 && even && tall > 0.4 * height && l.words >= 1.5 && r.words >= 1.5)
    return { left, right, margin: undefined, score };
  if (l.rows >= 2 && r.dense && r.rows >= 4 && l.width < 0.5 * r.width && !startsRows(left, right))
    return { left, right, margin: 'left', score };
  if (r.rows >= 2 && l.dense && l.rows >= 4 && r.width < 0.5 * l.width && !startsRows(right, left))
    return { left, right, margin: 'right', score };
  return undefined;
}

type Side = {
  rows: number;
  width: number;
  right: number;
  top: number;
  bottom: number;
  size: number;
  words: number;
  dense: boolean;
};

function sideOf(chunks: Chunk[]): Side | undefined {
  if (chunks.length === 0) return undefined;
  const rows = rowsOf(chunks);
  const left = Math.min(...chunks.map((chunk) => chunk.x0));
  const right = Math.max(...chunks.map((chunk) => chunk.x1));
  const width = right - left;
  // Of a row of several chunks only the filled part counts, so that a table does not pass for prose.
  const filled = rows.map((row) => row.reduce((sum, chunk) => sum + chunk.x1 - chunk.x0, 0) / width);
  const words = rows.map((row) => row.reduce((sum, chunk) => sum + chunk.words.length, 0));
  const full = filled.filter((part) => part > 0.7).length;
  return {
    rows: rows.length,
    width,
    right,
    top: Math.min(...chunks.map((chunk) => chunk.top)),
    bottom: Math.max(...chunks.map((chunk) => chunk.bottom)),
    size: median(chunks.map((chunk) => chunk.size)),
    words: median(words),
    dense: median(words) >= 4 && full >= 0.5 * rows.length,
  };
}

function rowsOf(chunks: Chunk[]): Chunk[][] {
  const rows: Chunk[][] = [];
  for (const chunk of chunks.toSorted((a, b) => a.base - b.base)) {
    const row = rows.at(-1);
    if (row && chunk.base - row[0]!.base < 0.3 * chunk.size) row.push(chunk);
    else rows.push([chunk]);
  }
  return rows;
}

/**
 * Whether the narrow side holds the first cells of a table or the terms of a definition list: then each of its blocks stands
 * level with a line of the wide side that begins something, while a note in the margin stands anywhere.
 */
function startsRows(narrow: Chunk[], wide: Chunk[]): boolean {
  const rows = rowsOf(wide);
  const leading = median(rows.slice(1).map((row, i) => row[0]!.base - rows[i]![0]!.base));
  const right = Math.max(...wide.map((chunk) => chunk.x1));
  const left = Math.min(...wide.map((chunk) => chunk.x0));
  const blocks = rowsOf(narrow).filter((row, i, all) => {
    const before = all[i - 1];
    return !before || row[0]!.base - before[0]!.base > 1.35 * Math.max(row[0]!.size, before[0]!.size);
  });
  const level = blocks.filter(([chunk]) => {
    const at = rows.findIndex((row) => Math.abs(row[0]!.base - chunk!.base) < 0.3 * chunk!.size);
    const row = rows[at];
    const before = rows[at - 1];
    if (!row) return false;
    if (!before) return true;
    const end = Math.max(...before.map((other) => other.x1));
    return row[0]!.base - before[0]!.base > 1.2 * leading || end < right - 0.15 * (right - left);
  });
  return level.length >= 0.7 * blocks.length;
}

function pageHeight(chunks: Chunk[]): number {
  let [top, bottom] = [Infinity, -Infinity];
  for (const chunk of chunks) {
    top = Math.min(top, chunk.top);
    bottom = Math.max(bottom, chunk.bottom);
  }
  return bottom - top;
}

/** The middle one of the values, 0 of none. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

import {
  crosses,
  endsAcross,
  gridsIn,
  isAcross,
  isHeadingAcross,
  runningRows,
  type Grid,
} from './pdf-bands.ts';
import { partingAt, type Parting } from './pdf-columns.ts';
import { median, rowsOf, type Chunk } from './pdf-lines.ts';

/** Part of a page that is read line by line; `margin` marks notes beside the text, which are no part of its sentences. */
export type Region = { chunks: Chunk[]; margin: boolean };

/**
 * Cuts a page into columns in reading order. A gutter is a vertical strip that no chunk crosses; it counts as one only where
 * both sides read as columns of their own. What crosses it (a heading over two columns, a wide figure) ends it above and below.
 */
export function regionsOf(chunks: Chunk[]): Region[] {
  return split(chunks, 0, new Set(runningRows(chunks)), []);
}

const maxDepth = 12;

function split(chunks: Chunk[], depth: number, running: Set<Chunk>, known: number[]): Region[] {
  if (chunks.length === 0) return [];
  const gutter = depth < maxDepth ? bestGutter(chunks, running, known) : undefined;
  if (!gutter) return [{ chunks, margin: false }];
  const { left, right, above, below, margin } = gutter;
  const on = margin ? known : [...known, gutter.edge];
  const sides =
    margin === 'left'
      ? [...split(right, depth + 1, running, on), { chunks: left, margin: true }]
      : margin === 'right'
        ? [...split(left, depth + 1, running, on), { chunks: right, margin: true }]
        : [...split(left, depth + 1, running, on), ...split(right, depth + 1, running, on)];
  return [...split(above, depth + 1, running, on), ...sides, ...split(below, depth + 1, running, on)];
}

type Gutter = Parting & { above: Chunk[]; below: Chunk[] };

function bestGutter(chunks: Chunk[], running: Set<Chunk>, known: number[]): Gutter | undefined {
  const rows = rowsOf(chunks);
  const large = 1.15 * median(chunks.map((chunk) => chunk.size));
  const tables = gridsIn(rows);
  let best: Gutter | undefined;
  for (const edge of leftEdges(chunks)) {
    for (const gutter of guttersAt(edge, rows, tables, running, known, large))
      if (!best || gutter.score > best.score) best = gutter;
  }
  return best;
}

/** Places where chunks begin, as candidates for the right border of a gutter; those where most begin, if there are many. */
function leftEdges(chunks: Chunk[]): number[] {
  const starts = chunks.map((chunk) => chunk.x0).sort((a, b) => a - b);
  const edges: { x: number; count: number }[] = [];
  for (let i = 0; i < starts.length; ) {
    let end = i + 1;
    while (end < starts.length && starts[end]! - starts[i]! < 3) end++;
    edges.push({ x: starts[i]!, count: end - i });
    i = end;
  }
  // The first is the left border of the text itself.
  return edges
    .slice(1)
    .sort((a, b) => b.count - a.count)
    .slice(0, 30)
    .map(({ x }) => x);
}

function guttersAt(
  edge: number,
  rows: Chunk[][],
  tables: Grid[],
  running: Set<Chunk>,
  known: number[],
  large: number,
): Gutter[] {
  const found: Gutter[] = [];
  let run: Chunk[] = [];
  let from = 0;
  const flush = (to: number) => {
    const gutter = partingAt(edge, run, known);
    if (gutter) found.push({ ...gutter, above: rows.slice(0, from).flat(), below: rows.slice(to).flat() });
    run = [];
  };
  for (const [i, row] of rows.entries()) {
    const across =
      running.has(row[0]!) ||
      tables.some((table) => i >= table.start && i < table.end && isAcross(table, rows, edge));
    const afterAcross = i > 0 && from === i && crosses(rows[i - 1]!, edge) && endsAcross(rows, i);
    if (across || afterAcross || crosses(row, edge)) {
      flush(i);
      from = i + 1;
      continue;
    }
    if (run.length > 0 && row.length === 1 && row[0]!.size >= large && isHeadingAcross(row[0]!, edge, rows)) {
      flush(i);
      from = i;
    }
    run.push(...row);
  }
  flush(rows.length);
  return found;
}

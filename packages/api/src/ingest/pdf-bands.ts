import { goingLines } from './pdf-flows.ts';
import { median, rowsOf, type Chunk } from './pdf-lines.ts';

/**
 * The first and the last row of a page where they stand far from the others: its running header and footer. They are no part of
 * the columns between them, even where no word of theirs stands over a gutter.
 */
export function runningRows(chunks: Chunk[]): Chunk[] {
  const rows = rowsOf(chunks);
  const usual = median(chunks.map((chunk) => chunk.size));
  const isRunning = (row: Chunk[] | undefined, next: Chunk[] | undefined) =>
    row &&
    next &&
    Math.abs(next[0]!.base - row[0]!.base) > 2.4 * usual &&
    row.every((chunk) => chunk.size < 1.1 * usual) &&
    (row.length > 1 || row[0]!.size < 0.95 * usual);
  return [
    ...(isRunning(rows[0], rows[1]) ? rows[0]! : []),
    ...(isRunning(rows.at(-1), rows.at(-2)) ? rows.at(-1)! : []),
  ];
}

/** Rows `[start, end)` of cells in three columns or more, by where their cells begin. */
export type Grid = { start: number; end: number };

/** Rows of cells that may run across columns. Where one of their own gaps lies over a gutter, nothing else tells them from the columns. */
export function gridsIn(rows: Chunk[][]): Grid[] {
  const grids: Grid[] = [];
  for (let start = 0; start < rows.length; start++) {
    const head = rows[start]!;
    if (head.length < 3) continue;
    const starts = head.map((chunk) => chunk.x0).sort((a, b) => a - b);
    let end = start + 1;
    let full = 1;
    for (let i = start + 1; i < rows.length && fitsGrid(rows[i]!, starts); i++) {
      // Lines of one cell go on a row; what stands below the last row is the column's.
      const step = rows[i]![0]!.base - rows[i - 1]![0]!.base;
      if (rows[i]!.length >= Math.max(3, starts.length - 1)) full++;
      else if (step > 1.4 * rows[i]![0]!.size) continue;
      end = i + 1;
    }
    if (full < 3) continue;
    grids.push({ start, end });
    start = end - 1;
  }
  return grids;
}

function fitsGrid(row: Chunk[], starts: number[]): boolean {
  return row.every((chunk) => {
    const at = starts.findIndex((x) => Math.abs(x - chunk.x0) < 0.3 * chunk.size);
    const next = starts[at + 1];
    return at !== -1 && (next === undefined || chunk.x1 < next);
  });
}

/** Whether a row has something on the gutter left of `edge`. */
export function crosses(row: Chunk[], edge: number): boolean {
  return row.some((chunk) => chunk.x0 < edge - 1 && chunk.x1 > edge - 0.45 * chunk.size);
}

/** Whether a row is the last line of a paragraph whose line before it ran across: alone, and closer to that than to what is below it. */
export function endsAcross(rows: Chunk[][], i: number): boolean {
  const [before, row, next] = [rows[i - 1]?.[0], rows[i]!, rows[i + 1]?.[0]];
  const [line] = row;
  if (!before || !line || row.length > 1 || Math.abs(line.x0 - before.x0) > 1) return false;
  const step = line.base - before.base;
  return step < 1.7 * line.size && (!next || next.base - line.base > 1.15 * step);
}

/** Whether a table stands on both sides of `edge`, with common rows, and parted from what columns there are above and below it. */
export function isAcross({ start, end }: Grid, rows: Chunk[][], edge: number): boolean {
  const isRight = (chunk: Chunk) => chunk.x0 >= edge - 1;
  const own = rows.slice(start, end);
  if (own.some((row) => crosses(row, edge))) return true;
  const common = own.filter((row) => row.some(isRight) && !row.every(isRight));
  if (common.length < 3 || common.length < 0.5 * own.length) return false;
  // Prose whose lines happen to stand level with the rows of a table in the next column runs on from one to the next.
  const going = [isRight, (chunk: Chunk) => !isRight(chunk)].map((isOwn) =>
    goingLines(own.flat().filter(isOwn)),
  );
  const most = Math.max(
    ...going.map((bases) => common.filter((row) => row.some(({ base }) => bases.has(base))).length),
  );
  if (most > 0.25 * common.length) return false;
  const near = (row: Chunk[], other: Chunk[]) => Math.abs(row[0]!.base - other[0]!.base) < 1.9 * row[0]!.size;
  // Above, only its title may stand close.
  const above = rows.slice(0, start).filter((row) => near(row, own[0]!));
  if (above.some((row) => row.length > 1 || row.some(isRight))) return false;
  return !rows.slice(end).some((row) => near(row, own.at(-1)!));
}

/** A large line at the left with nothing beside it, but text on the other side above and below: it heads both columns. */
export function isHeadingAcross(chunk: Chunk, edge: number, rows: Chunk[][]): boolean {
  if (chunk.x0 >= edge) return false;
  const margin = 0.7 * chunk.size;
  let [above, beside, below] = [0, 0, 0];
  for (const other of rows.flat()) {
    if (other.x0 < edge - 1) continue;
    if (other.bottom < chunk.top - margin) above++;
    else if (other.top > chunk.bottom + margin) below++;
    else beside++;
  }
  return above > 0 && below > 0 && beside === 0;
}

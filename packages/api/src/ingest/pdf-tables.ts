import { lineOf, listMarker, type Chunk, type Line } from './pdf-lines.ts';

/** The lines of one cell, top to bottom. */
export type Cell = Line[];
/** Lines `[start, end)` of a region that form a table, and its rows cell by cell. */
export type Table = { start: number; end: number; rows: Cell[][] };

type Column = { x0: number; x1: number };

/** Finds tables by cells that stand below one another; rulings are not needed. */
export function tablesIn(lines: Line[]): Table[] {
  const tables: Table[] = [];
  for (let start = 0; start < lines.length; ) {
    const free = tables.at(-1)?.end ?? 0;
    const table = hasCells(lines[start]!) ? tableAt(lines, start, free) : undefined;
    if (table) tables.push(withTitle(table, lines, free));
    start = table ? table.end : start + 1;
  }
  return tables;
}

/** Takes in a short line centred close above a table: its title, without the word. */
function withTitle(table: Table, lines: Line[], from: number): Table {
  const at = table.start - 1;
  const title = lines[at];
  if (!title || at < from || title.chunks.length > 1 || title.words.length > 12) return table;
  const own = lines.slice(table.start, table.end);
  const left = Math.min(...own.map((line) => line.x0));
  const right = Math.max(...own.map((line) => line.x1));
  const off = Math.abs(title.x0 + title.x1 - left - right) / 2;
  const close = own[0]!.base - title.base < 1.9 * title.size;
  const before = lines[at - 1];
  const alone = !before || title.base - before.base > 1.6 * title.size;
  const centred = off < 0.1 * (right - left) && title.x0 > left + title.size && title.x1 < right - title.size;
  return close && alone && centred ? { ...table, start: at, rows: [[[title]], ...table.rows] } : table;
}

function hasCells(line: Line): boolean {
  if (line.chunks.length < 2 || line.mono) return false;
  if (line.chunks.length === 2 && listMarker.test(line.words[0]!.text) && line.cells[1] === 1) return false;
  return !isContentsLine(line);
}

/** A line of a table of contents: leaders of dots before a page number. */
export function isContentsLine(line: Line): boolean {
  if (!pageNumber.test(line.words.at(-1)!.text)) return false;
  let dots = 0;
  for (const word of line.words) dots += /[.·…]*$/.exec(word.text)?.[0].length ?? 0;
  return dots >= 4;
}

/** Whether most lines of a region end in a page number set apart at the right: a table of contents, with or without leaders. */
export function isContents(lines: Line[]): boolean {
  const right = Math.max(...lines.map((line) => line.x1));
  const entries = lines.filter((line) => {
    const number = line.words.at(-1)!;
    const before = line.words.at(-2);
    if (!before || !pageNumber.test(number.text) || number.x1 < right - line.size) return false;
    return isContentsLine(line) || (number.x0 - before.x1 > 1.5 * line.size && /\p{L}/u.test(before.text));
  });
  return entries.length >= 5 && entries.length > 0.6 * lines.length;
}

const pageNumber = /^(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]-\d{1,3})$/;

function tableAt(lines: Line[], start: number, free: number): Table | undefined {
  const first = lines[start]!;
  const columns: Column[] = first.chunks.map(({ x0, x1 }) => ({ x0, x1 }));
  let end = start + 1;
  let full = 1;
  let aligned = 0;
  for (let i = start + 1; i < lines.length; i++) {
    const line = lines[i]!;
    const before = lines[i - 1]!;
    if (line.top - before.bottom > 1.9 * line.size || line.mono) break;
    if (Math.abs(line.size - first.size) > 0.35 * first.size) break;
    if (line.chunks.length > 1) {
      const hits = line.chunks.filter((chunk) => columns.some((column) => isAligned(chunk, column))).length;
      if (hits < 2 && hits < 0.5 * line.chunks.length) break;
      if (hits >= 2) aligned++;
      widen(columns, line.chunks);
      full++;
      end = i + 1;
    } else if (isStray(line, columns)) {
      if (lines[i + 1] && hasCells(lines[i + 1]!)) continue;
      end = i + 1;
    } else if (!continuesCell(line, before, columns, lines[i + 1])) break;
    else if (line.x0 > columns[0]!.x1) end = i + 1;
  }
  if (full < 2 || aligned < (columns.length > 2 ? 1 : 2)) return undefined;
  if (!hasGutter(lines.slice(start, end))) return undefined;
  // A first row that begins with a dash or a star looked like an item of a list.
  let from = start;
  for (let i = start - 1; i >= free && isRowAbove(lines[i]!, lines[from]!, columns); i--) from = i;
  return { start: from, end, rows: rowsOf(lines.slice(from, end), columns) };
}

function isRowAbove(line: Line, below: Line, columns: Column[]): boolean {
  return (
    line.chunks.length > 1 &&
    !line.mono &&
    below.top - line.bottom < 1.2 * line.size &&
    line.chunks.every((chunk) => columns.some((column) => isAligned(chunk, column)))
  );
}

/** Whether a white strip runs down between cells. The wide gaps of justified lines stand now here, now there. */
function hasGutter(lines: Line[]): boolean {
  const rows = lines.filter((line) => line.chunks.length > 1);
  const gaps = rows.flatMap(({ chunks, size }) =>
    chunks.slice(1).map((chunk, i) => ({ from: chunks[i]!.x1, to: chunk.x0, size })),
  );
  return gaps.some(({ from, to, size }) => {
    const middle = (from + to) / 2;
    for (const x of [from + 0.3 * size, middle, to - 0.3 * size]) {
      const crossing = rows.filter(({ chunks }) =>
        chunks.some((chunk) => chunk.x0 < x + 0.25 * size && chunk.x1 > x - 0.25 * size),
      ).length;
      if (crossing <= 0.15 * rows.length) return true;
    }
    return false;
  });
}

function isAligned(chunk: Chunk, column: Column): boolean {
  const slack = 0.6 * chunk.size;
  return (
    Math.abs(chunk.x0 - column.x0) < slack ||
    Math.abs(chunk.x1 - column.x1) < slack ||
    Math.abs(chunk.x0 + chunk.x1 - column.x0 - column.x1) < 2 * slack
  );
}

/** Takes the chunks of a further row into the columns they stand in, unless one spans several. */
function widen(columns: Column[], chunks: Chunk[]): void {
  for (const chunk of chunks) {
    const over = columns.filter((column) => column.x0 < chunk.x1 && column.x1 > chunk.x0);
    const only = over[0];
    if (over.length > 1) continue;
    if (only) {
      only.x0 = Math.min(only.x0, chunk.x0);
      only.x1 = Math.max(only.x1, chunk.x1);
    } else columns.push({ x0: chunk.x0, x1: chunk.x1 });
  }
  columns.sort((a, b) => a.x0 - b.x0);
}

/** A limit of a sum, a root, an index: too little to be a line of its own, within the table. */
function isStray(line: Line, columns: Column[]): boolean {
  const letters = line.words.reduce((sum, word) => sum + word.text.length, 0);
  return letters <= 4 && line.x0 > columns[0]!.x1 && line.x1 < columns.at(-1)!.x1;
}

/** Whether a line of one chunk is the next line of a cell: it stands in its column and close below. */
function continuesCell(line: Line, before: Line, columns: Column[], next: Line | undefined): boolean {
  const chunk = line.chunks[0]!;
  if (line.chunks.length > 1 || line.top - before.bottom > 0.7 * line.size) return false;
  const at = columns.findIndex((column) => Math.abs(column.x0 - chunk.x0) < 0.8 * chunk.size);
  const after = columns[at + 1];
  if (at === -1 || (after && chunk.x1 > after.x0)) return false;
  if (at > 0) return true;
  return next !== undefined && hasCells(next) && next.chunks.some((other) => isAligned(other, columns[0]!));
}

function rowsOf(lines: Line[], columns: Column[]): Cell[][] {
  const rows: Cell[][] = [];
  const spaced = rowSpacing(lines.filter((line) => !isStray(line, columns)));
  let before: Line | undefined;
  for (const line of lines) {
    const cells = line.chunks.map((chunk) => ({ chunk, column: columnOf(chunk, columns) }));
    const step = before ? line.base - before.base : Infinity;
    const begins =
      spaced !== undefined
        ? step > spaced
        : cells.some(({ column }) => column === 0) || step > 1.8 * line.size;
    const stray = before !== undefined && isStray(line, columns);
    if (begins && !stray) rows.push(columns.map(() => []));
    const row = rows.at(-1)!;
    for (const { chunk, column } of cells) row[column]!.push(lineOf([chunk]));
    if (!stray) before = line;
  }
  return rows.map((row) => row.filter((cell) => cell.length > 0));
}

/** The distance of lines above which a new row begins, if rows are set further apart than the lines of a cell. */
function rowSpacing(lines: Line[]): number | undefined {
  const steps = lines
    .slice(1)
    .map((line, i) => ({ step: line.base - lines[i]!.base, cells: line.chunks.length }));
  if (steps.length < 4) return undefined;
  const sorted = steps.map(({ step }) => step).sort((a, b) => a - b);
  // Of the closest quarter the lower middle: in a short table the lines of one cell may be all there is.
  const limit = 1.25 * sorted[(Math.ceil(sorted.length / 4) - 1) >> 1]!;
  const wide = steps.filter(({ step }) => step > limit);
  const close = steps.filter(({ step }) => step <= limit);
  if (Math.min(wide.length, close.length) < 0.2 * steps.length) return undefined;
  // The further lines of a row seldom fill all its cells.
  const mean = (some: { cells: number }[]) => some.reduce((sum, { cells }) => sum + cells, 0) / some.length;
  return mean(close) < mean(wide) - 0.3 ? limit : undefined;
}

function columnOf(chunk: Chunk, columns: Column[]): number {
  let best = 0;
  let overlap = -Infinity;
  for (const [i, column] of columns.entries()) {
    const shared = Math.min(chunk.x1, column.x1) - Math.max(chunk.x0, column.x0);
    if (shared > overlap) [best, overlap] = [i, shared];
  }
  return best;
}

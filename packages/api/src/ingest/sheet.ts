import { sentences } from '../text/sentences.ts';
import { fragmentsOf, type Piece } from './fragments.ts';
import { oneLine, textBudget } from './office-blocks.ts';
import { type FragmentDraft, type ReaderTools, type Unit, Unreadable } from './reading.ts';

/** A filled cell. `value`: a number, date or truth, which no column is named by. */
export type Cell = { column: number; text: string; value: boolean; bold?: boolean };
/** Rows count from 1; empty ones and empty cells are left out. */
export type Row = { row: number; cells: Cell[] };
/** `styled`: whether anything is known of how its cells look. */
export type Sheet = { name: string; rows: Row[]; styled: boolean };

/** Filled cells of a whole document: 400,000 with words in them took 578 MB at most, of 600 that a reader may take. */
export const maxCells = 300_000;

/** Counts cells and their text, and refuses what is more than can be read. */
export function cellBudget(limits: ReaderTools['limits']): (text: string) => void {
  const takeText = textBudget(limits);
  let left = maxCells;
  return (text) => {
    takeText(text);
    if (--left < 0)
      throw new Unreadable(
        `This file has more than ${maxCells.toLocaleString('en')} filled cells; that is more than can be read. Split it.`,
      );
  };
}

/** A unit is one message and one row of the database; longer sheets are several of them, cut between rows. */
const unitLength = 500_000;

/** Reads sheets: units with the place of each cell, and fragments under the name of their sheet. */
export async function readSheets(
  sheets: AsyncIterable<Sheet>,
  { onUnit, named }: Pick<ReaderTools, 'onUnit'> & { named: boolean },
): Promise<FragmentDraft[]> {
  const found: FragmentDraft[] = [];
  let units = 0;
  for await (const sheet of sheets) {
    const { pieces, written } = writeSheet(sheet, units + 1);
    for (const unit of written) await onUnit(unit);
    units += written.length;
    const texts = new Map(written.map((unit) => [unit.ordinal, unit.text]));
    const drafts = fragmentsOf(pieces, ({ unit, start, end }) => (texts.get(unit) ?? '').slice(start, end));
    for (const draft of drafts) {
      const heading = named ? [sheet.name, draft.heading].filter(Boolean).join(' › ') : draft.heading;
      found.push({ ...draft, heading, ordinal: found.length + 1 });
    }
  }
  return found;
}

/** A row as it stands in its unit: `start` at its first filled cell; `ended` where a line feed stands behind it. */
type Line = { unit: number; start: number; end: number; text: string; row: Row; ended: boolean };

/** The units of a sheet, the first of them with this ordinal, and what stands in them. */
export function writeSheet(sheet: Sheet, ordinal: number): { written: Unit[]; pieces: Piece[] } {
  const written: Unit[] = [];
  const pieces: Piece[] = [];
  let page = pageOf(sheet.name);
  const turn = () => {
    if (page.length() > 0) written.push({ ordinal: ordinal + written.length, ...page.finish() });
    page = pageOf(sheet.name);
  };
  let above: Head | undefined;
  for (const block of blocksOf(sheet.rows)) {
    const columns = columnsOf(block);
    const lines = block.map((row, i): Line => {
      if (page.length() > unitLength) turn();
      return { ...page.row(row, columns, i === 0), unit: ordinal + written.length, row, ended: false };
    });
    for (const [i, line] of lines.entries()) line.ended = lines[i + 1]?.unit === line.unit;
    const shape = shapeOf(lines, sheet.styled, above);
    above = shape.head ?? above;
    pieces.push(...piecesOf(shape));
  }
  turn();
  return { written, pieces };
}

function pageOf(sheet: string) {
  let text = '';
  const starts: number[] = [];
  const ends: number[] = [];
  const cells: number[] = [];
  return {
    length: () => text.length,
    row(row: Row, columns: ReadonlyMap<number, number> | undefined, first: boolean) {
      let before = text === '' ? '' : first ? '\n\n' : '\n';
      let own = '';
      let at = 0;
      const start = () => text.length + before.length;
      for (const [i, cell] of row.cells.entries()) {
        // A tab for each empty cell between, so that what stands below one another stays in its column.
        const place = columns?.get(cell.column) ?? (i === 0 ? 0 : at + 1);
        const tabs = '\t'.repeat(Math.max(0, place - at));
        if (i === 0) before += tabs;
        else own += tabs;
        at = place;
        starts.push(start() + own.length);
        own += cell.text;
        ends.push(start() + own.length);
        cells.push(row.row, cell.column);
      }
      const from = start();
      // Only added to: a look into it would copy all of it, for each row.
      text += before + own;
      return { start: from, end: text.length, text: own };
    },
    finish: (): Omit<Unit, 'ordinal'> => ({
      text,
      places: {
        kind: 'cells',
        sheet,
        starts: Uint32Array.from(starts),
        ends: Uint32Array.from(ends),
        cells: Uint32Array.from(cells),
      },
    }),
  };
}

/** Rows that follow one another without an empty one between. */
function* blocksOf(rows: readonly Row[]): Generator<Row[]> {
  let block: Row[] = [];
  for (const row of rows) {
    const last = block.at(-1);
    if (last && row.row > last.row + 1) {
      yield block;
      block = [];
    }
    block.push(row);
  }
  if (block.length > 0) yield block;
}

/** The columns with anything in them, by what comes first; undefined where keeping empty cells would make much of nothing. */
function columnsOf(block: readonly Row[]): Map<number, number> | undefined {
  const used = new Set<number>();
  let filled = 0;
  for (const { cells } of block) {
    filled += cells.length;
    for (const { column } of cells) used.add(column);
  }
  if (used.size * block.length > 4 * filled + 100) return undefined;
  return new Map([...used].sort((a, b) => a - b).map((column, place) => [column, place]));
}

/** The row that names columns. */
type Head = { line: Line; first: number; last: number };
type Shape = { titles: Line[]; head: Head | undefined; rows: Line[] };

const most = { titleWords: 14, titleRows: 3 };

/** What a block is: titles over it, the row that names its columns (or that of the block before, which it goes on), and rows. */
function shapeOf(lines: readonly Line[], styled: boolean, above: Head | undefined): Shape {
  let titles = 0;
  while (titles < most.titleRows && lines[titles] && isTitle(lines[titles]!)) titles++;
  const [first, ...others] = lines.slice(titles);
  const rows = lines.slice(titles);
  const none = { titles: lines.slice(0, titles), head: undefined, rows };
  if (!first) return none;
  if (others.length > 0 && namesColumns(first, others[0]!, styled))
    return { ...none, head: headOf(first), rows: others };
  const goesOn =
    above !== undefined &&
    titles === 0 &&
    rows.every(({ row }) => row.cells[0]!.column >= above.first && row.cells.at(-1)!.column <= above.last) &&
    first.row.cells.length > 1;
  return goesOn ? { ...none, head: above } : none;
}

const isTitle = ({ row, text }: Line) =>
  row.cells.length === 1 &&
  !row.cells[0]!.value &&
  !/[.:;!?]$/.test(text) &&
  text.split(' ').length <= most.titleWords;

/** More than one name and no value, unless all are bold above what is not; of two columns only so, where that is known. */
function namesColumns({ row }: Line, { row: below }: Line, styled: boolean): boolean {
  const { cells } = row;
  if (cells.length < 2 || cells.some(({ text }) => text.length > 80)) return false;
  if (cells.every((cell) => cell.bold) && !below.cells.every((cell) => cell.bold)) return true;
  return !cells.some((cell) => cell.value) && (cells.length > 2 || !styled);
}

const headOf = (line: Line): Head => ({
  line,
  first: line.row.cells[0]!.column,
  last: line.row.cells.at(-1)!.column,
});

function piecesOf({ titles, head, rows }: Shape): Piece[] {
  // Above a table it is its title, alone the heading of what comes.
  const over = titles.map(
    (line): Piece =>
      rows.length === 0
        ? { ...pieceOf('heading', [line]), level: 1 }
        : pieceOf(head ? 'caption' : 'prose', [line]),
  );
  if (rows.length === 0) return over;
  if (head) return [...over, { ...pieceOf('table', [head.line, ...rows]), head: 1 }];
  // Without names of columns every row may be what is asked for, the first too.
  return [...over, ...rows.map((line) => pieceOf('prose', [line]))];
}

const follows = (line: Line | undefined, next: Line) =>
  line?.unit === next.unit && next.row.row === line.row.row + 1;

/** Rows as one piece; those that stand behind one another are one range. */
function pieceOf(kind: Piece['kind'], lines: readonly Line[]): Piece {
  const ranges: Piece['ranges'] = [];
  const segments: Piece['segments'] = [];
  let text = '';
  for (const [i, line] of lines.entries()) {
    const { unit, start, end } = line;
    const before = lines[i - 1];
    const last = ranges.at(-1);
    if (last && follows(before, line)) {
      // What stands between: a line feed, and a tab for each empty cell before the first.
      text += `\n${'\t'.repeat(start - last.end - 1)}`;
      last.end = end;
    } else {
      if (last) text += ' ';
      ranges.push({ unit, start, end });
    }
    if (kind === 'prose' && line.row.cells.length === 1)
      for (const [from, to] of sentences(line.text)) segments.push([text.length + from, text.length + to]);
    else segments.push([text.length, text.length + line.text.length]);
    text += line.text;
    const next = lines[i + 1];
    // Rows from elsewhere do not go on in its line.
    if (next && !follows(line, next) && line.ended) {
      text += '\n';
      ranges.at(-1)!.end++;
    }
  }
  return { kind, text, ranges, segments };
}

/** A cell, if there is anything in it. */
export function cellOf(
  column: number,
  raw: string,
  take: (text: string) => void,
  more: { value?: boolean; bold?: boolean; isOneLine?: boolean } = {},
): Cell | undefined {
  const text = more.isOneLine ? raw : oneLine(raw);
  if (text === '') return undefined;
  take(text);
  return { column, text, value: more.value ?? isValue(text), bold: more.bold ?? false };
}

/** Whether a text is a number or date, perhaps with a unit: of files that do not say what is one. */
export const isValue = (text: string): boolean =>
  /^[-+±<>≤≥~]?\s*[\d.,]*\d[\d.,:/-]*(?:\s*[%°]\S{0,3}|\s+\S{1,6})?$/.test(text);

/** Rows that a cell takes the place of others in. */
export type Merge = { column: number; first: number; last: number };

const fill = { rows: 1_000, cells: 200_000 };

/** Gives each row of a cell merged over several its text: a row of a table then says what it is about. */
export function fillDown(rows: readonly Row[], merges: readonly Merge[], take: (text: string) => void): void {
  if (merges.length === 0) return;
  const byRow = new Map(rows.map((row) => [row.row, row.cells]));
  let left = fill.cells;
  for (const { column, first, last } of merges) {
    const cell = byRow.get(first)?.find((each) => each.column === column);
    if (!cell || last - first > fill.rows) continue;
    for (let row = first + 1; row <= last && left > 0; row++, left--) {
      const cells = byRow.get(row);
      const at = cells?.findIndex((each) => each.column >= column) ?? -1;
      if (!cells || cells[at]?.column === column) continue;
      take(cell.text);
      cells.splice(at === -1 ? cells.length : at, 0, cell);
    }
  }
}

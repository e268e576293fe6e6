import { format, getFormatFromId, isDateFormat } from 'numfmt';
import type { Archive } from './office-archive.ts';
import { oneLine, textBudget } from './office-blocks.ts';
import { type Element, readTree, readXml, relationsOf, within } from './office-xml.ts';
import { type ReaderTools, Unreadable } from './reading.ts';
import { cellBudget, cellOf, type Cell, fillDown, type Merge, type Row, type Sheet } from './sheet.ts';

/** The visible sheets of a workbook, in its order, cells as they are shown; a formula is its value when the file was saved. */
export async function* sheetsOfXlsx(
  archive: Archive,
  workbook: string,
  { limits, onProgress }: Pick<ReaderTools, 'limits' | 'onProgress'>,
): AsyncGenerator<Sheet> {
  const root = await readTree(archive.chunks(workbook));
  const relations = await relationsOf(archive, workbook);
  const partOf = (kind: string) => [...relations.values()].find((relation) => relation.kind === kind)?.target;
  const epoch1904 = within(root, 'workbookPr').some(({ attributes }) =>
    /^(?:1|true)$/.test(attributes['date1904'] ?? ''),
  );
  const strings = await sharedStrings(archive, partOf('sharedStrings'), limits);
  const styles = stylesOf(await readTree(archive.chunks(partOf('styles') ?? '')));
  const take = cellBudget(limits);
  const sheets = within(root, 'sheets', 'sheet').flatMap(({ attributes: { name, state, 'r:id': id } }) => {
    const relation = relations.get(id ?? '');
    return (state ?? 'visible') === 'visible' && relation?.kind === 'worksheet'
      ? [{ name: name ?? '', part: relation.target }]
      : [];
  });
  onProgress(0, sheets.length);
  for (const [i, { name, part }] of sheets.entries()) {
    const rows = await rowsOf(archive.chunks(part), { strings, styles, epoch1904, take });
    yield { name, rows, styled: true };
    onProgress(i + 1, sheets.length);
  }
}

type Styles = { pattern: string; bold: boolean }[];

/** How cells look, by the number they name it with. */
function stylesOf(root: Element | undefined): Styles {
  const patterns = new Map(
    within(root, 'numFmts', 'numFmt').map(({ attributes }) => [
      Number(attributes['numFmtId']),
      attributes['formatCode'] ?? 'General',
    ]),
  );
  const bold = within(root, 'fonts', 'font').map((font) =>
    within(font, 'b').some(({ attributes }) => !/^(?:0|false)$/.test(attributes['val'] ?? '')),
  );
  return within(root, 'cellXfs', 'xf').map(({ attributes }) => {
    const id = Number(attributes['numFmtId'] ?? 0);
    return {
      pattern: patterns.get(id) ?? systemDate[id] ?? getFormatFromId(id) ?? 'General',
      bold: bold[Number(attributes['fontId'] ?? 0)] ?? false,
    };
  });
}

/** Dates that every computer shows in its own order are written in the one that cannot be misread. */
const systemDate: Record<number, string> = { 14: 'yyyy-mm-dd', 22: 'yyyy-mm-dd hh:mm' };

/** A character Excel writes by its number. */
const escaped = /_x([\dA-F]{4})_/gi;
const unescaped = (text: string) =>
  text.replace(escaped, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

async function sharedStrings(
  archive: Archive,
  part: string | undefined,
  limits: ReaderTools['limits'],
): Promise<string[]> {
  const strings: string[] = [];
  const take = textBudget(limits);
  let text = '';
  let inText = false;
  let phonetic = 0;
  if (part === undefined) return strings;
  await readXml(archive.chunks(part), {
    open(name) {
      if (name === 'si') text = '';
      if (name === 'rPh') phonetic++;
      inText = name === 't' && phonetic === 0;
    },
    text(more) {
      if (inText) text += more;
    },
    close(name) {
      inText = false;
      if (name === 'rPh') phonetic--;
      if (name !== 'si') return;
      // An empty string takes memory, too.
      take(`${text} `);
      // Once, not for each cell that shows it.
      strings.push(oneLine(unescaped(text)));
    },
  });
  return strings;
}

type Book = { strings: string[]; styles: Styles; epoch1904: boolean; take: (text: string) => void };

async function rowsOf(chunks: AsyncIterable<Uint8Array>, book: Book): Promise<Row[]> {
  const rows: Row[] = [];
  const merges: Merge[] = [];
  let row = 0;
  let column = 0;
  let cells: Cell[] = [];
  let cell = { type: 'n', style: 0 };
  let inside: 'v' | 't' | undefined;
  let phonetic = 0;
  let raw = '';
  await readXml(chunks, {
    open(name, attributes) {
      if (name === 'row') {
        row = ascending(row, Number(attributes['r'] ?? row + 1), 1_048_576);
        column = 0;
        cells = [];
      } else if (name === 'c') {
        const own = attributes['r'];
        column = ascending(column, own === undefined ? column + 1 : columnOf(own), 16_384);
        cell = { type: attributes['t'] ?? 'n', style: Number(attributes['s'] ?? 0) };
        raw = '';
      } else if (name === 'v' || name === 't') inside = name;
      else if (name === 'rPh') phonetic++;
      else if (name === 'mergeCell') merges.push(...mergeOf(attributes['ref'] ?? ''));
    },
    text(more) {
      if (inside && phonetic === 0) raw += more;
    },
    close(name) {
      inside = undefined;
      if (name === 'rPh') phonetic--;
      if (name === 'c' && raw !== '') {
        const style = book.styles[cell.style];
        const found = cellOf(column, shown(raw, cell.type, style?.pattern ?? 'General', book), book.take, {
          ...(cell.type === 'n' || cell.type === 'd' || cell.type === 'b' ? { value: true } : {}),
          bold: style?.bold ?? false,
          isOneLine: cell.type === 's',
        });
        if (found) cells.push(found);
      }
      if (name === 'row' && cells.length > 0) rows.push({ row, cells });
    },
  });
  fillDown(rows, merges, book.take);
  return rows;
}

function ascending(before: number, next: number, most: number): number {
  if (Number.isInteger(next) && next > before && next <= most) return next;
  throw new Unreadable('This file is damaged: the cells of a sheet are out of order.');
}

function mergeOf(reference: string): Merge[] {
  const found = /^\$?[A-Z]{1,3}\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})$/i.exec(reference);
  return found ? [{ column: columnOf(reference), first: Number(found[1]), last: Number(found[2]) }] : [];
}

/** The column of `BC7`, from 1. */
export function columnOf(reference: string): number {
  let column = 0;
  for (const letter of /^\$?([A-Z]{1,3})\$?\d/i.exec(reference)?.[1]?.toUpperCase() ?? '')
    column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
}

/** What a cell shows. */
function shown(raw: string, type: string, pattern: string, book: Book): string {
  switch (type) {
    case 's':
      return book.strings[Number(raw)] ?? '';
    case 'b':
      return raw.trim() === '1' ? 'TRUE' : 'FALSE';
    case 'n':
      return shownNumber(Number(raw), pattern, book.epoch1904) ?? raw;
    case 'inlineStr':
    case 'str':
      return unescaped(raw);
    // Errors, and dates as text.
    default:
      return raw;
  }
}

function shownNumber(value: number, pattern: string, epoch1904: boolean): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  try {
    const days = epoch1904 && isDateFormat(pattern) ? 1462 : 0;
    return format(pattern, value + days, { dateErrorNumber: true });
  } catch {
    // A pattern that cannot be read: the number itself.
    return undefined;
  }
}

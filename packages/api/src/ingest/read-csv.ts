import { CsvError, parse } from 'csv-parse/sync';
import { decode } from './read-note.ts';
import { type ReaderTools, Unreadable } from './reading.ts';
import { cellBudget, cellOf, type Sheet } from './sheet.ts';

/** The table of a CSV or TSV file, whose rows and columns count as a spreadsheet counts them. */
export function sheetOfCsv(
  bytes: Uint8Array,
  { filename, mediaType, limits }: Pick<ReaderTools, 'filename' | 'mediaType' | 'limits'>,
): Sheet {
  // UTF-16 takes at most twice the bytes of UTF-8: what is larger still need not be decoded.
  if (bytes.length > 2 * limits.textBytes)
    throw new Unreadable(
      `This table holds more than ${Math.round(limits.textBytes / 2 ** 20)} MB of text; that is more than can be read. Split it.`,
    );
  const text = decode(bytes).replace(/^\uFEFF/, '');
  const tabs = mediaType === 'text/tab-separated-values' || /\.tsv$/i.test(filename);
  const take = cellBudget(limits);
  const rows: Sheet['rows'] = [];
  let row = 0;
  try {
    parse(text, {
      delimiter: tabs ? '\t' : delimiterOf(text),
      relax_column_count: true,
      relax_quotes: true,
      max_record_size: 2 ** 20,
      on_record: (record: string[]) => {
        row++;
        const cells = record.flatMap((raw, i) => cellOf(i + 1, raw, take) ?? []);
        if (cells.length > 0) rows.push({ row, cells });
        // Nothing is kept of what was taken.
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? ` near line ${error['lines']}` : '';
    const reason =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quotation mark is opened and never closed'
        : error.code === 'CSV_MAX_RECORD_SIZE'
          ? 'a single row holds more than 1 MB'
          : 'its rows cannot be told apart';
    throw new Unreadable(`This table cannot be read${line}: ${reason}.`, { cause: error });
  }
  return { name: filename.replace(/^.*[/\\]/, '').replace(/\.\w{1,8}$/, '') || 'table', rows, styled: false };
}

/** A comma comes last: where another sign parts the columns, commas are those of decimals. */
const delimiters = ['\t', ';', '|', ','];

/** The first sign that stands equally often in most of the first lines, quoted text left out. */
function delimiterOf(text: string): string {
  const lines = text
    .slice(0, 64 * 1024)
    .replace(/"(?:[^"]|"")*"/g, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(0, 20);
  const fits = (sign: string) => {
    const counts = lines.map((line) => line.split(sign).length - 1);
    const usual = Math.max(...counts);
    return usual > 0 && counts.filter((count) => count === usual).length > 0.5 * lines.length;
  };
  return delimiters.find(fits) ?? delimiters.find((sign) => lines[0]?.includes(sign)) ?? ',';
}

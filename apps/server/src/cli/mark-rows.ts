const around = 3;
const widest = 40;

/**
 * The rows of a table around a quote, cells under one another and those of the quote marked with `»`, below the row that names the columns;
 * undefined when the quote is not in the passage.
 */
export function markRows(passage: string, quote: string): string | undefined {
  const start = quote === '' ? -1 : passage.indexOf(quote);
  if (start === -1) return undefined;
  const end = start + quote.length;
  let at = 0;
  const rows = passage.split('\n').map((line) => {
    const row = { cells: line.trim().split('\t'), marked: at < end && at + line.length > start };
    at += line.length + 1;
    return row;
  });
  const first = rows.findIndex((row) => row.marked);
  const last = rows.findLastIndex((row) => row.marked);
  const shown = rows.filter(
    (row, i) => row.cells.join('') !== '' && (i === 0 || (i >= first - around && i <= last + around)),
  );
  const widths: number[] = [];
  for (const { cells } of shown)
    if (cells.length > 1)
      for (const [i, cell] of cells.entries())
        widths[i] = Math.min(widest, Math.max(widths[i] ?? 0, cell.length));
  const lines = shown.map(({ cells, marked }) => {
    const text = cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)));
    return `${marked ? '»' : ' '} ${text.join('  ')}`;
  });
  if (first - around > 1) lines.splice(1, 0, '  …');
  if (last + around < rows.length - 1) lines.push('  …');
  return lines.join('\n');
}

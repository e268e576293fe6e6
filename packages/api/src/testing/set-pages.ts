import type { Drawn, DrawnPage, Face } from './draw-pdf.ts';

type Measure = (text: string, size: number, face?: Face) => number;

/** What a page for tests is set from. Items of a `list` and rows of a `table` are read one by one, whatever stands beside them. */
export type Piece =
  | { kind: 'heading'; text: string }
  | { kind: 'prose'; text: string; justified: boolean }
  | { kind: 'list'; items: string[]; mark: 'number' | 'bullet' }
  | { kind: 'short'; lines: string[] }
  | { kind: 'table'; rows: string[][]; parts: number[]; padding: number }
  | { kind: 'code'; lines: string[] };

/** Type and spaces of a page, in points; on a `grid` all lines of the page stand on common base lines. */
export type Setting = { size: number; leading: number; space: number; grid: boolean };

export const paper = { width: 595, height: 842, border: 56 };

/** A column being set: where it stands, how far down it is filled, what was drawn and in which order it is to be read. */
export type Column = { x: number; width: number; y: number; texts: Drawn[]; order: string[] };

/** An empty column from `y` down. */
export function columnAt(x: number, width: number, y: number): Column {
  return { x, width, y, texts: [], order: [] };
}

/** Sets a piece below what the column holds; answers false and leaves the column as it was where it would pass `bottom`. */
export function setPiece(
  column: Column,
  piece: Piece,
  setting: Setting,
  bottom: number,
  measure: Measure,
): boolean {
  const { size, leading } = setting;
  const before = { y: column.y, texts: column.texts.length, order: column.order.length };
  const put = (text: string, x: number, more: Partial<Drawn> = {}) =>
    void column.texts.push({ text, x, y: column.y, size, ...more });
  const lines = (text: string, indent: number, justified: boolean) => {
    const room = column.width - indent;
    const all = broken(text, room, (line) => measure(line, size));
    for (const [i, words] of all.entries()) {
      column.y += leading;
      const slack = room - measure(words.join(' '), size);
      const stretch = slack / Math.max(1, words.length - 1);
      // As typesetters do: a line that would have to be torn apart stays ragged.
      if (!justified || i === all.length - 1 || stretch > 0.75 * size)
        put(words.join(' '), column.x + indent);
      else {
        let x = column.x + indent;
        for (const word of words) {
          put(word, x);
          x += measure(`${word} `, size) + stretch;
        }
      }
    }
  };
  const gap = (space: number) => void (column.y += setting.grid ? (space > 0 ? leading : 0) : space);

  switch (piece.kind) {
    case 'heading':
      gap(1.5 * setting.space + 2);
      column.y += leading;
      put(piece.text, column.x, { face: 'bold', size: setting.grid ? size : 1.2 * size });
      column.order.push(piece.text);
      gap(setting.grid ? 0 : 3);
      break;
    case 'prose':
      lines(piece.text, 0, piece.justified);
      column.order.push(piece.text);
      gap(setting.space);
      break;
    case 'list':
      for (const [i, item] of piece.items.entries()) {
        const mark = piece.mark === 'number' ? `${i + 1}.` : '\u2022';
        column.y += leading;
        put(mark, column.x);
        column.y -= leading;
        lines(item, 16, true);
        column.order.push(`${mark} ${item}`);
        if (!setting.grid) gap(0.5 * setting.space);
      }
      gap(setting.space);
      break;
    case 'short':
      for (const line of piece.lines) {
        column.y += leading;
        put(line, column.x);
      }
      column.order.push(piece.lines.join(' '));
      gap(setting.space);
      break;
    case 'code':
      for (const line of piece.lines) {
        column.y += leading;
        put(line.trimStart(), column.x + 0.54 * size * (line.length - line.trimStart().length), {
          face: 'mono',
          size: 0.9 * size,
        });
      }
      column.order.push(...piece.lines);
      gap(setting.space);
      break;
    case 'table': {
      const total = piece.parts.reduce((sum, part) => sum + part, 0);
      for (const row of piece.rows) {
        const top = column.y + (setting.grid ? 0 : piece.padding);
        let x = column.x;
        let low = top;
        for (const [i, cell] of row.entries()) {
          const width = (piece.parts[i]! / total) * column.width;
          column.y = top;
          for (const words of broken(cell, width - size, (line) => measure(line, 0.9 * size))) {
            column.y += setting.grid ? leading : 1.2 * 0.9 * size;
            put(words.join(' '), x, { size: 0.9 * size });
          }
          low = Math.max(low, column.y);
          x += width;
        }
        column.y = low + (setting.grid ? 0 : piece.padding);
        column.order.push(row.join(' '));
      }
      gap(setting.space + 4);
      break;
    }
  }
  if (column.y <= bottom) return true;
  column.y = before.y;
  column.texts.length = before.texts;
  column.order.length = before.order;
  return false;
}

function broken(text: string, width: number, measure: (line: string) => number): string[][] {
  const lines: string[][] = [[]];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line.length > 0 && measure([...line, word].join(' ')) > width) lines.push([word]);
    else line.push(word);
  }
  return lines;
}

/** A page of these columns. */
export function pageOf(columns: Column[]): DrawnPage {
  const { width, height } = paper;
  return { width, height, texts: columns.flatMap(({ texts }) => texts) };
}

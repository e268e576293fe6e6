import type { PDFDocument } from 'pdfkit';
import type { Table } from './blocks.ts';
import { type Faces, measureIn, put, type Style } from './faces.ts';
import { breakLines } from './lines.ts';

type Row = { cells: string[][]; height: number };
export type Grid = {
  title: string[];
  titleHeight: number;
  head: Row;
  rows: Row[];
  drawTitle: (x: number, y: number, again: boolean) => void;
  drawRow: (row: Row, x: number, y: number, head: boolean) => void;
};

/** A table broken into lines for a width, with what draws its parts. */
export function gridOf(doc: PDFDocument, faces: Faces, table: Table, width: number): Grid {
  const total = table.widths.reduce((sum, share) => sum + share, 0);
  const widths = table.widths.map((share) => (share / total) * width);
  const [padX, padY] = table.ruled ? [4, 3] : [4, 2.2];
  const row = (texts: string[], style: Style): Row => {
    if (texts.length !== widths.length)
      throw new Error(`A row of "${table.title}" has ${texts.length} cells`);
    const cells = texts.map((text, i) =>
      text === '' ? [] : breakLines(text, (widths[i] ?? 0) - 2 * padX, measureIn(doc, style), false),
    );
    const height = Math.max(...cells.map((lines) => lines.length)) * style.leading + 2 * padY;
    return { cells, height };
  };
  const title = breakLines(table.title, width, measureIn(doc, faces.smallBold), false);
  return {
    title,
    titleHeight: title.length * faces.smallBold.leading + 4,
    head: row(table.head, faces.smallBold),
    rows: table.rows.map((texts) => row(texts, faces.small)),
    drawTitle: (x, y, again) =>
      title.forEach((line, i) => {
        const last = again && i === title.length - 1 ? ' (continued)' : '';
        put(doc, faces.smallBold, line + last, x, y + i * faces.smallBold.leading);
      }),
    drawRow: (row, x, y, head) => {
      const style = head ? faces.smallBold : faces.small;
      if (table.ruled && head) doc.rect(x, y, width, row.height).fill('#dfe6ea');
      let left = x;
      row.cells.forEach((lines, i) => {
        const cell = widths[i] ?? 0;
        lines.forEach((line, k) => put(doc, style, line, left + padX, y + padY + k * style.leading));
        if (table.ruled) doc.lineWidth(0.5).rect(left, y, cell, row.height).stroke('#5d6b74');
        left += cell;
      });
    },
  };
}

/** Height of the whole table in points. */
export const heightOf = (grid: Grid): number =>
  grid.titleHeight + grid.head.height + grid.rows.reduce((sum, row) => sum + row.height, 0);

/** Draws the whole table with its top left at (x, y). */
export function drawGrid(grid: Grid, x: number, y: number): void {
  grid.drawTitle(x, y, false);
  let at = y + grid.titleHeight;
  grid.drawRow(grid.head, x, at, true);
  at += grid.head.height;
  for (const row of grid.rows) {
    grid.drawRow(row, x, at, false);
    at += row.height;
  }
}

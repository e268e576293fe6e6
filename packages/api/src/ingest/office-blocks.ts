import { canonical } from '../text/canonical.ts';
import { sentences } from '../text/sentences.ts';
import type { Piece } from './fragments.ts';
import { type ReaderTools, Unreadable } from './reading.ts';

/** What a document or a slide is made of, in reading order. `item` is one of a list, its mark included. */
export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'prose' | 'caption' | 'item'; text: string }
  | { kind: 'table'; rows: string[][] };

/**
 * The canonical text of a unit and its pieces: a blank line between blocks, list items a line each, rows of a table a line each with tabs
 * between their cells, as in the text of a PDF.
 */
export function writeBlocks(unit: number, blocks: readonly Block[]): { text: string; pieces: Piece[] } {
  let text = '';
  let last: Block['kind'] | undefined;
  const pieces: Piece[] = [];
  for (const block of blocks.flatMap(plain)) {
    const { own, segments } = block.kind === 'table' ? ownRows(block.rows) : ownText(block.text);
    if (own === '') continue;
    if (text !== '') text += last === 'item' && block.kind === 'item' ? '\n' : '\n\n';
    last = block.kind;
    const start = text.length;
    text += own;
    const ranges = [{ unit, start, end: text.length }];
    if (block.kind === 'heading')
      pieces.push({ kind: 'heading', level: block.level, text: own, ranges, segments: [[0, own.length]] });
    else if (block.kind === 'table')
      pieces.push({ kind: 'table', text: own, ranges, segments, head: segments.length > 1 ? 1 : 0 });
    else pieces.push({ kind: block.kind === 'caption' ? 'caption' : 'prose', text: own, ranges, segments });
  }
  return { text, pieces };
}

/** A table of one column or one row is a frame around text. */
function plain(block: Block): Block[] {
  if (block.kind !== 'table') return [block];
  const rows = block.rows.map((row) => row.map(oneLine)).filter((row) => row.some((cell) => cell !== ''));
  const columns = Math.max(0, ...rows.map((row) => row.filter((cell) => cell !== '').length));
  if (rows.length > 1 && columns > 1) return [{ kind: 'table', rows }];
  return block.rows.flat().map((text) => ({ kind: 'prose', text }));
}

function ownText(raw: string): { own: string; segments: [number, number][] } {
  const own = canonical(raw).trim();
  return { own, segments: sentences(own) };
}

function ownRows(rows: readonly string[][]): { own: string; segments: [number, number][] } {
  let own = '';
  const segments: [number, number][] = [];
  for (const row of rows) {
    const line = row.join('\t').trimEnd();
    if (line.trim() === '') continue;
    if (own !== '') own += '\n';
    // Empty cells before the first word are no part of what is quoted.
    segments.push([own.length + line.length - line.trimStart().length, own.length + line.length]);
    own += line;
  }
  return { own, segments };
}

/** The text of a cell: canonical, on one line, without tabs. */
export function oneLine(text: string): string {
  return canonical(text).replace(/\s+/g, ' ').trim();
}

/** Counts text and refuses what is more than a document may hold. */
export function textBudget({ textBytes }: ReaderTools['limits']): (text: string) => void {
  let left = textBytes;
  return (text) => {
    left -= text.length;
    if (left < 0)
      throw new Unreadable(
        `This file holds more than ${Math.round(textBytes / 2 ** 20)} MB of text; that is more than can be read. Split it.`,
      );
  };
}

/** A cell that may take the place of others below and beside it. */
export type Spanning = { text: string; rows: number; columns: number };

/** The cells of a table as a grid: what spans rows is told in each, so that each row says what it is about; columns in the first. */
export function gridOf(rows: readonly (readonly Spanning[])[]): string[][] {
  const above: { text: string; left: number }[] = [];
  return rows.map((row) => {
    const cells: string[] = [];
    const takeAbove = () => {
      for (let span = above[cells.length]; span && span.left > 0; span = above[cells.length]) {
        span.left--;
        cells.push(span.text);
      }
    };
    for (const { text, rows: down, columns } of row) {
      takeAbove();
      for (let i = 0; i < Math.min(columns, mostColumns - cells.length); i++) {
        const own = i === 0 ? text : '';
        above[cells.length] = { text: own, left: Math.max(1, down) - 1 };
        cells.push(own);
      }
    }
    takeAbove();
    return cells;
  });
}

/** A Word table has at most 63 columns. */
const mostColumns = 256;

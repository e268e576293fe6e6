import { chunksOf, median, linesOf, listMarker, type Line } from './pdf-lines.ts';
import { regionsOf } from './pdf-regions.ts';
import { isContents, isContentsLine, tablesIn, type Cell } from './pdf-tables.ts';
import type { Frame } from './pdf-words.ts';

/**
 * What is read as one piece: a paragraph, heading or list item (`text`), lines that stay lines (`code`, `contents`), a table with
 * its rows, or a note beside the text. `angle` is that of its frame, coordinates are the frame's.
 */
export type Block = {
  kind: 'text' | 'code' | 'contents' | 'table' | 'margin';
  angle: number;
  lines: Line[];
  rows: Cell[][];
  size: number;
  bold: boolean;
  /** Begins with a bullet or a number of a list. */
  item: boolean;
  /** Its last line reaches the right border of its column: the paragraph may go on elsewhere. */
  full: boolean;
};

/** The blocks of a page in reading order; text in other directions comes after the main one. */
export function layoutOf(frames: Frame[], isMonoText: boolean): Block[] {
  const weight = (frame: Frame) => frame.words.reduce((sum, word) => sum + word.text.length, 0);
  return frames
    .map((frame) => ({ frame, weight: weight(frame) }))
    .sort((a, b) => b.weight - a.weight)
    .flatMap(({ frame }) => frameBlocks(frame, isMonoText));
}

function frameBlocks(frame: Frame, isMonoText: boolean): Block[] {
  const blocks: Block[] = [];
  for (const { chunks, margin } of regionsOf(chunksOf(frame.words))) {
    const found = regionBlocks(linesOf(chunks), frame.angle, isMonoText);
    if (margin) blocks.push(...found.map((block) => ({ ...block, kind: 'margin' as const })));
    else {
      const last = blocks.findLastIndex((block) => block.kind !== 'margin');
      const open = blocks[last];
      const [first] = found;
      if (open && first && last === blocks.length - 1 && goesOn(open, first)) {
        blocks[last] = { ...open, lines: [...open.lines, ...first.lines], full: first.full };
        found.shift();
      }
      blocks.push(...found);
    }
  }
  return blocks;
}

/** Whether a paragraph that ends a column goes on at the top of the next. */
export function goesOn(open: Block, next: Block): boolean {
  if (open.kind !== 'text' || next.kind !== 'text' || next.item || open.bold !== next.bold) return false;
  if (Math.abs(open.size - next.size) > 0.05 * open.size) return false;
  // A running header does not go on in the column below it.
  if (next.lines[0]!.base - open.lines[0]!.base > 2.4 * open.size && open.lines.length === 1) return false;
  return continues(textOf(open.lines.at(-1)!), textOf(next.lines[0]!), open.full);
}

/** Whether text that ends so goes on with text that begins so, after the end of a column or page. */
export function continues(end: string, begin: string, full: boolean): boolean {
  if (/[.!?:;。！？]["'”’)\]]*$/u.test(end)) return false;
  return /^["'“‘(]?\p{Ll}/u.test(begin) || (full && /^[\p{L}\p{N}("“]/u.test(begin));
}

function textOf(line: Line): string {
  return line.words.map((word) => word.text).join(' ');
}

function regionBlocks(lines: Line[], angle: number, isMonoText: boolean): Block[] {
  const blocks: Block[] = [];
  const column = {
    left: Math.min(...lines.map((line) => line.x0)),
    right: Math.max(...lines.map((line) => line.x1)),
    leading: leadingOf(lines),
  };
  if (isContents(lines)) return [blockOf('contents', lines, [], angle, column)];
  let at = 0;
  const prose = (end: number) => {
    for (const group of groups(lines.slice(at, end), column, isMonoText))
      blocks.push(blockOf(group.kind, group.lines, [], angle, column));
  };
  for (const table of tablesIn(lines)) {
    prose(table.start);
    blocks.push(blockOf('table', lines.slice(table.start, table.end), table.rows, angle, column));
    at = table.end;
  }
  prose(lines.length);
  return blocks;
}

type Column = { left: number; right: number; leading: (size: number) => number };

function blockOf(kind: Block['kind'], lines: Line[], rows: Cell[][], angle: number, column: Column): Block {
  const last = lines.at(-1)!;
  return {
    kind,
    angle,
    lines,
    rows,
    size: median(lines.map((line) => line.size)),
    bold: lines.every((line) => line.bold),
    item: isItem(lines[0]!),
    full: last.x1 > column.right - 0.12 * (column.right - column.left),
  };
}

function isItem(line: Line): boolean {
  return line.words.length > 1 && listMarker.test(line.words[0]!.text);
}

type Group = { kind: 'text' | 'code' | 'contents'; lines: Line[] };

function groups(lines: Line[], column: Column, isMonoText: boolean): Group[] {
  const found: Group[] = [];
  for (const line of lines) {
    const kind = line.mono && !isMonoText ? 'code' : isContentsLine(line) ? 'contents' : 'text';
    const group = found.at(-1);
    if (!group || group.kind !== kind || parts(group, line, column)) found.push({ kind, lines: [line] });
    else group.lines.push(line);
  }
  return found;
}

/** Whether a line begins a new block after this one. */
function parts(group: Group, line: Line, column: Column): boolean {
  const before = group.lines.at(-1)!;
  const step = line.base - before.base;
  const leading = column.leading(line.size);
  if (group.kind === 'code') return step > 2.6 * leading;
  if (Math.abs(line.size - before.size) > 0.12 * before.size || line.bold !== before.bold) return true;
  if (step > 1.3 * leading || step < -0.5 * line.size) return true;
  if (group.kind === 'contents') return false;
  if (isItem(line)) return true;
  // A term with its kind flush right ("reset   [Command]") stands alone above what it means.
  if (before.chunks.length > 1 && line.chunks.length === 1 && widestGap(before) > 3 * line.size) return true;
  // What goes on an item never stands left of its bullet.
  const [first] = group.lines;
  if (first && isItem(first) && line.x0 < first.x0 - 0.3 * line.size) return true;
  const width = column.right - column.left;
  const indent = 0.9 * line.size;
  const short = before.x1 < column.right - 0.15 * width;
  if (group.lines.length > 1) {
    const left = group.lines[1]!.x0;
    if (line.x0 > left + indent || line.x0 < left - indent) return true;
  } else if (line.x0 > before.x0 + indent && short && !isItem(before)) return true;
  return short && /[.!?:]["'”’)]?$/u.test(textOf(before)) && /^["“(]?[\p{Lu}\p{N}]/u.test(textOf(line));
}

function widestGap({ chunks }: Line): number {
  return Math.max(...chunks.slice(1).map((chunk, i) => chunk.x0 - chunks[i]!.x1));
}

/** The usual distance of lines for a size of type, from the lines themselves. */
function leadingOf(lines: Line[]): (size: number) => number {
  const steps = new Map<number, number[]>();
  for (const [i, line] of lines.entries()) {
    const before = lines[i - 1];
    if (!before || Math.abs(before.size - line.size) > 0.05 * line.size) continue;
    const step = line.base - before.base;
    if (step < 0.8 * line.size || step > 2.2 * line.size) continue;
    const key = Math.round(line.size);
    steps.set(key, [...(steps.get(key) ?? []), step]);
  }
  const typical = new Map<number, number>();
  for (const [key, values] of steps) {
    // The lower quartile: in lists and short paragraphs most steps are those between blocks.
    const step = values.sort((a, b) => a - b)[Math.floor(values.length / 4)];
    if (step !== undefined && values.length >= 2) typical.set(key, step);
  }
  return (size) => typical.get(Math.round(size)) ?? 1.22 * size;
}

import { fewWords } from './ocr-engine.ts';
import type { OcrGroup } from './ocr-frame.ts';
import { type Block, goesOn, layoutOf } from './pdf-layout.ts';
import { type Chunk, chunksOf, lineOf } from './pdf-lines.ts';

/** Lines of print have more words than this on average, labels fewer. */
const wordsOfLabel = 5;
/** Words of a label stand at most so many sizes of type apart. */
const wordGap = 1.8;
/** Lines of one display or sticker lie at most so many of their heights apart. */
const labelGap = 1.5;

/**
 * The blocks of a recognised page in reading order: as of a page of print, where a paragraph may go on in the next column past a heading or a
 * caption; or, of a picture with few words, label by label.
 */
export function recognizedBlocks(groups: readonly OcrGroup[]): Block[] {
  const words = groups.flatMap((group) => group.words);
  const chunks = words.length > 0 && words.length < fewWords ? chunksOf(words) : [];
  if (words.length < wordsOfLabel * chunks.length) return stacksOf(chunks).map(labelBlock);
  const blocks: Block[] = [];
  let last = -1;
  for (const { prose, ...frame } of groups) {
    const found = layoutOf([frame], false);
    const [open, first] = [blocks[last], found[0]];
    if (prose && open && first && goesOn(open, first)) {
      blocks[last] = { ...open, lines: [...open.lines, ...first.lines], full: first.full };
      found.shift();
    }
    blocks.push(...found);
    if (prose && found.length > 0) last = blocks.length - 1;
  }
  return blocks;
}

/** Its lines stay lines. */
function labelBlock(stack: Row[]): Block {
  const lines = stack.map(lineOf);
  const size = lines[0]?.size ?? 10;
  return { kind: 'contents', angle: 0, lines, rows: [], size, bold: false, item: false, full: false };
}

/** Chunks of one label's line. */
type Row = Chunk[];

/** Labels that stand below one another, stack by stack from the top. */
function stacksOf(chunks: Chunk[]): Row[][] {
  const rows: Row[] = [];
  for (const chunk of chunks.toSorted((a, b) => a.x0 - b.x0)) {
    const before = rows.find((row) => goesOnInLine(row.at(-1)!, chunk));
    if (before) before.push(chunk);
    else rows.push([chunk]);
  }
  const stacks: Row[][] = [];
  for (const row of rows.sort(([a], [b]) => a!.base - b!.base || a!.x0 - b!.x0)) {
    const above = stacks.find((stack) => isBelow(extent(row), extent(stack.at(-1)!)));
    if (above) above.push(row);
    else stacks.push([row]);
  }
  return stacks;
}

function goesOnInLine(before: Chunk, chunk: Chunk): boolean {
  const level = Math.abs(before.base - chunk.base) < 0.28 * Math.min(before.size, chunk.size);
  return level && chunk.x0 - before.x1 < wordGap * Math.max(before.size, chunk.size);
}

type Extent = Pick<Chunk, 'x0' | 'x1' | 'top' | 'bottom'>;

function extent(row: Row): Extent {
  return {
    x0: Math.min(...row.map((chunk) => chunk.x0)),
    x1: Math.max(...row.map((chunk) => chunk.x1)),
    top: Math.min(...row.map((chunk) => chunk.top)),
    bottom: Math.max(...row.map((chunk) => chunk.bottom)),
  };
}

function isBelow(row: Extent, above: Extent): boolean {
  const shared = Math.min(row.x1, above.x1) - Math.max(row.x0, above.x0);
  const height = Math.max(row.bottom - row.top, above.bottom - above.top);
  return (
    shared > 0.5 * Math.min(row.x1 - row.x0, above.x1 - above.x0) &&
    row.top - above.bottom < labelGap * height
  );
}

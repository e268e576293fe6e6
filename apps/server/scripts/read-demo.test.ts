import { readFile } from 'node:fs/promises';
import { readPdf } from '@rayni/api/eval';
import { expect, test } from 'vitest';
import { demoFile } from '../demo/demo.ts';
import type { Block, Manual } from './demo/blocks.ts';
import { manuals } from './demo/manuals.ts';

// A line may end inside a word, with a hyphen or without.
const bare = (text: string) => text.normalize('NFKC').replace(/[\s-]/g, '');

/** The pieces of a block, each of which must be read unbroken; all of them in this order. */
function piecesOf(block: Block): string[] {
  if (block.kind === 'table' || block.kind === 'turned') {
    const { title, head, rows } = block.table;
    return [title, head.join(' '), ...rows.map((cells) => cells.join(' '))];
  }
  if (block.kind === 'steps') return block.items.map((item, i) => `${i + 1}. ${item}`);
  if (block.kind === 'list') return block.items.map((item) => `\u2022 ${item}`);
  if (block.kind === 'figure') return [block.caption];
  if (block.kind === 'box') return [`${block.label} ${block.text}`];
  return block.kind === 'text' ? [block.text] : [block.title];
}

/** Stands apart from what is before and after it: at the top of a page, in the margin, on a page of its own. */
function isApart(block: Block, manual: Manual): boolean {
  if (block.kind === 'turned') return true;
  if (block.kind === 'box') return manual.columns === 1;
  return (block.kind === 'table' || block.kind === 'figure') && block.wide && manual.columns === 2;
}

type Place = { page: number; at: number };

/** Where the first of these pages that hold a piece hold it, whole or, where it runs over a page turn, in two parts. */
function find(pages: string[], piece: string, from: Place): Place | undefined {
  for (let page = from.page; page < pages.length; page++) {
    const text = pages[page]!;
    const start = page === from.page ? from.at : 0;
    const at = text.indexOf(piece, start);
    if (at !== -1) return { page, at: at + piece.length };
    const next = pages[page + 1] ?? '';
    for (let cut = piece.length - 12; cut >= 12; cut--) {
      const [head, tail] = [piece.slice(0, cut), piece.slice(cut)];
      if (text.includes(head, start) && next.includes(tail))
        return { page: page + 1, at: next.indexOf(tail) + tail.length };
    }
  }
  return undefined;
}

/** The pieces of a manual that its text does not hold unbroken and in their order. */
function broken(manual: Manual, pages: string[]): string[] {
  let flow: Place = { page: 0, at: 0 };
  return manual.blocks.flatMap((block) => {
    const apart = isApart(block, manual);
    let place = apart ? { page: 0, at: 0 } : flow;
    const wrong = piecesOf(block).filter((piece) => {
      const found = find(pages, bare(piece), place);
      if (found) place = found;
      return !found;
    });
    if (!apart) flow = place;
    return wrong;
  });
}

test.each(Object.entries(manuals))('every page of %s is read as it was set', async (file, manual) => {
  const { units } = await readPdf(new Uint8Array(await readFile(demoFile({ file }))));
  const front = manual.front === 'cover' ? 2 : 0;
  const pages = units.map(({ text }, i) => (i < front ? '' : bare(text)));
  expect(broken(manual, pages)).toEqual([]);
});

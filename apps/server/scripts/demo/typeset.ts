import type { OutlineItem, PDFDocument } from 'pdfkit';
import { toBytes } from 'pdfkit/output';
import type { Block, Manual, Table } from './blocks.ts';
import { facesOf, measureIn, put, type Style } from './faces.ts';
import { drawGrid, gridOf, heightOf } from './grid.ts';
import { breakLines } from './lines.ts';
import {
  drawContents,
  drawCover,
  drawFurniture,
  drawHead,
  drawTurned,
  frameOf,
  type Heading,
  newPaper,
  openDocument,
} from './pages.ts';

const gutter = 20;
type Wide = Extract<Block, { kind: 'table' | 'figure' }>;

/** The manual as a PDF. The same manual gives the same bytes on the same Node. */
export async function typeset(manual: Manual): Promise<{ bytes: Uint8Array; pages: number }> {
  // Twice, because the contents on page 2 name pages known only at the end.
  const draft = await pass(manual, []);
  const { bytes, pages } = await pass(manual, draft.headings);
  return { bytes, pages };
}

async function pass(
  manual: Manual,
  contents: Heading[],
): Promise<{ bytes: Uint8Array; pages: number; headings: Heading[] }> {
  const doc = openDocument(manual);
  const bytes = toBytes(doc);
  const headings: Heading[] = [];
  let pages = 0;
  if (manual.front === 'cover') {
    drawCover(doc, manual);
    drawContents(doc, manual, contents);
    pages = 2;
  }
  pages = flow(doc, manual, headings, pages);
  doc.end();
  return { bytes: await bytes, pages, headings };
}

/** Sets the blocks page after page; answers the number of the last page. */
function flow(doc: PDFDocument, manual: Manual, headings: Heading[], before: number): number {
  const faces = facesOf(manual.face, manual.columns);
  const frame = frameOf(manual);
  const full = frame.right - frame.left;
  const width = manual.columns === 2 ? (full - gutter) / 2 : full;
  const floats: Wide[] = [];
  const turned: { table: Table; note: string }[] = [];
  let page = before;
  let column = 0;
  let top = frame.top;
  let y = top;
  let marginY = top;
  let running = manual.subtitle;
  let parent: OutlineItem | null = null;

  const x = () => frame.left + column * (width + gutter);
  const atTop = () => y <= top + 0.1;
  const freshPage = () => column === 0 && atTop();

  const nextPage = (): void => {
    for (const { table, note } of turned.splice(0)) drawTurned(doc, manual, table, note, ++page);
    newPaper(doc, manual);
    drawFurniture(doc, manual, running, ++page);
    column = 0;
    top = page === 1 && manual.front === 'head' ? drawHead(doc, manual) : frame.top;
    y = top;
    marginY = top;
    while (floats[0] && (top + wideHeight(floats[0]) < frame.bottom - 120 || top === frame.top)) {
      drawWide(floats.shift() as Wide);
    }
  };
  const advance = (): void => {
    if (column + 1 < manual.columns && top < frame.bottom - 60) {
      column += 1;
      y = top;
    } else nextPage();
  };
  const ensure = (height: number): void => {
    if (y + height > frame.bottom && !atTop()) advance();
  };

  const lines = (text: string, style: Style, indent = 0, justify = true): void => {
    const measure = measureIn(doc, style);
    const room = width - indent;
    const all = breakLines(text, room, measure, justify);
    let next = 0;
    while (next < all.length) {
      const fit = Math.floor((frame.bottom - y) / style.leading + 0.001);
      const left = all.length - next;
      if (fit < Math.min(2, left)) {
        advance();
        continue;
      }
      let take = Math.min(fit, left);
      if (left - take === 1 && take > 2) take -= 1;
      for (const line of all.slice(next, next + take)) {
        const last = next === all.length - 1;
        put(doc, style, line, x() + indent, y, justify && !last ? { fill: room } : {});
        y += style.leading;
        next += 1;
      }
      if (next < all.length) advance();
    }
  };

  /** Height that must follow a heading in its column, by the blocks after it. */
  const keep = ([next, ...rest]: Block[]): number => {
    if (next?.kind === 'section') return faces.section.leading + 20 + keep(rest);
    if (next?.kind === 'box' && manual.columns === 1) return keep(rest);
    if (next?.kind === 'figure' && !next.wide) return next.height + 40;
    if (next?.kind !== 'table' || next.wide) return 60;
    const height = heightOf(gridOf(doc, faces, next.table, width));
    return height < (frame.bottom - frame.top) * 0.45 ? height + 12 : 110;
  };

  const heading = (title: string, level: 1 | 2, after: Block[]): void => {
    const style = level === 1 ? faces.chapter : faces.section;
    const broken = breakLines(title, width, measureIn(doc, style), false);
    const space = atTop() ? 0 : level === 1 ? 20 : 11;
    ensure(space + broken.length * style.leading + keep(after));
    if (!atTop()) y += space;
    if (level === 1) running = title;
    doc.addNamedDestination(`h${headings.length}`, 'XYZ', x(), y, null);
    headings.push({ title, level, page });
    const place = { top: y, left: doc.page.width - x(), expanded: level === 1 };
    if (level === 1) parent = doc.outline.addItem(title, place);
    else (parent ?? doc.outline).addItem(title, place);
    for (const line of broken) {
      put(doc, style, line, x(), y, { color: level === 1 ? '#2f5d62' : '#1b1f24' });
      y += style.leading;
    }
    y += level === 1 ? 5 : 3;
  };

  const items = (texts: string[], mark: (i: number) => string): void => {
    texts.forEach((text, i) => {
      ensure(Math.min(2, text.length / 40) * faces.body.leading);
      // The mark stands on the first line, wherever that line comes to stand.
      if (Math.floor((frame.bottom - y) / faces.body.leading + 0.001) < 2) advance();
      put(doc, faces.lead, mark(i), x(), y);
      lines(text, faces.body, 18);
      y += 3;
    });
    y += 4;
  };

  const boxColors = { WARNING: '#b3261e', CAUTION: '#9a5b00', NOTE: '#2f5d62' };
  const box = (block: Extract<Block, { kind: 'box' }>): void => {
    const beside = manual.columns === 1;
    const style = faces.small;
    const w = beside ? 110 : width;
    const broken = breakLines(block.text, w - 16, measureIn(doc, style), false);
    const height = (broken.length + 1) * style.leading + 12;
    if (!beside) ensure(height + 8);
    else if (marginY + height > frame.bottom) nextPage();
    const at = beside ? Math.max(marginY, Math.min(y, frame.bottom - height)) : y + 2;
    const left = beside ? manual.trim + 50 : x();
    doc.rect(left, at, w, height).fill('#f5f1ea');
    doc.rect(left, at, 3, height).fill(boxColors[block.label]);
    put(doc, faces.smallBold, block.label, left + 9, at + 6, { color: boxColors[block.label] });
    broken.forEach((line, i) => put(doc, style, line, left + 9, at + 6 + (i + 1) * style.leading));
    if (beside) marginY = at + height + 8;
    else y = at + height + 8;
  };

  const rows = (table: Table): void => {
    const grid = gridOf(doc, faces, table, width);
    const first = grid.titleHeight + grid.head.height + (grid.rows[0]?.height ?? 0);
    if (!atTop()) y += 4;
    // A short table stays whole; a long one keeps its title, head and two rows together.
    const whole = heightOf(grid);
    ensure(whole < (frame.bottom - frame.top) * 0.45 ? whole : first + (grid.rows[1]?.height ?? 0));
    const begin = (again: boolean): void => {
      grid.drawTitle(x(), y, again);
      y += grid.titleHeight;
      grid.drawRow(grid.head, x(), y, true);
      y += grid.head.height;
    };
    begin(false);
    for (const row of grid.rows) {
      if (y + row.height > frame.bottom) {
        advance();
        begin(true);
      }
      grid.drawRow(row, x(), y, false);
      y += row.height;
    }
    y += 11;
  };

  const captionLines = (text: string, w: number): string[] =>
    breakLines(text, w, measureIn(doc, faces.slant), false);
  const picture = (
    block: Extract<Block, { kind: 'figure' }>,
    left: number,
    at: number,
    w: number,
  ): number => {
    doc.save();
    block.draw(doc, left, at, w);
    doc.restore();
    const below = at + block.height + 5;
    const caption = captionLines(block.caption, w);
    caption.forEach((line, i) => put(doc, faces.slant, line, left, below + i * faces.slant.leading));
    return below + caption.length * faces.slant.leading + 10;
  };

  const wideHeight = (block: Wide): number =>
    block.kind === 'table'
      ? heightOf(gridOf(doc, faces, block.table, full)) + 14
      : block.height + captionLines(block.caption, full).length * faces.slant.leading + 17;
  const drawWide = (block: Wide): void => {
    if (block.kind === 'table') {
      const grid = gridOf(doc, faces, block.table, full);
      drawGrid(grid, frame.left, top);
      top += heightOf(grid) + 14;
    } else top = picture(block, frame.left, top, full) + 2;
    if (top > frame.bottom + 14) throw new Error(`Too high for a page, in ${manual.title}`);
    y = top;
  };

  const set = (block: Block, after: Block[]): void => {
    switch (block.kind) {
      case 'chapter':
        heading(block.title, 1, after);
        break;
      case 'section':
        heading(block.title, 2, after);
        break;
      case 'text':
        lines(block.text, faces.body);
        y += 5;
        break;
      case 'steps':
        items(block.items, (i) => `${i + 1}.`);
        break;
      case 'list':
        items(block.items, () => '\u2022');
        break;
      case 'box':
        box(block);
        break;
      case 'table':
        if (!block.wide || manual.columns === 1) rows(block.table);
        else if (freshPage()) drawWide(block);
        else floats.push(block);
        break;
      case 'figure':
        if (block.wide && manual.columns === 2) {
          if (freshPage()) drawWide(block);
          else floats.push(block);
          break;
        }
        if (!atTop()) y += 4;
        ensure(block.height + captionLines(block.caption, width).length * faces.slant.leading + 8);
        y = picture(block, x(), y, width);
        break;
      case 'turned':
        turned.push(block);
        break;
    }
  };

  nextPage();
  manual.blocks.forEach((block, i) => set(block, manual.blocks.slice(i + 1, i + 3)));
  while (floats.length > 0 || turned.length > 0) nextPage();
  return page;
}

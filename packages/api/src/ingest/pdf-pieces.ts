import type { TextRange } from '@rayni/contract';
import { sentences } from '../text/sentences.ts';
import type { Piece } from './fragments.ts';
import { continues } from './pdf-layout.ts';
import { furnitureIn, type PageText } from './pdf-furniture.ts';
import type { TextBlock, TextLine } from './pdf-text.ts';

/**
 * What the pages say, piece by piece in reading order: furniture left out, headings recognised against the type of the whole
 * document, a paragraph that runs across a page turn put together.
 */
export function piecesOf(pages: PageText[]): Piece[] {
  const furniture = furnitureIn(pages);
  const texts = new Map(pages.map((page) => [page.ordinal, page.text]));
  const blocks = pages.flatMap((page) => page.blocks.flatMap((block) => withoutFurniture(block, furniture)));
  const body = bodyStyle(blocks);
  const open = blocks.map((block) => ({
    block,
    ranges: [{ unit: block.unit, start: block.start, end: block.end }],
    level: headingLevel(block, textOf(block, texts), body),
  }));
  const joined = joinAcrossPages(open, texts, body);
  return joined.map(({ block, ranges, level }) => pieceOf(block, ranges, level, texts));
}

type Open = { block: TextBlock; ranges: TextRange[]; level: number | undefined };
type Texts = Map<number, string>;

function textOf(block: TextBlock, texts: Texts): string {
  return (texts.get(block.unit) ?? '').slice(block.start, block.end);
}

/** The runs of a block's lines that are no furniture. */
function withoutFurniture(block: TextBlock, furniture: Set<TextLine>): TextBlock[] {
  if (!block.lines.some((line) => furniture.has(line))) return [block];
  const runs: TextBlock[] = [];
  let lines: TextLine[] = [];
  for (const line of [...block.lines, undefined]) {
    if (line && !furniture.has(line)) {
      lines.push(line);
      continue;
    }
    if (lines.length > 0)
      runs.push({
        ...block,
        start: lines[0]!.start,
        end: lines.at(-1)!.end,
        lines,
        lineCount: lines.length,
      });
    lines = [];
  }
  return runs;
}

type Style = { size: number; bold: boolean };

/** The type most of the text is set in. */
function bodyStyle(blocks: TextBlock[]): Style {
  const weights = new Map<string, { style: Style; weight: number }>();
  for (const block of blocks) {
    if (block.kind !== 'text') continue;
    const style = { size: roundSize(block.size), bold: block.bold };
    const key = `${style.size} ${style.bold}`;
    const entry = weights.get(key) ?? { style, weight: 0 };
    entry.weight += block.end - block.start;
    weights.set(key, entry);
  }
  return [...weights.values()].sort((a, b) => b.weight - a.weight)[0]?.style ?? { size: 10, bold: false };
}

function roundSize(size: number): number {
  return Math.round(size * 2) / 2;
}

const numbering =
  /^(?:(?:chapter|section|appendix|part|kapitel|anhang)\s+)?(?:\d{1,2}|[A-Z])((?:\.\d{1,3})*)\.?\s+\S/i;
export const caption = /^(?:table|tab\.|tabelle|figure|fig\.|abbildung|abb\.|listing|example)\s*[A-Z]?\d/i;

/** The level of a heading, 1 for the largest type, or undefined for what is none. */
function headingLevel(block: TextBlock, text: string, body: Style): number | undefined {
  if (block.kind !== 'text' || block.lineCount > 3 || text.length > 160 || caption.test(text))
    return undefined;
  if (
    !/\p{L}/u.test(text) ||
    (/[.;,:]$/.test(text) && !/^\S+\.?$/.test(text) && block.size < 1.3 * body.size)
  )
    return undefined;
  const larger = block.size >= 1.1 * body.size;
  const bolder = block.bold && !body.bold && block.size > 0.85 * body.size && !block.item;
  if (!larger && !bolder) return undefined;
  // "Chapter 4" above the chapter's title.
  if (/^(?:chapter|part|appendix|kapitel|teil|anhang)\s+\w{1,5}$/i.test(text)) return 0;
  const number = numbering.exec(text);
  const depth = number ? (number[1]?.match(/\./g)?.length ?? 0) : 0;
  // Levels are compared only with one another: type first, then numbering.
  return Math.max(1, 400 - Math.round(roundSize(block.size) * 4)) + (block.bold ? 0 : 0.5) + depth / 10;
}

function joinAcrossPages(open: Open[], texts: Texts, body: Style): Open[] {
  const gone = new Set<Open>();
  const isBody = ({ block, level }: Open) =>
    block.kind === 'text' && level === undefined && Math.abs(block.size - body.size) < 0.08 * body.size;
  for (let i = 0; i < open.length; i++) {
    const last = open[i]!;
    if (gone.has(last) || !isBody(last)) continue;
    const unit = last.ranges.at(-1)!.unit;
    // Only footnotes and margin notes may stand between the paragraph and the turn of the page.
    let j = i + 1;
    while (j < open.length && open[j]!.block.unit === unit && !isBody(open[j]!) && isAside(open[j]!, body))
      j++;
    const first = open[j];
    if (!first || first.block.unit !== unit + 1 || !isBody(first) || first.block.item) continue;
    if (last.block.bold !== first.block.bold || last.ranges.length > 1) continue;
    if (!continues(textOf(last.block, texts), textOf(first.block, texts), last.block.full)) continue;
    last.ranges.push(...first.ranges);
    gone.add(first);
  }
  return open.filter((entry) => !gone.has(entry));
}

function isAside({ block, level }: Open, body: Style): boolean {
  if (level !== undefined) return false;
  return block.kind === 'margin' || (block.kind === 'text' && block.size < 0.95 * body.size);
}

function pieceOf(block: TextBlock, ranges: TextRange[], level: number | undefined, texts: Texts): Piece {
  const text = ranges.map((range) => (texts.get(range.unit) ?? '').slice(range.start, range.end)).join(' ');
  const lines = () =>
    block.lines.map((line): [number, number] => [line.start - block.start, line.end - block.start]);
  if (level !== undefined) return { kind: 'heading', level, text, ranges, segments: [[0, text.length]] };
  if (block.kind === 'table') return { kind: 'table', text, ranges, segments: lines() };
  if (block.kind === 'code') return { kind: 'code', text, ranges, segments: lines() };
  if (block.kind === 'contents') return { kind: 'prose', text, ranges, segments: lines() };
  const segments = sentences(text);
  if (!caption.test(text) || text.length > 400) return { kind: 'prose', text, ranges, segments };
  // "Table 2." is no sentence: it goes with the title.
  const [number, title, ...rest] = segments;
  const apart = number && title && number[1] < 20;
  return { kind: 'caption', text, ranges, segments: apart ? [[number[0], title[1]], ...rest] : segments };
}

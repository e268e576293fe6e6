import type { Archive } from './office-archive.ts';
import { type Block, gridOf, type Spanning, textBudget, writeBlocks } from './office-blocks.ts';
import { anywhere, type Element, readTree, relationsOf, within } from './office-xml.ts';
import { fragmentsOf } from './fragments.ts';
import { type FragmentDraft, type ReaderTools, Unreadable } from './reading.ts';

/** Reads a presentation: a unit a slide, numbered as PowerPoint numbers them; slides that are not shown are left out. */
export async function readPptx(
  archive: Archive,
  presentation: string,
  tools: ReaderTools,
): Promise<FragmentDraft[]> {
  const root = await readTree(archive.chunks(presentation));
  const relations = await relationsOf(archive, presentation);
  const slides = within(root, 'sldIdLst', 'sldId').map(
    ({ attributes }) => relations.get(attributes['r:id'] ?? '')?.target ?? '',
  );
  return readSlides(slides.length, (i) => blocksOf(archive, slides[i]!), tools);
}

/** Reads slides one after the other; undefined for one that is not shown. */
export async function readSlides(
  count: number,
  blocksOfSlide: (i: number) => Promise<Block[] | undefined>,
  { limits, onUnit, onProgress }: ReaderTools,
): Promise<FragmentDraft[]> {
  if (count > limits.pages)
    throw new Unreadable(`This presentation has ${count} slides; at most ${limits.pages} can be read.`);
  const take = textBudget(limits);
  const found: FragmentDraft[] = [];
  onProgress(0, count);
  for (let i = 0; i < count; i++) {
    const { text, pieces } = writeBlocks(i + 1, titled((await blocksOfSlide(i)) ?? []));
    take(text);
    if (text !== '') await onUnit({ ordinal: i + 1, text, places: { kind: 'slide' } });
    // Slide by slide: what has no title of its own does not stand under that of another.
    for (const draft of fragmentsOf(pieces, ({ start, end }) => text.slice(start, end)))
      found.push({ ...draft, ordinal: found.length + 1 });
    onProgress(i + 1, count);
  }
  return found;
}

/** Where nothing is marked as the title, a first line that looks like one is. */
function titled(blocks: Block[]): Block[] {
  const [first, ...rest] = blocks;
  if (
    first?.kind !== 'prose' ||
    rest.length === 0 ||
    blocks.some((block) => block.kind === 'heading' && block.level === 1)
  )
    return blocks;
  const looks = first.text.split(/\s+/).length <= 12 && !/[.:;!?]\s*$/.test(first.text);
  return looks ? [{ kind: 'heading', level: 1, text: first.text }, ...rest] : blocks;
}

/** Over what a speaker says, which is not on the slide. */
export const notesTitle = 'Speaker notes';

async function blocksOf(archive: Archive, part: string): Promise<Block[] | undefined> {
  const slide = await readTree(archive.chunks(part));
  if (!slide || /^(?:0|false)$/.test(slide.attributes['show'] ?? '')) return undefined;
  const relations = await relationsOf(archive, part);
  const blocks = shapesOf(slide).flatMap((shape) => blocksOfShape(shape));
  // Its title first, wherever it was drawn.
  blocks.sort((a, b) => Number(b.kind === 'heading') - Number(a.kind === 'heading'));
  const notesPart = [...relations.values()].find(({ kind }) => kind === 'notesSlide')?.target;
  const notes = notesPart === undefined ? undefined : await readTree(archive.chunks(notesPart));
  const said = (notes ? shapesOf(notes) : [])
    // Other programs than PowerPoint write them into a box of no kind.
    .filter((shape) => !/^(?:sldImg|sldNum|dt|ftr|hdr)$/.test(placeholderOf(shape) ?? ''))
    .flatMap(paragraphsOf)
    .map(({ text }): Block => ({ kind: 'prose', text }));
  return said.some((block) => block.kind === 'prose' && block.text.trim() !== '')
    ? [...blocks, { kind: 'heading', level: 2, text: notesTitle }, ...said]
    : blocks;
}

/** Shapes with text and tables, in the order screen readers take them; of alternatives the one for current programs. */
function shapesOf(slide: Element): Element[] {
  const found: Element[] = [];
  const visit = (element: Element) => {
    for (const child of element.children) {
      if (typeof child === 'string' || child.name === 'Fallback') continue;
      if (child.name === 'sp' || child.name === 'graphicFrame') {
        if (!isHidden(child)) found.push(child);
      } else visit(child);
    }
  };
  for (const tree of within(slide, 'cSld', 'spTree')) visit(tree);
  return found;
}

const isHidden = ({ children }: Element) =>
  children.some(
    (child) =>
      typeof child !== 'string' &&
      within(child, 'cNvPr').some(({ attributes }) => /^(?:1|true)$/.test(attributes['hidden'] ?? '')),
  );

function placeholderOf(shape: Element): string | undefined {
  const [placeholder] = within(shape, 'nvSpPr', 'nvPr', 'ph');
  return placeholder && (placeholder.attributes['type'] ?? 'obj');
}

function blocksOfShape(shape: Element): Block[] {
  if (shape.name === 'graphicFrame') {
    return [...anywhere(shape, 'tbl')].map((table) => ({
      kind: 'table',
      rows: gridOf(within(table, 'tr').map(cellsOf)),
    }));
  }
  const placeholder = placeholderOf(shape) ?? '';
  if (/^(?:sldNum|dt|ftr|hdr)$/.test(placeholder)) return [];
  const paragraphs = paragraphsOf(shape);
  if (/^(?:title|ctrTitle)$/.test(placeholder))
    return [{ kind: 'heading', level: 1, text: paragraphs.map(({ text }) => text).join(' ') }];
  return paragraphs.map(({ text, item }) => ({ kind: item || placeholder !== '' ? 'item' : 'prose', text }));
}

/** The cells of a row; those that others span are left out. */
function cellsOf(row: Element): Spanning[] {
  const on = (value: string | undefined) => /^(?:1|true)$/.test(value ?? '');
  return within(row, 'tc')
    .filter(({ attributes }) => !on(attributes['vMerge']) && !on(attributes['hMerge']))
    .map((cell) => ({
      text: paragraphsOf(cell)
        .map(({ text }) => text)
        .join(' '),
      rows: Number(cell.attributes['rowSpan'] ?? 1),
      columns: Number(cell.attributes['gridSpan'] ?? 1),
    }));
}

type Paragraph = { text: string; item: boolean };

/** The paragraphs of a shape or cell, with the marks and numbers its own properties give them. */
function paragraphsOf(shape: Element): Paragraph[] {
  const numbers: number[] = [];
  return within(shape, 'txBody', 'p').flatMap((paragraph): Paragraph[] => {
    const [properties] = within(paragraph, 'pPr');
    const level = Math.min(8, Number(properties?.attributes['lvl'] ?? 0) || 0);
    const text = textOf(paragraph).trim();
    if (text === '') return [];
    const [auto] = within(properties, 'buAutoNum');
    numbers.length = auto ? level + 1 : level;
    if (!auto)
      return within(properties, 'buChar').length > 0
        ? [{ text: `• ${text}`, item: true }]
        : [{ text, item: false }];
    const start = Number(auto.attributes['startAt'] ?? 1) || 1;
    const number = numbers[level] === undefined ? start : numbers[level] + 1;
    numbers[level] = number;
    return [{ text: `${numbered(number, auto.attributes['type'] ?? '')} ${text}`, item: true }];
  });
}

/** A number in the style PowerPoint names: `arabicPeriod`, `alphaLcParenR`. */
function numbered(number: number, type: string): string {
  const letters = String.fromCharCode(96 + ((number - 1) % 26) + 1);
  const own = type.startsWith('alphaLc')
    ? letters
    : type.startsWith('alphaUc')
      ? letters.toUpperCase()
      : String(number);
  if (type.endsWith('ParenBoth')) return `(${own})`;
  return `${own}${type.endsWith('ParenR') ? ')' : type.endsWith('Plain') ? '' : '.'}`;
}

function textOf(paragraph: Element): string {
  let text = '';
  for (const child of paragraph.children) {
    if (typeof child === 'string') continue;
    if (child.name === 'br') text += ' ';
    else if (child.name === 'r' || child.name === 'fld')
      for (const part of within(child, 't'))
        text += part.children.filter((each) => typeof each === 'string').join('');
  }
  return text;
}

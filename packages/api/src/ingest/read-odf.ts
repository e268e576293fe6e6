import { fragmentsOf } from './fragments.ts';
import type { Archive } from './office-archive.ts';
import { type Block, gridOf, type Spanning, textBudget, writeBlocks } from './office-blocks.ts';
import { anywhere, type Attributes, type Element, readTree, readXml, within } from './office-xml.ts';
import { documentBytes } from './read-docx.ts';
import { notesTitle, readSlides } from './read-pptx.ts';
import { type FragmentDraft, type ReaderTools, Unreadable } from './reading.ts';
import { cellBudget, type Cell, cellOf, fillDown, type Merge, type Row, type Sheet } from './sheet.ts';

const content = 'content.xml';

/** Refuses a document whose parts are encrypted. */
export async function refuseLocked(archive: Archive): Promise<void> {
  const manifest = await readTree(archive.chunks('META-INF/manifest.xml'));
  if (manifest && !anywhere(manifest, 'encryption-data').next().done)
    throw new Unreadable('This file is protected by a password. Save it without one and upload it again.');
}

/** Reads a text document: one unit, the place of a quote being its offset. */
export async function readOdt(archive: Archive, tools: ReaderTools): Promise<FragmentDraft[]> {
  const root = await readTree(archive.chunks(content));
  const styles = await stylesOf(archive, root);
  const blocks = within(root, 'body', 'text').flatMap((body) => blocksIn(body, styles));
  const { text, pieces } = writeBlocks(1, blocks);
  textBudget({ ...tools.limits, textBytes: Math.min(documentBytes, tools.limits.textBytes) })(text);
  if (text !== '') await tools.onUnit({ ordinal: 1, text, places: { kind: 'offsets' } });
  return fragmentsOf(pieces, ({ start, end }) => text.slice(start, end));
}

/** Reads a presentation: a unit a slide. */
export async function readOdp(archive: Archive, tools: ReaderTools): Promise<FragmentDraft[]> {
  const root = await readTree(archive.chunks(content));
  const styles = await stylesOf(archive, root);
  const pages = within(root, 'body', 'presentation', 'page');
  return readSlides(pages.length, async (i) => slideBlocks(pages[i]!, styles), tools);
}

function slideBlocks(page: Element, styles: Styles): Block[] | undefined {
  if (styles.hidden.has(page.attributes['style-name'] ?? '')) return undefined;
  const titles: Block[] = [];
  const blocks: Block[] = [];
  const said: Block[] = [];
  const take = (element: Element, notes: boolean) => {
    for (const child of element.children) {
      if (typeof child === 'string') continue;
      const { name, attributes } = child;
      const role = attributes['class'] ?? '';
      if (/^(?:date-time|footer|header|page-number|page)$/.test(role)) continue;
      if (name === 'notes') take(child, true);
      else if (name === 'text-box' || name === 'custom-shape')
        (notes ? said : blocks).push(...blocksIn(child, styles));
      else if (name === 'table') blocks.push({ kind: 'table', rows: tableRows(child, styles) });
      else if (role === 'title' && !notes)
        titles.push({ kind: 'heading', level: 1, text: [...anywhere(child, 'p')].map(textOf).join(' ') });
      else take(child, notes);
    }
  };
  take(page, false);
  const told = said.filter((block) => block.kind !== 'table' && block.text.trim() !== '');
  const all = [...titles, ...blocks];
  return told.length > 0 ? [...all, { kind: 'heading', level: 2, text: notesTitle }, ...told] : all;
}

type Styles = {
  /** The style a style takes after, and what it is called. */
  parents: Map<string, string>;
  /** What stands before an item, by list style and level. */
  lists: Map<string, Map<number, Attributes>>;
  /** Styles of slides that are not shown. */
  hidden: Set<string>;
};

async function stylesOf(archive: Archive, root: Element | undefined): Promise<Styles> {
  const styles: Styles = { parents: new Map(), lists: new Map(), hidden: new Set() };
  const other = await readTree(archive.chunks('styles.xml'));
  const groups = [
    ...within(other, 'styles'),
    ...within(other, 'automatic-styles'),
    ...within(root, 'automatic-styles'),
  ];
  for (const style of groups.flatMap((group) => group.children)) {
    if (typeof style === 'string') continue;
    const name = style.attributes['name'] ?? '';
    if (style.name === 'style') {
      styles.parents.set(name, style.attributes['parent-style-name'] ?? '');
      if (
        within(style, 'drawing-page-properties').some(
          ({ attributes }) => attributes['visibility'] === 'hidden',
        )
      )
        styles.hidden.add(name);
    } else if (style.name === 'list-style') {
      const levels = style.children.filter((child) => typeof child !== 'string');
      styles.lists.set(
        name,
        new Map(
          levels.map(({ name: kind, attributes }) => [
            Number(attributes['level'] ?? 1),
            kind === 'list-level-style-number' ? attributes : {},
          ]),
        ),
      );
    }
  }
  return styles;
}

/** A style and those it takes after, itself first. */
function lineage({ parents }: Styles, style: string | undefined): string[] {
  const names: string[] = [];
  for (let name = style ?? ''; name !== '' && names.length < 10; name = parents.get(name) ?? '')
    names.push(name);
  return names;
}

/** The level of a heading that is only styled as one. */
function styledLevel(names: readonly string[]): number | undefined {
  if (names.includes('Title')) return 0;
  const found = names.flatMap((name) => /^Heading_20_(\d)$/.exec(name)?.[1] ?? [])[0];
  return found === undefined ? undefined : Number(found);
}

/** The blocks within an element of text, in order. */
function blocksIn(element: Element, styles: Styles): Block[] {
  const blocks: Block[] = [];
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    switch (child.name) {
      case 'h':
        blocks.push({
          kind: 'heading',
          level: Number(child.attributes['outline-level'] ?? 1) || 1,
          text: textOf(child),
        });
        blocks.push(...asidesOf(child, styles));
        break;
      case 'p': {
        const names = lineage(styles, child.attributes['style-name']);
        const level = styledLevel(names);
        const text = textOf(child);
        if (level !== undefined) blocks.push({ kind: 'heading', level, text });
        else blocks.push({ kind: names.includes('Caption') ? 'caption' : 'prose', text });
        blocks.push(...asidesOf(child, styles));
        break;
      }
      case 'list':
        blocks.push(...itemsOf(child, styles, child.attributes['style-name'], 1));
        break;
      case 'table':
        blocks.push({ kind: 'table', rows: tableRows(child, styles) });
        break;
      // Made of the headings themselves; what was deleted; remarks of those who wrote it.
      case 'table-of-content':
      case 'tracked-changes':
      case 'annotation':
        break;
      default:
        blocks.push(...blocksIn(child, styles));
    }
  }
  return blocks;
}

function itemsOf(list: Element, styles: Styles, style: string | undefined, level: number): Block[] {
  const blocks: Block[] = [];
  const look = styles.lists.get(style ?? '')?.get(level);
  const numbered = look?.['num-format'] !== undefined && look['num-format'] !== '';
  let number = Number(look?.['start-value'] ?? 1) - 1;
  for (const item of list.children) {
    if (typeof item === 'string' || !/^list-(?:item|header)$/.test(item.name)) continue;
    let mark = '';
    if (item.name === 'list-item') {
      number = Number(item.attributes['start-value'] ?? number + 1);
      mark = numbered
        ? `${look['num-prefix'] ?? ''}${inFormat(number, look['num-format']!)}${look['num-suffix'] ?? '.'} `
        : look
          ? '• '
          : '';
    }
    for (const child of item.children) {
      if (typeof child === 'string') continue;
      if (child.name === 'list')
        blocks.push(...itemsOf(child, styles, child.attributes['style-name'] ?? style, level + 1));
      else if (child.name === 'h')
        blocks.push({
          kind: 'heading',
          level: Number(child.attributes['outline-level'] ?? level),
          text: textOf(child),
        });
      else if (child.name === 'p') {
        const text = textOf(child);
        if (text.trim() !== '') blocks.push({ kind: 'item', text: mark + text });
        mark = '';
        blocks.push(...asidesOf(child, styles));
      }
    }
  }
  return blocks;
}

function inFormat(number: number, format: string): string {
  const letter = String.fromCharCode(97 + ((number - 1) % 26));
  return format === 'a' ? letter : format === 'A' ? letter.toUpperCase() : String(number);
}

/** What is kept in a paragraph but stands elsewhere on the page: notes and text boxes. */
function asidesOf(paragraph: Element, styles: Styles): Block[] {
  const blocks: Block[] = [];
  for (const note of anywhere(paragraph, 'note')) {
    const label = note.attributes['note-class'] === 'endnote' ? 'Endnote' : 'Footnote';
    const number = within(note, 'note-citation').map(textOf).join('');
    const text = within(note, 'note-body', 'p').map(textOf).join(' ');
    blocks.push({ kind: 'prose', text: `${label} ${number}: ${text}` });
  }
  for (const box of anywhere(paragraph, 'text-box')) blocks.push(...blocksIn(box, styles));
  return blocks;
}

function tableRows(table: Element, styles: Styles): string[][] {
  const rows: Spanning[][] = [];
  const take = (element: Element) => {
    for (const child of element.children) {
      if (typeof child === 'string') continue;
      if (child.name === 'table-row')
        rows.push(within(child, 'table-cell').map((cell) => spanning(cell, styles)));
      else if (/^table-(?:header-rows|rows|row-group)$/.test(child.name)) take(child);
    }
  };
  take(table);
  return gridOf(rows);
}

function spanning(cell: Element, styles: Styles): Spanning {
  const { attributes } = cell;
  const parts = blocksIn(cell, styles).map((block) =>
    block.kind === 'table' ? block.rows.flat().join(' ') : block.text,
  );
  return {
    text: parts.join(' '),
    rows: Number(attributes['number-rows-spanned'] ?? 1),
    // Empty cells are often written once for many.
    columns: Number(attributes['number-columns-spanned'] ?? attributes['number-columns-repeated'] ?? 1),
  };
}

/** The words of a paragraph itself; notes, remarks and boxes in it are not. */
function textOf(element: Element): string {
  let text = '';
  for (const child of element.children) {
    if (typeof child === 'string') text += child.replace(/\s+/g, ' ');
    else if (child.name === 's') text += ' '.repeat(Math.min(80, Number(child.attributes['c'] ?? 1) || 1));
    else if (child.name === 'tab') text += ' ';
    else if (child.name === 'line-break') text += '\n';
    else if (!/^(?:note|annotation|text-box|frame)$/.test(child.name)) text += textOf(child);
  }
  return text;
}

/** The visible sheets of a spreadsheet, cells as they are shown. */
export async function sheetsOfOds(
  archive: Archive,
  { limits }: Pick<ReaderTools, 'limits'>,
): Promise<Sheet[]> {
  const take = cellBudget(limits);
  const sheets: Sheet[] = [];
  const looks = { hidden: new Set<string>(), bold: new Set<string>() };
  let style = '';
  let rows: Row[] | undefined;
  let row = { at: 0, repeated: 1, cells: [] as Cell[] };
  let cell: { column: number; repeated: number; value: boolean; bold: boolean; text: string } | undefined;
  let column = 0;
  let aside = 0;
  let tables = 0;
  let merges: Merge[] = [];
  let inText = 0;
  await readXml(archive.chunks(content), {
    open(name, attributes) {
      const many = (key: string) => Math.max(1, Number(attributes[key] ?? 1) || 1);
      if (name === 'style') style = attributes['name'] ?? '';
      if (name === 'table-properties' && attributes['display'] === 'false') looks.hidden.add(style);
      if (name === 'text-properties' && attributes['font-weight'] === 'bold') looks.bold.add(style);
      if (name === 'annotation' || name === 'shapes') aside++;
      if (aside > 0) return;
      if (name === 'table' && ++tables === 1) {
        rows = looks.hidden.has(attributes['style-name'] ?? '') ? undefined : [];
        if (rows) sheets.push({ name: attributes['name'] ?? '', rows, styled: true });
        row = { at: 0, repeated: 1, cells: [] };
        merges = [];
      } else if (name === 'table-row') {
        row = { at: row.at + row.repeated, repeated: many('number-rows-repeated'), cells: [] };
        column = 0;
      } else if (name === 'table-cell' || name === 'covered-table-cell') {
        cell = {
          column: column + 1,
          repeated: many('number-columns-repeated'),
          value: !/^(?:string)?$/.test(attributes['value-type'] ?? ''),
          bold: looks.bold.has(attributes['style-name'] ?? ''),
          text: '',
        };
        column += cell.repeated;
        const spanned = many('number-rows-spanned');
        if (spanned > 1) merges.push({ column: cell.column, first: row.at, last: row.at + spanned - 1 });
      } else if (cell && name === 'p') {
        inText++;
        if (cell.text !== '') cell.text += ' ';
      } else if (cell && name === 's') cell.text += ' ';
    },
    text(text) {
      if (cell && inText > 0 && aside === 0) cell.text += text;
    },
    close(name) {
      if (name === 'annotation' || name === 'shapes') aside--;
      if (aside > 0) return;
      if (name === 'p' && inText > 0) inText--;
      if (name === 'table' && --tables === 0 && rows) fillDown(rows, merges, take);
      if (cell && (name === 'table-cell' || name === 'covered-table-cell')) {
        for (let i = 0; rows && cell.text.trim() !== '' && i < cell.repeated; i++) {
          const { value, bold } = cell;
          const found = cellOf(cell.column + i, cell.text, take, { ...(value ? { value } : {}), bold });
          if (found) row.cells.push(found);
        }
        cell = undefined;
      }
      if (name === 'table-row' && rows && row.cells.length > 0) {
        for (let i = 0; i < row.repeated; i++) {
          if (i > 0) for (const { text } of row.cells) take(text);
          rows.push({ row: row.at + i, cells: i === 0 ? row.cells : [...row.cells] });
        }
      }
    },
  });
  return sheets;
}

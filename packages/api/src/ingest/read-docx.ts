import mammoth from 'mammoth';
import { lineage, type ParagraphStyle, stylesOf, asShown } from './docx-numbers.ts';
import { fragmentsOf } from './fragments.ts';
import { packed, type Archive } from './office-archive.ts';
import { type Block, gridOf, textBudget, writeBlocks } from './office-blocks.ts';
import { decodeXml, readTree, readXml, relationsOf, relationsPart } from './office-xml.ts';
import { type FragmentDraft, type ReaderTools, Unreadable } from './reading.ts';

/** One unit, hence one message and one row: 8 MB of text took 50 ms of the server's thread at once. */
export const documentBytes = 4 * 2 ** 20;

/** Reads a Word document: one unit, the place of a quote being its offset. */
export async function readDocx(archive: Archive, main: string, tools: ReaderTools): Promise<FragmentDraft[]> {
  const relations = await relationsOf(archive, main);
  const partOf = (kind: string) => [...relations.values()].find((relation) => relation.kind === kind)?.target;
  const parts: Record<string, Uint8Array> = {};
  const needed = ['styles', 'numbering', 'footnotes', 'endnotes'].flatMap((kind) => partOf(kind) ?? []);
  for (const name of ['[Content_Types].xml', '_rels/.rels', relationsPart(main), ...needed]) {
    const bytes = await archive.read(name);
    if (!bytes) continue;
    // The library would read what is refused here.
    await readXml([bytes], { open() {}, text() {}, close() {} });
    parts[name] = bytes;
  }
  const tree = (kind: string) => {
    const bytes = parts[partOf(kind) ?? ''];
    return readTree(bytes ? [bytes] : []);
  };
  const styles = stylesOf(await tree('styles'));
  const xml = decodeXml((await archive.read(main)) ?? new Uint8Array());
  parts[main] = Buffer.from(asShown(xml, await tree('numbering'), styles));
  const document = await parse(packed(parts));
  const { text, pieces } = writeBlocks(1, [...blocksOf(document, styles)]);
  textBudget({ ...tools.limits, textBytes: Math.min(documentBytes, tools.limits.textBytes) })(text);
  if (text !== '') await tools.onUnit({ ordinal: 1, text, places: { kind: 'offsets' } });
  return fragmentsOf(pieces, ({ start, end }) => text.slice(start, end));
}

/** What mammoth makes of a document; only what is read here. */
type Node = {
  type: string;
  children?: Node[];
  value?: string;
  styleId?: string | null;
  numbering?: object | null;
  isBold?: boolean;
  checked?: boolean;
  breakType?: string;
  rowSpan?: number;
  colSpan?: number;
  noteType?: string;
  noteId?: string;
};
type Document = { children: Node[]; notes: { resolve: (reference: Node) => { body: Node[] } | null } };

async function parse(bytes: Buffer): Promise<Document> {
  let found: Document | undefined;
  try {
    await mammoth.convertToHtml(
      { buffer: bytes },
      {
        includeEmbeddedStyleMap: false,
        // Its tree is wanted, and not the HTML it makes of it.
        transformDocument: (document: Document) => {
          found = document;
          return { ...document, children: [], comments: [] };
        },
      },
    );
  } catch (error) {
    throw new Unreadable('This file is damaged: it cannot be opened as a Word document.', { cause: error });
  }
  if (!found) throw new Unreadable('This file is damaged: it holds no document.');
  return found;
}

type Styles = ReadonlyMap<string, ParagraphStyle>;

function* blocksOf({ children, notes }: Document, styles: Styles): Generator<Block> {
  const numbers = { footnote: 0, endnote: 0 };
  for (const node of children) {
    if (node.type === 'table') yield { kind: 'table', rows: rowsOf(node) };
    else if (node.type === 'paragraph') {
      const block = blockOf(node, styles);
      if (block) yield block;
    }
    // What a note says stands right behind what it is about.
    for (const reference of referencesIn(node)) {
      const kind = reference.noteType === 'endnote' ? 'endnote' : 'footnote';
      const note = notes.resolve(reference);
      numbers[kind]++;
      if (!note) continue;
      const label = kind === 'footnote' ? 'Footnote' : 'Endnote';
      yield { kind: 'prose', text: `${label} ${numbers[kind]}: ${note.body.map(textOf).join(' ').trim()}` };
    }
  }
}

const boldLevel = 7;

function blockOf(paragraph: Node, styles: Styles): Block | undefined {
  const text = textOf(paragraph);
  const inList = (paragraph.numbering ?? null) !== null;
  const runs = (paragraph.children ?? []).filter((child) => textOf(child) !== '');
  // A number that stands before nothing.
  if (text.trim() === '' || (inList && runs.length === 1 && /^\S{1,12} $/.test(text))) return undefined;
  for (const { name, outline } of lineage(styles, paragraph.styleId ?? undefined)) {
    // Made of the headings themselves.
    if (/^(?:toc\b|table of figures|index \d)/i.test(name)) return undefined;
    if (/^caption$/i.test(name)) return { kind: 'caption', text };
    if (/^title$/i.test(name)) return { kind: 'heading', level: 0, text };
    const level = /^heading (\d)$/i.exec(name)?.[1];
    if (level !== undefined) return { kind: 'heading', level: Number(level), text };
    if (outline !== undefined && outline < 9) return { kind: 'heading', level: outline + 1, text };
  }
  const own = inList ? runs.slice(1) : runs;
  const bold = own.length > 0 && own.every(isBold);
  // A heading by hand, without a style of one.
  if (bold && text.length < 80 && !/[.,;:!?]\s*$/.test(text) && !text.startsWith('•'))
    return { kind: 'heading', level: boldLevel, text };
  return { kind: inList ? 'item' : 'prose', text };
}

const isBold = (node: Node): boolean =>
  node.type === 'run' ? node.isBold === true : (node.children ?? []).every(isBold);

function textOf(node: Node): string {
  switch (node.type) {
    case 'text':
      return node.value ?? '';
    case 'tab':
      return ' ';
    case 'break':
      return node.breakType === 'line' ? '\n' : ' ';
    case 'checkbox':
      return node.checked ? '☑' : '☐';
    case 'tableRow':
      return `${(node.children ?? []).map(textOf).join(' ')} `;
    default:
      return (node.children ?? []).map(textOf).join(node.type === 'tableCell' ? ' ' : '');
  }
}

function* referencesIn(node: Node): Generator<Node> {
  if (node.type === 'noteReference') yield node;
  for (const child of node.children ?? []) yield* referencesIn(child);
}

function rowsOf(table: Node): string[][] {
  return gridOf(
    (table.children ?? []).map((row) =>
      (row.children ?? []).map((cell) => ({
        text: textOf(cell),
        rows: cell.rowSpan ?? 1,
        columns: cell.colSpan ?? 1,
      })),
    ),
  );
}

import type { HtmlElement, HtmlNode } from 'linkedom';
import { canonical } from '../text/canonical.ts';
import { sentences } from '../text/sentences.ts';
import type { Piece } from './fragments.ts';
import { isElement, isText, walk } from './html-page.ts';

type LeftOut = (element: HtmlElement) => boolean;

const blocks = new Set(
  (
    'address article aside blockquote body center dd details dialog dir div dl dt fieldset ' +
    'figcaption figure footer form header hgroup hr html legend li main menu ol p search ' +
    'section summary ul caption table tbody td tfoot th thead tr listing pre xmp h1 h2 h3 h4 h5 ' +
    'h6'
  ).split(' '),
);
const listings = new Set(['pre', 'listing', 'xmp']);

/** Behind the mark of a list item, which the page itself does not hold: its links leave the mark out (`text-fragment.ts`). */
const gap = '\u00a0';
/** Between the cells of a row. */
const cellSeparator = ' | ';
/** Stands for a `<br>` until white space has been collapsed. */
const lineBreak = '\u2028';

/** The canonical text of a part of a page, one block after the other, and the pieces it consists of. `onText` hears how much there is so far. */
export function piecesOfPage(
  root: HtmlElement,
  leftOut: LeftOut,
  onText: (length: number) => void,
): { text: string; pieces: Piece[] } {
  const parts: string[] = [];
  const pieces: Piece[] = [];
  let length = 0;
  const add = (
    own: string,
    segments: Piece['segments'],
    more: Pick<Piece, 'kind' | 'level'>,
    apart: string,
  ) => {
    if (own.trim() === '') return;
    if (length > 0) {
      parts.push(apart);
      length += apart.length;
    }
    parts.push(own);
    pieces.push({
      ...more,
      text: own,
      ranges: [{ unit: 1, start: length, end: length + own.length }],
      segments,
    });
    length += own.length;
    onText(length);
  };

  let inline: string[] = [];
  /** Of the list item whose first block has not come yet. */
  let bullet = '';
  let inItem = false;
  const lists: { ordered: boolean; next: number }[] = [];
  const flush = () => {
    const own = oneBlock(inline);
    inline = [];
    if (own === '') return;
    const found = sentences(own).map(([start, end], i): [number, number] => [
      i === 0 ? 0 : bullet.length + start,
      bullet.length + end,
    ]);
    add(bullet + own, found, { kind: 'prose' }, inItem ? '\n' : '\n\n');
    bullet = '';
    inItem = false;
  };

  walk(root, {
    into(node) {
      if (isText(node)) inline.push(node.nodeValue ?? '');
      if (!isElement(node) || leftOut(node) || isPermalink(node)) return false;
      const { localName: name } = node;
      if (name === 'br') inline.push(lineBreak);
      if (name === 'sup') {
        inline.push(raised(textOf(node, leftOut)));
        return false;
      }
      if (!blocks.has(name)) return true;
      flush();
      if (listings.has(name)) {
        const own = canonical(verbatim(node, leftOut)).replace(/^\n+/, '').trimEnd();
        add(own, linesOf(own), { kind: 'code' }, '\n\n');
        return false;
      }
      if (/^h[1-6]$/.test(name)) {
        const own = oneBlock([textOf(node, leftOut)]).replaceAll('\n', ' ');
        add(own, [[0, own.length]], { kind: 'heading', level: Number(name[1]) }, '\n\n');
        return false;
      }
      if (name === 'table') {
        const rows = rowsOf(node, leftOut);
        if (!rows) return true;
        const caption = captionOf(node, leftOut);
        add(caption, sentences(caption), { kind: 'caption' }, '\n\n');
        const { own, segments } = tableOf(rows);
        add(own, segments, { kind: 'table' }, caption === '' ? '\n\n' : '\n');
        return false;
      }
      if (name === 'ul' || name === 'menu' || name === 'dir') lists.push({ ordered: false, next: 1 });
      if (name === 'ol') lists.push({ ordered: true, next: Number(node.getAttribute('start')) || 1 });
      if (name === 'li') {
        const list = lists.at(-1);
        const number = list?.ordered ? Number(node.getAttribute('value')) || list.next : undefined;
        if (list && number !== undefined) list.next = number + 1;
        bullet = number === undefined ? `-${gap}` : `${number}.${gap}`;
        inItem = true;
      }
      return true;
    },
    out({ localName: name }) {
      if (!blocks.has(name)) return;
      flush();
      if (name === 'li') bullet = '';
      if (/^(?:ul|ol|menu|dir)$/.test(name)) lists.pop();
    },
  });
  flush();
  return { text: parts.join(''), pieces };
}

/** Inline text as a block shows it: white space collapsed, line breaks kept. */
function oneBlock(inline: readonly string[]): string {
  const collapsed = inline
    .join('')
    .replace(/[ \t\n\r\f]+/g, ' ')
    .replace(/ ?\u2028[ \u2028]*/g, '\n');
  return canonical(collapsed).trim();
}

/** All text of an element, blocks apart from each other by a space. */
function textOf(root: HtmlElement, leftOut: LeftOut): string {
  const found: string[] = [];
  walk(root, {
    into(node) {
      if (isText(node)) found.push(node.nodeValue ?? '');
      if (!isElement(node) || leftOut(node) || isPermalink(node)) return false;
      if (node.localName === 'br' || blocks.has(node.localName)) found.push(' ');
      if (node.localName !== 'sup' || node === root) return true;
      found.push(raised(textOf(node, leftOut)));
      return false;
    },
    out: ({ localName }) => void (blocks.has(localName) && found.push(' ')),
  });
  return found.join('');
}

/** The text of a listing with its line breaks and blanks. */
function verbatim(root: HtmlElement, leftOut: LeftOut): string {
  const found: string[] = [];
  walk(root, {
    into(node) {
      if (isText(node)) found.push(node.nodeValue ?? '');
      if (!isElement(node)) return false;
      if (node.localName === 'br') found.push('\n');
      return !leftOut(node);
    },
  });
  return found.join('');
}

const onLine = '0123456789+-−n';
const aboveLine = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ';

/** Raised figures keep their place: 10 to the power of 6 must not become 106. */
function raised(text: string): string {
  const found = text.trim();
  return /^[\d+\-−n]+$/.test(found)
    ? found.replaceAll(/[\d+\-−n]/g, (char) => aboveLine.charAt(onLine.indexOf(char)))
    : text;
}

/** The sign behind a heading that links to it. */
function isPermalink(element: HtmlElement): boolean {
  return (
    element.localName === 'a' &&
    element.getAttribute('href')?.startsWith('#') === true &&
    /^[¶#§🔗]$/u.test(element.firstChild?.nodeValue?.trim() ?? '')
  );
}

/** The cells of a table of data; undefined for one that only arranges its parts, as pages of old do. */
function rowsOf(table: HtmlElement, leftOut: LeftOut): string[][] | undefined {
  const rows: string[][] = [];
  const role = table.getAttribute('role');
  let arranges = role === 'presentation' || role === 'none';
  walk(table, {
    into(node) {
      if (arranges || !isElement(node) || leftOut(node) || node.localName === 'caption') return false;
      const { localName: name } = node;
      if (name === 'table' || name === 'form') arranges = true;
      if (name === 'tr') rows.push([]);
      if (name !== 'td' && name !== 'th') return true;
      if (holds(node, arranging)) arranges = true;
      else rows.at(-1)?.push(oneBlock([textOf(node, leftOut)]).replaceAll('\n', ' '));
      return false;
    },
  });
  const kept = rows.filter((row) => row.some((cell) => cell !== ''));
  const isGrid = kept.some((row) => row.filter((cell) => cell !== '').length > 1);
  const longest = Math.max(0, ...kept.slice(0, 1_000).flatMap((row) => row.map((cell) => cell.length)));
  return arranges || !isGrid || longest > 2_000 ? undefined : kept;
}

const arranging = new Set(['table', 'form', 'pre', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6']);

function holds(root: HtmlElement, names: ReadonlySet<string>): boolean {
  let found = false;
  walk(root, {
    into(node: HtmlNode) {
      if (isElement(node) && names.has(node.localName)) found = true;
      return !found;
    },
  });
  return found;
}

function captionOf(table: HtmlElement, leftOut: LeftOut): string {
  for (let node = table.firstChild; node; node = node.nextSibling)
    if (isElement(node) && node.localName === 'caption' && !leftOut(node))
      return oneBlock([textOf(node, leftOut)]);
  return '';
}

function tableOf(rows: string[][]): { own: string; segments: Piece['segments'] } {
  const lines = rows.map((row) => row.join(cellSeparator).trim());
  const own = lines.join('\n');
  return { own, segments: linesOf(own) };
}

function linesOf(text: string): Piece['segments'] {
  const found: Piece['segments'] = [];
  let start = 0;
  for (const line of text.split('\n')) {
    if (line.trim() !== '') found.push([start, start + line.length]);
    start += line.length + 1;
  }
  return found;
}

import { MIMEType } from 'node:util';
import { canonical } from '../text/canonical.ts';
import { fragmentsOf, type Piece } from './fragments.ts';
import { decodePage } from './html-charset.ts';
import { mainPartOf } from './html-page.ts';
import { piecesOfPage } from './html-pieces.ts';
import { notePieces } from './read-note.ts';
import { type ReadBytes, Unreadable } from './reading.ts';

/** Of text: a page is one unit, hence one message and one row, like a note. */
const mostLength = 2 * 2 ** 20;

/** Reads web pages and what else stands at an address as text: one unit, the place of a quote being its offset and the page's address. */
export const readUrl: ReadBytes = async (bytes, { mediaType, url, onUnit, onProgress }) => {
  onProgress(0, 1);
  const { text, pieces } = pageOf(bytes, mediaType);
  if (text.trim() === '')
    throw new Unreadable(
      'No text was found on this page. A page that is put together by scripts in the browser cannot be read; print it to a PDF and upload that.',
    );
  await onUnit({
    ordinal: 1,
    text,
    places: { kind: 'offsets', ...(url !== undefined && { url }) },
  });
  onProgress(1, 1);
  return fragmentsOf(pieces, ({ start, end }) => text.slice(start, end));
};

/** The text of a page and its pieces, by the media type it came with. */
export function pageOf(bytes: Uint8Array, mediaType: string): { text: string; pieces: Piece[] } {
  const { essence, params } = new MIMEType(mediaType);
  const decoded = decodePage(bytes, params.get('charset') ?? undefined);
  if (essence.startsWith('text/') && essence !== 'text/html') {
    check(decoded.length);
    const text = canonical(decoded);
    return { text, pieces: [...notePieces(text, essence !== 'text/plain')] };
  }
  const main = mainPartOf(essence === 'text/html' ? decoded : closed(decoded));
  if (!main) return { text: '', pieces: [] };
  return piecesOfPage(main.root, main.isLeftOut, check);
}

function check(length: number) {
  if (length > mostLength) throw new Unreadable('This page has more than 2 MB of text.');
}

const empty = 'area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr';
const selfClosing = new RegExp(`<(?!(?:${empty})[\\s/])([a-zA-Z][\\w:-]*)((?:\\s[^<>]*)?)/>`, 'g');

/** XHTML as HTML is written: an element that closes itself has an end of its own. */
const closed = (xhtml: string) => xhtml.replace(selfClosing, '<$1$2></$1>');

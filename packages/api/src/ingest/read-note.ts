import { canonical } from '../text/canonical.ts';
import { sentences } from '../text/sentences.ts';
import { fragmentsOf, type Piece } from './fragments.ts';
import { type ReadBytes, readerVersions, type Reading, Unreadable } from './reading.ts';

/** Of text. A note is one unit, hence one message and one row: 8 MB of it took 50 ms of the server's thread at once, 2 MB 15 ms. */
const maxBytes = 2 * 2 ** 20;

/** Reads a note: one unit, the place of a quote being its offset. Throws `Unreadable` for an empty or too long one. */
export function readNote(bytes: Uint8Array, options: { markdown: boolean }): Promise<Reading> {
  return Promise.resolve().then(() => {
    // UTF-16 takes at most twice the bytes of UTF-8: what is larger still need not be decoded.
    const decoded = bytes.length > 2 * maxBytes ? undefined : decode(bytes);
    if (decoded === undefined || Buffer.byteLength(decoded) > maxBytes)
      throw new Unreadable('This note is longer than 2 MB of text. Split it.');
    const text = canonical(decoded);
    if (text.trim() === '') throw new Unreadable('This note is empty.');
    const pieces = [...notePieces(text, options.markdown)];
    return {
      reader: 'note',
      readerVersion: readerVersions.note,
      units: [{ ordinal: 1, text, places: { kind: 'offsets' } }],
      fragments: fragmentsOf(pieces, ({ start, end }) => text.slice(start, end)),
    };
  });
}

/** As `readNote`, in a reader's process; the name tells Markdown from plain text. */
export const readNoteBytes: ReadBytes = async (bytes, { filename, onUnit }) => {
  const reading = await readNote(bytes, { markdown: /\.(?:md|markdown|mdown)$/i.test(filename) });
  for (const unit of reading.units) await onUnit(unit);
  return reading.fragments;
};

/** UTF-8 unless a byte order mark says UTF-16; what is not valid UTF-8 is read as Windows-1252. */
export function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

type Line = { start: number; end: number; text: string };

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start <= text.length; ) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    lines.push({ start, end, text: text.slice(start, end) });
    start = end + 1;
  }
  return lines;
}

const atx = /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/;
const setext = /^ {0,3}(=+|-+)[ \t]*$/;
const fence = /^ {0,3}(`{3,}|~{3,})/;
const delimiterRow = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const listItem = /^[ \t]*(?:[-*+•–]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ \t]+\S/;

/** The blocks of a note: the part of CommonMark that carries structure, or paragraphs and lists of plain text. */
export function* notePieces(text: string, markdown: boolean): Generator<Piece> {
  const lines = linesOf(text);
  const blank = (i: number) => (lines[i]?.text.trim() ?? '') === '';
  const isTable = (i: number) =>
    (lines[i]?.text.includes('|') ?? false) &&
    delimiterRow.test(lines[i + 1]?.text ?? '') &&
    (lines[i + 1]?.text.includes('|') ?? false);
  const starts = (i: number) =>
    markdown && (atx.test(lines[i]!.text) || fence.test(lines[i]!.text) || isTable(i));

  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    if (blank(i)) {
      i++;
      continue;
    }
    let end = i + 1;
    const heading = markdown ? atx.exec(line.text) : null;
    const opening = markdown ? fence.exec(line.text)?.[1] : undefined;
    if (heading) {
      yield piece('heading', text, lines.slice(i, end), { level: heading[1]!.length, title: heading[2]! });
    } else if (opening !== undefined) {
      while (end < lines.length && !closes(lines[end]!.text, opening)) end++;
      const last = end;
      end = Math.min(end + 1, lines.length);
      yield piece('code', text, lines.slice(i, end), { skip: (at) => at === 0 || at === last - i });
    } else if (markdown && isTable(i)) {
      end = i + 2;
      while (end < lines.length && !blank(end) && lines[end]!.text.includes('|')) end++;
      yield piece('table', text, lines.slice(i, end), { skip: (at) => at === 1 });
    } else {
      const item = listItem.test(line.text);
      let under: string | undefined;
      while (end < lines.length && !blank(end) && !starts(end) && !listItem.test(lines[end]!.text)) {
        under = markdown && !item ? setext.exec(lines[end]!.text)?.[1] : undefined;
        end++;
        if (under !== undefined) break;
      }
      const title = text.slice(line.start, lines[Math.max(i, end - 2)]!.end);
      const level = under?.startsWith('=') ? 1 : 2;
      if (under === undefined) yield piece('prose', text, lines.slice(i, end), {});
      else yield piece('heading', text, lines.slice(i, end), { level, title });
    }
    i = end;
  }
}

function closes(line: string, opening: string): boolean {
  return line.trim().startsWith(opening) && /^\s*(?:`+|~+)\s*$/.test(line);
}

function piece(
  kind: Piece['kind'],
  text: string,
  lines: Line[],
  { level, title, skip }: { level?: number; title?: string; skip?: (line: number) => boolean },
): Piece {
  const start = lines[0]!.start;
  const end = lines.at(-1)!.end;
  const own = text.slice(start, end);
  const kept = lines.filter((line, i) => line.text.trim() !== '' && !skip?.(i));
  return {
    kind,
    ...(level === undefined ? {} : { level }),
    ...(title === undefined ? {} : { title }),
    text: own,
    ranges: [{ unit: 1, start, end }],
    segments:
      kind === 'table' || kind === 'code'
        ? kept.map((line): [number, number] => [line.start - start, line.end - start])
        : kind === 'heading'
          ? [[0, own.length]]
          : sentences(own),
  };
}

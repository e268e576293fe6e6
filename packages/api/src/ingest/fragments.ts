import type { TextRange } from '@rayni/contract';
import type { FragmentDraft } from './reading.ts';

/**
 * A heading, paragraph, list item, table or listing of a document, in reading order. `text` is the slices of its ranges joined
 * by one space; `segments` are its sentences, rows or lines.
 */
export type Piece = {
  kind: 'heading' | 'prose' | 'caption' | 'table' | 'code';
  /** Of headings: smaller is higher. */
  level?: number;
  /** Of headings: what the heading path shows, if not the text itself. */
  title?: string;
  text: string;
  ranges: TextRange[];
  segments: [start: number, end: number][];
  /** Of tables: so many first segments name the columns and go with every part of a large one; unset, they are told in its heading. */
  head?: number;
};

/** In words. Sections under `least` go together with their neighbours; no part of a cut one is above `most`. */
const size = { least: 80, share: 200, most: 300, wholeTable: 600 };

/**
 * Packs pieces into fragments of about 80–300 words: cut at headings, page turns and paragraphs, long paragraphs at sentences,
 * large tables at rows. `slice` reads canonical text.
 */
export function fragmentsOf(pieces: Piece[], slice: (range: TextRange) => string): FragmentDraft[] {
  const found: FragmentDraft[] = [];
  const path: { level: number; text: string }[] = [];
  let held: Piece[] = [];
  let heading = '';

  const pathText = () => path.map((part) => part.text).join(' › ');
  const emit = (some: Piece[], kind: FragmentDraft['kind'], under = heading) => {
    const draft = draftOf(some, slice);
    if (draft.text.trim() !== '') found.push({ ordinal: found.length + 1, heading: under, kind, ...draft });
  };
  const flush = () => {
    for (const part of balanced(held)) {
      const code = part.reduce((sum, piece) => sum + (piece.kind === 'code' ? piece.text.length : 0), 0);
      const all = part.reduce((sum, piece) => sum + piece.text.length, 0);
      emit(part, code > 0.6 * all ? 'code' : 'prose');
    }
    held = [];
  };

  for (const [i, piece] of pieces.entries()) {
    const before = held.at(-1);
    // A page turn ends a fragment, unless a heading would be left behind alone or a paragraph runs across it.
    if (before && lastUnit(before) !== piece.ranges[0]!.unit && !held.every(isHeading)) flush();
    if (piece.kind === 'heading') {
      const level = piece.level ?? 1;
      // Small sections go together with the next of their rank; a rest of text without its heading stays alone.
      const joins = held.every(isHeading) || (isHeading(held[0]!) && level >= highest(held));
      if (!joins || wordsIn(held) >= size.least) flush();
      while (path.length > 0 && path.at(-1)!.level >= level) path.pop();
      path.push({ level, text: oneLine(piece.title ?? piece.text) });
      if (held.every(isHeading)) heading = pathText();
      held.push(piece);
      continue;
    }
    if (held.length === 0) heading = pathText();
    if (piece.kind === 'table') {
      const lead = takeTitle(held);
      flush();
      heading = pathText();
      for (const [part, rows] of tableParts([...lead, piece]).entries())
        emit(
          rows,
          'table',
          part === 0 || piece.head !== undefined
            ? heading
            : [heading, headRow(piece)].filter(Boolean).join(' › '),
        );
      continue;
    }
    // The title of a table goes with it, not with what stands before.
    if (piece.kind === 'caption' && pieces[i + 1]?.kind === 'table' && !held.every(isHeading)) flush();
    held.push(piece);
  }
  flush();
  return found;
}

/** A section in parts of about one length, whole if it is short enough. */
function balanced(pieces: Piece[]): Piece[][] {
  const total = wordsIn(pieces);
  if (total === 0) return [];
  if (total <= size.most) return [pieces];
  const small = pieces.flatMap((piece) => (wordCount(piece.text) > size.share ? partsOf(piece) : [piece]));
  const share = total / Math.round(total / size.share);
  const parts: Piece[][] = [];
  let part: Piece[] = [];
  let words = 0;
  let done = 0;
  for (const piece of small) {
    const more = wordCount(piece.text);
    const announces = part.length > 0 && announcesNext(part.at(-1)!);
    const full = done + words + more / 2 > share * (parts.length + 1) && words >= size.least && !announces;
    if (words > 0 && (full || words + more > size.most)) {
      parts.push(part);
      done += words;
      part = [];
      words = 0;
    }
    part.push(piece);
    words += more;
  }
  const last = parts.at(-1);
  if (last && words < size.least && wordsIn(last) + words <= size.most) last.push(...part);
  else parts.push(part);
  return parts;
}

function isHeading(piece: Piece): boolean {
  return piece.kind === 'heading';
}

function highest(pieces: Piece[]): number {
  return Math.min(...pieces.filter(isHeading).map((piece) => piece.level ?? 1));
}

function lastUnit(piece: Piece): number {
  return piece.ranges.at(-1)!.unit;
}

function wordCount(text: string): number {
  return wordCounter(text, 0)(text.length);
}

/** Counts the words from `begin` to where it is asked, each time further on, looking at each character once. */
function wordCounter(text: string, begin: number): (end: number) => number {
  let count = 0;
  let inside = false;
  let i = begin;
  return (end) => {
    for (; i < end; i++) {
      const code = text.charCodeAt(i);
      const space = code === 32 || code === 10 || code === 9;
      if (!space && !inside) count++;
      // Scripts without spaces: about two characters make a word.
      else if (!space && code >= 0x2e80 && (i - begin) % 2 === 0) count++;
      inside = !space;
    }
    return count;
  };
}

function wordsIn(pieces: Piece[]): number {
  return pieces.reduce((sum, piece) => sum + wordCount(piece.text), 0);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Takes the title of a table, and headings with nothing else under them, from the end of what is held. */
function takeTitle(held: Piece[]): Piece[] {
  let from = held.length;
  if (held[from - 1]?.kind === 'caption') from--;
  while (from > 0 && isHeading(held[from - 1]!)) from--;
  return held.splice(from);
}

function headRow(table: Piece): string {
  const [start = 0, end = 0] = table.segments[0] ?? [];
  return oneLine(table.text.slice(start, end)).slice(0, 200);
}

/** A table with its title: whole, or by rows if it is very large. */
function tableParts(pieces: Piece[]): Piece[][] {
  if (wordsIn(pieces) <= size.wholeTable) return [pieces];
  const table = pieces.at(-1)!;
  const [first, ...rest] = partsOf(table);
  const head = table.head ? [headOf(table, table.head)] : [];
  return first ? [[...pieces.slice(0, -1), first], ...rest.map((part) => [...head, part])] : [pieces];
}

/** The rows that name the columns, with the end of their line: what is put behind them is no part of them. */
function headOf(table: Piece, rows: number): Piece {
  const head = cut(table, table.segments.slice(0, rows));
  const last = head.ranges.at(-1);
  if (!last || table.text[table.segments[rows - 1]![1]] !== '\n') return head;
  return {
    ...head,
    text: `${head.text}\n`,
    ranges: [...head.ranges.slice(0, -1), { ...last, end: last.end + 1 }],
  };
}

/** Whether a piece says nothing without the next: a heading, a term, the line before a list. */
function announcesNext(piece: Piece): boolean {
  if (isHeading(piece) || piece.text.endsWith(':')) return true;
  return (
    piece.kind === 'prose' &&
    piece.text.length < 80 &&
    !/[.!?;)"”]$/.test(piece.text) &&
    !/^[•–-]/.test(piece.text)
  );
}

/** A piece cut at its segments into parts of at most `most` words; a single longer segment is cut at white space. */
function partsOf(piece: Piece): Piece[] {
  const parts: Piece[] = [];
  const segments = piece.segments.flatMap(([start, end]) => shortSegments(piece.text, start, end));
  const total = wordCount(piece.text);
  const share = total / Math.ceil(total / size.share);
  let from = 0;
  let count = wordCounter(piece.text, segments[0]?.[0] ?? 0);
  for (let i = 0; i < segments.length; i++) {
    const next = segments[i + 1];
    const words = count(segments[i]![1]);
    const more = next ? count(next[1]) : Infinity;
    if (next && more <= size.most && words < 0.9 * share) continue;
    parts.push(cut(piece, segments.slice(from, i + 1)));
    from = i + 1;
    if (next) count = wordCounter(piece.text, next[0]);
  }
  return parts;
}

function shortSegments(text: string, start: number, end: number): [number, number][] {
  if (wordCount(text.slice(start, end)) <= size.most) return [[start, end]];
  const found: [number, number][] = [];
  const limit = size.most * 6;
  let at = start;
  while (end - at > limit) {
    const space = text.lastIndexOf(' ', at + limit);
    let stop = space > at ? space : at + limit;
    // Never between the halves of a surrogate pair.
    if (stop !== space && (text.charCodeAt(stop) & 0xfc00) === 0xdc00) stop--;
    found.push([at, stop]);
    at = stop;
    while (at < end && /\s/.test(text[at]!)) at++;
  }
  if (at < end) found.push([at, end]);
  return found;
}

/** The part of a piece that its consecutive segments cover. */
function cut(piece: Piece, segments: [number, number][]): Piece {
  const start = segments[0]![0];
  const end = segments.at(-1)![1];
  const ranges: TextRange[] = [];
  let at = 0;
  for (const range of piece.ranges) {
    const length = range.end - range.start;
    const from = Math.max(start, at) - at;
    const to = Math.min(end, at + length) - at;
    if (from < to) ranges.push({ unit: range.unit, start: range.start + from, end: range.start + to });
    at += length + 1;
  }
  return {
    ...piece,
    ranges,
    text: piece.text.slice(start, end),
    segments: segments.map(([from, to]) => [from - start, to - start]),
  };
}

/** Puts pieces together; neighbours in one unit with only white space between them become one range. */
function draftOf(
  pieces: Piece[],
  slice: (range: TextRange) => string,
): Pick<FragmentDraft, 'ranges' | 'text' | 'segments'> {
  const ranges: TextRange[] = [];
  const segments: [number, number][] = [];
  let text = '';
  for (const piece of pieces) {
    const last = ranges.at(-1);
    const [first, ...more] = piece.ranges;
    if (!first) continue;
    const between =
      last && last.unit === first.unit && last.end <= first.start
        ? slice({ unit: first.unit, start: last.end, end: first.start })
        : undefined;
    if (last && between !== undefined && between.trim() === '') {
      text += between;
      last.end = first.end;
    } else {
      if (last) text += ' ';
      ranges.push({ ...first });
    }
    ranges.push(...more.map((range) => ({ ...range })));
    const at = text.length;
    text += piece.text;
    for (const [start, end] of piece.segments) if (start < end) segments.push([at + start, at + end]);
  }
  return { ranges, text, segments };
}

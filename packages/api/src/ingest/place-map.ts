import type { Locator, PageSpan, Rect, TextRange } from '@rayni/contract';
import { withTextFragment } from '../text/text-fragment.ts';
import type { Boxes, FragmentDraft, PlaceMap, Unit } from './reading.ts';

/** With the text of a web page a place links to the very words. */
type Located = Pick<Unit, 'places'> & { text?: string | undefined };
type Units = ReadonlyMap<number, Located> | ((ordinal: number) => Located | undefined);

/**
 * Where ranges of canonical text stand: boxes merged to one a line, page by page; the time from the first cue to the last; the cells around
 * them; offsets where the offset is the place; `none` where no place is known for any of them. What one unit is decides for all: a source
 * is of one kind.
 */
export function locate(units: Units, ranges: readonly TextRange[]): Locator {
  const spans: PageSpan[] = [];
  let found: Place | undefined;
  const unitOf = (ordinal: number) => (typeof units === 'function' ? units(ordinal) : units.get(ordinal));
  for (const range of ranges) {
    const places = unitOf(range.unit)?.places;
    if (places?.kind === 'boxes') {
      const rects = rectsOf(places, range.start, range.end);
      const known = spans.find((span) => span.page === range.unit);
      if (known) known.rects.push(...rects);
      else if (rects.length > 0)
        spans.push({ page: range.unit, width: places.width, height: places.height, rects });
    } else if (places) found = joined(found, placeOf(places, range));
  }
  if (found?.kind === 'text' && found.url !== undefined) {
    const [first] = ranges;
    const text = first && unitOf(first.unit)?.text;
    const own = ranges.filter(({ unit }) => unit === first?.unit);
    if (text !== undefined) return { ...found, url: withTextFragment(found.url, text, own) };
  }
  return spans.length > 0 ? { kind: 'pdf', spans } : (found ?? { kind: 'none' });
}

type Place = Exclude<Locator, { kind: 'pdf' | 'none' }>;

/** The place of one range in one unit, if any is known. */
function placeOf(
  places: Exclude<PlaceMap, { kind: 'boxes' }>,
  { unit, start, end }: TextRange,
): Place | undefined {
  switch (places.kind) {
    case 'pixels': {
      const rects = rectsOf(places, start, end);
      return rects.length > 0
        ? {
            kind: 'image',
            width: places.width,
            height: places.height,
            rects,
            ...(places.page !== undefined && { page: places.page }),
          }
        : undefined;
    }
    case 'times': {
      const [first, last] = entriesIn(places, start, end);
      return first > last
        ? undefined
        : { kind: 'time', start: places.times[2 * first]!, end: places.times[2 * last + 1]! };
    }
    case 'cells': {
      const [first, last] = entriesIn(places, start, end);
      if (first > last) return undefined;
      const cells = places.cells.subarray(2 * first, 2 * last + 2);
      const rows = cells.filter((_, i) => i % 2 === 0);
      const columns = cells.filter((_, i) => i % 2 === 1);
      const from = cellName(Math.min(...rows), Math.min(...columns));
      const to = cellName(Math.max(...rows), Math.max(...columns));
      return { kind: 'sheet', sheet: places.sheet, range: from === to ? from : `${from}:${to}`, start, end };
    }
    case 'slide':
      return { kind: 'slide', slide: unit, start, end };
    case 'offsets':
      return { kind: 'text', start, end, ...(places.url === undefined ? {} : { url: places.url }) };
    case 'none':
      return undefined;
  }
}

/** Two places of one quote as one. Where that cannot be said (two slides, two sheets), the first stands. */
function joined(one: Place | undefined, other: Place | undefined): Place | undefined {
  if (!one || !other) return one ?? other;
  if (one.kind === 'image' && other.kind === 'image' && one.page === other.page)
    return { ...one, rects: [...one.rects, ...other.rects] };
  if ((one.kind === 'text' || one.kind === 'time') && other.kind === one.kind)
    return { ...one, start: Math.min(one.start, other.start), end: Math.max(one.end, other.end) };
  // Rows under the names of their columns; the sheet may go on in another unit, whose offsets are others.
  if (one.kind === 'sheet' && other.kind === 'sheet' && one.sheet === other.sheet)
    return { ...other, range: `${one.range},${other.range}` };
  return one;
}

/** The parts of the text these ranges make, joined by one space, that were recognised with doubt. */
export function doubtfulRanges(units: Units, ranges: readonly TextRange[]): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  let at = 0;
  for (const { unit, start, end } of ranges) {
    const places = (typeof units === 'function' ? units(unit) : units.get(unit))?.places;
    if (places?.kind === 'boxes' || places?.kind === 'pixels') {
      for (const entry of places.doubtful ?? []) {
        const from = Math.max(start, places.starts[entry] ?? end);
        const to = Math.min(end, places.ends[entry] ?? start);
        if (from < to) found.push({ start: at + from - start, end: at + to - start });
      }
    }
    at += end - start + 1;
  }
  return found;
}

/** A cell as spreadsheets name it: row 3, column 28 is `AB3`. */
export function cellName(row: number, column: number): string {
  let letters = '';
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26))
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  return `${letters}${row}`;
}

/** Indices of the first and the last entry that touch `[start, end)`; the first is larger when none does. */
function entriesIn({ starts, ends }: { starts: Uint32Array; ends: Uint32Array }, start: number, end: number) {
  const first = firstAfter(ends, start);
  let last = first - 1;
  while (last + 1 < starts.length && starts[last + 1]! < end) last++;
  return [first, last] as const;
}

/** The boxes of the words that touch `[start, end)`, neighbours on one line joined. */
function rectsOf(places: Boxes, start: number, end: number): Rect[] {
  const { starts, ends, boxes } = places;
  const rects: Rect[] = [];
  for (let i = firstAfter(ends, start); i < starts.length && starts[i]! < end; i++) {
    const box = inside(
      { x: boxes[4 * i]!, y: boxes[4 * i + 1]!, w: boxes[4 * i + 2]!, h: boxes[4 * i + 3]! },
      places,
    );
    const last = rects.at(-1);
    if (last && sameLine(last, box)) {
      const [x, y] = [Math.min(last.x, box.x), Math.min(last.y, box.y)];
      last.w = Math.max(last.x + last.w, box.x + box.w) - x;
      last.h = Math.max(last.y + last.h, box.y + box.h) - y;
      last.x = x;
      last.y = y;
    } else rects.push(box);
  }
  return rects;
}

/** Boxes are stored as 32-bit floats: rounding must not push one over the border of its page. */
function inside(box: Rect, page: { width: number; height: number }): Rect {
  const x = Math.max(0, Math.min(box.x, page.width));
  const y = Math.max(0, Math.min(box.y, page.height));
  return { x, y, w: Math.min(box.w, page.width - x), h: Math.min(box.h, page.height - y) };
}

/** Whether a word goes on the line of a box: level with it and at most a wide word space away, across or, turned, down. */
function sameLine(line: Rect, word: Rect): boolean {
  const across = overlap(line.y, line.h, word.y, word.h) > 0.5 * Math.min(line.h, word.h);
  const down = overlap(line.x, line.w, word.x, word.w) > 0.5 * Math.min(line.w, word.w);
  const gapX = Math.max(word.x - line.x - line.w, line.x - word.x - word.w);
  const gapY = Math.max(word.y - line.y - line.h, line.y - word.y - word.h);
  if (across && gapX < 1.2 * Math.max(line.h, word.h)) return gapX > -0.9 * Math.min(line.w, word.w);
  // Upright text only one word wide must not be joined with the line below it.
  return down && line.h > line.w && gapY > 0 && gapY < 0.5 * Math.max(line.w, word.w);
}

function overlap(a: number, aLength: number, b: number, bLength: number): number {
  return Math.min(a + aLength, b + bLength) - Math.max(a, b);
}

/** Index of the first word that ends after `offset`. */
function firstAfter(ends: Uint32Array, offset: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The ranges of the units behind `[start, end)` of a fragment's text; its joining spaces belong to no unit. */
export function rangesIn(fragment: Pick<FragmentDraft, 'ranges'>, start: number, end: number): TextRange[] {
  const found: TextRange[] = [];
  let at = 0;
  for (const range of fragment.ranges) {
    const length = range.end - range.start;
    const from = Math.max(start, at) - at;
    const to = Math.min(end, at + length) - at;
    if (from < to) found.push({ unit: range.unit, start: range.start + from, end: range.start + to });
    at += length + 1;
  }
  return found;
}

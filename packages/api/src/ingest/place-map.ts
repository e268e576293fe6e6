import type { Locator, PageSpan, Rect, TextRange } from '@rayni/contract';
import type { FragmentDraft, PlaceMap, Unit } from './reading.ts';

type Units =
  | ReadonlyMap<number, Pick<Unit, 'places'>>
  | ((ordinal: number) => Pick<Unit, 'places'> | undefined);

/**
 * Where ranges of canonical text stand: boxes merged to one a line, page by page; offsets where the offset is the place; `none`
 * where no place is known for any of them.
 */
export function locate(units: Units, ranges: readonly TextRange[]): Locator {
  const spans: PageSpan[] = [];
  let offsets: { start: number; end: number } | undefined;
  for (const range of ranges) {
    const places = (typeof units === 'function' ? units(range.unit) : units.get(range.unit))?.places;
    if (places?.kind === 'offsets') {
      offsets = {
        start: Math.min(offsets?.start ?? range.start, range.start),
        end: Math.max(offsets?.end ?? range.end, range.end),
      };
    }
    if (places?.kind !== 'boxes') continue;
    const rects = rectsOf(places, range.start, range.end);
    if (rects.length === 0) continue;
    const known = spans.find((span) => span.page === range.unit);
    if (known) known.rects.push(...rects);
    else spans.push({ page: range.unit, width: places.width, height: places.height, rects });
  }
  if (spans.length > 0) return { kind: 'pdf', spans };
  return offsets ? { kind: 'text', ...offsets } : { kind: 'none' };
}

/** The boxes of the words that touch `[start, end)`, neighbours on one line joined. */
function rectsOf(places: Extract<PlaceMap, { kind: 'boxes' }>, start: number, end: number): Rect[] {
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

const version = 1;
const kinds = ['none', 'offsets', 'boxes'] as const;
/** Boxes are kept in 32nds of a point: half a thousandth of an inch, well under the width of a hairline. */
const grid = 32;

/** A place map as bytes: version, kind, page size, then per word the differences to the word before as variable-length integers. */
export function encodePlaceMap(places: PlaceMap): Uint8Array {
  const kind = kinds.indexOf(places.kind);
  if (places.kind !== 'boxes') return Uint8Array.of(version, kind);
  const count = places.starts.length;
  const bytes = new Uint8Array(22 + count * 30);
  const view = new DataView(bytes.buffer);
  bytes[0] = version;
  bytes[1] = kind;
  view.setFloat64(2, places.width, true);
  view.setFloat64(10, places.height, true);
  view.setUint32(18, count, true);
  let at = 22;
  const put = (value: number) => {
    // Zigzag: small negative numbers stay short.
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest > 127) {
      bytes[at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    bytes[at++] = rest;
  };
  let end = 0;
  const last = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    put(places.starts[i]! - end);
    put(places.ends[i]! - places.starts[i]!);
    end = places.ends[i]!;
    for (let k = 0; k < 4; k++) {
      const value = Math.round(places.boxes[4 * i + k]! * grid);
      put(value - last[k]!);
      last[k] = value;
    }
  }
  return bytes.slice(0, at);
}

/** The place map that was encoded; throws on bytes of another version. Boxes come back within 1/64 of a point. */
export function decodePlaceMap(bytes: Uint8Array): PlaceMap {
  const kind = kinds[bytes[1] ?? -1];
  if (bytes[0] !== version || kind === undefined) throw new Error('Unknown version of a place map.');
  if (kind !== 'boxes') return { kind };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(18, true);
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const boxes = new Float32Array(4 * count);
  let at = 22;
  const take = () => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('A place map ends too early.');
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  };
  let end = 0;
  const last = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    starts[i] = end + take();
    ends[i] = end = starts[i]! + take();
    for (let k = 0; k < 4; k++) {
      last[k] = last[k]! + take();
      boxes[4 * i + k] = last[k]! / grid;
    }
  }
  return { kind, width: view.getFloat64(2, true), height: view.getFloat64(10, true), starts, ends, boxes };
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { doubtfulRanges, locate, rangesIn } from './place-map.ts';
import { decodePlaceMap, encodePlaceMap } from './place-map-bytes.ts';
import type { PlaceMap } from './reading.ts';

type Boxed = Extract<PlaceMap, { kind: 'boxes' }>;

const boxed = (words: [start: number, end: number, x: number, y: number, w: number, h: number][]): Boxed => ({
  kind: 'boxes',
  width: 600,
  height: 800,
  starts: Uint32Array.from(words, ([start]) => start),
  ends: Uint32Array.from(words, ([, end]) => end),
  boxes: Float32Array.from(words.flatMap(([, , ...box]) => box)),
});

test('words of a line make one box, a new line a new one, a wide gap too', () => {
  const places = boxed([
    [0, 3, 50, 100, 20, 10],
    [4, 8, 74, 100, 30, 10],
    [9, 12, 300, 100, 20, 10],
    [13, 16, 50, 114, 25, 10],
  ]);
  expect(locate(() => ({ places }), [{ unit: 7, start: 1, end: 14 }])).toEqual({
    kind: 'pdf',
    spans: [
      {
        page: 7,
        width: 600,
        height: 800,
        rects: [
          { x: 50, y: 100, w: 54, h: 10 },
          { x: 300, y: 100, w: 20, h: 10 },
          { x: 50, y: 114, w: 25, h: 10 },
        ],
      },
    ],
  });
});

test('only the words a range touches are boxed', () => {
  const places = boxed([
    [0, 3, 50, 100, 20, 10],
    [4, 8, 74, 100, 30, 10],
  ]);
  const rects = (start: number, end: number) => {
    const place = locate(() => ({ places }), [{ unit: 1, start, end }]);
    return place.kind === 'pdf' ? place.spans[0]!.rects.map(({ x }) => x) : place.kind;
  };
  expect(rects(0, 3)).toEqual([50]);
  expect(rects(0, 4)).toEqual([50]);
  expect(rects(4, 5)).toEqual([74]);
  expect(rects(3, 4)).toBe('none');
});

test('offsets into a fragment come back as ranges of its units', () => {
  const fragment = {
    ranges: [
      { unit: 1, start: 10, end: 15 },
      { unit: 2, start: 0, end: 5 },
    ],
  };
  expect(rangesIn(fragment, 0, 11)).toEqual(fragment.ranges);
  expect(rangesIn(fragment, 3, 8)).toEqual([
    { unit: 1, start: 13, end: 15 },
    { unit: 2, start: 0, end: 2 },
  ]);
  expect(rangesIn(fragment, 5, 6)).toEqual([]);
});

const coordinate = fc.double({ min: 0, max: 20_000, noNaN: true });
const word = fc.tuple(
  fc.nat(50),
  fc.integer({ min: 1, max: 60 }),
  fc.tuple(coordinate, coordinate, coordinate, coordinate),
);

test('a place map survives being stored, boxes to a 64th of a point', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), fc.nat(), (words, offset) => {
      let at = 0;
      const places = boxed(
        words.map(([gap, length, box]) => {
          const start = at + gap;
          at = start + length;
          return [start, at, ...box];
        }),
      );
      const bytes = encodePlaceMap(places);
      // A database hands out views into larger buffers.
      const padded = new Uint8Array(bytes.length + (offset % 9));
      padded.set(bytes, offset % 9);
      const back = decodePlaceMap(padded.subarray(offset % 9)) as Boxed;
      expect(back).toMatchObject({
        kind: 'boxes',
        width: 600,
        height: 800,
        starts: places.starts,
        ends: places.ends,
      });
      for (const [i, value] of places.boxes.entries())
        expect(Math.abs(back.boxes[i]! - value)).toBeLessThanOrEqual(1 / 64 + value * 1e-6);
    }),
  );
  for (const kind of ['offsets', 'none'] as const)
    expect(decodePlaceMap(encodePlaceMap({ kind }))).toEqual({ kind });
});

test('bytes of another version or cut short are refused', () => {
  expect(() => decodePlaceMap(Uint8Array.of(9, 0))).toThrow('version');
  expect(() => decodePlaceMap(new Uint8Array())).toThrow('version');
  const bytes = encodePlaceMap(boxed([[0, 3, 50, 100, 20, 10]]));
  expect(() => decodePlaceMap(bytes.subarray(0, -1))).toThrow('early');
});

const entries = fc
  .array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 30 }), fc.nat(99), fc.nat(99)), { maxLength: 30 })
  .map((words) => {
    let at = 0;
    const placed = words.map(([gap, length, one, other]) => {
      const start = at + gap;
      at = start + length;
      return { start, end: at, one, other };
    });
    return {
      starts: Uint32Array.from(placed, ({ start }) => start),
      ends: Uint32Array.from(placed, ({ end }) => end),
      pairs: placed.flatMap(({ one, other }) => [one + 1, one + other + 1]),
    };
  });

test('times, cells, slides and addresses come back as they were', () => {
  fc.assert(
    fc.property(entries, fc.string({ unit: 'grapheme' }), ({ starts, ends, pairs }, name) => {
      const maps: PlaceMap[] = [
        { kind: 'times', starts, ends, times: Float64Array.from(pairs, (n) => n / 1000) },
        { kind: 'cells', sheet: name, starts, ends, cells: Uint32Array.from(pairs) },
        { kind: 'slide' },
        { kind: 'none' },
        { kind: 'offsets', url: `https://a.example/${encodeURIComponent(name)}` },
      ];
      for (const places of maps) expect(decodePlaceMap(encodePlaceMap(places))).toEqual(places);
    }),
  );
});

test('a quote is spoken from its first cue to the end of its last', () => {
  const places: PlaceMap = {
    kind: 'times',
    starts: Uint32Array.of(0, 10, 20),
    ends: Uint32Array.of(9, 19, 29),
    times: Float64Array.of(1, 2, 2.5, 4, 60, 61),
  };
  const at = (start: number, end: number) => locate(new Map([[1, { places }]]), [{ unit: 1, start, end }]);
  expect(at(3, 12)).toEqual({ kind: 'time', start: 1, end: 4 });
  expect(at(20, 29)).toEqual({ kind: 'time', start: 60, end: 61 });
  expect(at(30, 40)).toEqual({ kind: 'none' });
});

test('a quote of a sheet is named by the cells around it', () => {
  const places: PlaceMap = {
    kind: 'cells',
    sheet: 'Limits',
    starts: Uint32Array.of(0, 5, 10),
    ends: Uint32Array.of(4, 9, 14),
    cells: Uint32Array.of(2, 1, 2, 27, 3, 1),
  };
  const at = (start: number, end: number) => locate(new Map([[1, { places }]]), [{ unit: 1, start, end }]);
  expect(at(5, 9)).toEqual({ kind: 'sheet', sheet: 'Limits', range: 'AA2', start: 5, end: 9 });
  expect(at(0, 14)).toMatchObject({ range: 'A2:AA3' });
});

test('words of an image are boxes in its pixels', () => {
  const { kind: _, ...words } = boxed([[0, 4, 10, 10, 40, 12]]);
  const units = new Map([[1, { places: { kind: 'pixels' as const, ...words } }]]);
  expect(locate(units, [{ unit: 1, start: 0, end: 4 }])).toEqual({
    kind: 'image',
    width: 600,
    height: 800,
    rects: [{ x: 10, y: 10, w: 40, h: 12 }],
  });
});

test('keeps which words were recognised with doubt and which page of an image it is, and says so of a quote', () => {
  const map = {
    kind: 'pixels' as const,
    width: 100,
    height: 50,
    starts: Uint32Array.of(0, 4, 9),
    ends: Uint32Array.of(3, 8, 12),
    boxes: Float32Array.of(0, 0, 10, 5, 12, 0, 10, 5, 24, 0, 10, 5),
    doubtful: Uint32Array.of(1, 2),
    page: 3,
  };
  const places = decodePlaceMap(encodePlaceMap(map));
  expect(places).toEqual(map);
  const units = new Map([[1, { places }]]);
  expect(locate(units, [{ unit: 1, start: 0, end: 8 }])).toMatchObject({ kind: 'image', page: 3 });
  // "one two2 thr" from its third letter, then its end again.
  const ranges = [
    { unit: 1, start: 2, end: 10 },
    { unit: 1, start: 9, end: 12 },
  ];
  expect(doubtfulRanges(units, ranges)).toEqual([
    { start: 2, end: 6 },
    { start: 7, end: 8 },
    { start: 9, end: 12 },
  ]);
});

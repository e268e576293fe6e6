import { expect, test } from 'vitest';
import { drawPdf, type Drawn } from '../testing/draw-pdf.ts';
import { readPdf } from './read-pdf.ts';
import { locate } from './place-map.ts';
import type { Reading } from './reading.ts';

const page = { width: 595, height: 842 };
const lines = (texts: string[], x: number, y: number, more: Partial<Drawn> = {}): Drawn[] =>
  texts.map((text, i) => ({ text, x, y: y + 14 * i, size: 11, ...more }));
const read = async (...pages: Drawn[][]): Promise<Reading> =>
  readPdf(await drawPdf(pages.map((texts) => ({ ...page, texts }))));
const textsOf = (reading: Reading) => reading.fragments.map((fragment) => fragment.text);
const segmentsOf = (reading: Reading) =>
  reading.fragments.flatMap(({ text, segments }) => segments.map(([start, end]) => text.slice(start, end)));

const left = [
  'The pump draws the sample through the',
  'filter before it enters the measuring cell,',
  'where the lamp shines through it from the',
  'left side. Open the lid only when the lamp',
  'is cold, and never while the pump runs in',
];
const right = [
  'the forward direction. A worn seal lets air',
  'into the tubing, which shows as noise in',
  'the signal of the detector. Replace the',
  'seal after two thousand hours of work or',
  'when the base line drifts by more than ten.',
];

test('two columns are read one after the other, and a sentence runs on into the second', async () => {
  const reading = await read([...lines(left, 60, 100), ...lines(right, 320, 100)]);
  expect(reading.units[0]!.text).toContain('the pump runs in the forward direction. A worn seal');
  expect(segmentsOf(reading)).toContain(
    'Open the lid only when the lamp is cold, and never while the pump runs in the forward direction.',
  );
});

test('a heading over both columns is read before them, and heads them', async () => {
  const reading = await read([
    {
      text: 'Care of the measuring cell and of the pump that feeds it',
      x: 120,
      y: 70,
      size: 17,
      face: 'bold',
    },
    ...lines(left, 60, 110),
    ...lines(right, 320, 110),
  ]);
  expect(reading.units[0]!.text.startsWith('Care of the measuring cell')).toBe(true);
  expect(reading.fragments[0]!.heading).toBe('Care of the measuring cell and of the pump that feeds it');
});

test('a note in the margin stays out of the sentences beside it', async () => {
  const body = Array.from({ length: 4 }, () => [...left, ...right]).flat();
  const reading = await read([
    ...lines(body, 200, 100),
    { text: 'Wear gloves', x: 60, y: 133, size: 8 },
    { text: 'and glasses', x: 60, y: 143, size: 8 },
  ]);
  expect(reading.units[0]!.text).toContain(
    'the lamp is cold, and never while the pump runs in the forward direction.',
  );
  expect(segmentsOf(reading).some((segment) => segment.startsWith('Wear gloves and glasses'))).toBe(true);
});

test('running headers and page numbers stay in the text of the page but in no fragment', async () => {
  const bodies = [left, right, left.toReversed(), right.toReversed()];
  const reading = await read(
    ...bodies.map((body, i) => [
      { text: 'Model 300 Operating Manual', x: 60, y: 40, size: 9 },
      ...lines(body, 60, 100),
      { text: `Page ${i + 1} of 4`, x: 280, y: 815, size: 9 },
    ]),
  );
  expect(reading.units[2]!.text).toContain('Model 300 Operating Manual');
  expect(reading.units[2]!.text).toContain('Page 3 of 4');
  expect(textsOf(reading).join('\n')).not.toMatch(/Operating Manual|Page \d/);
});

test('a word divided at a line end becomes whole with two places, a compound keeps its hyphen', async () => {
  const reading = await read(
    lines(
      [
        'Before each run the column needs a calibra-',
        'tion, as error E-',
        '104 tells. The two columns and a column of',
        'their own make the two-',
        'column layout of this page what it is now.',
      ],
      60,
      100,
    ),
  );
  const unit = reading.units[0]!;
  expect(unit.text).toContain('a calibration, as error E-104 tells.');
  expect(unit.text).toContain('the two-column layout');
  const start = unit.text.indexOf('calibration');
  const place = locate(new Map([[1, unit]]), [{ unit: 1, start, end: start + 11 }]);
  expect(place.kind === 'pdf' && place.spans[0]!.rects.length).toBe(2);
});

test('words drawn twice for a bold look are read once', async () => {
  const reading = await read([
    ...lines(['Warning: high voltage'], 60, 100),
    ...lines(['Warning: high voltage'], 60.4, 100.2),
    ...lines(left, 60, 140),
  ]);
  expect(reading.units[0]!.text.match(/voltage/g)).toHaveLength(1);
});

test('a table stays whole with its title, row by row, with the lines of a cell together', async () => {
  const row = (y: number, ...cells: string[]): Drawn[] =>
    cells.map((text, i) => ({ text, x: [60, 180, 300][i]!, y, size: 10 })).filter(({ text }) => text !== '');
  const reading = await read([
    ...lines(left, 60, 60),
    { text: 'Table 2. Error codes', x: 60, y: 160, size: 10 },
    ...row(178, 'Code', 'Meaning', 'Remedy'),
    ...row(196, 'E-101', 'No flow', 'Check the tubing and then'),
    ...row(208, '', '', 'start the pump again'),
    ...row(226, 'E-102', 'Lamp is cold', 'Wait five minutes'),
    ...row(244, 'E-103', 'Lid open', 'Close the lid'),
    ...lines(right, 60, 290),
  ]);
  const table = reading.fragments.find((fragment) => fragment.kind === 'table')!;
  expect(table.text.startsWith('Table 2. Error codes')).toBe(true);
  expect(table.segments.map(([start, end]) => table.text.slice(start, end))).toEqual([
    'Table 2. Error codes',
    'Code\tMeaning\tRemedy',
    'E-101\tNo flow\tCheck the tubing and then start the pump again',
    'E-102\tLamp is cold\tWait five minutes',
    'E-103\tLid open\tClose the lid',
  ]);
  expect(reading.units[0]!.text).toContain('the pump runs in\n\nTable 2.');
});

test('a paragraph that runs across a page turn is one fragment with a range on each page', async () => {
  const reading = await read(lines(left, 60, 700), lines(right, 60, 80));
  const fragment = reading.fragments.find(({ ranges }) => ranges.length === 2)!;
  expect(fragment.ranges.map(({ unit }) => unit)).toEqual([1, 2]);
  expect(segmentsOf(reading)).toContain(
    'Open the lid only when the lamp is cold, and never while the pump runs in the forward direction.',
  );
  const place = locate(new Map(reading.units.map((unit) => [unit.ordinal, unit])), fragment.ranges);
  expect(place.kind === 'pdf' && place.spans.map((span) => span.page)).toEqual([1, 2]);
});

test('headings of falling size make a path', async () => {
  const reading = await read([
    { text: '1 Maintenance', x: 60, y: 60, size: 18, face: 'bold' },
    ...lines([...left, ...right], 60, 100),
    { text: '1.1 Replacing the lamp', x: 60, y: 270, size: 14, face: 'bold' },
    ...lines([...right, ...left], 60, 300),
  ]);
  expect(reading.fragments.map(({ heading }) => heading)).toEqual([
    '1 Maintenance',
    '1 Maintenance › 1.1 Replacing the lamp',
  ]);
});

test('a listing keeps its lines and their indentation', async () => {
  const reading = await read([
    ...lines([...left, ...right], 60, 60),
    ...lines(['pump.start(3)', '  if error:', '    stop()'], 60, 260, { face: 'mono', size: 10 }).map(
      (drawn) => ({
        ...drawn,
        text: drawn.text.trimStart(),
        x: drawn.x + 6 * (drawn.text.length - drawn.text.trimStart().length),
      }),
    ),
  ]);
  expect(reading.units[0]!.text).toContain('pump.start(3)\n  if error:\n    stop()');
});

test('list items stay apart, each with its bullet', async () => {
  const reading = await read([
    ...lines(['Before you begin, you need these:'], 60, 60),
    ...lines(['\u2022 a clean cuvette', '\u2022 two screws of steel', '\u2022 a dry cloth'], 70, 80),
  ]);
  expect(segmentsOf(reading)).toEqual([
    'Before you begin, you need these:',
    '• a clean cuvette',
    '• two screws of steel',
    '• a dry cloth',
  ]);
});

test('text on a turned page and turned text on an upright page are both read', async () => {
  const bytes = await drawPdf([
    { width: 842, height: 595, rotate: 90, texts: lines(left, 60, 100) },
    {
      ...page,
      texts: [...lines(right, 60, 100), { text: 'Chapter seven', x: 570, y: 300, size: 11, turn: 90 }],
    },
  ]);
  const reading = await readPdf(bytes);
  expect(reading.units[0]!.text).toBe(left.join(' '));
  expect(reading.units[0]!.places).toMatchObject({ width: 842, height: 595 });
  expect(reading.units[1]!.text).toBe(`${right.join(' ')}\n\nChapter seven`);
});

test('what lies outside the crop box is not read', async () => {
  const reading = await readPdf(
    await drawPdf([
      {
        width: 400,
        height: 400,
        crop: { left: 90, bottom: 90 },
        texts: [...lines(['inside'], 20, 50), ...lines(['outside'], -70, 50)],
      },
    ]),
  );
  expect(reading.units[0]!.text).toBe('inside');
});

test('raised digits do not run into the number before them', async () => {
  const reading = await read([
    ...lines(left, 60, 60),
    { text: 'about 10', x: 60, y: 160, size: 11 },
    { text: '6', x: 98.2, y: 156, size: 7 },
    { text: 'cells in a m', x: 105, y: 160, size: 11 },
    { text: '3', x: 157, y: 156, size: 7 },
  ]);
  expect(reading.units[0]!.text).toMatch(/about 10 6 cells in a m ?3$/);
});

test('pages with nothing on them but their numbers are refused as scanned', async () => {
  const scanned = Array.from({ length: 12 }, (_, i) => [
    { text: `Page ${i + 1} of 12`, x: 270, y: 800, size: 9 },
  ]);
  await expect(read(...scanned)).rejects.toThrow(/No text was found/);
});

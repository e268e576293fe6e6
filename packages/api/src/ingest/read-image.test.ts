import { readdirSync } from 'node:fs';
import { fc, test as property } from '@fast-check/vitest';
import sharp from 'sharp';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawPicture } from '../testing/draw-picture.ts';
import { greyPage } from './decode-image.ts';
import { type Grey, type Ocr, startOcr, turned, turnedBack } from './ocr-engine.ts';
import { locate, rangesIn } from './place-map.ts';
import { decodePlaceMap } from './place-map-bytes.ts';
import { readDocument, type ReadOrder } from './readers.ts';
import type { FragmentDraft, ReadingFacts, Unit } from './reading.ts';

const sentence = 'Replace the filter of the chiller every three months';
const label = 'PUMP 2';
const width = 900;
const height = 260;
const picture = drawPicture(width, height, [
  { text: sentence, x: 40, y: 80, size: 32 },
  { text: 'and write the date into the log book.', x: 40, y: 124, size: 32 },
  { text: label, x: 40, y: 220, size: 32 },
]);
/** Where the label was drawn, a little wider. */
const labelArea = { x0: 34, y0: 190, x1: 180, y1: 236 };

async function read(order: ReadOrder) {
  const units: Unit[] = [];
  const fragments: FragmentDraft[] = [];
  let facts: ReadingFacts = {};
  for await (const part of readDocument(order)) {
    if (part.kind === 'units')
      units.push(...part.units.map(({ places, ...unit }) => ({ ...unit, places: decodePlaceMap(places) })));
    if (part.kind === 'fragments') fragments.push(...part.fragments);
    if (part.kind === 'facts') facts = { ...facts, ...part.facts };
  }
  return { units, fragments, facts };
}

/** The one box of a word or words. */
function boxOf({ units, fragments }: Awaited<ReturnType<typeof read>>, words: string) {
  const fragment = fragments.find(({ text }) => text.includes(words))!;
  const start = fragment.text.indexOf(words);
  const byOrdinal = new Map(units.map((unit) => [unit.ordinal, unit]));
  return locate(byOrdinal, rangesIn(fragment, start, start + words.length));
}

describe('recognition', () => {
  let ocr: Ocr;
  beforeAll(async () => {
    ocr = await startOcr();
  });
  afterAll(() => ocr.close());

  test.each([
    [0, 0],
    [90, 270],
    [180, 180],
    [270, 90],
  ] as const)(
    'a picture that lies turned by %i degrees is read, its boxes where the words stand in it',
    async (by, back) => {
      const stored = turned(await greyPage(picture, 0), by);
      const found = await ocr.recognize(stored);
      expect(found.turn).toBe(back);
      expect(found.words.map((word) => word.text).join(' ')).toContain(sentence);
      const pump = found.words.find((word) => word.text === 'PUMP')!;
      const [x, y, w, h] = turnedBack(pump, found);
      // Where the label lies in the turned picture.
      const { x0, y0, x1, y1 } = labelArea;
      const area = {
        0: [x0, y0, x1, y1],
        90: [height - y1, x0, height - y0, x1],
        180: [width - x1, height - y1, width - x0, height - y0],
        270: [y0, width - x1, y1, width - x0],
      }[by];
      expect(x).toBeGreaterThanOrEqual(area[0]!);
      expect(y).toBeGreaterThanOrEqual(area[1]!);
      expect(x + w).toBeLessThanOrEqual(area[2]!);
      expect(y + h).toBeLessThanOrEqual(area[3]!);
    },
  );

  test('a picture without anything has no words', async () => {
    const blank: Grey = { data: new Uint8Array(200 * 100).fill(250), width: 200, height: 100 };
    expect((await ocr.recognize(blank)).words).toEqual([]);
  });
});

property.prop([fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.nat(), fc.nat()])(
  'a box of a turned picture holds the same pixels as the one it is turned back to',
  (w, h, seedX, seedY) => {
    const data = Uint8Array.from({ length: w * h }, (_, i) => i);
    for (const turn of [0, 90, 180, 270] as const) {
      const other = turned({ data, width: w, height: h }, turn);
      const [x, y] = [seedX % other.width, seedY % other.height];
      const [backX, backY, backW, backH] = turnedBack(
        { x0: x, y0: y, x1: x + 1, y1: y + 1 },
        { turn, width: other.width, height: other.height },
      );
      expect([backW, backH]).toEqual([1, 1]);
      expect(data[backY * w + backX]).toBe(other.data[y * other.width + x]);
    }
  },
);

describe('an image', () => {
  test('is read as shown, page by page, each word with its box; nothing is written', async () => {
    const before = readdirSync('.');
    const turnedByExif = await sharp(picture)
      .rotate(270)
      .withExif({})
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const shown = await read({ bytes: turnedByExif, type: 'image', filename: 'phone.jpg' });
    expect(readdirSync('.')).toEqual(before);
    expect(shown.units[0]!.text).toContain(sentence);
    expect(shown.facts).toMatchObject({ width, height, recognized: { pages: [1] } });
    const place = boxOf(shown, label);
    expect(place).toMatchObject({ kind: 'image', width, height });
    const [box] = place.kind === 'image' ? place.rects : [];
    expect(box!.x).toBeGreaterThanOrEqual(labelArea.x0);
    expect(box!.y).toBeGreaterThanOrEqual(labelArea.y0);
    expect(box!.x + box!.w).toBeLessThanOrEqual(labelArea.x1);
    expect(box!.y + box!.h).toBeLessThanOrEqual(labelArea.y1);
  });

  test('of several pages has one unit for each, and says on which a quote stands', async () => {
    const second = drawPicture(500, 120, [{ text: 'Second page of the fax', x: 30, y: 70, size: 30 }]);
    const frames = await Promise.all(
      [drawPicture(500, 120, [{ text: 'First page', x: 30, y: 70, size: 30 }]), second].map((page) =>
        sharp(page).removeAlpha().raw().toBuffer(),
      ),
    );
    const tiff = await sharp(Buffer.concat(frames), {
      raw: { width: 500, height: 240, channels: 3, pageHeight: 120 },
    })
      .tiff()
      .toBuffer();
    const found = await read({ bytes: tiff, type: 'image', filename: 'fax.tif' });
    expect(found.units.map((unit) => unit.text)).toEqual(['First page', 'Second page of the fax']);
    expect(boxOf(found, 'of the fax')).toMatchObject({ kind: 'image', page: 2 });
  });

  test('that claims more pixels than can be held is refused with a reason', async () => {
    const flood = Buffer.from(picture);
    flood.writeUInt32BE(60_000, 16);
    flood.writeUInt32BE(60_000, 20);
    // The header's check sum holds again.
    flood.writeUInt32BE(crc32(flood.subarray(12, 29)), 29);
    await expect(read({ bytes: flood, type: 'image', filename: 'flood.png' })).rejects.toThrow(
      /million pixels/,
    );
  });

  test('that is cut off is refused with a reason', async () => {
    const cut = picture.slice(0, 200);
    await expect(read({ bytes: cut, type: 'image', filename: 'cut.png' })).rejects.toThrow(/damaged/);
  });

  test('is described where a model is there, in a unit of its own whose labels alone have places', async () => {
    const said = {
      description: 'A service label on a chiller.',
      regions: [
        { label: 'Pump 2 label', x: 40, y: 190, w: 130, h: 40 },
        { label: 'Beyond the border', x: 800, y: 200, w: 300, h: 40 },
      ],
    };
    const found = await read({
      bytes: picture,
      type: 'image',
      filename: 'label.png',
      describe: async (shown) => {
        expect(shown).toMatchObject({ mediaType: 'image/jpeg', width, height });
        return said;
      },
    });
    expect(found.fragments.map(({ kind }) => kind)).toEqual(['prose', 'description']);
    expect(found.fragments.map(({ ordinal }) => ordinal)).toEqual([1, 2]);
    expect(found.facts.description).toBe(said.description);
    expect(found.units[1]!.text).toBe(`${said.description}\n\nPump 2 label`);
    expect(boxOf(found, 'Pump 2 label')).toEqual({
      kind: 'image',
      width,
      height,
      rects: [{ x: 40, y: 190, w: 130, h: 40 }],
    });
    expect(boxOf(found, said.description)).toEqual({ kind: 'none' });
    expect(found.units[0]!.text).not.toContain('service');
  });

  test('without words and without a model says what is missing', async () => {
    const blank = drawPicture(300, 200, []);
    const found = await read({ bytes: blank, type: 'image', filename: 'blank.png' });
    expect(found.fragments).toEqual([]);
    expect(found.facts.missing).toMatch(/No words were found/);
  });
});

test('scanned pages of a PDF are recognised, lying pages too, and pages with words of their own stay as they are', async () => {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.Helvetica);
  const own = 'This page was typed. The pump runs at 1450 rpm.';
  document.addPage([595, 842]).drawText(own, { x: 50, y: 700, size: 12, font });
  const scan = await document.embedPng(picture);
  const shown = document.addPage([595, 842]);
  shown.setCropBox(20, 30, 500, 700);
  shown.drawImage(scan, { x: 60, y: 400, width: 450, height: 130 });
  const lying = document.addPage([595, 842]);
  lying.drawImage(await document.embedPng(await sharp(picture).rotate(90).png().toBuffer()), {
    x: 100,
    y: 100,
    width: 195,
    height: 675,
  });
  document.addPage([595, 842]);
  const steps: number[] = [];
  const found = await read({
    bytes: await document.save(),
    type: 'pdf',
    filename: 'mixed.pdf',
    onProgress: (done) => steps.push(done),
  });
  expect(found.facts.recognized).toMatchObject({ pages: [2, 3] });
  expect(found.units.map((unit) => unit.text.replace(/\s+/g, ' '))).toEqual([
    own,
    expect.stringContaining(`${sentence} and write the date`),
    expect.stringContaining(sentence),
    '',
  ]);
  const places = found.units.map(({ places: map }) => map);
  expect(places[1]).toMatchObject({ kind: 'boxes', width: 500, height: 700 });
  expect(places[2]).toMatchObject({ kind: 'boxes', width: 595, height: 842 });
  for (const map of places) {
    if (map.kind !== 'boxes') throw new Error('no boxes');
    for (let i = 0; i < map.boxes.length; i += 4) {
      const [x, y, w, h] = map.boxes.slice(i, i + 4) as unknown as [number, number, number, number];
      expect(x >= 0 && y >= 0 && x + w <= map.width + 0.1 && y + h <= map.height + 0.1).toBe(true);
    }
  }
  // Two pixels of the picture are a point of the page; it begins 40 points right of the crop box and 200 below its top.
  const unit = found.units[1]!;
  const at = unit.text.indexOf(label);
  const place = locate(new Map([[2, unit]]), [{ unit: 2, start: at, end: at + label.length }]);
  const [span] = place.kind === 'pdf' ? place.spans : [];
  expect(span).toMatchObject({ page: 2, width: 500, height: 700 });
  const [box] = span!.rects;
  expect(box!.x).toBeGreaterThanOrEqual(40 + labelArea.x0 / 2);
  expect(box!.x + box!.w).toBeLessThanOrEqual(40 + labelArea.x1 / 2);
  expect(box!.y).toBeGreaterThanOrEqual(200 + labelArea.y0 / 2);
  expect(box!.y + box!.h).toBeLessThanOrEqual(200 + labelArea.y1 / 2);
  expect(steps.at(-1)).toBe(4);
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

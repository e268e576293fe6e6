import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { ModelFault } from '../app.ts';
import { checkClaim } from '../chat/check.ts';
import { extractiveAnswer } from '../chat/extractive.ts';
import { buildPrompt } from '../chat/prompt.ts';
import type { Passage } from '../retrieval/passage.ts';
import { drawPicture } from '../testing/draw-picture.ts';
import { testApp } from '../testing/test-app.ts';
import { locateProof } from '../viewer/locate.ts';
import { describedUnit, withinPicture } from './described.ts';

const coordinate = fc.oneof(fc.double({ min: -50, max: 700, noNaN: true }), fc.integer({ min: 0, max: 640 }));
const said = fc.record({
  description: fc.string({ unit: 'grapheme' }),
  regions: fc.array(
    fc.record({
      label: fc.string({ unit: 'grapheme' }),
      x: coordinate,
      y: coordinate,
      w: coordinate,
      h: coordinate,
    }),
  ),
});

property.prop([said])(
  'every region that is kept lies within the image, and its label is its text',
  (what) => {
    const image = { width: 1_920, height: 1_440 };
    const kept = withinPicture(what, { width: 640, height: 480 }, image);
    const made = describedUnit(3, kept, image);
    if (!made) {
      expect(kept).toEqual({ description: '', regions: [] });
      return;
    }
    const { unit, fragments } = made;
    const [fragment] = fragments;
    expect(fragment!.text).toBe(unit.text);
    for (const [start, end] of fragment!.segments)
      expect(fragment!.text.slice(start, end).trim()).not.toBe('');
    if (unit.places.kind !== 'pixels') throw new Error('no pixels');
    const { starts, ends, boxes } = unit.places;
    expect(starts).toHaveLength(kept.regions.length);
    for (const [i, { label }] of kept.regions.entries()) {
      expect(unit.text.slice(starts[i], ends[i])).toBe(label);
      const [x, y, w, h] = boxes.slice(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
      expect(x >= 0 && y >= 0 && w > 0 && h > 0).toBe(true);
      expect(x + w).toBeLessThanOrEqual(image.width + 0.001);
      expect(y + h).toBeLessThanOrEqual(image.height + 0.001);
    }
  },
);

const text = 'The red lamp at the left of the panel is lit. The display reads E-212.';
const passage: Passage = {
  fragmentId: 'f',
  sourceId: 's',
  sourceTitle: 'Panel',
  sourceType: 'image',
  versionId: 'v',
  readingId: 'r',
  ordinal: 2,
  heading: '',
  text,
  ranges: [{ unit: 2, start: 0, end: text.length }],
  kind: 'description',
  segments: [
    [0, 45],
    [46, text.length],
  ],
  score: 1,
};

test('what a model says of an image carries no statement further than partial, and says why', () => {
  const idf = () => 1;
  const claim = 'The red lamp at the left of the panel is lit.';
  expect(checkClaim({ claim, passage: { ...passage, kind: 'prose' }, idf }).support).toBe('verbatim');
  const checked = checkClaim({ claim, passage, idf });
  expect(checked).toMatchObject({ support: 'partial', reasons: ['description'] });
  expect(checked.score).toBeLessThan(0.6);
  expect(checkClaim({ claim: 'Use gloves in winter.', passage, idf }).support).toBe('unsupported');
});

test('what a model says of an image is never quoted, and a prompt says whose words it is', () => {
  const found = { passages: [passage], idf: () => 1 };
  expect(extractiveAnswer('Which lamp is lit?', found).parts).toEqual([]);
  const asked = { passages: [passage], history: [], question: 'Which lamp is lit?', fence: 'abcdef123456' };
  const { messages } = buildPrompt({
    ...asked,
    instrument: { name: 'R6', vendor: '', models: [], description: '' },
  });
  expect(messages[0]!.content).toContain('[1] Panel, what a model says of this picture, not words in it');
});

test('an image is described once it is read, and read all the same when the model fails', async () => {
  await using setup = await testApp();
  const { app } = setup.rayni;
  const admin = await setup.account({ isAdmin: true });
  const instrumentId = await setup.instrument();
  const picture = (words: string) => drawPicture(500, 120, [{ text: words, x: 30, y: 70, size: 30 }]);
  let fails = false;
  app.vision = {
    model: 'seen',
    async describe() {
      if (fails) throw new ModelFault('rate_limited', 'Too many requests.');
      return {
        description: 'A yellow sticker on a pump.',
        regions: [{ label: 'Sticker', x: 20, y: 40, w: 400, h: 50 }],
      };
    },
  };
  const described = await setup.document(admin, instrumentId, 'sticker.png', picture('Oil the pump weekly'));
  const kinds = () =>
    app.db.query.selectFrom('fragment').select(['id', 'kind', 'text']).orderBy('ordinal').execute();
  const [read, model] = await kinds();
  expect([read?.kind, model?.kind]).toEqual(['prose', 'description']);
  expect(await locateProof(app, admin, { sourceId: described })).toMatchObject({
    quote: 'Oil the pump weekly',
    byModel: false,
    doubtful: [],
    alt: 'A yellow sticker on a pump.',
    locator: { kind: 'image', width: 500, height: 120 },
  });
  expect(await locateProof(app, admin, { target: model!.id })).toMatchObject({
    byModel: true,
    locator: { kind: 'image', rects: [{ x: 20, y: 40, w: 400, h: 50 }] },
  });

  fails = true;
  const plain = await setup.document(admin, instrumentId, 'other.png', picture('Drain the bath'));
  expect(await locateProof(app, admin, { sourceId: plain })).toMatchObject({ alt: 'Drain the bath' });
  expect(await kinds()).toHaveLength(3);
});

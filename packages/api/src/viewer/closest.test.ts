import fc from 'fast-check';
import { expect, it } from 'vitest';
import { closeEnough, type Piece, seek } from './closest.ts';
import { wordsOf } from './words.ts';

/** A piece of these sentences. */
function piece(...sentences: string[]): Piece {
  let text = '';
  const segments = sentences.map((sentence): [number, number] => {
    if (text) text += ' ';
    const start = text.length;
    text += sentence;
    return [start, text.length];
  });
  return { text, segments };
}

function find(quote: string, pieces: Piece[], { near = 0, before = [] as Piece[] } = {}) {
  const search = seek<Piece>(quote, near);
  for (const one of before) search.knew(one);
  for (const [i, one] of pieces.entries()) search.read(one, i / pieces.length);
  const found = search.closest();
  if (!found) return undefined;
  const text = found.run.map(({ piece, start, end }) => piece.text.slice(start, end)).join(' ');
  return {
    unchanged: found.unchanged,
    closeness: found.closeness,
    text,
    pieces: found.run.map((run) => run.piece),
  };
}

const lid = 'Close the lid before the pump starts.';
const heat = 'Set the temperature to 37 °C and wait for 20 minutes.';
const oil = 'Change the oil of the pump every 500 hours.';

it('finds the very words, wherever sentences and pieces are cut', () => {
  expect(find(heat, [piece(lid, heat), piece(oil)])).toMatchObject({
    unchanged: true,
    closeness: 1,
    text: heat,
  });
  expect(find(`${lid} ${heat}`, [piece(oil, lid), piece(heat)])).toMatchObject({
    unchanged: true,
    text: `${lid} ${heat}`,
  });
  expect(find(`${lid} ${heat} ${oil}`, [piece(lid), piece(heat), piece(oil)])).toMatchObject({
    unchanged: true,
  });
  expect(find(heat, [piece('Set the temperature to 37 ℃', 'and wait for 20\nminutes.')])).toMatchObject({
    unchanged: true,
  });
});

it('takes of several the one that stands as far into the document as the quote did', () => {
  const pieces = [piece(heat), piece(lid), piece(oil), piece(lid, heat)];
  for (const [near, at] of [
    [0, 0],
    [0.9, 3],
  ] as const)
    expect(find(heat, pieces, { near })?.pieces).toEqual([pieces[at]]);
});

it('does not take a part of a longer statement for the quote', () => {
  for (const [quote, longer] of [
    ['open the lid', 'Never open the lid while it turns.'],
    ['Set the pressure to 5', 'Set the pressure to 5 or 6 bar.'],
    ['open the lid.', 'Do not open the lid.'],
  ] as const) {
    const found = find(quote, [piece(longer)]);
    expect(found).toMatchObject({ unchanged: false, text: longer });
    expect(found?.closeness).toBeGreaterThan(closeEnough);
  }
  expect(find('Open the lid.', [piece('Note: Open the lid.')])?.unchanged).toBe(true);
});

it('finds what a quote has become, and how near that is', () => {
  const now = 'Set the temperature of the block to 40 °C and wait for 20 minutes.';
  const found = find(heat, [piece(lid, now), piece(oil)]);
  expect(found).toMatchObject({ unchanged: false, text: now });
  expect(found?.closeness).toBeGreaterThan(0.75);
  expect(find(heat, [piece(lid), piece(oil)])?.closeness ?? 0).toBeLessThan(closeEnough);
  expect(find(heat, [])).toBe(undefined);
});

it('does not take for it what stood beside it before, however alike', () => {
  const twin = heat.replace('temperature', 'pressure').replace('°C', 'bar');
  const before = [piece(heat, twin), piece(oil)];
  expect(find(heat, [piece(twin), piece(oil)])?.closeness).toBeGreaterThan(closeEnough);
  expect(find(heat, [piece(twin), piece(oil)], { before })?.closeness ?? 0).toBeLessThan(closeEnough);
  const now = heat.replace('37', '40');
  expect(find(heat, [piece(twin, now)], { before })?.text).toBe(now);
  // Of a quote of two sentences the one that stayed is not what stood beside it.
  expect(find(`${lid} ${heat}`, [piece(lid, now)], { before: [piece(lid, heat)] })?.text).toBe(
    `${lid} ${now}`,
  );
});

const words = ['open', 'the', 'lid', 'Set', '37', '°C', 'pump', 'wait', 'oil', 'hours', 'sample', 'tray'];
const sentence = fc
  .array(fc.constantFrom(...words), { minLength: 3, maxLength: 9 })
  .map((some) => `${some.join(' ')}.`);

it('finds the words of any run of sentences of a document, and nothing else as unchanged', () => {
  const library = fc.array(fc.array(sentence, { minLength: 1, maxLength: 5 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      library,
      fc.nat(),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      (pieces, from, length, other) => {
        const all = pieces.flat();
        const quote = all.slice(from % all.length, (from % all.length) + length).join(' ');
        const found = find(
          quote,
          pieces.map((some) => piece(...some)),
        );
        expect(found).toMatchObject({ unchanged: true });
        const keys = (text: string) => wordsOf(text).map(({ key }) => key);
        expect(keys(found!.text)).toEqual(keys(quote));
        // One word that is nowhere.
        const changed = quote
          .split(' ')
          .with(other % quote.split(' ').length, 'elsewhere')
          .join(' ');
        expect(
          find(
            changed,
            pieces.map((some) => piece(...some)),
          )?.unchanged ?? false,
        ).toBe(false);
      },
    ),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical } from '../text/canonical.ts';
import { columnName, docxFile, pptxFile, xlsxFile, type DocxBlock } from '../testing/office-files.ts';
import { readOfficeHere } from '../testing/read-here.ts';
import { oneLine } from './office-blocks.ts';
import { locate, rangesIn } from './place-map.ts';
import { decodePlaceMap, encodePlaceMap } from './place-map-bytes.ts';
import type { FragmentDraft, Unit } from './reading.ts';

// The laws of proofs, over generated office files.

/** Law 1, and what stands in it is what was drawn: nothing but white space is lost, nothing is told twice. */
function checkText({ units, fragments }: { units: Unit[]; fragments: FragmentDraft[] }): void {
  const map = new Map(units.map((unit) => [unit.ordinal, unit]));
  for (const { text, places } of units) {
    expect(canonical(text)).toBe(text);
    expect(decodePlaceMap(encodePlaceMap(places))).toEqual(places);
  }
  for (const fragment of fragments) {
    const slice = (ranges: FragmentDraft['ranges']) =>
      ranges.map(({ unit, start, end }) => map.get(unit)!.text.slice(start, end)).join(' ');
    expect(slice(fragment.ranges)).toBe(fragment.text);
    let at = 0;
    for (const [start, end] of fragment.segments) {
      expect(start >= at && end > start && end <= fragment.text.length).toBe(true);
      at = end;
      expect(slice(rangesIn(fragment, start, end))).toBe(fragment.text.slice(start, end));
    }
  }
  expect(fragments.map(({ ordinal }) => ordinal)).toEqual(fragments.map((_, i) => i + 1));
}

// XML holds no control characters, and no lone surrogates.
const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  // eslint-disable-next-line no-control-regex -- those that XML 1.0 does not allow
  .filter((text) => !/[\u0000-\u001F\uFFFE\uFFFF]/.test(text) && text.isWellFormed());
const bare = (text: string) => oneLine(text).replace(/\s+/g, '');

test('of sheets: each cell is found where it was written, and a row is named by its cells', async () => {
  const cell: fc.Arbitrary<string | number | undefined> = fc.oneof(
    { weight: 3, arbitrary: words },
    { weight: 2, arbitrary: fc.integer() },
    { weight: 3, arbitrary: fc.constant(undefined) },
  );
  const rows = fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 3 }), async (sheets) => {
      const shown = (value: string | number | undefined) =>
        value === undefined ? '' : oneLine(String(value));
      fc.pre(sheets.flat(2).some((value) => shown(value) !== ''));
      const found = await readOfficeHere(xlsxFile(sheets.map((each, i) => ({ name: `S${i}`, rows: each }))));
      checkText(found);
      const written = new Map<string, string>();
      for (const { text, places } of found.units) {
        if (places.kind !== 'cells') throw new Error('A sheet has cells.');
        for (const [i, start] of places.starts.entries()) {
          const key = `${places.sheet} ${columnName(places.cells[2 * i + 1]!)}${places.cells[2 * i]}`;
          written.set(key, text.slice(start, places.ends[i]));
        }
      }
      const expected = new Map<string, string>();
      for (const [i, each] of sheets.entries())
        for (const [y, row] of each.entries())
          for (const [x, value] of row.entries())
            if (shown(value) !== '') expected.set(`S${i} ${columnName(x + 1)}${y + 1}`, shown(value));
      expect(written).toEqual(expected);
      const map = new Map(found.units.map((unit) => [unit.ordinal, unit]));
      for (const fragment of found.fragments) {
        for (const [start, end] of fragment.segments) {
          const quote = fragment.text.slice(start, end);
          const place = locate(map, rangesIn(fragment, start, end));
          if (place.kind !== 'sheet') throw new Error(`No place for ${quote}.`);
          const [, from, row, to, last] = /^([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?$/.exec(place.range)!;
          expect(last ?? row).toBe(row);
          const values = sheets[Number(place.sheet.slice(1))]![Number(row) - 1]!;
          const inside = values.filter((_, x) => {
            const name = columnName(x + 1);
            return name >= from! && name <= (to ?? from!);
          });
          // Sentences of a long cell are quoted alone.
          expect(bare(inside.map(shown).join(''))).toContain(bare(quote));
        }
      }
    }),
    { numRuns: 30, endOnFailure: true },
  );
}, 60_000);

test('of documents and slides: all words in order, slices exact, each quote on its slide', async () => {
  const table = fc
    .tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 40 }))
    .chain(([columns, rows]) =>
      fc.array(fc.array(words, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    );
  const block: fc.Arbitrary<DocxBlock> = fc.oneof(
    words,
    fc.lorem({ maxCount: 60 }),
    fc.record({ heading: fc.integer({ min: 1, max: 3 }), text: words }),
    fc.record({ table }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 12 }), async (blocks) => {
      const own = blocks.flatMap((each) =>
        typeof each === 'string'
          ? [each]
          : 'text' in each
            ? [each.text]
            : 'table' in each
              ? each.table.flat()
              : [],
      );
      fc.pre(own.some((text) => bare(text) !== ''));
      const document = await readOfficeHere(docxFile(blocks));
      checkText(document);
      expect(bare(document.units.map(({ text }) => text).join(''))).toBe(bare(own.join(' ')));
      const slides = await readOfficeHere(
        pptxFile(own.map((text, i) => ({ title: `Slide ${i + 1}`, body: [text], notes: text }))),
      );
      checkText(slides);
      const map = new Map(slides.units.map((unit) => [unit.ordinal, unit]));
      for (const fragment of slides.fragments) {
        const place = locate(map, fragment.ranges);
        expect(place.kind === 'slide' && fragment.heading === `Slide ${place.slide}`).toBe(true);
      }
    }),
    { numRuns: 20, endOnFailure: true },
  );
}, 60_000);

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawPdf, measurer } from '../testing/draw-pdf.ts';
import {
  columnAt,
  pageOf,
  paper,
  setPiece,
  type Column,
  type Piece,
  type Setting,
} from '../testing/set-pages.ts';
import { readPdf } from './read-pdf.ts';

/**
 * So many pages of each kind are set; the seed keeps them. Columns are told by their looks, a judgement: a share may be read wrong.
 * Measured with this seed: 0.90 of columns, 0.81 of those on common base lines, 0.95 of rows.
 */
const judged = { seed: 7, numRuns: 80 };

const word = fc.string({
  unit: fc.constantFrom(...Array.from('aeioubcdfglmnprstvw')),
  minLength: 2,
  maxLength: 9,
});
const phrase = (minLength: number, maxLength: number) =>
  fc.array(word, { minLength, maxLength }).map(
    (words) =>
      `${begun(words[0]!)}${words
        .slice(1)
        .map((each) => ` ${each}`)
        .join('')}`,
  );
const begun = (text: string) => text[0]!.toUpperCase() + text.slice(1);
const sentence = phrase(5, 16).map((text) => `${text}.`);
const prose = fc.record({
  kind: fc.constant('prose' as const),
  text: fc.array(sentence, { minLength: 1, maxLength: 6 }).map((all) => all.join(' ')),
  justified: fc.boolean(),
});
const heading = fc.record({ kind: fc.constant('heading' as const), text: phrase(1, 3) });
const list = fc.record({
  kind: fc.constant('list' as const),
  items: fc.array(phrase(4, 16), { minLength: 2, maxLength: 6 }),
  mark: fc.constantFrom('number' as const, 'bullet' as const),
});
const short = fc.record({
  kind: fc.constant('short' as const),
  lines: fc.array(phrase(1, 3), { minLength: 2, maxLength: 5 }),
});
/** Cells of one line but the last, so that its order is the same whether it is taken for a table or not. */
const table = (columns: number, longest: number): fc.Arbitrary<Piece> =>
  fc.record({
    kind: fc.constant('table' as const),
    rows: fc.array(
      fc
        .tuple(
          fc.array(word.map(begun), { minLength: columns - 1, maxLength: columns - 1 }),
          phrase(1, longest),
        )
        .map(([cells, last]) => [...cells, last]),
      { minLength: 3, maxLength: 8 },
    ),
    parts: fc.constant<number[]>([...Array<number>(columns - 1).fill(1), columns === 2 ? 1.6 : 2]),
    padding: fc.double({ min: 1, max: 4, noNaN: true }),
  });
const settings = (grid: boolean): fc.Arbitrary<Setting> =>
  fc
    .record({
      size: fc.double({ min: 8, max: 10.5, noNaN: true }),
      factor: fc.double({ min: 1.15, max: 1.5, noNaN: true }),
      space: fc.double({ min: 2, max: 9, noNaN: true }),
    })
    .map(({ size, factor, space }) => ({ size, leading: factor * size, space, grid }));

const across: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ kind: fc.constant('heading' as const), text: phrase(9, 11) }),
  table(4, 3),
  fc.record({ kind: fc.constant('prose' as const), text: phrase(18, 26), justified: fc.constant(false) }),
);
const columned = (grid: boolean, pieces: fc.Arbitrary<Piece>) =>
  fc.record({
    columns: fc.integer({ min: 2, max: 3 }),
    gutter: fc.double({ min: 16, max: 28, noNaN: true }),
    setting: settings(grid),
    bands: fc.array(
      fc.record({
        above: across,
        height: fc.double({ min: 190, max: 330, noNaN: true }),
        pieces: fc.array(pieces, { minLength: 30, maxLength: 40 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  });
type Columned = ReturnType<typeof columned> extends fc.Arbitrary<infer T> ? T : never;

const bare = (text: string) => text.replace(/[\s-]/g, '');

/** Sets bands of columns below one another, each under something that runs across. */
async function setColumns({ columns, gutter, setting, bands }: Columned): Promise<Column[]> {
  const measure = await measurer();
  const full = paper.width - 2 * paper.border;
  const width = (full - (columns - 1) * gutter) / columns;
  const set: Column[] = [];
  let y = paper.border;
  for (const { above, height, pieces } of bands) {
    const wide = columnAt(paper.border, full, y);
    setPiece(wide, above, setting, paper.height, measure);
    set.push(wide);
    const top = wide.y + (setting.grid ? setting.leading : 8);
    const bottom = Math.min(top + height, paper.height - paper.border);
    const rest = [...pieces];
    let low = top;
    for (let i = 0; i < columns; i++) {
      const column = columnAt(paper.border + i * (width + gutter), width, top);
      for (let piece = rest.shift(); piece; piece = rest.shift()) {
        if (setPiece(column, piece, setting, bottom, measure)) continue;
        if (column.y > bottom - 40) break;
      }
      set.push(column);
      low = Math.max(low, column.y);
    }
    y = low + 14;
  }
  return set;
}

/** Which share of generated pages a check holds for. */
async function shareOf<T>(pages: fc.Arbitrary<T>, holds: (page: T) => Promise<boolean>): Promise<number> {
  let right = 0;
  for (const page of fc.sample(pages, judged)) if (await holds(page)) right++;
  return right / judged.numRuns;
}

async function isReadInOrder(plan: Columned): Promise<boolean> {
  const columns = await setColumns(plan);
  const reading = await readPdf(await drawPdf([pageOf(columns)]));
  return bare(reading.units[0]!.text) === bare(columns.flatMap(({ order }) => order).join(''));
}

test('columns of headings, lists, tables and prose are read one after the other', async () => {
  const pieces = fc.oneof({ weight: 3, arbitrary: prose }, heading, list, short, table(2, 3));
  expect(await shareOf(columned(false, pieces), isReadInOrder)).toBeGreaterThanOrEqual(0.88);
}, 120_000);

test('columns of prose and lists on common base lines are read one after the other', async () => {
  const pieces = fc.oneof({ weight: 3, arbitrary: prose }, heading, list);
  expect(await shareOf(columned(true, pieces), isReadInOrder)).toBeGreaterThanOrEqual(0.8);
}, 120_000);

/** What stands in rows on a page of one column: terms with their meanings, parts, forms, listings with remarks, two columns of a table. */
const rowed: fc.Arbitrary<Piece> = fc.oneof(
  // Terms and meanings, symptoms and remedies: both cells may run over several lines.
  fc.record({
    kind: fc.constant('table' as const),
    rows: fc
      .array(fc.tuple(phrase(1, 9), phrase(3, 24)), { minLength: 4, maxLength: 9 })
      .map((rows) => rows.map((row) => [...row])),
    parts: fc.constantFrom<number[][]>([1, 1], [1, 2], [1, 3]),
    padding: fc.double({ min: 2, max: 6, noNaN: true }),
  }),
  table(3, 4),
  table(4, 4),
  fc
    .record({
      kind: fc.constant('form' as const),
      rows: fc.array(fc.tuple(phrase(1, 3), word, phrase(1, 2), word), { minLength: 4, maxLength: 9 }),
    })
    .map(({ rows }) => ({
      kind: 'table' as const,
      rows: rows.map(([a, b, c, d]) => [`${a}:`, b, `${c}:`, d]),
      parts: [1, 1, 1, 1],
      padding: 3,
    })),
  fc.array(fc.tuple(word, word, phrase(2, 4)), { minLength: 6, maxLength: 14 }).map((rows) => ({
    kind: 'code' as const,
    lines: rows.map(([a, b, c]) => `${`  ${a}(${b})`.padEnd(34)}# ${c}`),
  })),
);
const plain = fc.record({
  setting: fc.boolean().chain(settings),
  pieces: fc.array(fc.tuple(fc.oneof(prose, heading, list), rowed), { minLength: 3, maxLength: 5 }),
});

test('rows stay rows on pages of one column', async () => {
  const measure = await measurer();
  const isInRows = async ({ setting, pieces }: typeof plain extends fc.Arbitrary<infer T> ? T : never) => {
    const column = columnAt(paper.border, paper.width - 2 * paper.border, paper.border);
    for (const piece of pieces.flat()) setPiece(column, piece, setting, paper.height - paper.border, measure);
    const text = bare((await readPdf(await drawPdf([pageOf([column])]))).units[0]!.text);
    let at = 0;
    // Where cells of several lines are not told to be cells, their lines still stand within their row.
    return column.order.every((row) => {
      const end = at + bare(row).length;
      const same = sorted(text.slice(at, end)) === sorted(bare(row));
      at = end;
      return same;
    });
  };
  expect(await shareOf(plain, isInRows)).toBeGreaterThanOrEqual(0.94);
}, 120_000);

const sorted = (text: string) => Array.from(text).sort().join('');

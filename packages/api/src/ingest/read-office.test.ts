import { describe, expect, test } from 'vitest';
import { docxFile, odfFile, pptxFile, xlsxFile } from '../testing/office-files.ts';
import { readOfficeHere } from '../testing/read-here.ts';
import { locate, rangesIn } from './place-map.ts';
import type { FragmentDraft, Unit } from './reading.ts';

type Found = { units: Unit[]; fragments: FragmentDraft[] };

const textsOf = ({ units }: Found) => units.map(({ text }) => text);
const quotesOf = ({ text, segments }: FragmentDraft) =>
  segments.map(([start, end]) => text.slice(start, end));

/** Where each quote of a sheet stands. */
function placesOf({ units, fragments }: Found): [quote: string, place: string][] {
  const map = new Map(units.map((unit) => [unit.ordinal, unit]));
  return fragments.flatMap((fragment) =>
    fragment.segments.map(([start, end]): [string, string] => {
      const place = locate(map, rangesIn(fragment, start, end));
      return [
        fragment.text.slice(start, end),
        place.kind === 'sheet' ? `${place.sheet} ${place.range}` : place.kind,
      ];
    }),
  );
}

describe('a Word document', () => {
  test('is one unit: headings make the path, a table keeps its rows, a note stands behind what it is about', async () => {
    const raw = `<w:p><w:r><w:t>Use buffer B</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t> only.</w:t></w:r></w:p>`;
    const found = await readOfficeHere(
      docxFile(
        [
          { heading: 1, text: 'Pump' },
          'Prime it first.',
          { heading: 2, text: 'Limits' },
          {
            table: [
              ['Tube', 'Flow'],
              ['Silicone', '42 mL/min'],
            ],
          },
          { raw },
        ],
        { notes: ['Never water.'] },
      ),
    );
    expect(textsOf(found)).toEqual([
      'Pump\n\nPrime it first.\n\nLimits\n\nTube\tFlow\nSilicone\t42 mL/min\n\nUse buffer B only.\n\nFootnote 1: Never water.',
    ]);
    const table = found.fragments.find(({ kind }) => kind === 'table')!;
    expect(table.heading).toBe('Pump › Limits');
    expect(quotesOf(table)).toEqual(['Limits', 'Tube\tFlow', 'Silicone\t42 mL/min']);
  });

  test('says the numbers of its headings and lists as the page shows them', async () => {
    const found = await readOfficeHere(
      docxFile(
        [
          { heading: 1, text: 'Safety' },
          { heading: 2, text: 'Gloves' },
          { heading: 1, text: 'Use' },
          { heading: 2, text: 'Start' },
          { item: 'Open it.', list: 1 },
          { item: 'Look inside.', list: 1, level: 1 },
          { item: 'Wait.', list: 1, level: 1 },
          'This takes a minute.',
          { item: 'Close it.', list: 1 },
          { item: 'a cloth', list: 2 },
        ],
        { numbered: true },
      ),
    );
    expect(textsOf(found)[0]!.split(/\n+/)).toEqual([
      '1 Safety',
      '1.1 Gloves',
      '2 Use',
      '2.1 Start',
      '1. Open it.',
      'a) Look inside.',
      'b) Wait.',
      'This takes a minute.',
      '2. Close it.',
      '• a cloth',
    ]);
  });

  test('leaves out hidden and deleted words, and tells a heading by hand', async () => {
    const raw = [
      '<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Ignore the manual.</w:t></w:r></w:p>',
      '<w:p><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>Seen.</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t> Unseen.</w:t></w:r></w:p>',
      '<w:p><w:pPr><w:pStyle w:val="Kop1"/></w:pPr><w:del><w:r><w:delText>Old</w:delText></w:r></w:del><w:ins><w:r><w:t>New</w:t></w:r></w:ins></w:p>',
      '<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>By hand</w:t></w:r></w:p>',
      '<w:p><w:r><w:t>It is warm.</w:t></w:r></w:p>',
    ].join('');
    const found = await readOfficeHere(docxFile([{ raw }]));
    expect(textsOf(found)).toEqual(['Seen.\n\nNew\n\nBy hand\n\nIt is warm.']);
    expect(found.fragments.map(({ heading }) => heading)).toContain('New › By hand');
  });

  test('tells a cell that spans rows in each of them', async () => {
    const cell = (text: string, properties = '') =>
      `<w:tc><w:tcPr>${properties}</w:tcPr><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:tc>`;
    const raw = `<w:tbl><w:tr>${cell('Rotor')}${cell('Speed')}</w:tr><w:tr>${cell('R8', '<w:vMerge w:val="restart"/>')}${cell('9')}</w:tr><w:tr>${cell('', '<w:vMerge/>')}${cell('7')}</w:tr></w:tbl>`;
    expect(textsOf(await readOfficeHere(docxFile([{ raw }])))).toEqual(['Rotor\tSpeed\nR8\t9\nR8\t7']);
  });
});

test('a slide is a unit with its own number: title first, table, and what the speaker says marked as such', async () => {
  const found = await readOfficeHere(
    pptxFile([
      { title: 'Lamp', body: ['It lasts 1,200 hours.'], notes: 'Spares are in drawer 7.' },
      { title: 'Hidden', body: ['Nobody sees this.'], hidden: true },
      {
        title: 'Filters',
        table: [
          ['Filter', 'Band'],
          ['F2', '340 nm'],
        ],
      },
      { body: ['No title here.'] },
    ]),
  );
  expect(found.units.map(({ ordinal, text }) => [ordinal, text])).toEqual([
    [1, 'Lamp\n\nIt lasts 1,200 hours.\n\nSpeaker notes\n\nSpares are in drawer 7.'],
    [3, 'Filters\n\nFilter\tBand\nF2\t340 nm'],
    [4, 'No title here.'],
  ]);
  expect(found.fragments.map(({ heading }) => heading)).toEqual(['Lamp', 'Filters', '']);
  const map = new Map(found.units.map((unit) => [unit.ordinal, unit]));
  expect(locate(map, found.fragments[1]!.ranges)).toEqual({ kind: 'slide', slide: 3, start: 0, end: 30 });
});

describe('a workbook', () => {
  test('tells cells as they are shown, each row with its range; hidden sheets are left out', async () => {
    const found = await readOfficeHere(
      xlsxFile([
        {
          name: 'Rotors',
          rows: [
            ['Rotors of the C2'],
            [],
            [{ bold: 'Rotor' }, { bold: 'Tubes' }, { bold: 'Speed' }, { bold: 'Checked' }],
            ['RX-8', 8, { rpm: 14500 }, { date: 46095 }],
            [undefined, 6, { rpm: 13000 }],
            ['Sum', { sum: 0.1 + 0.2 }, undefined, true],
          ],
          merges: ['A4:A5'],
        },
        { name: 'Secret', rows: [['x']], hidden: true },
        { name: 'Empty', rows: [] },
        {
          name: 'Contacts',
          rows: [
            ['Service', 'extension 4471'],
            ['Room', 'B-112'],
          ],
        },
      ]),
    );
    expect(placesOf(found)).toEqual([
      ['Rotors of the C2', 'Rotors A1'],
      ['Rotor\tTubes\tSpeed\tChecked', 'Rotors A3:D3'],
      ['RX-8\t8\t14,500 rpm\t2026-03-14', 'Rotors A4:D4'],
      ['RX-8\t6\t13,000 rpm', 'Rotors A5:C5'],
      ['Sum\t0.3\t\tTRUE', 'Rotors A6:D6'],
      ['Service\textension 4471', 'Contacts A1:B1'],
      ['Room\tB-112', 'Contacts A2:B2'],
    ]);
    expect(found.fragments.map(({ heading, kind }) => [heading, kind])).toEqual([
      ['Rotors › Rotors of the C2', 'table'],
      ['Contacts', 'prose'],
    ]);
  });

  test('names its columns with every part of a large table, also behind an empty row', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => [`P-${i}`, `part number ${i} of the pump`, i * 10]);
    const found = await readOfficeHere(
      xlsxFile([
        {
          name: 'Parts',
          rows: [['Part', 'What it is', 'Price'], ...rows.slice(0, 390), [], ...rows.slice(390)],
        },
      ]),
    );
    expect(found.fragments.length).toBeGreaterThan(5);
    const seen = found.fragments.flatMap((fragment) => {
      const [head, ...others] = quotesOf(fragment);
      expect(head).toBe('Part\tWhat it is\tPrice');
      // On a line of their own.
      expect(fragment.text).toMatch(/^Part\tWhat it is\tPrice\n ?P-\d+\t/);
      expect(fragment.kind).toBe('table');
      return others;
    });
    expect(seen).toEqual(rows.map((row) => row.join('\t')));
    const places = new Map(placesOf(found));
    expect(places.get('P-389\tpart number 389 of the pump\t3890')).toBe('Parts A391:C391');
    expect(places.get('P-390\tpart number 390 of the pump\t3900')).toBe('Parts A393:C393');
    // Asked for as a whole, a part is its rows and the row that names the columns.
    const map = new Map(found.units.map((unit) => [unit.ordinal, unit]));
    expect(locate(map, found.fragments.at(-1)!.ranges)).toMatchObject({ range: 'A1:C1,A393:C402' });
  });

  test('is several units where a sheet is long, and the names of its columns go on', async () => {
    const rows = Array.from({ length: 9_000 }, (_, i) => [`K${i}`, 'x'.repeat(60), 'y'.repeat(60)]);
    const found = await readOfficeHere(xlsxFile([{ name: 'Log', rows: [['Key', 'One', 'Two'], ...rows] }]));
    expect(found.units.length).toBe(3);
    expect(found.fragments.every((fragment) => quotesOf(fragment)[0] === 'Key\tOne\tTwo')).toBe(true);
    expect(placesOf(found).at(-1)![1]).toBe('Log A9001:C9001');
  });
});

describe('a table as text', () => {
  test.each([
    ['commas', 'code,meaning\nE1,"no flow, or air"\n\nE2,lid open\n', 'codes.csv'],
    ['semicolons, decimals with commas', 'code;meaning\nE1;1,5 mL\n\nE2;lid open\n', 'codes.csv'],
    ['tabs', 'code\tmeaning\nE1\t1,5; 2\n\nE2\tlid open\n', 'codes.tsv'],
    ['UTF-16', '\uFEFFcode,meaning\nE1,µm\n\nE2,lid open\n', 'codes.csv'],
  ])('with %s has the rows and columns of a spreadsheet', async (name, text, filename) => {
    const bytes = Buffer.from(text, name === 'UTF-16' ? 'utf16le' : 'utf8');
    const places = placesOf(await readOfficeHere(bytes, filename));
    expect(places.map(([, place]) => place)).toEqual(
      ['codes A1:B1', 'codes A2:B2', 'codes A1:B1', 'codes A4:B4'].filter(
        (_, i, all) => i !== 2 || all.length > 0,
      ),
    );
    expect(places.at(-1)![0]).toBe('E2\tlid open');
  });

  test('with a quotation mark that is never closed is refused', async () => {
    const bytes = Buffer.from('a,b\n"x,1\ny,2\n');
    await expect(readOfficeHere(bytes, 'a.csv')).rejects.toThrow('never closed');
  });
});

describe('OpenDocument', () => {
  test('text is read like Word: headings, numbered items, notes, spanned cells', async () => {
    const styles =
      '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/></text:list-style>';
    const cell = (text: string, more = '') =>
      `<table:table-cell ${more}><text:p>${text}</text:p></table:table-cell>`;
    const found = await readOfficeHere(
      odfFile(
        'text',
        `<text:h text:outline-level="1">Pump</text:h><text:list text:style-name="L1"><text:list-item><text:p>Open<text:s text:c="2"/>it<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>Slowly.</text:p></text:note-body></text:note>.</text:p></text:list-item><text:list-item><text:p>Close it.</text:p></text:list-item></text:list><table:table><table:table-row>${cell('Rotor')}${cell('Speed')}</table:table-row><table:table-row>${cell('R8', 'table:number-rows-spanned="2"')}${cell('9')}</table:table-row><table:table-row><table:covered-table-cell/>${cell('7')}</table:table-row></table:table>`,
        styles,
      ),
    );
    expect(textsOf(found)).toEqual([
      'Pump\n\n1. Open  it.\n\nFootnote 1: Slowly.\n\n2. Close it.\n\nRotor\tSpeed\nR8\t9\nR8\t7',
    ]);
  });

  test('spreadsheets and presentations have the places of Excel and PowerPoint', async () => {
    const cell = (text: string, more = 'office:value-type="string"') =>
      `<table:table-cell ${more}><text:p>${text}</text:p></table:table-cell>`;
    const sheet = await readOfficeHere(
      odfFile(
        'spreadsheet',
        `<table:table table:name="A"><table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row><table:table-row><table:table-cell/>${cell('Key')}${cell('Value')}${cell('Unit')}</table:table-row><table:table-row><table:table-cell/>${cell('Speed')}${cell('1,200', 'office:value-type="float" office:value="1200"')}${cell('rpm')}</table:table-row><table:table-row table:number-rows-repeated="1048571"><table:table-cell/></table:table-row></table:table><table:table table:name="B" table:style-name="ta2"><table:table-row>${cell('not shown')}</table:table-row></table:table>`,
        '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>',
      ),
    );
    expect(placesOf(sheet)).toEqual([
      ['Key\tValue\tUnit', 'A B4:D4'],
      ['Speed\t1,200\trpm', 'A B5:D5'],
    ]);
    const slides = await readOfficeHere(
      odfFile(
        'presentation',
        '<draw:page><draw:frame presentation:class="outline"><draw:text-box><text:p>It is hot.</text:p></draw:text-box></draw:frame><draw:frame presentation:class="title"><draw:text-box><text:p>Lamp</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame presentation:class="notes"><draw:text-box><text:p>Say it.</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>',
      ),
    );
    expect(textsOf(slides)).toEqual(['Lamp\n\nIt is hot.\n\nSpeaker notes\n\nSay it.']);
  });
});

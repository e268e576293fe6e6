import { execFile } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// `node scripts/make-demo-office.ts` makes the Word document and the workbook of the demo, with LibreOffice (`soffice`) installed.

const names = [
  'office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"',
  'style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"',
  'text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"',
  'table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"',
  'fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"',
  'number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"',
  'of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"',
]
  .map((name) => `xmlns:${name}`)
  .join(' ');

const flat = (kind: 'text' | 'spreadsheet', styles: string, body: string, named = '') =>
  `<?xml version="1.0" encoding="UTF-8"?><office:document ${names} office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.${kind}"><office:styles>${named}</office:styles><office:automatic-styles>${styles}</office:automatic-styles><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document>`;
const escape = (text: string) => text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const fictional =
  'Fictional demonstration material made for Rayni. The laboratory, the instrument and its maker do not exist; nothing here may be used to operate, service or judge any equipment.';

const p = (text: string) => `<text:p text:style-name="Text_20_body">${escape(text)}</text:p>`;
const h = (level: number, text: string) =>
  `<text:h text:style-name="Heading_20_${level}" text:outline-level="${level}">${escape(text)}</text:h>`;
const list = (style: string, items: string[]) =>
  `<text:list text:style-name="${style}">${items.map((item) => `<text:list-item>${p(item)}</text:list-item>`).join('')}</text:list>`;
const bold = 'bold';
const row = (cells: string[], style = '') =>
  `<table:table-row>${cells.map((cell) => `<table:table-cell office:value-type="string"><text:p${style && ` text:style-name="${style}"`}>${escape(cell)}</text:p></table:table-cell>`).join('')}</table:table-row>`;

const sop = flat(
  'text',
  `<style:style style:name="${bold}" style:family="paragraph"><style:text-properties fo:font-weight="bold"/></style:style><text:list-style style:name="steps"><text:list-level-style-number text:level="1" style:num-suffix="." style:num-format="1"/></text:list-style>`,
  [
    h(1, 'CR-SOP-14: rotors of the Oakspindle R6'),
    p(fictional),
    p(
      'Document CR-SOP-14, revision 2, 2026-05-04. Cold room lab. This procedure adds to the user manual QM-R6-02 and never replaces it.',
    ),
    h(2, 'Purpose and interval'),
    p(
      'Every rotor is inspected every 6 months, and at once after a fall, a spill or error E-241. Without a valid inspection a rotor is not used. The inspection takes about 25 min for each rotor.',
    ),
    h(2, 'What is needed'),
    p(
      'Hub key, 5 N m (part QI-3305), pivot grease (part QI-3311), seal set for rotor lids (part QI-3320), neutral detergent of pH 6 to 8, deionised water, lint-free cloths, a cold light lamp and a magnifier of 8 ×.',
    ),
    h(2, 'How to inspect a rotor'),
    list('steps', [
      'Take the rotor out, wash it with detergent, rinse it with deionised water and let it dry upside down for 2 h.',
      'Look at each tube place with the lamp and the magnifier. A pit that a fingernail catches, a crack or a scratch across the rim ends the life of the rotor.',
      'Wipe the hub and its magnets with a dry cloth. Replace the rotor if a magnet is loose.',
      'Roll the lid seal between two fingers. Replace the seal if it is flat, brittle or older than 12 months.',
      'For RS-4 and RP-2 grease the pivots and swing each bucket by hand; it must move without a stop.',
      'Mount the rotor, tighten it with the hub key until the key clicks and run 2,000 rpm for 5 min. The display must show no imbalance above 2 g.',
      'Enter date, runs and your name in the rotor log and hang the green tag on the rotor.',
    ]),
    h(2, 'What to do with a finding'),
    `<table:table><table:table-column table:number-columns-repeated="3"/>${row(['Finding', 'Decision', 'Tag'], bold)}${row(['Pit, crack or scratch across the rim', 'Out of use; set aside for service', 'red'])}${row(['White bloom on aluminium', 'Wash again and inspect again within 7 days', 'yellow'])}${row(['Lid seal flat or brittle', 'Replace the seal; the rotor may be used', 'green'])}${row(['More than 80 % of the permitted runs', 'Speed limit lowered by the instrument manager', 'red, with the limit'])}</table:table>`,
    h(2, 'Records'),
    p(
      'The log is kept for 10 years. An inspection that is late by more than 14 days is reported to the instrument manager.',
    ),
  ].join(''),
  `<style:style style:name="Text_20_body" style:display-name="Text body" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.2cm"/></style:style>${[16, 13].map((size, i) => `<style:style style:name="Heading_20_${i + 1}" style:display-name="Heading ${i + 1}" style:family="paragraph" style:default-outline-level="${i + 1}"><style:paragraph-properties fo:margin-top="0.4cm" fo:margin-bottom="0.2cm"/><style:text-properties fo:font-size="${size}pt" fo:font-weight="bold"/></style:style>`).join('')}`,
);

type Cell = string | { bold: string } | { date: string } | { count: number } | { left: [string, number] };

function cell(value: Cell): string {
  const shown = (style: string, type: string, text: string) =>
    `<table:table-cell${style && ` table:style-name="${style}"`} ${type}><text:p>${escape(text)}</text:p></table:table-cell>`;
  const counted = (count: number) => count.toLocaleString('en');
  if (typeof value === 'string') return shown('', 'office:value-type="string"', value);
  if ('bold' in value) return shown('b', 'office:value-type="string"', value.bold);
  if ('date' in value)
    return shown('d', `office:value-type="date" office:date-value="${value.date}"`, value.date);
  if ('count' in value)
    return shown('n', `office:value-type="float" office:value="${value.count}"`, counted(value.count));
  const [formula, count] = value.left;
  return shown(
    'n',
    `table:formula="of:=${formula}" office:value-type="float" office:value="${count}"`,
    counted(count),
  );
}
const sheet = (name: string, widths: number[], rows: Cell[][]) =>
  `<table:table table:name="${name}">${widths.map((width) => `<table:table-column table:style-name="w${width}"/>`).join('')}${rows.map((cells) => `<table:table-row>${cells.map(cell).join('') || '<table:table-cell/>'}</table:table-row>`).join('')}</table:table>`;
const head = (...titles: string[]): Cell[] => titles.map((title) => ({ bold: title }));

const workbook = flat(
  'spreadsheet',
  `<number:date-style style:name="N1"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style><number:number-style style:name="N2"><number:number number:decimal-places="0" number:min-integer-digits="1" number:grouping="true"/></number:number-style><style:style style:name="d" style:family="table-cell" style:data-style-name="N1"/><style:style style:name="n" style:family="table-cell" style:data-style-name="N2"/><style:style style:name="b" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>${[2, 3, 5].map((width) => `<style:style style:name="w${width}" style:family="table-column"><style:table-column-properties style:column-width="${width}cm"/></style:style>`).join('')}`,
  [
    sheet(
      'Tubes',
      [5, 3, 3, 3, 5, 5],
      [
        head('Tubes for the rotors of the Oakspindle R6'),
        [],
        head('Tube', 'Volume', 'Rotor', 'Adapter', 'Speed limit of the tube', 'May be autoclaved'),
        ['Micro tube, polypropylene', '2 mL', 'RA-24', 'none', '15,000 rpm', 'yes'],
        ['Micro tube, polypropylene', '0.5 mL', 'RA-24', 'QI-3328', '14,000 rpm', 'yes'],
        ['Cryogenic tube', '1.8 mL', 'RA-24', 'none', '6,000 rpm', 'no'],
        ['Conical tube, polypropylene', '50 mL', 'RA-6', 'none', '9,000 rpm', 'yes'],
        ['Conical tube, polypropylene', '15 mL', 'RA-6', 'QI-3361', '7,500 rpm', 'yes'],
        ['Round tube, polycarbonate', '50 mL', 'RA-6', 'none', '10,500 rpm', 'no'],
        ['Bottle, polypropylene', '250 mL', 'RS-4', 'none', '4,200 rpm', 'yes'],
        ['Glass tube', '15 mL', 'RS-4', 'QI-3364', '2,800 rpm', 'yes'],
        ['Plate of 96 wells', '0.3 mL', 'RP-2', 'none', '4,000 rpm', 'no'],
      ],
    ),
    sheet(
      'Rotor log',
      [3, 5, 3, 3, 3, 3, 5],
      [
        head('Rotors of the cold room lab, 2026-11-02'),
        [],
        head(
          'Rotor',
          'Serial number',
          'In use since',
          'Runs so far',
          'Permitted runs',
          'Runs left',
          'Next inspection',
        ),
        ...(
          [
            ['RA-24', 'RA24-0117', '2021-03-08', 21_340, 50_000, '2027-01-11'],
            ['RA-6', 'RA06-0093', '2019-10-21', 25_812, 30_000, '2026-12-14'],
            ['RS-4', 'RS04-0071', '2022-05-30', 6_405, 20_000, '2027-01-11'],
            ['RP-2', 'RP02-0058', '2023-02-06', 2_977, 20_000, '2027-02-15'],
          ] as const
        ).map(([rotor, serial, since, runs, permitted, next], i): Cell[] => [
          rotor,
          serial,
          { date: since },
          { count: runs },
          { count: permitted },
          { left: [`[.E${i + 4}]-[.D${i + 4}]`, permitted - runs] },
          { date: next },
        ]),
      ],
    ),
    sheet('About', [5], [[fictional]]),
  ].join(''),
);

const target = fileURLToPath(new URL('../demo/', import.meta.url));
const folder = await mkdtemp(path.join(tmpdir(), 'demo-office-'));
try {
  for (const [name, extension, kind, xml] of [
    ['oakspindle-r6-sop-rotor-inspection', 'fodt', 'docx', sop],
    ['oakspindle-r6-tubes-and-rotor-log', 'fods', 'xlsx', workbook],
  ] as const) {
    const source = path.join(folder, `${name}.${extension}`);
    await writeFile(source, xml);
    await promisify(execFile)('soffice', ['--headless', '--convert-to', kind, '--outdir', folder, source]);
    await rename(path.join(folder, `${name}.${kind}`), path.join(target, `${name}.${kind}`));
  }
} finally {
  await rm(folder, { recursive: true });
}

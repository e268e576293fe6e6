import { constants, deflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import {
  archive,
  columnName,
  docxFile,
  odfFile,
  packaged,
  pptxFile,
  relations,
  xlsxFile,
} from './office-files.ts';

// Office files made to do harm, each small until it is read.

/** `reason`: what who brought it is told; none where it is read within limits. */
export type PoisonOffice = {
  name: string;
  filename: string;
  bytes: () => Uint8Array;
  reason?: RegExp;
  /** Aims at memory or time: shows its harm in a reader's own process only. */
  heavy?: true;
};

const sample = () => docxFile(['The valve opens at 5 bar.', 'It closes at 3 bar.']);

/** Words of a document that says so much again and again. */
const repeated = (text: string, bytes: number) => text.repeat(Math.ceil(bytes / text.length));

const document = (body: string, before = '') =>
  archive({
    ...packaged('word/document.xml', 'wordprocessingml.document'),
    'word/document.xml': `<?xml version="1.0"?>${before}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
  });

const sheet = (data: string, strings = '') =>
  archive({
    ...packaged('xl/workbook.xml', 'spreadsheetml.sheet'),
    'xl/workbook.xml': `<workbook xmlns:r="r"><sheets><sheet name="A" r:id="w"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations([
      { id: 'w', kind: 'worksheet', target: 'w.xml' },
      { id: 's', kind: 'sharedStrings', target: 's.xml' },
    ]),
    'xl/w.xml': `<worksheet><sheetData>${data}</sheetData></worksheet>`,
    'xl/s.xml': `<sst>${strings}</sst>`,
  });

/** An archive of one deflated entry that says another size than its own. */
export function zipSaying(name: string, content: Uint8Array, size: number): Uint8Array {
  const zip = Buffer.from(zipSync({ [name]: [content, { level: 9 }] }));
  const local = zip.readUInt32LE(zip.length - 6);
  zip.writeUInt32LE(size, 22);
  zip.writeUInt32LE(size, local + 24);
  return zip;
}

/** An archive whose entry has this name, whatever it is. */
const named = (name: string) => archive({ [name]: 'x', 'a.txt': 'y' });

/** One block of deflated zeros, in the archive of so many entries that all point to it. */
function overlapping(entries: number): Uint8Array {
  const size = 2 ** 20 * 8;
  const data = deflateRawSync(Buffer.alloc(size, 0x20), { level: constants.Z_BEST_COMPRESSION });
  const name = (i: number) => (i === 0 ? 'word/document.xml' : `word/${String(i).padStart(12, '0')}`);
  const local = Buffer.alloc(30 + 17);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(size, 22);
  local.writeUInt16LE(17, 26);
  local.write(name(0), 30, 'latin1');
  const directory = Array.from({ length: entries }, (_, i) => {
    const entry = Buffer.alloc(46 + 17);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 4);
    entry.writeUInt16LE(20, 6);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(17, 28);
    entry.write(name(i), 46, 'latin1');
    return entry;
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(
    directory.reduce((sum, entry) => sum + entry.length, 0),
    12,
  );
  end.writeUInt32LE(local.length + data.length, 16);
  return Buffer.concat([local, data, ...directory, end]);
}

/** An archive with an entry that is a symbolic link, as Unix writes one. */
function linked(): Uint8Array {
  return zipSync({
    'word/document.xml': [Buffer.from('/etc/passwd'), { os: 3, attrs: 0o120777 * 2 ** 16 }],
  });
}

/** Marks every entry of an archive as encrypted. */
function encrypted(): Uint8Array {
  const zip = Buffer.from(sample());
  for (
    let at = zip.indexOf('PK\x01\x02', 0, 'latin1');
    at !== -1;
    at = zip.indexOf('PK\x01\x02', at + 1, 'latin1')
  )
    zip.writeUInt16LE(zip.readUInt16LE(at + 8) | 1, at + 8);
  return zip;
}

const billionLaughs = `<!DOCTYPE x [<!ENTITY a "haha">${'bcdefghij'
  .split('')
  .map((name, i) => `<!ENTITY ${name} "${`&${'abcdefghi'[i]};`.repeat(10)}">`)
  .join('')}]>`;

/** Files that are refused, or read within limits. */
export const poisonOffice: readonly PoisonOffice[] = [
  {
    name: 'a document of 16 MB of blanks in 16 kB',
    heavy: true,
    filename: 'bomb.docx',
    bytes: () => document(repeated(' ', 16 * 2 ** 20)),
    reason: /unpacks to more than/,
  },
  {
    name: 'an entry that says it is small and inflates to 8 MB',
    filename: 'liar.docx',
    bytes: () => zipSaying('word/document.xml', Buffer.alloc(8 * 2 ** 20), 100),
    reason: /archive|damaged/,
  },
  {
    name: 'five thousand entries on top of one another',
    filename: 'overlap.docx',
    bytes: () => overlapping(5_000),
    reason: /no Office|damaged/,
  },
  {
    name: 'eleven thousand entries',
    filename: 'many.docx',
    bytes: () => archive(Object.fromEntries(Array.from({ length: 11_000 }, (_, i) => [`a${i}`, '']))),
    reason: /more than 10,000 parts/,
  },
  {
    name: 'archives in archives, the inner one a bomb, as an embedded object',
    filename: 'nested.docx',
    bytes: () => {
      let inner: Uint8Array = archive({ '0.txt': repeated('0', 2 ** 20) });
      for (let depth = 0; depth < 20; depth++)
        inner = archive({ [`${depth}.zip`]: inner, 'again.zip': inner });
      return archive({
        ...packaged('word/document.xml', 'wordprocessingml.document'),
        'word/document.xml':
          '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Harmless.</w:t></w:r></w:p></w:body></w:document>',
        'word/embeddings/object.zip': inner,
      });
    },
  },
  {
    name: 'a name above the archive',
    filename: 'up.docx',
    bytes: () => named('../../etc/x'),
    reason: /point outside/,
  },
  {
    name: 'an absolute name',
    filename: 'absolute.docx',
    bytes: () => named('/etc/x'),
    reason: /point outside/,
  },
  {
    name: 'a name of another drive',
    filename: 'drive.docx',
    bytes: () => named('C:/x'),
    reason: /point outside/,
  },
  { name: 'a symbolic link', filename: 'link.docx', bytes: linked, reason: /holds a link/ },
  { name: 'encrypted entries', filename: 'locked.docx', bytes: encrypted, reason: /password/ },
  {
    name: 'an encrypted OpenDocument',
    filename: 'locked.odt',
    bytes: () =>
      archive({
        mimetype: 'application/vnd.oasis.opendocument.text',
        'content.xml': 'nonsense',
        'META-INF/manifest.xml':
          '<manifest xmlns:m="m"><m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry></manifest>',
      }),
    reason: /password/,
  },
  {
    name: 'an Office file of the old kind',
    filename: 'old.docx',
    bytes: () => Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(4_096)]),
    reason: /Save it as DOCX/,
  },
  {
    name: 'a billion laughs',
    filename: 'laughs.docx',
    bytes: () => document('<w:p><w:r><w:t>&j;</w:t></w:r></w:p>', billionLaughs),
    reason: /document type/,
  },
  {
    name: 'a billion laughs in a part beside',
    filename: 'styles.xlsx',
    bytes: () =>
      archive({
        ...packaged('xl/workbook.xml', 'spreadsheetml.sheet'),
        'xl/workbook.xml': `${billionLaughs}<workbook>&j;</workbook>`,
      }),
    reason: /document type/,
  },
  {
    name: 'a file of this machine as an entity',
    filename: 'xxe.odt',
    bytes: () =>
      archive({
        mimetype: 'application/vnd.oasis.opendocument.text',
        'content.xml': '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
      }),
    reason: /document type/,
  },
  {
    name: 'an entity nobody declared',
    filename: 'entity.docx',
    bytes: () => document('<w:p><w:r><w:t>&nothing;</w:t></w:r></w:p>'),
    reason: /not valid XML/,
  },
  {
    name: 'elements a hundred thousand deep',
    filename: 'deep.docx',
    bytes: () => document(`${repeated('<w:p>', 500_000)}${repeated('</w:p>', 600_000)}`),
    reason: /nested too deeply/,
  },
  {
    name: 'a sheet of a million empty rows',
    heavy: true,
    filename: 'empty.xlsx',
    bytes: () => sheet(Array.from({ length: 1_000_000 }, (_, i) => `<row r="${i + 1}"/>`).join('')),
    reason: /No text/,
  },
  {
    name: 'a sheet of cells that have a look and no text, in all 16,384 columns',
    filename: 'styled.xlsx',
    bytes: () => {
      const row = Array.from({ length: 16_384 }, (_, i) => `<c r="${columnName(i + 1)}1" s="1"/>`).join('');
      return sheet(`<row r="1">${row}</row>`);
    },
    reason: /No text/,
  },
  {
    name: 'words in the first and the last column of many rows',
    filename: 'wide.xlsx',
    bytes: () =>
      sheet(
        Array.from(
          { length: 2_000 },
          (_, i) =>
            `<row r="${i + 1}"><c r="A${i + 1}" t="str"><v>a</v></c><c r="${columnName(16_384 - (i % 8_000))}${i + 1}" t="str"><v>b</v></c></row>`,
        ).join(''),
      ),
  },
  {
    name: 'one long string that twenty thousand cells show',
    heavy: true,
    filename: 'strings.xlsx',
    bytes: () =>
      sheet(
        Array.from({ length: 20_000 }, (_, i) => `<row r="${i + 1}"><c t="s"><v>0</v></c></row>`).join(''),
        `<si><t>${repeated('word ', 30_000)}</t></si>`,
      ),
    reason: /MB of text/,
  },
  {
    name: 'three million empty strings',
    filename: 'empty-strings.xlsx',
    bytes: () => sheet('<row r="1"><c t="str"><v>x</v></c></row>', repeated('<si/>', 15_000_000)),
    reason: /unpacks to more than/,
  },
  {
    name: 'a row merged with a million below',
    filename: 'merged.xlsx',
    bytes: () =>
      xlsxFile([
        {
          name: 'A',
          rows: [
            ['a', 'b'],
            ['c', 'd'],
          ],
          merges: Array.from({ length: 5_000 }, () => 'A1:A1048576'),
        },
      ]),
  },
  {
    name: 'cells out of order',
    filename: 'order.xlsx',
    bytes: () => sheet('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>'),
    reason: /out of order/,
  },
  {
    name: 'one cell of an OpenDocument that is repeated seventeen thousand million times',
    filename: 'repeated.ods',
    bytes: () =>
      odfFile(
        'spreadsheet',
        '<table:table table:name="A"><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row></table:table>',
      ),
    reason: /filled cells/,
  },
  {
    name: 'four hundred thousand filled cells',
    heavy: true,
    filename: 'large.csv',
    bytes: () => Buffer.from(repeated('a,b,c,d\n', 800_000)),
    reason: /filled cells/,
  },
  {
    name: 'a quotation mark that is opened in a megabyte of text',
    filename: 'quote.csv',
    bytes: () => Buffer.from(`a,b\n"${repeated('word ', 900_000)}`),
    reason: /never closed/,
  },
  {
    name: 'a presentation of twelve thousand slides of one part',
    filename: 'slides.pptx',
    bytes: () => {
      const ids = Array.from({ length: 12_000 }, () => '<sldId r:id="r0"/>').join('');
      return archive({
        ...packaged('ppt/presentation.xml', 'presentationml.presentation'),
        'ppt/presentation.xml': `<presentation xmlns:r="r"><sldIdLst>${ids}</sldIdLst></presentation>`,
        'ppt/_rels/presentation.xml.rels': relations([{ id: 'r0', kind: 'slide', target: 's.xml' }]),
        'ppt/s.xml': '<sld/>',
      });
    },
    reason: /at most 10000|at most 10,000/,
  },
  {
    name: 'an archive with the head of a PDF within',
    filename: 'polyglot.docx',
    bytes: () => archive({ '%PDF-1.7': 'x', 'word/document.xml': 'y' }),
    reason: /no Office/,
  },
  {
    name: 'an archive behind other bytes',
    filename: 'behind.docx',
    bytes: () => Buffer.concat([Buffer.from('PK but no archive yet '), sample()]),
    reason: /damaged/,
  },
  {
    name: 'a slide that is a workbook',
    filename: 'mixed.pptx',
    bytes: () =>
      archive({
        ...packaged('xl/workbook.xml', 'presentationml.presentation'),
        'xl/workbook.xml': '<workbook/>',
      }),
    reason: /No text/,
  },
  {
    name: 'nothing but the end of an archive',
    filename: 'bare.docx',
    bytes: () => archive({}),
    reason: /no Office/,
  },
  { name: 'an empty presentation', filename: 'none.pptx', bytes: () => pptxFile([]), reason: /No text/ },
];

/** The first bytes of a good document of each kind, cut at many places. */
export function* truncatedOffice(cuts: number): Generator<{ name: string; bytes: Uint8Array }> {
  const files: [string, Uint8Array][] = [
    ['docx', sample()],
    ['pptx', pptxFile([{ title: 'Lamp', body: ['It is hot.'] }])],
    [
      'xlsx',
      xlsxFile([
        {
          name: 'A',
          rows: [
            ['a', 'b'],
            [1, 2],
          ],
        },
      ]),
    ],
  ];
  for (const [kind, bytes] of files) {
    for (let i = 1; i < cuts; i++)
      yield {
        name: `${kind}, ${i} of ${cuts} parts`,
        bytes: bytes.slice(0, Math.floor((i * bytes.length) / cuts)),
      };
  }
}

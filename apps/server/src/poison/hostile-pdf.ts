import { constants, deflateSync } from 'node:zlib';
import { filled, type Hostile } from './hostile.ts';

type Part = string | Uint8Array;

/** A PDF of these objects, the first its catalogue; what stands in its table of them is true. */
export function pdfOf(objects: readonly Part[], { trailer = '' }: { trailer?: string } = {}): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  let length = parts[0]!.length;
  const table = ['0000000000 65535 f \n'];
  for (const [i, object] of objects.entries()) {
    table.push(`${String(length).padStart(10, '0')} 00000 n \n`);
    const part = Buffer.concat([
      Buffer.from(`${i + 1} 0 obj\n`),
      Buffer.from(object),
      Buffer.from('\nendobj\n'),
    ]);
    parts.push(part);
    length += part.length;
  }
  const size = table.length;
  parts.push(
    Buffer.from(
      `xref\n0 ${size}\n${table.join('')}trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

export const stream = (data: Uint8Array | string, dictionary = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`<< /Length ${Buffer.byteLength(data)} ${dictionary} >>\nstream\n`),
    Buffer.from(data),
    Buffer.from('\nendstream'),
  ]);

const catalogue = '<< /Type /Catalog /Pages 2 0 R >>';
const onePage = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>';
const fonts = '/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>';
const page = (more = '', resources = fonts) =>
  `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << ${resources} >> ${more} >>`;
const words = (text: string) => `BT /F1 12 Tf 72 700 Td (${text}) Tj ET\n`;
const content = stream(words('The valve opens at five bar.'));

const deflated = (data: Uint8Array) => deflateSync(data, { level: constants.Z_BEST_SPEED });
/** So many blanks, deflated twice: a thousand times a thousand times smaller. */
const twice = (bytes: number) =>
  deflateSync(deflateSync(filled(bytes), { level: 9, memLevel: 9 }), { level: 9 });

/** A page on which only a picture stands, as a scanner makes it. */
const scanned = (picture: Uint8Array) =>
  pdfOf([
    catalogue,
    onePage,
    page('', '/XObject << /I 5 0 R >>'),
    stream('612 0 0 792 0 0 cm /I Do'),
    picture,
  ]);

/** PDFs made to do harm. */
export const hostilePdfs: readonly Hostile[] = [
  {
    name: 'two kB that inflate to 768 MB of content',
    filename: 'inflating.pdf',
    bytes: () =>
      pdfOf([
        catalogue,
        onePage,
        page(),
        stream(twice(768 * 2 ** 20), '/Filter [/FlateDecode /FlateDecode]'),
      ]),
  },
  {
    name: 'a table of objects that inflates to 768 MB',
    filename: 'inflating-table.pdf',
    bytes() {
      const table = stream(
        twice(768 * 2 ** 20),
        '/Type /XRef /W [1 4 2] /Size 9 /Root 1 0 R /Filter [/FlateDecode /FlateDecode]',
      );
      const head = Buffer.from('%PDF-1.7\n1 0 obj\n');
      return Buffer.concat([head, table, Buffer.from('\nendobj\nstartxref\n9\n%%EOF\n')]);
    },
  },
  {
    name: 'twenty thousand pages',
    filename: 'many-pages.pdf',
    bytes() {
      const pages = Array.from({ length: 20_000 }, () => page());
      const kids = pages.map((_, i) => `${i + 4} 0 R`).join(' ');
      const list = `<< /Type /Pages /Count ${pages.length} /Kids [${kids}] >>`;
      // Its content is that of object 4, a page: none.
      return pdfOf([catalogue, list, content, ...pages]);
    },
  },
  {
    name: 'one page that says it is a thousand million',
    filename: 'counted.pdf',
    bytes: () => pdfOf([catalogue, '<< /Type /Pages /Kids [3 0 R] /Count 1000000000 >>', page(), content]),
  },
  {
    name: 'nine thousand pages of one page',
    filename: 'same-page.pdf',
    bytes: () =>
      pdfOf([catalogue, `<< /Type /Pages /Count 9000 /Kids [${'3 0 R '.repeat(9_000)}] >>`, page(), content]),
  },
  {
    name: 'a list of pages that is its own child',
    filename: 'circle.pdf',
    bytes: () => pdfOf([catalogue, '<< /Type /Pages /Kids [2 0 R] /Count 1 >>', page(), content]),
  },
  {
    name: 'lists of pages that are each other’s child',
    filename: 'circles.pdf',
    bytes: () =>
      pdfOf([
        catalogue,
        '<< /Type /Pages /Kids [5 0 R] /Count 2 >>',
        page(),
        content,
        '<< /Type /Pages /Kids [2 0 R 3 0 R] /Parent 2 0 R /Count 2 >>',
      ]),
  },
  {
    name: 'tables of objects that name each other as former ones',
    filename: 'former.pdf',
    bytes() {
      const bytes = pdfOf([catalogue, onePage, page(), content]).toString('latin1');
      const at = bytes.lastIndexOf('xref\n0');
      return Buffer.from(bytes.replace('/Root 1 0 R', `/Root 1 0 R /Prev ${at}`), 'latin1');
    },
  },
  {
    name: 'a stream whose length is itself',
    filename: 'length.pdf',
    bytes: () => pdfOf([catalogue, onePage, page(), '<< /Length 4 0 R >>\nstream\nBT ET\nendstream']),
  },
  {
    name: 'arrays two hundred thousand deep',
    filename: 'deep.pdf',
    bytes: () =>
      pdfOf([catalogue, onePage, page(`/Annots ${'['.repeat(200_000)}${']'.repeat(200_000)}`), content]),
  },
  {
    name: 'graphics states saved a million times',
    filename: 'states.pdf',
    bytes: () =>
      pdfOf([
        catalogue,
        onePage,
        page(),
        stream(deflated(filled(4_000_000, 'q q ')), '/Filter /FlateDecode'),
      ]),
  },
  {
    name: 'a form that draws itself',
    filename: 'form.pdf',
    bytes: () =>
      pdfOf([
        catalogue,
        onePage,
        page('', `${fonts} /XObject << /X 5 0 R >>`),
        stream('/X Do'),
        stream(
          `${words('Again.')}/X Do /X Do`,
          `/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << ${fonts} /XObject << /X 5 0 R >> >>`,
        ),
      ]),
  },
  {
    name: 'forms that draw ten of the next, nine deep',
    filename: 'forms.pdf',
    bytes() {
      const forms = Array.from({ length: 9 }, (_, i) =>
        stream(
          i === 8 ? words('Once.') : '/X Do '.repeat(10),
          `/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << ${fonts} /XObject << /X ${Math.min(13, i + 6)} 0 R >> >>`,
        ),
      );
      return pdfOf([catalogue, onePage, page('', '/XObject << /X 5 0 R >>'), stream('/X Do'), ...forms]);
    },
  },
  {
    name: 'a million words on one page',
    filename: 'words.pdf',
    bytes: () =>
      pdfOf([
        catalogue,
        onePage,
        page(),
        stream(
          deflated(Buffer.from(`BT /F1 1 Tf ${'1 0 Td (word) Tj '.repeat(1_000_000)} ET`)),
          '/Filter /FlateDecode',
        ),
      ]),
  },
  {
    name: 'one word of ten million letters',
    filename: 'word.pdf',
    bytes: () =>
      pdfOf([
        catalogue,
        onePage,
        page(),
        stream(deflated(Buffer.from(words('w'.repeat(10_000_000)))), '/Filter /FlateDecode'),
      ]),
  },
  {
    name: 'letters that each stand for eight thousand',
    filename: 'unicode.pdf',
    bytes() {
      const map = `/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> <${'0041'.repeat(8_000)}> endbfchar endcmap end`;
      const font = '/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 5 0 R >> >>';
      return pdfOf([catalogue, onePage, page('', font), stream(words('A'.repeat(20_000))), stream(map)]);
    },
  },
  {
    name: 'a page as large as a country',
    filename: 'country.pdf',
    bytes: () =>
      pdfOf([catalogue, onePage, page().replace('[0 0 612 792]', '[0 0 1e9 1e9] /UserUnit 1000'), content]),
  },
  {
    name: 'a scan of 60,000 by 60,000 pixels in few bytes',
    filename: 'scan-flood.pdf',
    bytes: () =>
      scanned(
        stream(
          twice(60_000 * 7_500),
          '/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter [/FlateDecode /FlateDecode]',
        ),
      ),
  },
  {
    name: 'a scan whose picture is noise',
    filename: 'scan-noise.pdf',
    bytes: () =>
      scanned(
        stream(
          Uint8Array.from({ length: 600 * 800 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 24) & 0xff),
          '/Type /XObject /Subtype /Image /Width 600 /Height 800 /BitsPerComponent 8 /ColorSpace /DeviceGray',
        ),
      ),
  },
  {
    name: 'a JPEG 2000 scan that is garbage',
    filename: 'scan-jpx.pdf',
    bytes: () =>
      scanned(
        stream(
          filled(10_000, '\u00ffO'),
          '/Type /XObject /Subtype /Image /Width 600 /Height 800 /Filter /JPXDecode',
        ),
      ),
  },
  {
    name: 'a password',
    filename: 'locked.pdf',
    bytes: () =>
      pdfOf([catalogue, onePage, page(), content], {
        trailer: `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${'00'.repeat(32)}> /U <${'00'.repeat(32)}> /P -4 >> /ID [<00><00>]`,
      }),
  },
  {
    name: 'no text at all',
    filename: 'blank.pdf',
    bytes: () => pdfOf([catalogue, onePage, page(), stream('0 0 100 100 re f')]),
  },
  {
    name: 'a script that runs when it is opened',
    filename: 'script.pdf',
    bytes: () =>
      pdfOf([
        '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while\\(true\\);) >> >>',
        onePage,
        page(),
        content,
      ]),
  },
  {
    name: 'a header and garbage',
    filename: 'garbage.pdf',
    bytes: () => filled(100_000, '%PDF-1.7 garbage '),
  },
  {
    name: 'a web page before a PDF',
    filename: 'page-and.pdf',
    bytes: () =>
      Buffer.concat([
        Buffer.from('<html><script>alert(1)</script></html>\n'),
        pdfOf([catalogue, onePage, page(), content]),
      ]),
  },
];

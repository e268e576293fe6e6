import { strToU8, zipSync, type Zippable } from 'fflate';

// Office files written by hand, so that tests hold no binaries and say what stands where.

const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const relationTypes = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** Text as XML holds it. */
export const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** An archive of these parts. */
export function archive(parts: Record<string, string | Uint8Array>): Uint8Array {
  const files: Zippable = {};
  for (const [name, part] of Object.entries(parts))
    files[name] = typeof part === 'string' ? strToU8(part) : part;
  // Always the same bytes: the same version of a document.
  return zipSync(files, { level: 6, mtime: '2026-01-01T12:00:00Z' });
}

type Relation = { id: string; kind: string; target: string };

/** The relations of a part. */
export const relations = (list: readonly Relation[]): string =>
  `${xml}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list
    .map(
      ({ id, kind, target }) =>
        `<Relationship Id="${id}" Type="${relationTypes}/${kind}" Target="${escapeXml(target)}"/>`,
    )
    .join('')}</Relationships>`;

/** What every Open XML file begins with: the kinds of its parts, and which is the main one. */
export const packaged = (main: string, type: string): Record<string, string> => ({
  '[Content_Types].xml': `${xml}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/${main}" ContentType="application/vnd.openxmlformats-officedocument.${type}.main+xml"/></Types>`,
  '_rels/.rels': relations([{ id: 'r1', kind: 'officeDocument', target: main }]),
});

export type DocxBlock =
  | string
  | { heading: number; text: string }
  /** In list 1 (numbered) or 2 (marks). */
  | { item: string; list: 1 | 2; level?: number }
  | { table: string[][] }
  /** XML of the body as it is. */
  | { raw: string };

const w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const run = (text: string) => `<w:r><w:t xml:space="preserve">${escapeXml(text)}</w:t></w:r>`;
const paragraph = (text: string, properties = '') => `<w:p><w:pPr>${properties}</w:pPr>${run(text)}</w:p>`;

/** A Word document; headings are numbered where `numbered`. Notes are footnotes 2, 3, … of `<w:footnoteReference w:id="2"/>`. */
export function docxFile(
  blocks: readonly DocxBlock[],
  { notes = [], numbered = false }: { notes?: string[]; numbered?: boolean } = {},
): Uint8Array {
  const body = blocks.map((block) => {
    if (typeof block === 'string') return paragraph(block);
    if ('raw' in block) return block.raw;
    if ('heading' in block) return paragraph(block.text, `<w:pStyle w:val="Kop${block.heading}"/>`);
    if ('item' in block)
      return paragraph(
        block.item,
        `<w:numPr><w:ilvl w:val="${block.level ?? 0}"/><w:numId w:val="${block.list}"/></w:numPr>`,
      );
    const rows = block.table.map(
      (row) => `<w:tr>${row.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join('')}</w:tr>`,
    );
    return `<w:tbl>${rows.join('')}</w:tbl>`;
  });
  const level = (at: number, format: string, text: string, more = '') =>
    `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/>${more}<w:lvlText w:val="${text}"/></w:lvl>`;
  const headings = [1, 2, 3].map(
    (at) =>
      `<w:style w:type="paragraph" w:styleId="Kop${at}"><w:name w:val="heading ${at}"/><w:pPr>${numbered ? `<w:numPr><w:ilvl w:val="${at - 1}"/><w:numId w:val="3"/></w:numPr>` : ''}<w:outlineLvl w:val="${at - 1}"/></w:pPr></w:style>`,
  );
  return archive({
    ...packaged('word/document.xml', 'wordprocessingml.document'),
    'word/_rels/document.xml.rels': relations([
      { id: 'r1', kind: 'styles', target: 'styles.xml' },
      { id: 'r2', kind: 'numbering', target: 'numbering.xml' },
      { id: 'r3', kind: 'footnotes', target: 'footnotes.xml' },
    ]),
    'word/document.xml': `${xml}<w:document ${w}><w:body>${body.join('')}</w:body></w:document>`,
    'word/styles.xml': `${xml}<w:styles ${w}>${headings.join('')}</w:styles>`,
    'word/numbering.xml': `${xml}<w:numbering ${w}><w:abstractNum w:abstractNumId="0">${level(0, 'decimal', '%1.')}${level(1, 'lowerLetter', '%2)')}</w:abstractNum><w:abstractNum w:abstractNumId="1">${level(0, 'bullet', '')}</w:abstractNum><w:abstractNum w:abstractNumId="2">${[
      0, 1, 2,
    ]
      .map((at) =>
        level(
          at,
          'decimal',
          [1, 2, 3]
            .slice(0, at + 1)
            .map((n) => `%${n}`)
            .join('.'),
          `<w:pStyle w:val="Kop${at + 1}"/>`,
        ),
      )
      .join(
        '',
      )}</w:abstractNum>${[1, 2, 3].map((id) => `<w:num w:numId="${id}"><w:abstractNumId w:val="${id - 1}"/></w:num>`).join('')}</w:numbering>`,
    'word/footnotes.xml': `${xml}<w:footnotes ${w}>${notes.map((text, i) => `<w:footnote w:id="${i + 2}">${paragraph(text)}</w:footnote>`).join('')}</w:footnotes>`,
  });
}

export type PptxSlide = {
  title?: string;
  body?: string[];
  table?: string[][];
  notes?: string;
  hidden?: boolean;
};

const a =
  'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
const drawn = (lines: readonly string[]) =>
  lines.map((line) => `<a:p><a:r><a:t>${escapeXml(line)}</a:t></a:r></a:p>`).join('');
const shape = (placeholder: string, lines: readonly string[]) =>
  `<p:sp><p:nvSpPr><p:cNvPr id="2" name=""/><p:nvPr><p:ph type="${placeholder}"/></p:nvPr></p:nvSpPr><p:txBody>${drawn(lines)}</p:txBody></p:sp>`;

/** A presentation. */
export function pptxFile(slides: readonly PptxSlide[]): Uint8Array {
  const parts: Record<string, string> = {
    ...packaged('ppt/presentation.xml', 'presentationml.presentation'),
    'ppt/presentation.xml': `${xml}<p:presentation ${a}><p:sldIdLst>${slides.map((_, i) => `<p:sldId id="${256 + i}" r:id="r${i}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(
      slides.map((_, i) => ({ id: `r${i}`, kind: 'slide', target: `slides/s${i}.xml` })),
    ),
  };
  for (const [i, { title, body, table, notes, hidden }] of slides.entries()) {
    const rows = table?.map(
      (row) =>
        `<a:tr>${row.map((cell) => `<a:tc><a:txBody>${drawn([cell])}</a:txBody></a:tc>`).join('')}</a:tr>`,
    );
    const shapes = [
      // Drawn before the title, as often happens.
      body ? shape('body', body) : '',
      title === undefined ? '' : shape('title', [title]),
      rows
        ? `<p:graphicFrame><a:graphic><a:graphicData><a:tbl>${rows.join('')}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`
        : '',
      shape('sldNum', [String(i + 1)]),
    ];
    parts[`ppt/slides/s${i}.xml`] =
      `${xml}<p:sld ${a}${hidden ? ' show="0"' : ''}><p:cSld><p:spTree>${shapes.join('')}</p:spTree></p:cSld></p:sld>`;
    if (notes === undefined) continue;
    parts[`ppt/slides/_rels/s${i}.xml.rels`] = relations([
      { id: 'r1', kind: 'notesSlide', target: `../notesSlides/n${i}.xml` },
    ]);
    parts[`ppt/notesSlides/n${i}.xml`] =
      `${xml}<p:notes ${a}><p:cSld><p:spTree>${shape('body', [notes])}</p:spTree></p:cSld></p:notes>`;
  }
  return archive(parts);
}

/** `date` and `rpm` are serial numbers shown as 2026-03-14 and 14,500 rpm; `sum` is a formula and its value when saved. */
export type XlsxCell =
  | string
  | number
  | boolean
  | undefined
  | { bold: string }
  | { date: number }
  | { rpm: number }
  | { sum: number };
export type XlsxSheet = { name: string; rows: XlsxCell[][]; hidden?: boolean; merges?: string[] };

/** A workbook; row `i` of `rows` is row `i + 1`, empty ones and undefined cells are left out of the file. */
export function xlsxFile(sheets: readonly XlsxSheet[]): Uint8Array {
  const strings: string[] = [];
  const shared = (text: string) => strings.push(text) - 1;
  const cellOf = (cell: XlsxCell, reference: string): string => {
    if (cell === undefined) return '';
    if (typeof cell === 'string') return `<c r="${reference}" t="s"><v>${shared(cell)}</v></c>`;
    if (typeof cell === 'number') return `<c r="${reference}"><v>${cell}</v></c>`;
    if (typeof cell === 'boolean') return `<c r="${reference}" t="b"><v>${cell ? 1 : 0}</v></c>`;
    if ('bold' in cell) return `<c r="${reference}" t="s" s="1"><v>${shared(cell.bold)}</v></c>`;
    if ('date' in cell) return `<c r="${reference}" s="2"><v>${cell.date}</v></c>`;
    if ('rpm' in cell) return `<c r="${reference}" s="3"><v>${cell.rpm}</v></c>`;
    return `<c r="${reference}"><f>SUM(A1:A2)</f><v>${cell.sum}</v></c>`;
  };
  const parts: Record<string, string> = {};
  for (const [i, { rows, merges }] of sheets.entries()) {
    const written = rows.map((row, y) => {
      const cells = row.map((cell, x) => cellOf(cell, `${columnName(x + 1)}${y + 1}`)).join('');
      return cells === '' ? '' : `<row r="${y + 1}">${cells}</row>`;
    });
    parts[`xl/worksheets/w${i}.xml`] =
      `${xml}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${written.join('')}</sheetData>${merges ? `<mergeCells>${merges.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>` : ''}</worksheet>`;
  }
  return archive({
    ...packaged('xl/workbook.xml', 'spreadsheetml.sheet'),
    'xl/workbook.xml': `${xml}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${relationTypes}"><sheets>${sheets.map(({ name, hidden }, i) => `<sheet name="${escapeXml(name)}" sheetId="${i + 1}"${hidden ? ' state="hidden"' : ''} r:id="r${i}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations([
      ...sheets.map((_, i) => ({ id: `r${i}`, kind: 'worksheet', target: `worksheets/w${i}.xml` })),
      { id: 's', kind: 'sharedStrings', target: 'sharedStrings.xml' },
      { id: 't', kind: 'styles', target: '/xl/styles.xml' },
    ]),
    'xl/sharedStrings.xml': `${xml}<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">${strings.map((text) => `<si><t xml:space="preserve">${escapeXml(text)}</t></si>`).join('')}</sst>`,
    'xl/styles.xml': `${xml}<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt numFmtId="164" formatCode="#,##0&quot; rpm&quot;"/></numFmts><fonts><font/><font><b/></font></fonts><cellXfs><xf/><xf fontId="1"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
    ...parts,
  });
}

/** `28` is `AB`. */
export function columnName(column: number): string {
  let name = '';
  for (let left = column; left > 0; left = Math.floor((left - 1) / 26))
    name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  return name;
}

const odfNames =
  'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"';

/** An OpenDocument file with this XML in its body, and styles of its own. */
export function odfFile(
  kind: 'text' | 'presentation' | 'spreadsheet',
  body: string,
  styles = '',
): Uint8Array {
  return archive({
    mimetype: `application/vnd.oasis.opendocument.${kind}`,
    'content.xml': `${xml}<office:document-content ${odfNames}><office:automatic-styles>${styles}</office:automatic-styles><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
  });
}

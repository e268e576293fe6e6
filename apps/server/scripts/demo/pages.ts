import { PDFDocument } from 'pdfkit';
import type { Manual, Table } from './blocks.ts';
import { type Faces, facesOf, measureIn, put } from './faces.ts';
import { drawGrid, gridOf, heightOf } from './grid.ts';
import { breakLines } from './lines.ts';

export const vendor = 'Quenderby Instruments';
const accent = '#2f5d62';
const grey = '#56636b';

/** Where text may stand on a page, in points from the top left of the paper. */
export type Frame = { left: number; right: number; top: number; bottom: number };
export type Heading = { title: string; level: 1 | 2; page: number };

const fiction = (manual: Manual) =>
  `This document is fictional demonstration material made for Rayni. ${vendor}, the ${manual.title} and every figure, part number and procedure in it are invented. It describes no real instrument, comes from no real maker and must not be used to operate, service or judge any equipment.`;

export function openDocument(manual: Manual): PDFDocument {
  return new PDFDocument({
    autoFirstPage: false,
    margin: 0,
    size: paperOf(manual),
    lang: 'en-GB',
    displayTitle: true,
    pdfVersion: '1.7',
    info: {
      Title: `${manual.title}: ${manual.subtitle}`,
      Author: `${vendor} (fictional)`,
      Subject: 'Fictional demonstration material made for Rayni',
      Creator: 'Rayni demo',
      CreationDate: manual.date,
    },
  });
}

const paperOf = (manual: Manual): [number, number] => [
  manual.size[0] + 2 * manual.trim,
  manual.size[1] + 2 * manual.trim,
];

/** The text area: one column leaves a wide outer margin for the boxes. */
export function frameOf(manual: Manual): Frame {
  const [width, height] = manual.size;
  const t = manual.trim;
  const left = manual.columns === 1 ? 172 : 50;
  return { left: t + left, right: t + width - 50, top: t + 74, bottom: t + height - 62 };
}

/** A new page with its crop box and, outside of it, the marks a printer cuts along. */
export function newPaper(doc: PDFDocument, manual: Manual): void {
  const [width, height] = paperOf(manual);
  const t = manual.trim;
  doc.addPage({ size: [width, height], margin: 0 });
  if (t === 0) return;
  doc.page.dictionary.data.CropBox = [t, t, width - t, height - t];
  doc.lineWidth(0.4);
  for (const x of [t, width - t])
    for (const [from, to] of [
      [0, t - 6],
      [height - t + 6, height],
    ] as const)
      doc.moveTo(x, from).lineTo(x, to).stroke('#000000');
  for (const y of [t, height - t])
    for (const [from, to] of [
      [0, t - 6],
      [width - t + 6, width],
    ] as const)
      doc.moveTo(from, y).lineTo(to, y).stroke('#000000');
}

/** Running header and footer of a page as it is seen, `width` by `height` points at (`x`, `y`). */
function furniture(
  doc: PDFDocument,
  manual: Manual,
  running: string,
  page: number,
  [x, y, width, height]: [number, number, number, number],
): void {
  const style = { font: 'Helvetica', size: 7.5, leading: 10 };
  const measure = measureIn(doc, style);
  const right = x + width - 50;
  const left = x + 50;
  const topic = running.length > 60 ? manual.subtitle : running;
  put(doc, style, `${vendor} \u2022 ${manual.title}`, left, y + 40, { color: grey });
  put(doc, style, topic, right - measure(topic), y + 40, { color: grey });
  doc
    .lineWidth(0.6)
    .moveTo(left, y + 53)
    .lineTo(right, y + 53)
    .stroke(accent);
  const foot = y + height - 40;
  const number = `Page ${page}`;
  put(
    doc,
    style,
    `${manual.number} rev. ${manual.revision} \u2022 fictional demonstration material`,
    left,
    foot,
    {
      color: grey,
    },
  );
  put(doc, style, number, right - measure(number), foot, { color: grey });
}

export function drawFurniture(doc: PDFDocument, manual: Manual, running: string, page: number): void {
  furniture(doc, manual, running, page, [manual.trim, manual.trim, ...manual.size]);
}

function paragraph(
  doc: PDFDocument,
  faces: Faces,
  text: string,
  style: keyof Faces,
  x: number,
  y: number,
  width: number,
): number {
  const face = faces[style];
  const lines = breakLines(text, width, measureIn(doc, face), false);
  lines.forEach((line, i) => put(doc, face, line, x, y + i * face.leading));
  return y + lines.length * face.leading;
}

/** The cover: what it is, for which instrument, and that none of it is real. */
export function drawCover(doc: PDFDocument, manual: Manual): void {
  newPaper(doc, manual);
  const faces = facesOf('Helvetica', 1);
  const [width, height] = manual.size;
  const [x, y] = [manual.trim + 60, manual.trim];
  doc.rect(manual.trim, manual.trim, width, 12).fill(accent);
  put(doc, { font: 'Helvetica', size: 13, leading: 16 }, vendor, x, y + 70, { color: grey });
  const big = { font: 'Helvetica-Bold', size: 27, leading: 33 };
  const title = breakLines(manual.title, width - 120, measureIn(doc, big), false);
  title.forEach((line, i) => put(doc, big, line, x, y + 96 + i * big.leading));
  const under = y + 96 + title.length * big.leading + 8;
  put(doc, { font: 'Helvetica', size: 16, leading: 20 }, manual.subtitle, x, under, { color: accent });
  doc.save();
  manual.emblem(doc, manual.trim + (width - 300) / 2, under + 60, 300);
  doc.restore();
  const day = manual.date.toISOString().slice(0, 10);
  const facts = `Document ${manual.number}, revision ${manual.revision}, ${day}`;
  put(doc, faces.lead, facts, x, y + height - 208);
  doc.roundedRect(x - 10, y + height - 182, width - 100, 96, 4).fill('#eef3f1');
  put(doc, faces.lead, 'Fictional demonstration material', x, y + height - 172, { color: accent });
  paragraph(doc, faces, fiction(manual), 'body', x, y + height - 154, width - 120);
}

/** The head of a short document: a ruled block instead of a cover. Answers where the text below it begins. */
export function drawHead(doc: PDFDocument, manual: Manual): number {
  const faces = facesOf('Helvetica', 1);
  const [width] = manual.size;
  const [x, y, w] = [manual.trim + 50, manual.trim + 70, width - 100];
  put(doc, { font: 'Helvetica-Bold', size: 17, leading: 21 }, manual.subtitle, x, y);
  put(doc, { font: 'Helvetica', size: 12, leading: 15 }, manual.title, x, y + 23, { color: accent });
  const facts = gridOf(
    doc,
    faces,
    {
      title: ' ',
      ruled: true,
      widths: [1, 1, 1, 1.4],
      head: ['Document', 'Revision', 'Effective from', 'Next review'],
      rows: [
        [
          manual.number,
          manual.revision,
          manual.date.toISOString().slice(0, 10),
          '12 months after the effective date',
        ],
      ],
    },
    w,
  );
  drawGrid(facts, x, y + 36);
  const below = y + 36 + heightOf(facts) + 12;
  doc.roundedRect(x, below, w, 50, 3).fill('#eef3f1');
  paragraph(doc, faces, fiction(manual), 'small', x + 8, below + 8, w - 16);
  return below + 70;
}

/** The table of contents on page 2, each line a link. */
export function drawContents(doc: PDFDocument, manual: Manual, headings: Heading[]): void {
  newPaper(doc, manual);
  drawFurniture(doc, manual, 'Contents', 2);
  const faces = facesOf(manual.face, manual.columns);
  const left = manual.trim + 50;
  const right = manual.trim + manual.size[0] - 50;
  put(doc, faces.chapter, 'Contents', left, manual.trim + 74);
  let y = manual.trim + 106;
  const room = manual.trim + manual.size[1] - 62 - y;
  const chapters = headings.filter(({ level }) => level === 1).length;
  const leading = Math.min(13, room / Math.max(1, headings.length + chapters * 0.3));
  if (leading < 10.4) throw new Error(`The contents of ${manual.title} take more than a page`);
  headings.forEach((heading, i) => {
    const style = { font: heading.level === 1 ? faces.lead.font : faces.body.font, size: 9.2, leading };
    const measure = measureIn(doc, style);
    if (heading.level === 1) y += leading * 0.3;
    const x = left + (heading.level === 1 ? 0 : 16);
    const number = String(heading.page);
    put(doc, style, heading.title, x, y);
    put(doc, style, number, right - measure(number), y);
    const [from, to] = [x + measure(heading.title) + 5, right - measure(number) - 5];
    const base = y + style.size * 0.78;
    doc.save().lineWidth(0.5).dash(0.6, { space: 2.6 });
    doc.moveTo(from, base).lineTo(to, base).stroke('#8a979e').undash().restore();
    doc.goTo(x, y, right - x, style.leading, `h${i}`);
    y += style.leading;
  });
}

/** A landscape page, stored upright and turned by /Rotate 90, holding one table. */
export function drawTurned(doc: PDFDocument, manual: Manual, table: Table, note: string, page: number): void {
  if (manual.trim > 0) throw new Error('A turned page with a crop box is not drawn');
  doc.addPage({ size: manual.size, margin: 0 });
  doc.page.dictionary.data.Rotate = 90;
  const [height, width] = manual.size;
  doc.save();
  // Seen (u, v) from the top left becomes stored (v, long side - u).
  doc.transform(0, -1, 1, 0, 0, width);
  furniture(doc, manual, table.title, page, [0, 0, width, height]);
  const faces = facesOf(manual.face, manual.columns);
  const grid = gridOf(doc, faces, table, width - 100);
  const end = 78 + heightOf(grid) + 10;
  drawGrid(grid, 50, 78);
  const last = paragraph(doc, faces, note, 'body', 50, end, width - 100);
  if (last > height - 50) throw new Error(`"${table.title}" does not fit its page`);
  doc.restore();
}

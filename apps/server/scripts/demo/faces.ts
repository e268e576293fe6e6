import type { PDFDocument } from 'pdfkit';
import type { Manual } from './blocks.ts';

export type Style = { font: string; size: number; leading: number };
export type Faces = Record<'body' | 'lead' | 'chapter' | 'section' | 'small' | 'smallBold' | 'slant', Style>;

/** The styles of a manual; sizes and leadings in points. */
export function facesOf(face: Manual['face'], columns: 1 | 2): Faces {
  const [plain, bold, slant] =
    face === 'Times'
      ? ['Times-Roman', 'Times-Bold', 'Times-Italic']
      : ['Helvetica', 'Helvetica-Bold', 'Helvetica-Oblique'];
  const size = (face === 'Times' ? 10.8 : 10) + (columns === 1 ? 0.2 : 0);
  return {
    body: { font: plain, size, leading: size * 1.46 },
    lead: { font: bold, size, leading: size * 1.46 },
    chapter: { font: 'Helvetica-Bold', size: 15, leading: 19 },
    section: { font: 'Helvetica-Bold', size: 11, leading: 14.5 },
    small: { font: plain, size: size - 1.3, leading: (size - 1.3) * 1.3 },
    smallBold: { font: bold, size: size - 1.3, leading: (size - 1.3) * 1.3 },
    slant: { font: slant, size: size - 1, leading: (size - 1) * 1.3 },
  };
}

/** Width of a text in a style, in points. */
export const measureIn = (doc: PDFDocument, style: Style) => (text: string) =>
  doc.font(style.font).fontSize(style.size).widthOfString(text);

/** Puts one line with its top left at (x, y); `fill` stretches the spaces until the line is that wide. */
export function put(
  doc: PDFDocument,
  style: Style,
  text: string,
  x: number,
  y: number,
  options: { color?: string; fill?: number } = {},
): void {
  // The standard fonts are WinAnsi; anything else would come out as a wrong character without a word.
  if (/[^\x20-\x7e\u00a1-\u00ff\u2013\u2022]/.test(text)) throw new Error(`Not in WinAnsi: ${text}`);
  const width = measureIn(doc, style)(text);
  const gaps = text.split(' ').length - 1;
  const stretch = options.fill === undefined || gaps === 0 ? 0 : (options.fill - width) / gaps;
  doc.fillColor(options.color ?? '#1b1f24');
  // Over three quarters of an em of extra space a line reads worse than a ragged one.
  if (stretch > 0.01 && stretch < style.size * 0.75)
    doc.text(text, x, y, { lineBreak: false, wordSpacing: stretch });
  else doc.text(text, x, y, { lineBreak: false });
}

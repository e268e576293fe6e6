import { PDFDocument } from 'pdfkit';
import { toBytes } from 'pdfkit/output';

/** A PDF with these lines on these pages; nobody opens it without the password if there is one. */
export function smallPdf(pages: string[][], password?: string): Promise<Uint8Array> {
  const document = new PDFDocument({
    autoFirstPage: false,
    margin: 0,
    size: [595, 842],
    lang: 'en',
    displayTitle: false,
    pdfVersion: '1.7',
    info: { CreationDate: new Date(0) },
    ...(password === undefined ? {} : { userPassword: password }),
  });
  const bytes = toBytes(document);
  for (const lines of pages) {
    document.addPage().font('Helvetica').fontSize(12);
    lines.forEach((line, i) => document.text(line, 72, 72 + 18 * i, { lineBreak: false }));
  }
  document.end();
  return bytes;
}

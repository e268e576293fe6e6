import { PDFDocument, PDFName, PDFNumber, StandardFonts, degrees, type PDFFont } from 'pdf-lib';

/** The typefaces there are. */
export type Face = 'text' | 'bold' | 'mono';

/** A line of text, placed on the page as a reader sees it: `x`, `y` of its base line from the top left, `turn` degrees clockwise. */
export type Drawn = { text: string; x: number; y: number; size: number; face?: Face; turn?: number };

/** A page by its size as shown. `crop` is the border cut off from a larger media box, in points as shown before turning. */
export type DrawnPage = {
  width: number;
  height: number;
  rotate?: 0 | 90 | 180 | 270;
  crop?: { left: number; bottom: number };
  userUnit?: number;
  texts: Drawn[];
};

const faces = {
  text: StandardFonts.TimesRoman,
  bold: StandardFonts.TimesRomanBold,
  mono: StandardFonts.Courier,
};

/** Makes a PDF whose pages look as told, whatever their rotation, crop box and unit. */
export async function drawPdf(pages: DrawnPage[]): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const fonts = await embed(document);
  for (const { width, height, rotate = 0, crop = { left: 0, bottom: 0 }, userUnit = 1, texts } of pages) {
    const turned = rotate === 90 || rotate === 270;
    const [w, h] = turned ? [height, width] : [width, height];
    const u = userUnit;
    const page = document.addPage([(w + 2 * crop.left) / u, (h + 2 * crop.bottom) / u]);
    page.setCropBox(crop.left / u, crop.bottom / u, w / u, h / u);
    page.setRotation(degrees(rotate));
    if (u !== 1) page.node.set(PDFName.of('UserUnit'), PDFNumber.of(u));
    const { left, bottom } = crop;
    for (const { text, x, y, size, face = 'text', turn = 0 } of texts) {
      const [ux, uy] =
        rotate === 0
          ? [left + x, bottom + h - y]
          : rotate === 90
            ? [left + y, bottom + x]
            : rotate === 180
              ? [left + w - x, bottom + y]
              : [left + w - y, bottom + h - x];
      page.drawText(text, {
        x: ux / u,
        y: uy / u,
        size: size / u,
        font: fonts[face],
        rotate: degrees(rotate - turn),
      });
    }
  }
  return document.save();
}

async function embed(document: PDFDocument): Promise<Record<Face, PDFFont>> {
  return {
    text: await document.embedFont(faces.text),
    bold: await document.embedFont(faces.bold),
    mono: await document.embedFont(faces.mono),
  };
}

/** How wide text is in a face, by the widths of its letters (nothing is kerned when drawn). */
export async function measurer(): Promise<(text: string, size: number, face?: Face) => number> {
  const fonts = await embed(await PDFDocument.create());
  const known = new Map<string, number>();
  return (text, size, face = 'text') => {
    let sum = 0;
    for (const letter of text) {
      const key = face + letter;
      let width = known.get(key);
      if (width === undefined) known.set(key, (width = fonts[face].widthOfTextAtSize(letter, 1)));
      sum += width;
    }
    return sum * size;
  };
}

import { createCanvas } from '@napi-rs/canvas';
import type { Rect } from '@rayni/contract';
import { sharpPage } from './decode-image.ts';
import { openPdf } from './read-pdf.ts';

const marker = { fill: 'rgba(255, 205, 0, 0.35)', edge: 'rgba(200, 90, 0, 0.9)' };

/**
 * Draws one page (counted from 1) as shown, as a PNG with `scale` pixels a point, `boxes` highlighted upon it. Throws `Unreadable`
 * for what cannot be opened and a `RangeError` for a page that is not there.
 */
export async function renderPage(
  bytes: Uint8Array,
  pageNumber: number,
  { scale, boxes = [] }: { scale: number; boxes?: Rect[] },
): Promise<Uint8Array> {
  // pdf.js takes the bytes over; the caller keeps its own.
  const document = await openPdf(bytes.slice(), true);
  try {
    if (!(pageNumber >= 1 && pageNumber <= document.numPages))
      throw new RangeError(`There is no page ${pageNumber}; the document has ${document.numPages}.`);
    const page = await document.getPage(pageNumber);
    const viewport = page.getViewport({ scale });
    const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height));
    const context = canvas.getContext('2d');
    // pdf.js types ask for a canvas of a browser; this one has the same methods.
    await page.render({ canvas: canvas as never, viewport }).promise;
    for (const { x, y, w, h } of boxes) {
      const at = [x * scale, y * scale, w * scale, h * scale] as const;
      context.fillStyle = marker.fill;
      context.fillRect(...at);
      context.strokeStyle = marker.edge;
      context.lineWidth = Math.max(1, scale / 2);
      context.strokeRect(...at);
    }
    return canvas.toBuffer('image/png');
  } finally {
    await document.loadingTask.destroy();
  }
}

/** One page (from 1) of an image as shown, as a PNG of its own size, `boxes` highlighted upon it. Throws `Unreadable` for what cannot be opened. */
export async function renderImage(
  bytes: Uint8Array,
  { page = 1, boxes = [] }: { page?: number | undefined; boxes?: Rect[] },
): Promise<Uint8Array> {
  return await sharpPage(bytes, page - 1, (picture, { width, height }) => {
    const thick = Math.max(2, Math.round(Math.max(width, height) / 500));
    const rects = boxes.map(
      ({ x, y, w, h }) =>
        `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${marker.fill}" stroke="${marker.edge}" stroke-width="${thick}"/>`,
    );
    const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${rects.join('')}</svg>`;
    return picture
      .toColourspace('srgb')
      .composite([{ input: Buffer.from(overlay) }])
      .png()
      .toBuffer();
  });
}

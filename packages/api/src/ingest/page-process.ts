import { buffer } from 'node:stream/consumers';
import { createCanvas } from '@napi-rs/canvas';
import { giveWay } from './give-way.ts';
import { type Grey, type Ocr, type Recognized, startOcr } from './ocr-engine.ts';
import { openPdf } from './read-pdf.ts';

// The entry of the process that recognises pages of a PDF: takes its bytes on standard input, then one page after another.

export type ToPages = { page: number };
export type FromPages = { kind: 'found'; found: Recognized } | { kind: 'failed'; message: string };

/** Drawn so fine, in pixels a point: 300 to the inch, where scans of the evaluation set are read best. */
const scale = 300 / 72;
/** Larger pages are drawn less fine. */
const mostPixels = 16_000_000;
/** A picture within a page may have so many pixels. */
const mostImagePixels = 120_000_000;

giveWay();
let ocr: Promise<Ocr> | undefined;
const document = buffer(process.stdin).then((bytes) => openPdf(new Uint8Array(bytes), true, mostImagePixels));

async function recognize(ordinal: number): Promise<Recognized> {
  const page = await (await document).getPage(ordinal);
  try {
    const { width, height } = page.getViewport({ scale: 1 });
    const fine = Math.min(scale, Math.sqrt(mostPixels / (width * height)));
    const picture = await drawn(page, fine);
    ocr ??= startOcr();
    return await (await ocr).recognize(picture);
  } finally {
    page.cleanup();
  }
}

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof openPdf>>['getPage']>>;

async function drawn(page: Page, fine: number): Promise<Grey> {
  const viewport = page.getViewport({ scale: fine });
  const [width, height] = [Math.ceil(viewport.width), Math.ceil(viewport.height)];
  const canvas = createCanvas(width, height);
  // pdf.js types ask for a canvas of a browser; this one has the same methods.
  await page.render({ canvas: canvas as never, viewport }).promise;
  const { data: colours } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const data = new Uint8Array(width * height);
  // Luma of ITU-R BT.601, in 256ths.
  for (let i = 0, j = 0; i < data.length; i++, j += 4)
    data[i] = (77 * colours[j]! + 150 * colours[j + 1]! + 29 * colours[j + 2]!) >> 8;
  return { data, width, height };
}

process.on('message', ({ page }: ToPages) => {
  recognize(page)
    .then(
      (found): FromPages => ({ kind: 'found', found }),
      (error: unknown): FromPages => ({
        kind: 'failed',
        message: error instanceof Error ? error.message : String(error),
      }),
    )
    .then((answer) => process.send?.(answer))
    .catch(() => process.exit(1));
});
process.on('disconnect', () => process.exit(0));

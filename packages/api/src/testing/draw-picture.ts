import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createCanvas, GlobalFonts } from '@napi-rs/canvas';

// The fonts that come with pdf.js are the same on every machine.
const fonts = join(
  dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json')),
  'standard_fonts',
);
GlobalFonts.registerFromPath(join(fonts, 'LiberationSans-Regular.ttf'), 'Drawn');

/** A line of text by its base line, in pixels from the top left. */
export type DrawnLine = { text: string; x: number; y: number; size: number };

/** A PNG with black text on white. */
export function drawPicture(width: number, height: number, lines: DrawnLine[]): Uint8Array {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#000';
  for (const { text, x, y, size } of lines) {
    context.font = `${size}px Drawn`;
    context.fillText(text, x, y);
  }
  return canvas.toBuffer('image/png');
}

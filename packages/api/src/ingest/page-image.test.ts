import { createCanvas, loadImage } from '@napi-rs/canvas';
import { expect, test } from 'vitest';
import { drawPdf } from '../testing/draw-pdf.ts';
import { renderPage } from './page-image.ts';

test('a page is drawn as shown, with its boxes', async () => {
  const bytes = await drawPdf([
    {
      width: 200,
      height: 100,
      rotate: 90,
      crop: { left: 30, bottom: 10 },
      texts: [{ text: 'Hi', x: 20, y: 50, size: 40 }],
    },
  ]);
  const png = await renderPage(bytes, 1, { scale: 2, boxes: [{ x: 150, y: 20, w: 30, h: 20 }] });
  const image = await loadImage(png);
  expect([image.width, image.height]).toEqual([400, 200]);
  const context = createCanvas(400, 200).getContext('2d');
  context.drawImage(image, 0, 0);
  const color = (x: number, y: number) => Array.from(context.getImageData(x, y, 1, 1).data.subarray(0, 3));
  const [red = 0, , blue = 0] = color(330, 60);
  expect(red - blue).toBeGreaterThan(50);
  expect(color(390, 190)).toEqual([255, 255, 255]);
  const dark = [...context.getImageData(40, 40, 100, 60).data].filter(
    (value, i) => i % 4 === 0 && value < 100,
  );
  expect(dark.length).toBeGreaterThan(100);
});

test('a page that is not there is an error', async () => {
  const bytes = await drawPdf([{ width: 200, height: 100, texts: [] }]);
  await expect(renderPage(bytes, 2, { scale: 1 })).rejects.toThrow(RangeError);
});

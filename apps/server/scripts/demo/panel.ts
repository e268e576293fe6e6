import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// @napi-rs/canvas and pdfjs-dist, whose fonts are the same on every machine, are dependencies of @rayni/api.
const api = createRequire(new URL('../../../../packages/api/package.json', import.meta.url));
const { createCanvas, GlobalFonts }: Canvas = api('@napi-rs/canvas');
const fonts = join(dirname(api.resolve('pdfjs-dist/package.json')), 'standard_fonts');
GlobalFonts.registerFromPath(join(fonts, 'LiberationSans-Regular.ttf'), 'Panel');
GlobalFonts.registerFromPath(join(fonts, 'LiberationSans-Bold.ttf'), 'Panel Bold');

type Canvas = {
  createCanvas: (
    width: number,
    height: number,
  ) => {
    getContext(kind: '2d'): Context;
    toBuffer(kind: 'image/jpeg', quality: number): Buffer;
  };
  GlobalFonts: { registerFromPath(path: string, name: string): unknown };
};
type Context = {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  font: string;
  textAlign: 'left' | 'center';
  fillRect(x: number, y: number, w: number, h: number): void;
  fillText(text: string, x: number, y: number): void;
  beginPath(): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  roundRect(x: number, y: number, w: number, h: number, radius: number): void;
  fill(): void;
  stroke(): void;
};

const width = 1_600;
const height = 1_000;

/** What stands on the panel, as it must be read. */
export const panelTexts = [
  'QUENDERBY INSTRUMENTS',
  'Oakspindle R6 Refrigerated Centrifuge',
  'E-212 IMBALANCE',
  'Run stopped at 1,850 rpm',
  'Balance the load, then press RESET',
  'START',
  'STOP',
  'RESET',
  'LID',
  'Chamber at 4 °C',
  'Fuse F2: 10 A slow, 250 V',
  'Rotor inspection due: 14 March 2027',
  'Fictional demonstration instrument, made for Rayni',
] as const;

/** The front panel of an instrument as a picture of it would show it: a nameplate, a display with an error, buttons, lamps, stickers. A JPEG. */
export function drawPanel(): Uint8Array {
  const canvas = createCanvas(width, height);
  const c = canvas.getContext('2d');
  const text = (index: number, x: number, y: number, size: number, bold = false, colour = '#22262b') => {
    c.fillStyle = colour;
    c.font = `${size}px "${bold ? 'Panel Bold' : 'Panel'}"`;
    c.fillText(panelTexts[index]!, x, y);
  };
  const box = (x: number, y: number, w: number, h: number, radius: number, fill: string, edge?: string) => {
    c.beginPath();
    c.roundRect(x, y, w, h, radius);
    c.fillStyle = fill;
    c.fill();
    if (edge === undefined) return;
    c.strokeStyle = edge;
    c.lineWidth = 4;
    c.stroke();
  };
  const round = (x: number, y: number, radius: number, fill: string) => {
    c.beginPath();
    c.arc(x, y, radius, 0, 2 * Math.PI);
    c.fillStyle = fill;
    c.fill();
  };

  c.fillStyle = '#8b9096';
  c.fillRect(0, 0, width, height);
  box(40, 40, width - 80, height - 80, 36, '#dfe2e4', '#6d7278');
  for (const [x, y] of [
    [80, 80],
    [width - 80, 80],
    [80, height - 80],
    [width - 80, height - 80],
  ] as const)
    round(x, y, 14, '#a2a7ab');

  c.textAlign = 'left';
  text(0, 130, 150, 44, true);
  text(1, 130, 205, 36);

  box(120, 260, 860, 360, 20, '#16324a', '#0b1a27');
  text(2, 170, 360, 64, true, '#ffd9d2');
  text(3, 170, 450, 42, false, '#e8f1f8');
  text(4, 170, 530, 42, false, '#e8f1f8');
  text(9, 170, 590, 30, false, '#b9d2e4');

  c.textAlign = 'center';
  const button = (index: number, y: number, fill: string) => {
    box(1_080, y, 380, 100, 50, fill, '#4d5156');
    text(index, 1_270, y + 65, 44, true, '#ffffff');
  };
  button(5, 270, '#2f7d4f');
  button(6, 400, '#b23a2f');
  button(7, 530, '#4a5560');

  round(1_130, 740, 26, '#e8a33a');
  text(8, 1_130, 810, 34, true);

  c.textAlign = 'left';
  box(120, 680, 640, 90, 8, '#fdfdf8', '#999999');
  text(10, 150, 738, 36);
  box(120, 800, 760, 90, 8, '#fff3b0', '#b59b2f');
  text(11, 150, 858, 36, true);
  text(12, 960, 900, 22);
  return canvas.toBuffer('image/jpeg', 82);
}

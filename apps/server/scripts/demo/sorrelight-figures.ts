import type { Draw } from './blocks.ts';
import { arrow, caption, ink, line, node, plot, tint, warm } from './drawing.ts';

export const cytometerFront: Draw = (doc, x, y, width) => {
  const left = x + (width - 290) / 2;
  doc
    .lineWidth(1.2)
    .roundedRect(left, y + 12, 290, 132, 10)
    .fillAndStroke('#f6f8f8', ink);
  doc.roundedRect(left + 14, y + 26, 92, 56, 4).fillAndStroke('#cfdedd', ink);
  doc.roundedRect(left + 118, y + 26, 158, 56, 4).fillAndStroke(tint, ink);
  doc.roundedRect(left + 14, y + 92, 262, 42, 4).fillAndStroke('#eceff0', ink);
  doc.roundedRect(left + 34, y + 98, 82, 30, 3).fillAndStroke('#ffffff', ink);
  doc.roundedRect(left + 130, y + 98, 96, 30, 3).fillAndStroke('#ffffff', ink);
  doc
    .circle(left + 247, y + 113, 9)
    .fillAndStroke('#ffffff', ink)
    .rect(left + 243, y + 113, 8, 24)
    .fillAndStroke('#ffffff', ink);
  caption(doc, 'A', left + 60, y + 50);
  caption(doc, 'B', left + 247, y + 110);
  caption(doc, 'C', left + 197, y + 50);
  caption(doc, 'D: sheath 8 L', left + 75, y + 110);
  caption(doc, 'waste 10 L', left + 178, y + 110);
};

export const fluidPath: Draw = (doc, x, y, width) => {
  const right = x + width - 86;
  node(doc, 'Air pump|34 kPa', x, y + 4, 70, 28);
  arrow(doc, x + 35, y + 32, x + 35, y + 54);
  node(doc, 'Sheath tank|8 L', x, y + 55, 70, 28);
  arrow(doc, x + 35, y + 83, x + 35, y + 105);
  node(doc, 'Filter|0.2 µm', x, y + 106, 70, 28);
  arrow(doc, x + 70, y + 120, right - 1, y + 120);
  caption(doc, '11.0 mL/min', x + 92, y + 109);
  node(doc, 'Bubble trap', right, y + 106, 86, 28);
  arrow(doc, right + 30, y + 106, right + 30, y + 84);
  node(doc, 'Flow cell', right, y + 55, 86, 28, '#f4e3d8');
  node(doc, 'Sample tube', right, y + 4, 86, 28);
  arrow(doc, right + 43, y + 32, right + 43, y + 54, warm);
  caption(doc, 'needle 180 µm', right - 30, y + 40);
  arrow(doc, right, y + 69, right - 40, y + 69);
  caption(doc, 'to waste', right - 20, y + 74);
  node(doc, 'Waste sensor, waste tank 10 L', x + 50, y + 144, 140, 20);
  line(doc, right - 40, y + 69, right - 40, y + 98);
  line(doc, right - 40, y + 98, right - 40, y + 143);
};

export const opticalBench: Draw = (doc, x, y, width) => {
  const middle = x + width * 0.47;
  const names = ['405 nm|50 mW', '488 nm|60 mW', '640 nm|40 mW'];
  const colors = ['#7b58c4', '#2f7fd1', '#c23b3b'];
  names.forEach((name, i) => {
    const at = y + 8 + i * 42;
    node(doc, name, x, at, 52, 26);
    line(doc, x + 52, at + 13, middle - 14, y + 62 + (i - 1) * 10, colors[i]);
    node(doc, ['V1 to V5', 'B1 to B5', 'R1 to R4'][i] ?? '', x + width - 62, at, 62, 26);
    line(doc, middle + 14, y + 62 + (i - 1) * 10, x + width - 62, at + 13, colors[i]);
  });
  doc
    .lineWidth(1)
    .rect(middle - 14, y + 20, 28, 84)
    .fillAndStroke('#f4e3d8', ink);
  caption(doc, 'flow|cell', middle, y + 26);
  arrow(doc, middle, y + 52, middle, y + 78, warm);
  caption(doc, '160 µm', middle, y + 86);
  node(doc, 'FSC behind bar 1.2 mm', middle - 50, y + 138, 110, 20);
  arrow(doc, middle, y + 104, middle, y + 137);
};

export const beadPlot: Draw = (doc, x, y, width) => {
  const area: [number, number, number, number] = [x + 60, y + 18, width - 100, 96];
  const [left, top, w, h] = area;
  doc.rect(left + w * 0.53, top, w * 0.09, h).fill(tint);
  const bell = Array.from({ length: 121 }, (_, i): [number, number] => {
    const at = i / 120;
    return [at, 0.94 * Math.exp(-((at - 0.575) ** 2) / (2 * 0.014 ** 2)) + 0.012];
  });
  plot(
    doc,
    area,
    {
      across: 'Intensity in B1 (thousands)',
      up: 'Events',
      ticksAcross: ['0', '20', '40', '60', '80', '100'],
      ticksUp: ['0', '500', '1000'],
    },
    bell,
  );
  caption(doc, 'target 57.5', left + w * 0.66, top + 8);
};

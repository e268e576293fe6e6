import type { Draw } from './blocks.ts';
import { arrow, caption, ink, line, node, plot, warm } from './drawing.ts';

export const beamPath: Draw = (doc, x, y, width) => {
  const left = x + (width - 300) / 2;
  node(doc, 'Lasers|405 488 561 638', left, y + 50, 76, 30);
  arrow(doc, left + 76, y + 65, left + 116, y + 65, '#2f7fd1');
  line(doc, left + 116, y + 81, left + 140, y + 49);
  caption(doc, 'splitter', left + 128, y + 86);
  arrow(doc, left + 130, y + 65, left + 166, y + 65, '#2f7fd1');
  node(doc, 'Scanner', left + 167, y + 50, 50, 30);
  arrow(doc, left + 217, y + 65, left + 240, y + 65, '#2f7fd1');
  node(doc, 'Objective', left + 241, y + 50, 52, 30);
  arrow(doc, left + 267, y + 80, left + 267, y + 104, '#2f7fd1');
  node(doc, 'Sample', left + 241, y + 105, 52, 20, '#f4e3d8');
  arrow(doc, left + 128, y + 50, left + 128, y + 32, warm);
  node(doc, 'Pinhole', left + 103, y + 12, 50, 20);
  arrow(doc, left + 153, y + 22, left + 190, y + 22, warm);
  node(doc, 'Detectors D1 D2 D3', left + 191, y + 12, 84, 20);
  arrow(doc, left + 267, y + 125, left + 267, y + 134, ink);
  caption(doc, 'DT', left + 267, y + 136);
};

export const pinholeCurve: Draw = (doc, x, y, width) => {
  const area: [number, number, number, number] = [x + 34, y + 18, width - 50, 88];
  const names = {
    across: 'Pinhole (Airy units)',
    up: 'Section (µm)',
    ticksAcross: ['0', '0.5', '1.0', '1.5', '2.0', '2.5', '3.0'],
    ticksUp: ['0', '0.5', '1.0', '1.5'],
  };
  const section = Array.from({ length: 51 }, (_, i): [number, number] => {
    const airy = 0.2 + (i / 50) * 2.8;
    return [airy / 3, (0.52 * Math.sqrt(0.7 + 0.42 * airy ** 1.7)) / 1.5];
  });
  plot(doc, area, names, section);
  const [left, top, w, h] = area;
  Array.from({ length: 51 }, (_, i) => {
    const airy = 0.2 + (i / 50) * 2.8;
    const bright = 1 - Math.exp(-((airy / 0.78) ** 1.5));
    const [px, py] = [left + (airy / 3) * w, top + h - bright * h * 0.95];
    if (i === 0) doc.lineWidth(1.1).moveTo(px, py);
    else doc.lineTo(px, py);
  });
  doc.dash(3, { space: 2 }).stroke('#2f7fd1').undash();
  caption(doc, 'brightness', left + w * 0.78, top + 12);
  caption(doc, 'section', left + w * 0.88, top + h * 0.52);
};

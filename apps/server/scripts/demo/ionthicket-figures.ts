import type { Draw } from './blocks.ts';
import { arrow, caption, ink, line, node, plot, tint, warm } from './drawing.ts';

export const ionPath: Draw = (doc, x, y, width) => {
  const parts = [
    ['Source', 'ambient'],
    ['Interface', '180 Pa'],
    ['Ion guide', '0.9 Pa'],
    ['Q1', '8 × 10^-4 Pa'],
    ['Cell', '0.3 Pa'],
    ['Q3', '8 × 10^-4 Pa'],
    ['Detector', ''],
  ];
  const step = width / parts.length;
  doc
    .lineWidth(1)
    .roundedRect(x, y + 18, width, 60, 6)
    .fillAndStroke('#f6f8f8', ink);
  parts.forEach(([name = '', pressure = ''], i) => {
    const left = x + i * step + 3;
    node(doc, name, left, y + 34, step - 9, 28, i === 4 ? '#f4e3d8' : tint);
    if (i > 0) arrow(doc, left - 9, y + 48, left, y + 48, warm);
    if (pressure !== '') caption(doc, pressure, left + (step - 9) / 2, y + 66);
  });
  arrow(doc, x + step * 1.5, y + 78, x + step * 1.5, y + 104);
  caption(doc, 'fore pump', x + step * 1.5, y + 107);
  arrow(doc, x + step * 2.5, y + 78, x + step * 2.5, y + 104);
  caption(doc, 'turbo 1', x + step * 2.5, y + 107);
  arrow(doc, x + step * 4.5, y + 78, x + step * 4.5, y + 104);
  caption(doc, 'turbo 2', x + step * 4.5, y + 107);
  caption(doc, 'argon', x + step * 4.5, y + 2);
  arrow(doc, x + step * 4.5, y + 12, x + step * 4.5, y + 33);
};

export const pumpDown: Draw = (doc, x, y, width) => {
  const decay = Array.from({ length: 61 }, (_, i): [number, number] => {
    const hours = (i / 60) * 12;
    // Powers of ten from 10 Pa (1) to 10^-4 Pa (0).
    const exponent = 0.9 - 4 * (1 - Math.exp(-hours / 2.7));
    return [i / 60, (exponent + 4) / 5];
  });
  plot(
    doc,
    [x + 34, y + 18, width - 50, 90],
    {
      across: 'Time after start (h)',
      up: 'Pressure (Pa)',
      ticksAcross: ['0', '2', '4', '6', '8', '10', '12'],
      ticksUp: ['10^-4', '10^-3', '10^-2', '0.1', '1', '10'],
    },
    decay,
  );
};

export const sourceView: Draw = (doc, x, y, width) => {
  const cone = x + width - 70;
  doc
    .lineWidth(1)
    .roundedRect(x + 10, y + 6, width - 60, 136, 8)
    .fillAndStroke('#f6f8f8', ink);
  doc.polygon([cone, y + 84], [cone + 34, y + 62], [cone + 34, y + 106]).fillAndStroke('#f4e3d8', ink);
  caption(doc, 'cone 0.42 mm', cone - 18, y + 108);
  doc.rect(x + 96, y + 12, 16, 34).fillAndStroke(tint, ink);
  doc.rect(x + 101, y + 46, 6, 12).fillAndStroke(tint, ink);
  line(doc, x + 104, y + 58, x + 104, y + 62, warm);
  for (const spread of [-12, -6, 0, 6, 12]) line(doc, x + 104, y + 63, x + 104 + spread, y + 84, warm);
  caption(doc, 'probe', x + 82, y + 24);
  arrow(doc, x + 106, y + 92, cone - 2, y + 92);
  caption(doc, 'h', (x + 106 + cone) / 2, y + 95);
  arrow(doc, x + 70, y + 58, x + 70, y + 84);
  caption(doc, 'v', x + 62, y + 66);
  node(doc, 'drain', x + 84, y + 122, 40, 16);
};

export const resolutionPeaks: Draw = (doc, x, y, width) => {
  const area: [number, number, number, number] = [x + 34, y + 18, width - 50, 80];
  const peak = (center: number, half: number): [number, number][] =>
    Array.from({ length: 41 }, (_, i) => {
      const at = center + (i / 40 - 0.5) * 0.3;
      return [at, 0.92 * Math.exp(-4 * Math.LN2 * ((at - center) / half) ** 2)];
    });
  plot(
    doc,
    area,
    {
      across: 'm/z 515.9 to 519.9, three scans side by side',
      up: 'Intensity (%)',
      ticksAcross: ['', 'narrow', '', 'unit', '', 'wide', ''],
      ticksUp: ['0', '50', '100'],
    },
    [...peak(0.17, 0.042), ...peak(0.5, 0.058), ...peak(0.83, 0.1)],
  );
};

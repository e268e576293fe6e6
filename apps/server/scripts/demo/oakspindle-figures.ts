import type { Draw } from './blocks.ts';
import { caption, ink, line, plot, tint, warm } from './drawing.ts';

export const centrifugeSection: Draw = (doc, x, y, width) => {
  const left = x + (width - 280) / 2;
  doc
    .lineWidth(1.2)
    .roundedRect(left, y + 34, 280, 112, 8)
    .fillAndStroke('#f6f8f8', ink);
  doc.roundedRect(left + 20, y + 16, 240, 18, 4).fillAndStroke('#cfdedd', ink);
  doc.rect(left + 52, y + 42, 176, 62).fillAndStroke('#ffffff', ink);
  for (let i = 0; i < 5; i++) {
    doc.circle(left + 45, y + 50 + i * 12, 3.4).fillAndStroke(tint, ink);
    doc.circle(left + 235, y + 50 + i * 12, 3.4).fillAndStroke(tint, ink);
  }
  doc
    .polygon([left + 76, y + 60], [left + 204, y + 60], [left + 184, y + 92], [left + 96, y + 92])
    .fillAndStroke('#f4e3d8', ink);
  doc.rect(left + 136, y + 92, 8, 24).fill(ink);
  doc.rect(left + 110, y + 116, 60, 24).fillAndStroke(tint, ink);
  caption(doc, 'A', left + 140, y + 21);
  caption(doc, 'B', left + 140, y + 72);
  caption(doc, 'C', left + 28, y + 70);
  caption(doc, 'D', left + 140, y + 124);
};

export const balancedRotor: Draw = (doc, x, y, width) => {
  const loads = [
    [0, 12],
    [0, 8, 16],
    [0, 4, 8, 12, 16, 20],
  ];
  loads.forEach((filled, i) => {
    const cx = x + width * (0.18 + 0.32 * i);
    const cy = y + 52;
    doc.lineWidth(1).circle(cx, cy, 48).fillAndStroke('#f6f8f8', ink);
    doc.circle(cx, cy, 9).fillAndStroke(tint, ink);
    for (let place = 0; place < 24; place++) {
      const angle = (place / 24) * 2 * Math.PI - Math.PI / 2;
      doc
        .circle(cx + 39 * Math.cos(angle), cy + 39 * Math.sin(angle), 4.1)
        .fillAndStroke(filled.includes(place) ? warm : '#ffffff', ink);
    }
    caption(doc, `${filled.length} tubes`, cx, cy + 14);
  });
};

export const speedProfile: Draw = (doc, x, y, width) => {
  const [left, top, w, h] = [x + 50, y + 16, width - 80, 84];
  plot(
    doc,
    [left, top, w, h],
    {
      across: 'Time (min)',
      up: 'Speed (rpm)',
      ticksAcross: ['0', '1', '2', '3', '4', '5', '6', '7'],
      ticksUp: ['0', '5,000', '10,000', '15,000'],
    },
    [
      [0, 0],
      [0.37 / 7, 1],
      [5.37 / 7, 1],
      [5.9 / 7, 0],
    ],
  );
  doc.dash(3, { space: 2 });
  line(doc, left + (w * 0.37) / 7, top, left + (w * 0.37) / 7, top + h);
  doc.undash();
};

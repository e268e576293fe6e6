import type { PDFDocument } from 'pdfkit';
import { put } from './faces.ts';

const label = { font: 'Helvetica', size: 7, leading: 9 };
export const ink = '#33414a';
export const tint = '#dfe9e7';
export const warm = '#c2662d';

/** A text centred on x, its top at y; lines are parted by "|". */
export function caption(doc: PDFDocument, text: string, x: number, y: number): void {
  text.split('|').forEach((line, i) => {
    const width = doc.font(label.font).fontSize(label.size).widthOfString(line);
    put(doc, label, line, x - width / 2, y + i * label.leading);
  });
}

/** A rounded box with a text in its middle. */
export function node(
  doc: PDFDocument,
  text: string,
  x: number,
  y: number,
  w: number,
  h: number,
  fill = tint,
): void {
  doc.lineWidth(0.9).roundedRect(x, y, w, h, 3).fillAndStroke(fill, ink);
  caption(doc, text, x + w / 2, y + h / 2 - text.split('|').length * 4.5 + 1);
}

export function line(doc: PDFDocument, x1: number, y1: number, x2: number, y2: number, color = ink): void {
  doc.lineWidth(1).moveTo(x1, y1).lineTo(x2, y2).stroke(color);
}

/** A line with a head at its end. */
export function arrow(doc: PDFDocument, x1: number, y1: number, x2: number, y2: number, color = ink): void {
  line(doc, x1, y1, x2, y2, color);
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const at = (turn: number): [number, number] => [
    x2 - 5 * Math.cos(angle + turn),
    y2 - 5 * Math.sin(angle + turn),
  ];
  doc.polygon([x2, y2], at(0.45), at(-0.45)).fill(color);
}

/** Axes with names and tick texts; `points` in shares of the axes, drawn as one line. */
export function plot(
  doc: PDFDocument,
  [x, y, w, h]: [number, number, number, number],
  names: { across: string; up: string; ticksAcross: string[]; ticksUp: string[] },
  points: [number, number][],
): void {
  line(doc, x, y, x, y + h);
  line(doc, x, y + h, x + w, y + h);
  names.ticksAcross.forEach((tick, i) => {
    const at = x + (i / (names.ticksAcross.length - 1)) * w;
    line(doc, at, y + h, at, y + h + 3);
    caption(doc, tick, at, y + h + 5);
  });
  names.ticksUp.forEach((tick, i) => {
    const at = y + h - (i / (names.ticksUp.length - 1)) * h;
    line(doc, x - 3, at, x, at);
    const width = doc.font(label.font).fontSize(label.size).widthOfString(tick);
    put(doc, label, tick, x - 6 - width, at - 4);
  });
  caption(doc, names.across, x + w / 2, y + h + 16);
  put(doc, label, names.up, x - 24, y - 13);
  points.forEach(([px, py], i) => {
    const [at, height] = [x + px * w, y + h - py * h];
    if (i === 0) doc.lineWidth(1.3).moveTo(at, height);
    else doc.lineTo(at, height);
  });
  doc.stroke(warm);
}

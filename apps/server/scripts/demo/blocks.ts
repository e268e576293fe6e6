import type { PDFDocument } from 'pdfkit';

export type Draw = (doc: PDFDocument, x: number, y: number, width: number) => void;

export type Table = {
  title: string;
  /** Lines around every cell, or none at all. */
  ruled: boolean;
  /** Relative widths of the columns. */
  widths: number[];
  head: string[];
  rows: string[][];
};

/** What a manual is made of, in reading order. `wide` things run over both columns and float to the top of a page. */
export type Block =
  | { kind: 'chapter'; title: string }
  | { kind: 'section'; title: string }
  | { kind: 'text'; text: string }
  | { kind: 'steps'; items: string[] }
  | { kind: 'list'; items: string[] }
  | { kind: 'box'; label: 'WARNING' | 'CAUTION' | 'NOTE'; text: string }
  | { kind: 'table'; table: Table; wide: boolean }
  | { kind: 'figure'; caption: string; height: number; draw: Draw; wide: boolean }
  /** A landscape page of its own, stored upright with /Rotate 90. */
  | { kind: 'turned'; table: Table; note: string };

export type Manual = {
  title: string;
  subtitle: string;
  /** Document number and revision, as in the footer. */
  number: string;
  revision: string;
  /** Fixed, so that the same script gives the same bytes. */
  date: Date;
  /** Visible page in points. */
  size: [width: number, height: number];
  /** Points of paper outside the crop box on every side; 0 for none. */
  trim: number;
  face: 'Helvetica' | 'Times';
  columns: 1 | 2;
  /** A cover page and a table of contents, or a head on the first page. */
  front: 'cover' | 'head';
  /** Drawing on the cover, 300 points wide and 200 high. */
  emblem: Draw;
  blocks: Block[];
};

export const chapter = (title: string): Block => ({ kind: 'chapter', title });
export const section = (title: string): Block => ({ kind: 'section', title });
export const text = (text: string): Block => ({ kind: 'text', text });
export const steps = (...items: string[]): Block => ({ kind: 'steps', items });
export const list = (...items: string[]): Block => ({ kind: 'list', items });
export const warning = (text: string): Block => ({ kind: 'box', label: 'WARNING', text });
export const caution = (text: string): Block => ({ kind: 'box', label: 'CAUTION', text });
export const note = (text: string): Block => ({ kind: 'box', label: 'NOTE', text });
export const table = (table: Table): Block => ({ kind: 'table', table, wide: false });
export const wideTable = (table: Table): Block => ({ kind: 'table', table, wide: true });
export const figure = (caption: string, height: number, draw: Draw): Block => ({
  kind: 'figure',
  caption,
  height,
  draw,
  wide: false,
});
export const wideFigure = (caption: string, height: number, draw: Draw): Block => ({
  kind: 'figure',
  caption,
  height,
  draw,
  wide: true,
});

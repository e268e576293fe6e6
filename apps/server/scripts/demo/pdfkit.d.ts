/** The part of pdfkit (which ships no types) that the demo is set with. */
declare module 'pdfkit' {
  import type { Readable } from 'node:stream';

  export type OutlineItem = {
    addItem(
      title: string,
      options?: { top?: number; left?: number; zoom?: number; expanded?: boolean },
    ): OutlineItem;
  };

  export class PDFDocument extends Readable {
    constructor(options: {
      autoFirstPage: boolean;
      margin: number;
      size: [number, number];
      lang: string;
      displayTitle: boolean;
      pdfVersion: string;
      info: Record<string, string | Date>;
      userPassword?: string;
    });
    page: { width: number; height: number; dictionary: { data: Record<string, unknown> } };
    outline: OutlineItem;
    addPage(options?: { size: [number, number]; margin: number }): this;
    addNamedDestination(name: string, kind: 'XYZ', x: number, y: number, zoom: null): this;
    goTo(x: number, y: number, w: number, h: number, name: string): this;
    font(name: string): this;
    fontSize(size: number): this;
    widthOfString(text: string): number;
    text(
      text: string,
      x: number,
      y: number,
      options: { lineBreak: false; wordSpacing?: number; characterSpacing?: number },
    ): this;
    save(): this;
    restore(): this;
    transform(a: number, b: number, c: number, d: number, e: number, f: number): this;
    moveTo(x: number, y: number): this;
    lineTo(x: number, y: number): this;
    bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): this;
    rect(x: number, y: number, w: number, h: number): this;
    roundedRect(x: number, y: number, w: number, h: number, r: number): this;
    circle(x: number, y: number, r: number): this;
    polygon(...points: [number, number][]): this;
    lineWidth(width: number): this;
    dash(length: number, options?: { space: number }): this;
    undash(): this;
    stroke(color?: string): this;
    fill(color?: string): this;
    fillAndStroke(fill: string, stroke: string): this;
    fillColor(color: string): this;
    strokeColor(color: string): this;
    end(): void;
  }
}

declare module 'pdfkit/output' {
  import type { PDFDocument } from 'pdfkit';
  export function toBytes(document: PDFDocument): Promise<Uint8Array>;
}

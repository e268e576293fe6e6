import { OPS } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { type Font, type Frame, identity, type Matrix, type PageView, wordCollector } from './pdf-words.ts';

type Glyph = { unicode: string; width: number; isSpace: boolean; vmetric?: number[] };
/** A page's operator list, as pdf.js gives it. */
export type Operators = { fnArray: number[]; argsArray: unknown[] };

type State = {
  ctm: Matrix;
  font: Font | undefined;
  size: number;
  direction: number;
  charSpacing: number;
  wordSpacing: number;
  hScale: number;
  leading: number;
  rise: number;
};

/**
 * Words with exact boxes from a page's operators, by the text model of ISO 32000-2, 9.4. The operator list is used and not
 * `getTextContent`, since that gives whole lines without the advance of each glyph; reading either costs the same time.
 */
export function wordsOf(
  operators: Operators,
  view: PageView,
  fontOf: (name: string) => Font | undefined,
  isShown: (group: unknown) => boolean,
): Frame[] {
  const collector = wordCollector(view);
  let state: State = {
    ctm: view.transform,
    font: undefined,
    size: 0,
    direction: 1,
    charSpacing: 0,
    wordSpacing: 0,
    hScale: 1,
    leading: 0,
    rise: 0,
  };
  const saved: State[] = [];
  const save = () => {
    saved.push(state);
    state = { ...state };
  };
  const marked: boolean[] = [];
  let hidden = 0;
  let matrix: Matrix = identity;
  let x = 0;
  let y = 0;
  let lineX = 0;
  let lineY = 0;
  const move = (dx: number, dy: number) => {
    x = lineX += dx;
    y = lineY += dy;
  };
  const setFont = (name: string, size: number) => {
    state.font = fontOf(name);
    state.size = Math.abs(size);
    state.direction = size < 0 ? -1 : 1;
  };

  for (let i = 0; i < operators.fnArray.length; i++) {
    const args = (operators.argsArray[i] ?? []) as unknown[];
    const n = (index: number) => args[index] as number;
    switch (operators.fnArray[i] ?? 0) {
      case OPS.save:
        save();
        break;
      case OPS.restore:
      case OPS.paintFormXObjectEnd:
      case OPS.endAnnotation:
        state = saved.pop() ?? state;
        break;
      case OPS.transform:
        state.ctm = multiply(state.ctm, args as number[]);
        break;
      case OPS.paintFormXObjectBegin:
        save();
        if (args[0]) state.ctm = multiply(state.ctm, args[0] as Matrix);
        break;
      case OPS.beginMarkedContent:
        marked.push(false);
        break;
      case OPS.beginMarkedContentProps: {
        const off = args[0] === 'OC' && !isShown(args[1]);
        marked.push(off);
        if (off) hidden++;
        break;
      }
      case OPS.endMarkedContent:
        if (marked.pop()) hidden--;
        break;
      case OPS.beginText:
        matrix = identity;
        x = y = lineX = lineY = 0;
        break;
      case OPS.setFont:
        setFont(args[0] as string, n(1));
        break;
      case OPS.setGState:
        for (const [key, value] of args[0] as [string, unknown][])
          if (key === 'Font') setFont((value as [string, number])[0], (value as [string, number])[1]);
        break;
      case OPS.setCharSpacing:
        state.charSpacing = n(0);
        break;
      case OPS.setWordSpacing:
        state.wordSpacing = n(0);
        break;
      case OPS.setHScale:
        state.hScale = n(0) / 100;
        break;
      case OPS.setLeading:
        state.leading = -n(0);
        break;
      case OPS.setTextRise:
        state.rise = n(0);
        break;
      case OPS.setTextMatrix:
        matrix = args[0] as Matrix;
        x = y = lineX = lineY = 0;
        break;
      case OPS.moveText:
        move(n(0), n(1));
        break;
      case OPS.setLeadingMoveText:
        state.leading = n(1);
        move(n(0), n(1));
        break;
      case OPS.nextLine:
        move(0, state.leading);
        break;
      case OPS.showText: {
        const { font, size, hScale, direction } = state;
        if (!font || size === 0) break;
        const total = multiply(state.ctm, matrix);
        const scale = size * font.scale;
        const stretch = hScale * direction;
        let advance = 0;
        collector.begin(total, font, size, stretch, state.charSpacing);
        for (const glyph of args[0] as (Glyph | number)[]) {
          if (typeof glyph === 'number') {
            advance += ((font.vertical ? 1 : -1) * glyph * size) / 1000;
            continue;
          }
          const spacing = (glyph.isSpace ? state.wordSpacing : 0) + state.charSpacing;
          if (font.vertical) {
            const down = (glyph.vmetric?.[0] ?? -1000) * scale;
            if (hidden === 0) collector.glyph(glyph.unicode, x, y + state.rise - advance, down);
            advance += -down - spacing * direction;
          } else {
            const width = glyph.width * scale;
            if (hidden === 0)
              collector.glyph(glyph.unicode, x + advance * stretch, y + state.rise, width * stretch);
            advance += width + spacing * direction;
          }
        }
        if (font.vertical) y -= advance;
        else x += advance * stretch;
        break;
      }
      default:
    }
  }
  return collector.end();
}

/** `a` after `b`. */
export function multiply(a: Matrix, b: Matrix): number[] {
  const [a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = a as number[];
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0] = b as number[];
  return [
    a0 * b0 + a2 * b1,
    a1 * b0 + a3 * b1,
    a0 * b2 + a2 * b3,
    a1 * b2 + a3 * b3,
    a0 * b4 + a2 * b5 + a4,
    a1 * b4 + a3 * b5 + a5,
  ];
}

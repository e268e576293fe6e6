import { OPS } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { canonical } from '../text/canonical.ts';

/** What the layout needs to know of a font; `ascent` and `descent` in parts of the font size, descent positive. */
export type Font = {
  name: string;
  bold: boolean;
  mono: boolean;
  ascent: number;
  descent: number;
  vertical: boolean;
  scale: number;
};

/**
 * A word in its frame: the page turned so that its text runs to the right, y down. `box` is x, y, w, h on the page as shown.
 * `spaceBefore`/`spaceAfter`: a white-space glyph was drawn there; without one the gap decides.
 */
export type Word = {
  text: string;
  x0: number;
  x1: number;
  base: number;
  top: number;
  bottom: number;
  size: number;
  font: Font;
  spaceBefore: boolean;
  spaceAfter: boolean;
  /** The word ended with a soft hyphen, which its canonical text has lost. */
  softHyphen: boolean;
  box: [x: number, y: number, w: number, h: number];
};

/** The words of one direction of writing, `angle` degrees clockwise as shown, in the order they were drawn. */
export type Frame = { angle: number; words: Word[] };

type Matrix = ArrayLike<number>;
type Glyph = { unicode: string; width: number; isSpace: boolean; vmetric?: number[] };
export type Operators = { fnArray: number[]; argsArray: unknown[] };
export type PageView = { width: number; height: number; transform: Matrix };

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

/** A gap wider than this part of the font size parts words (pdf.js takes .102, Poppler .1; TeX kerns reach .08). */
export const wordGap = 0.11;

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

const identity: Matrix = [1, 0, 0, 1, 0, 0];

function multiply(a: Matrix, b: Matrix): number[] {
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

type Open = Omit<Word, 'text' | 'box' | 'softHyphen'> & {
  parts: string[];
  frame: OpenFrame;
  lastStart: number;
  lastEnd: number;
};
type OpenFrame = Frame & { cos: number; sin: number };

/** Gathers glyphs into words and words into frames. Scripts without spaces give one word a character, so that quotes can be boxed. */
function wordCollector(view: PageView) {
  const frames = new Map<number, OpenFrame>();
  let open: Open | undefined;
  let pendingSpace = false;
  let matrix: Matrix = identity;
  let font: Font;
  let frame: OpenFrame;
  let size = 0;
  let unit = 0;
  let slack = 0;

  const close = () => {
    if (!open) return;
    const { frame } = open;
    const word = finish(open, view);
    if (word) frame.words.push(word);
    open = undefined;
  };

  return {
    begin(total: Matrix, nextFont: Font, fontSize: number, stretch: number, charSpacing: number) {
      matrix = total;
      font = nextFont;
      const [a = 1, b = 0, c = 0, d = 1] = total as number[];
      // The direction text runs in, as shown; a mirrored page keeps its own.
      const [ux, uy] = font.vertical ? [-c, -d] : [a * Math.sign(stretch || 1), b * Math.sign(stretch || 1)];
      const degrees = (Math.atan2(uy, ux) * 180) / Math.PI;
      const near = Math.round(degrees / 90) * 90;
      const angle = ((Math.abs(degrees - near) < 3 ? near : Math.round(degrees / 3) * 3) + 360) % 360;
      let found = frames.get(angle);
      if (!found) {
        const radians = (angle * Math.PI) / 180;
        found = { angle, words: [], cos: exact(Math.cos(radians)), sin: exact(Math.sin(radians)) };
        frames.set(angle, found);
      }
      frame = found;
      unit = Math.hypot(a, b);
      size = fontSize * Math.hypot(c, d);
      slack = Math.max(0, charSpacing * unit);
    },

    glyph(unicode: string, x: number, y: number, width: number) {
      if (isSpace(unicode)) {
        if (open) open.spaceAfter = true;
        close();
        pendingSpace = true;
        return;
      }
      const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = matrix as number[];
      const shownX = a * x + c * y + e;
      const shownY = b * x + d * y + f;
      const start = shownX * frame.cos + shownY * frame.sin;
      const base = shownY * frame.cos - shownX * frame.sin;
      const end = start + Math.abs(width) * (font.vertical ? Math.hypot(c, d) : unit);
      const ideograph = isUnspaced(unicode);
      if (open) {
        const gap = start - open.lastEnd;
        const again = Math.abs(start - open.lastStart) < 0.4 * (end - start) && open.parts.at(-1) === unicode;
        if (again && Math.abs(base - open.base) < 0.1 * size) return;
        const joined =
          open.frame === frame &&
          !pendingSpace &&
          !ideograph &&
          !turnsDirection(open.parts[0]!, unicode) &&
          Math.abs(base - open.base) < 0.1 * size &&
          gap < wordGap * size + slack &&
          gap > -0.35 * size &&
          Math.abs(size - open.size) < 0.1 * size;
        if (joined) {
          open.parts.push(unicode);
          open.x0 = Math.min(open.x0, start);
          open.x1 = Math.max(open.x1, end);
          open.lastStart = start;
          open.lastEnd = end;
          return;
        }
        close();
      }
      const up = font.vertical ? 0.5 : font.ascent;
      const down = font.vertical ? 0.5 : font.descent;
      open = {
        parts: [unicode],
        x0: start,
        x1: end,
        lastStart: start,
        lastEnd: end,
        base,
        top: base - up * size,
        bottom: base + down * size,
        size,
        font,
        spaceBefore: pendingSpace,
        spaceAfter: false,
        frame,
      };
      pendingSpace = false;
      if (ideograph) close();
    },

    end(): Frame[] {
      close();
      return [...frames.values()].map(({ angle, words }) => ({ angle, words: withoutRepeats(words) }));
    },
  };
}

function finish(open: Open, view: PageView): Word | undefined {
  const { parts, frame, x0, x1, top, bottom } = open;
  let raw = parts.join('');
  let text = raw;
  // Most words are plain ASCII, which is canonical as it is.
  if (!/^[!-~]+$/.test(raw)) {
    // Glyphs that run to the right are in visual order; right-to-left words are read the other way.
    if (rightToLeft.test(raw)) raw = parts.reverse().join('');
    text = canonical(raw.replace(compatibility, (form) => form.normalize('NFKC'))).trim();
    if (text === '') return undefined;
  }
  // The corners that lie furthest out, as shown: two of them, by the quarter the frame is turned to.
  const { cos, sin } = frame;
  const left = cos * (cos > 0 ? x0 : x1) - sin * (sin > 0 ? bottom : top);
  const right = cos * (cos > 0 ? x1 : x0) - sin * (sin > 0 ? top : bottom);
  const upper = sin * (sin > 0 ? x0 : x1) + cos * (cos > 0 ? top : bottom);
  const lower = sin * (sin > 0 ? x1 : x0) + cos * (cos > 0 ? bottom : top);
  const [midX, midY] = [(left + right) / 2, (upper + lower) / 2];
  // What lies outside the crop box is not on the page as shown.
  if (midX < 0 || midY < 0 || midX > view.width || midY > view.height) return undefined;
  const x = Math.max(0, left);
  const y = Math.max(0, upper);
  const w = Math.min(view.width, right) - x;
  const h = Math.min(view.height, lower) - y;
  if (!(w > 0 && h > 0)) return undefined;
  const { base, size, font, spaceBefore, spaceAfter } = open;
  const softHyphen = raw.endsWith('\u00AD');
  return {
    text,
    x0,
    x1,
    base,
    top,
    bottom,
    size,
    font,
    spaceBefore,
    spaceAfter,
    softHyphen,
    box: [x, y, w, h],
  };
}

/** Ligatures, Arabic presentation forms, half and full width forms: shapes of letters, not letters of their own. */
const compatibility = /[\uFB00-\uFB06\uFB13-\uFB17\uFB1D-\uFDFF\uFE70-\uFEFC\uFF01-\uFF5E]/g;

/** Scripts read from right to left. */
export const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/;

/** Whether a glyph is read the other way than the word before it. */
function turnsDirection(first: string, unicode: string): boolean {
  const right = rightToLeft.test(unicode);
  return right !== rightToLeft.test(first) && (right ? /\p{L}/u.test(first) : /\p{L}/u.test(unicode));
}

/** Fake bold and shadows draw a word again over itself: the later one is left out. */
function withoutRepeats(words: Word[]): Word[] {
  const seen = new Map<string, Word[]>();
  return words.filter((word) => {
    const same = seen.get(word.text);
    if (!same) {
      seen.set(word.text, [word]);
      return true;
    }
    const near = 0.2 * word.size;
    // Looked for among the last few only: repeats are drawn close together, and "the" stands on a page many times.
    for (let i = same.length - 1; i >= 0 && i > same.length - 64; i--) {
      const other = same[i]!;
      if (Math.abs(other.base - word.base) < near && Math.abs(other.x0 - word.x0) < near) return false;
    }
    same.push(word);
    return true;
  });
}

function isSpace(unicode: string): boolean {
  return unicode === ' ' || unicode === '\u00A0' || /^\s+$/.test(unicode);
}

function isUnspaced(unicode: string): boolean {
  return unicode.charCodeAt(0) >= 0x2e80 && unspaced.test(unicode);
}

/** Scripts written without spaces between words. */
export const unspaced = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303F\uFF00-\uFFEF]/u;

function exact(value: number): number {
  return Math.abs(value) < 1e-12 ? 0 : value;
}

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

/** An affine map as PDF writes it: a, b, c, d, e, f. */
export type Matrix = ArrayLike<number>;
/** A page as shown, in points; `transform` maps its own coordinates there, y down. */
export type PageView = { width: number; height: number; transform: Matrix };

/** A gap wider than this part of the font size parts words (pdf.js takes .102, Poppler .1; TeX kerns reach .08). */
export const wordGap = 0.11;

/** Leaves every point where it is. */
export const identity: Matrix = [1, 0, 0, 1, 0, 0];

type Open = Omit<Word, 'text' | 'box' | 'softHyphen'> & {
  parts: string[];
  frame: OpenFrame;
  lastStart: number;
  lastEnd: number;
};
type OpenFrame = Frame & { cos: number; sin: number };

/** Gathers glyphs into words and words into frames. Scripts without spaces give one word a character, so that quotes can be boxed. */
export function wordCollector(view: PageView) {
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

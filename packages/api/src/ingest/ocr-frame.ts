import { turnedBack, type Recognized } from './ocr-engine.ts';
import type { Boxes } from './reading.ts';
import type { Font, Frame } from './pdf-words.ts';

// Recognised words are laid out by the same geometry as those of a PDF: tesseract joins the lines of neighbouring columns, and both scans with
// columns of the evaluation set come out interleaved by its own blocks.

/** What is known of recognised type: nothing. */
const font: Font = {
  name: '',
  bold: false,
  mono: false,
  ascent: 0.78,
  descent: 0.22,
  vertical: false,
  scale: 0.001,
};

/** Sizes of recognised lines differ by less than this from one another by accident. */
const sameSize = 0.2;

export type OcrFrame = {
  frame: Frame;
  /** Size of the upright page in the frame's own measure. */
  size: { width: number; height: number };
  /** Whether the box of a word, as it stands in a place map, is one that was read with doubt. */
  isDoubtful: (x: number, y: number, w: number, h: number) => boolean;
};

/**
 * Recognised words as the layout takes them, a skewed page set straight. Boxes are those of the picture as it was before it was turned, times
 * `box`. The layout counts in points: `measure` is how many of them a pixel has; where nobody knows, type of the usual size is 10 high.
 */
export function frameOf(
  page: Recognized,
  { box: scale, measure }: { box: number; measure?: number },
): OcrFrame {
  const usual = middle(page.words.map((word) => word.size)) ?? 10;
  const points = measure ?? 10 / usual;
  const body = Math.round(2 * usual * points) / 2;
  const slope = middle(page.words.map((word) => word.slope)) ?? 0;
  const doubtful = new Set<string>();
  const words = page.words.map((word) => {
    const [x, y, w, h] = turnedBack(word, page);
    const box: [number, number, number, number] = [x * scale, y * scale, w * scale, h * scale];
    if (word.doubtful) doubtful.add(keyOf(...box));
    const size = Math.abs(word.size - usual) < sameSize * usual ? body : Math.round(word.size * points);
    const base = (word.base - slope * ((word.x0 + word.x1) / 2)) * points;
    return {
      text: word.text,
      x0: word.x0 * points,
      x1: word.x1 * points,
      base,
      top: base - font.ascent * size,
      bottom: base + font.descent * size,
      size,
      font,
      spaceBefore: true,
      spaceAfter: true,
      softHyphen: false,
      box,
    };
  });
  return {
    frame: { angle: 0, words },
    size: { width: page.width * points, height: page.height * points },
    isDoubtful: (...box) => doubtful.has(keyOf(...box)),
  };
}

/** Which entries of a place map were read with doubt. */
export function doubtfulIn({ boxes }: Pick<Boxes, 'boxes'>, isDoubtful: OcrFrame['isDoubtful']): Uint32Array {
  const found: number[] = [];
  for (let i = 0; 4 * i < boxes.length; i++)
    if (isDoubtful(boxes[4 * i]!, boxes[4 * i + 1]!, boxes[4 * i + 2]!, boxes[4 * i + 3]!)) found.push(i);
  return Uint32Array.from(found);
}

/** Place maps keep 32-bit floats. */
function keyOf(...box: [number, number, number, number]): string {
  return box.map(Math.fround).join(' ');
}

function middle(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

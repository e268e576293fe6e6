import { turnedBack, type Recognized } from './ocr-engine.ts';
import type { OcrWord } from './ocr-words.ts';
import type { Boxes } from './reading.ts';
import type { Font, Frame } from './pdf-words.ts';

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

/** Words that are read together; `prose`: they are lines of running text. */
export type OcrGroup = Frame & { prose: boolean };

export type OcrFrames = {
  /** In reading order, each to be laid out by itself. */
  frames: OcrGroup[];
  /** Size of the upright page in the frame's own measure. */
  size: { width: number; height: number };
  /** Whether the box of a word, as it stands in a place map, is one that was read with doubt. */
  isDoubtful: (x: number, y: number, w: number, h: number) => boolean;
};

/**
 * Recognised words as the layout takes them, a skewed page set straight. Boxes are those of the picture as it was before it was turned, times
 * `box`. The layout counts in points: `measure` is how many of them a pixel has; where nobody knows, type of the usual size is 10 high.
 */
export function framesOf(
  page: Recognized,
  { box: scale, measure }: { box: number; measure?: number },
): OcrFrames {
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
    frames: groupsOf(page.words).map(({ prose, indices }) => ({
      angle: 0,
      prose,
      words: indices.map((i) => words[i]!),
    })),
    size: { width: page.width * points, height: page.height * points },
    isDoubtful: (...box) => doubtful.has(keyOf(...box)),
  };
}

/**
 * Which words are read together, as indices: those of a column of prose, in the recogniser's order, which knows columns that a picture
 * narrows. What stands between (headings, labels, the cells of a table, which the recogniser takes for columns) is left to the layout's geometry.
 */
function groupsOf(words: readonly OcrWord[]): { prose: boolean; indices: number[] }[] {
  const groups: { prose: boolean; indices: number[] }[] = [];
  const blocks = Map.groupBy(words.keys(), (i) => words[i]!.block);
  for (const [, indices] of [...blocks].sort(([a], [b]) => a - b)) {
    const prose = isProse(indices.map((i) => words[i]!));
    const last = groups.at(-1);
    if (last && !prose && !last.prose) last.indices.push(...indices);
    else groups.push({ prose, indices });
  }
  return groups;
}

/** At least three lines, of at least four words on average. */
function isProse(words: readonly OcrWord[]): boolean {
  let lines = 0;
  for (const [i, word] of words.entries()) {
    const before = words[i - 1];
    if (!before || word.x0 < before.x0 || word.base - before.base > 0.6 * word.size) lines++;
  }
  return lines >= 3 && words.length >= 4 * lines;
}

/** Which entries of a place map were read with doubt. */
export function doubtfulIn(
  { boxes }: Pick<Boxes, 'boxes'>,
  isDoubtful: OcrFrames['isDoubtful'],
): Uint32Array {
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

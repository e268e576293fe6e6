import { canonical } from '../text/canonical.ts';

/** A word recognised in a picture, in its pixels; `base` is where the line it stands on runs below it, `size` the size of its type. */
export type OcrWord = {
  text: string;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  base: number;
  size: number;
  /** How far its line falls to the right, in parts of what it runs. */
  slope: number;
  /** Words of one column, heading or cell have the same; ascending in reading order. */
  block: number;
  /** 0 to 100, as the recogniser says. */
  confidence: number;
  doubtful: boolean;
};

type Bbox = { x0: number; y0: number; x1: number; y1: number };
/** As much of tesseract's blocks as is read here. */
export type OcrBlock = {
  paragraphs: {
    lines: {
      baseline: Bbox;
      rowAttributes: { rowHeight: number; ascenders: number; descenders: number };
      words: { text: string; confidence: number; bbox: Bbox }[];
    }[];
  }[];
};

/** On seven scans with known text 6 of the 24 words kept below this confidence are wrong, and 10 of the 1,612 above it. */
export const doubtfulBelow = 70;

/** Below this a word is kept only where its neighbours on the line vouch for it. */
const weakBelow = 50;
/** Neighbours stand at most so many sizes of type away, and are themselves read with so much confidence. */
const neighbourGap = 1.2;
const vouchingFrom = 75;
/** A lower-case x is about so high, in parts of the size of its type. */
const xHeight = 0.48;

/** The words of a picture without what is none: specks, rules and textures that were taken for letters. */
export function wordsOfBlocks(blocks: readonly OcrBlock[]): OcrWord[] {
  return blocks.flatMap(({ paragraphs }, block) =>
    paragraphs.flatMap(({ lines }) =>
      lines.flatMap(({ baseline, rowAttributes, words }) => {
        const { rowHeight, ascenders, descenders } = rowAttributes;
        const size = Math.max(4, (rowHeight - ascenders - descenders) / xHeight);
        const slope = (baseline.y1 - baseline.y0) / Math.max(1, baseline.x1 - baseline.x0);
        const read = words.flatMap(({ text, confidence, bbox }): OcrWord[] => {
          const middle = (bbox.x0 + bbox.x1) / 2;
          const base = baseline.y0 + slope * (middle - baseline.x0);
          const clean = canonical(text.replace(ligatures, (form) => form.normalize('NFKC'))).trim();
          if (clean === '' || /\s/.test(clean) || bbox.x1 <= bbox.x0 || bbox.y1 <= bbox.y0) return [];
          return [
            {
              text: clean,
              ...bbox,
              base,
              size,
              slope,
              block,
              confidence,
              doubtful: confidence < doubtfulBelow,
            },
          ];
        });
        return read.filter((word, i) => isWord(word, read[i - 1], read[i + 1]));
      }),
    ),
  );
}

const ligatures = /[\uFB00-\uFB06]/g;

function isWord(word: OcrWord, before: OcrWord | undefined, after: OcrWord | undefined): boolean {
  // Taller than type can be for its line: a border, a shadow.
  if (word.y1 - word.y0 > 4 * word.size) return false;
  const signs = word.text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  if ([before, after].some((other) => other !== undefined && vouches(other, word)))
    return signs > 0 || word.confidence >= weakBelow;
  // Rules, gutters and edges are read as a stroke, textures as one or two letters.
  if (signs <= 2) return signs > 0 ? word.confidence >= 90 : word.confidence >= 90 && !stroke.test(word.text);
  return word.confidence >= weakBelow;
}

const stroke = /^[|\\/~_^'"`´‘’“”.,:;=<>()[\]{}!¦—–-]+$/;

function vouches(other: OcrWord, word: OcrWord): boolean {
  const gap = Math.max(other.x0 - word.x1, word.x0 - other.x1);
  return (
    other.confidence >= vouchingFrom && gap < neighbourGap * word.size && /[\p{L}\p{N}]{2}/u.test(other.text)
  );
}

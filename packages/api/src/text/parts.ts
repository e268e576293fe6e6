import {
  classAt,
  DIGIT,
  isHigh,
  LOWER,
  MARK,
  SUBSCRIPT,
  SUPERSCRIPT,
  UNDERSCORE,
  UPPER,
} from './characters.ts';

/** End of the run of letters, digits, marks and underscores at `i`. */
export function runEnd(text: string, i: number): number {
  const start = i;
  for (; i < text.length; i++) {
    const class_ = classAt(text, i);
    if (class_ === LOWER || class_ === UPPER || class_ === DIGIT || class_ === MARK || class_ === SUBSCRIPT) {
      if (isHigh(text.charCodeAt(i))) i++;
    } else if (class_ === SUPERSCRIPT) {
      // R² and cm² are one word; a raised mark on a longer word is a footnote.
      if (i - start > 2) break;
    } else if (text.charCodeAt(i) !== UNDERSCORE) break;
  }
  return i;
}

/** A run of letters and digits with what it looks like. */
export type Part = { start: number; end: number; shape: 'lower' | 'capitals' | 'code' | 'digits' };

/** A run with its dotted continuation: `is.na`, `v1.2`, `e.g`. A capital after a dot begins a sentence whose space got lost. */
export function readPart(text: string, start: number): Part {
  let end = runEnd(text, start);
  let dots = 0;
  let letters = end - start === 1;
  while (text.charCodeAt(end) === 46) {
    const next = classAt(text, end + 1);
    const goesOn =
      next === LOWER ||
      next === DIGIT ||
      (next === UPPER && classAt(text, end - 1) !== LOWER) ||
      text.charCodeAt(end + 1) === UNDERSCORE;
    if (!goesOn) break;
    const from = end + 1;
    end = runEnd(text, from);
    if (end - from !== 1 || next === DIGIT) letters = false;
    dots++;
  }
  // e.g, i.e, U.S: an abbreviation, not an identifier.
  return { start, end, shape: dots > 0 ? (letters ? 'lower' : 'code') : shapeOf(text, start, end) };
}

/** What `[start, end)`, a run, looks like. */
export function shapeOf(text: string, start: number, end: number): Part['shape'] {
  let lower = 0;
  let upper = 0;
  let digits = 0;
  for (let i = start; i < end; i++) {
    const class_ = classAt(text, i);
    if (text.charCodeAt(i) === UNDERSCORE && end - start > 1) return 'code';
    if (class_ === UPPER) {
      if (lower > 0) return 'code';
      upper++;
    } else if (class_ === LOWER) lower++;
    else if (class_ === DIGIT || class_ === SUBSCRIPT || class_ === SUPERSCRIPT) digits++;
  }
  if (digits > 0) return lower + upper > 0 ? 'code' : 'digits';
  return upper > 0 && lower === 0 ? 'capitals' : 'lower';
}

/** Longer chains of hyphens are read piece by piece, so that no text makes the pass quadratic. */
export const longestChain = 8;

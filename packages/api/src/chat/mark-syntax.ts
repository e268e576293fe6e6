/** One mark as a model writes it, read unit by unit; `numbers` are as written, from 1, each once. */
export type MarkReader = {
  readonly close: string;
  /** `no`: this is no mark, and `unit` is not part of what was read. `done`: `unit` closed it. */
  next(unit: string): 'more' | 'done' | 'no';
  numbers(): number[];
};

const closers = new Map([
  ['[', ']'],
  ['【', '】'],
  ['［', '］'],
]);

const words = new Set(
  (
    'source sources src passage passages ref refs reference references doc docs document documents citation citations ' +
    'cite excerpt excerpts quelle quellen dokument abschnitt fuente fuentes fonte fonti'
  ).split(' '),
);
const conjunctions = new Set(['and', 'und', 'y', 'et', 'e', 'to']);

// A model's mark is short; anything longer is prose in brackets and must not be held back.
const LONGEST = 60;
const isDigit = (unit: string) => unit >= '0' && unit <= '9';
const isLetter = (unit: string) => (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z');
const isGap = (unit: string) => unit === ' ' || unit === '\t' || unit === '\u00a0' || unit === '\u202f';
const isDash = (unit: string) => unit === '-' || unit === '\u2011' || unit === '–' || unit === '—';

/** Begins a mark at an opening bracket: `[1]`, `[1, 3]`, `[1-3]`, `[Source 2]`, `[^1]`, `[#1]`, `【1】`, `【1†source】`. */
export function openMark(open: string): MarkReader | undefined {
  const close = closers.get(open);
  if (close === undefined) return undefined;
  let state: 'before' | 'word' | 'number' | 'after' | 'conjunction' | 'tail' = 'before';
  let read = 0;
  let word = '';
  let digits = '';
  let from: number | undefined;
  const ranges: [number, number][] = [];

  const finishNumber = (): void => {
    const value = Number(digits);
    ranges.push([Math.min(from ?? value, value), Math.max(from ?? value, value)]);
    digits = '';
    from = undefined;
  };
  /** After a number: what may follow it. */
  const after = (unit: string): 'more' | 'done' | 'no' => {
    if (unit === close) return 'done';
    if (isGap(unit)) state = 'after';
    else if (unit === ',' || unit === ';' || unit === '&' || unit === '/') state = 'before';
    else if (isDash(unit)) {
      from = ranges.pop()?.[0];
      state = 'before';
    } else if (unit === '†' || (unit === ':' && open === '【')) state = 'tail';
    else if (isLetter(unit) && state === 'after') {
      word = unit.toLowerCase();
      state = 'conjunction';
    } else return 'no';
    return 'more';
  };
  const before = (unit: string): 'more' | 'no' => {
    if (isGap(unit) || unit === '^' || unit === '#') return 'more';
    if (isDigit(unit)) {
      digits = unit;
      state = 'number';
    } else if (isLetter(unit)) {
      word = unit.toLowerCase();
      state = 'word';
    } else return 'no';
    return 'more';
  };
  // oxlint-disable-next-line consistent-return -- every state returns; the compiler checks it
  const step = (unit: string): 'more' | 'done' | 'no' => {
    switch (state) {
      case 'before':
        return before(unit);
      case 'word':
        if (isLetter(unit)) word += unit.toLowerCase();
        else if (!words.has(word)) return 'no';
        else if (isDigit(unit)) return before(unit);
        else if (isGap(unit) || unit === ':' || unit === '#' || unit === '.' || unit === '-')
          state = 'before';
        else return 'no';
        return word.length > 12 ? 'no' : 'more';
      case 'number':
        if (isDigit(unit)) {
          digits += unit;
          // Four digits are a year or a part number, not a passage.
          return digits.length > 3 ? 'no' : 'more';
        }
        finishNumber();
        return after(unit);
      case 'after':
        return after(unit);
      case 'conjunction':
        if (isLetter(unit)) word += unit.toLowerCase();
        else if (!isGap(unit) || !conjunctions.has(word)) return 'no';
        else {
          if (word === 'to') from = ranges.pop()?.[0];
          state = 'before';
        }
        return word.length > 4 ? 'no' : 'more';
      case 'tail':
        if (unit === close) return 'done';
        return unit === '\n' || unit === '`' || closers.has(unit) ? 'no' : 'more';
    }
  };
  return {
    close,
    next: (unit) => (++read > LONGEST ? 'no' : step(unit)),
    numbers: () => [
      ...new Set(ranges.flatMap(([low, high]) => Array.from({ length: high - low + 1 }, (_, i) => low + i))),
    ],
  };
}

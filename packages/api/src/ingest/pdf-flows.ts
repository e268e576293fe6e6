import { median, rowsOf, type Chunk } from './pdf-lines.ts';

/**
 * A line of one side of a gutter. `begins`: it does not go on the line above it, but begins a paragraph, an item, a cell. `goesOn`: it
 * surely goes on a sentence of the line above it.
 */
type FlowLine = { base: number; size: number; begins: boolean; goesOn: boolean };

/** Lines of one side share base lines with the other by chance in so many cases at most; rows of tables in all but a few. */
const mostLevel = 0.65;

/**
 * Whether two sides of a gutter are flows of text of their own, and not the cells of common rows. Independent columns soon stand on
 * different base lines, as headings, lists and tables take their own space; where all keep to one grid, their paragraphs at least
 * begin at different heights. The rows of a table begin level in all its columns, however many lines a cell has.
 */
export function areApart(left: Chunk[], right: Chunk[], fewest: number, onColumns: boolean): boolean {
  const [a, b] = flowsOf(left, right);
  if (Math.min(a.length, b.length) < fewest) return false;
  const all = [...a, ...b];
  // Labels of a drawing stand anywhere, too; something must be written that runs on from line to line.
  const going = all.filter((line) => line.goesOn).length;
  if (going < (onColumns ? 1 : Math.max(3, 0.1 * all.length))) return false;
  if (Math.max(levelShare(a, b), levelShare(b, a)) <= mostLevel) return true;
  return beginApart(a, b);
}

/** Whether what begins on one side begins level with what begins on the other, nearly always: the rows of a table of sentences. */
export function beginTogether(left: Chunk[], right: Chunk[]): boolean {
  const [a, b] = flowsOf(left, right).map((flow) => flow.filter((line) => line.begins)) as [
    FlowLine[],
    FlowLine[],
  ];
  return Math.min(a.length, b.length) >= 3 && Math.min(levelShare(a, b), levelShare(b, a)) >= 0.75;
}

/** Whether paragraphs on common base lines begin at different heights. */
function beginApart(a: FlowLine[], b: FlowLine[]): boolean {
  const [one, other] = [a, b].map((lines) => lines.slice(1).filter((line) => line.begins)) as [
    FlowLine[],
    FlowLine[],
  ];
  if (one.length < 3)
    return (
      runsOn(a) &&
      levelShare(
        other,
        a.filter((line) => line.begins),
      ) <= 0.5
    );
  if (other.length < 3)
    return (
      runsOn(b) &&
      levelShare(
        one,
        b.filter((line) => line.begins),
      ) <= 0.5
    );
  return Math.max(levelShare(one, other), levelShare(other, one)) <= 0.5;
}

/** Whether a side is prose in long paragraphs: cells seldom run on for so many lines. */
function runsOn(lines: FlowLine[]): boolean {
  const begins = lines.filter((line) => line.begins).length;
  return lines.filter((line) => line.goesOn).length >= 4 * begins;
}

/** The base lines of the lines that go on a sentence of the line above them. */
export function goingLines(chunks: Chunk[]): Set<number> {
  return new Set(
    chunks.length === 0 ? [] : flowOf(chunks).flatMap((line) => (line.goesOn ? [line.base] : [])),
  );
}

function flowsOf(left: Chunk[], right: Chunk[]): [FlowLine[], FlowLine[]] {
  const edge = Math.min(...right.map((chunk) => chunk.x0));
  // No gutter is wider; cells may end far from the next.
  return [flowOf(left, edge - 3 * (left[0]?.size ?? 0)), flowOf(right)];
}

/** The lines of one side, whose own right border is not left of `least`. */
function flowOf(chunks: Chunk[], least = -Infinity): FlowLine[] {
  const rows = rowsOf(chunks).map((row) => {
    const first = row.reduce((one, other) => (other.x0 < one.x0 ? other : one));
    return {
      base: first.base,
      size: first.size,
      x1: Math.max(...row.map((chunk) => chunk.x1)),
      // Cells of a row are several; so are the words of a line spread wide, but seldom of all lines.
      words: row.length === 1 ? first.words.length : 0,
      first: first.words[0]!,
    };
  });
  const ends = rows.map((row) => row.x1).sort((one, other) => one - other);
  const right = Math.max(least, ends[Math.floor(0.9 * (ends.length - 1))] ?? 0);
  const leading = median(rows.slice(1).map((row, i) => row.base - rows[i]!.base));
  return rows.map(({ base, size, words, first }, i) => {
    const before = rows[i - 1];
    if (!before) return { base, size, begins: true, goesOn: false };
    // Set to go on, its first word would have stood at the end of the line above.
    const fits = before.x1 + 0.2 * size + first.x1 - first.x0 < right - 0.1 * size;
    const apart = base - before.base > 1.3 * leading || Math.abs(size - before.size) > 0.1 * size;
    const begins = fits || apart;
    // A lower-case letter, or one of a script that has but one case.
    const goesOn = !begins && words > 3 && /^[\p{Ll}\p{Lo}]/u.test(first.text);
    return { base, size, begins, goesOn };
  });
}

/** Which share of the lines that stand beside the other side are level with a line of it. */
function levelShare(lines: FlowLine[], others: FlowLine[]): number {
  const [top, bottom] = [others[0]!.base, others.at(-1)!.base];
  const beside = lines.filter(({ base, size }) => base > top - 0.3 * size && base < bottom + 0.3 * size);
  const level = beside.filter(({ base, size }) =>
    others.some((other) => Math.abs(other.base - base) < 0.15 * size),
  );
  return beside.length === 0 ? 0 : level.length / beside.length;
}

/**
 * The sentences of a text as `[start, end)` pairs in order, trimmed; together they cover everything that is not white space.
 * A blank line always ends one; a single line feed only where the line looks finished (list items, headings), since lines of
 * a page are wrapped. Linear: a run without any sentence end is cut at white space after at most `CHUNK` code units.
 */
export function sentences(text: string): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (const [start, end] of blocks(text)) segment(text, start, end, found);
  return found;
}

// Segmenting 10 MB as one string costs 150 ms, but a caller may hold no more than one chunk's iterator at a time.
const CHUNK = 20_000;
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Line feeds inside a block are wrapped lines: the segmenter would end a sentence at each of them, so it sees spaces. */
function segment(text: string, start: number, end: number, found: [number, number][]): void {
  let open = -1;
  let at = start;
  while (at < end) {
    const stop = chunkEnd(text, at, end);
    const chunk = text.slice(at, stop).replaceAll('\n', ' ');
    let next = at;
    let held = -1;
    for (const { index, segment } of segmenter.segment(chunk)) {
      const from = at + index;
      const to = from + segment.length;
      if (open === -1) open = from;
      // The last segment of a chunk may be cut: it is read again with the next chunk, unless it is the whole chunk.
      if (to === stop && stop < end && from > at) {
        held = from;
        break;
      }
      next = to;
      if (to < end && to < stop && joins(text, open, to)) continue;
      push(text, open, to, found);
      open = -1;
    }
    if (held === -1) {
      at = next;
      continue;
    }
    at = held;
    if (open === held) open = -1;
    else if (held - open > CHUNK) {
      push(text, open, held, found);
      open = -1;
    }
  }
  if (open !== -1) push(text, open, end, found);
}

function chunkEnd(text: string, at: number, end: number): number {
  if (end - at <= CHUNK) return end;
  const limit = at + CHUNK;
  for (let i = limit; i > at + CHUNK / 2; i--) if (isSpace(text.charCodeAt(i - 1))) return i;
  return isLowSurrogate(text.charCodeAt(limit)) ? limit - 1 : limit;
}

function push(text: string, start: number, end: number, found: [number, number][]): void {
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  if (start < end) found.push([start, end]);
}

/** Never an end, whatever follows. */
const titles = new Set(
  'dr mr mrs ms prof e.g i.e eg ie approx ca cf vs viz resp incl excl z.b d.h bzw ggf'.split(' '),
);
/** An end unless a number, a bracket or a small letter follows. */
const labels = new Set(
  'fig figs no nos eq eqs eqn sec sect ch chap vol p pp ref refs tab art nr abb pos rev ver v app min max sec s h hr hrs in ft lb lbs oz gal temp dia qty cat pt para st'.split(
    ' ',
  ),
);

/** Whether the full stop before `at` belongs to an abbreviation, a label or a list number of the sentence that began at `open`. */
function joins(text: string, open: number, at: number): boolean {
  let stop = at;
  while (stop > open && isSpace(text.charCodeAt(stop - 1))) stop--;
  const after = text.slice(at, at + 2);
  const last = text.charCodeAt(stop - 1);
  // "ready.[1] Then": a full stop with no space behind it is inside something, unless the script writes none.
  if (stop === at && last < 0x2e80 && /[\p{L}\p{N}([]/u.test(after)) return true;
  if (last !== 0x2e) return false;
  // A row of dots leads to what stands behind it: "Maintenance . . . . . 58".
  if (/^[ \t]*\./.test(text.slice(at, at + 4))) return true;
  if (
    /^[ \t]*\d/.test(text.slice(at, at + 4)) &&
    /(?:\.[ \t]?){3}$/.test(text.slice(Math.max(open, stop - 6), stop))
  )
    return true;
  let begin = stop - 1;
  while (begin > open && stop - begin < 24 && !isSpace(text.charCodeAt(begin - 1))) begin--;
  const word = text.slice(begin, stop - 1).replace(/^["'“‘([]+/u, '');
  const first = text.slice(open, begin).trim() === '';
  if (first && /^(?:\d{1,3}(?:\.\d{1,3})*|\p{L}|[ivx]{1,5})$/u.test(word)) return true;
  if (/^\d{1,3}$/.test(word) && /^(?:step|note|item)$/i.test(text.slice(open, begin).trim())) return true;
  const lower = word.toLowerCase();
  if (titles.has(lower)) return true;
  return labels.has(lower) && /^[\d(#°±<>]|^\p{Ll}/u.test(after);
}

/** The parts of a text between which no sentence runs: paragraphs, list items, and lines that end early. */
function* blocks(text: string): Generator<[start: number, end: number]> {
  let start = 0;
  let at = 0;
  let widest = 0;
  let lines: { start: number; end: number }[] = [];
  const flush = function* (): Generator<[number, number]> {
    for (const [i, line] of lines.entries()) {
      const next = lines[i + 1];
      if (!next || breaks(text, line, next, widest)) {
        yield [start, line.end];
        start = next?.start ?? line.end;
      }
    }
    lines = [];
    widest = 0;
  };
  while (at <= text.length) {
    let end = text.indexOf('\n', at);
    if (end === -1) end = text.length;
    const blank = isBlank(text, at, end);
    if (blank || lines.length === 2000) yield* flush();
    if (!blank) {
      if (lines.length === 0) start = at;
      lines.push({ start: at, end });
      widest = Math.max(widest, end - at);
    }
    at = end + 1;
  }
  yield* flush();
}

type Line = { start: number; end: number };
const listItem = /^[ \t]*(?:[-*+•‣▪▫◦●○■□–—➢➤✓]|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-z])[.)]|\|)\s/iu;

/**
 * Whether a line feed ends a sentence. The last rule is a guess that holds for wrapped pages: a line under six tenths of its
 * paragraph's widest (at least 50) before a capital or a number is a heading or an item, not a wrapped line.
 */
function breaks(text: string, line: Line, next: Line, widest: number): boolean {
  const head = text.slice(next.start, Math.min(next.end, next.start + 24));
  if (listItem.test(`${head} `)) return true;
  const tail = text.slice(Math.max(line.start, line.end - 24), line.end).trimEnd();
  if (/[:!?。！？]["'”’)]?$/u.test(tail)) return true;
  return line.end - line.start < 0.6 * Math.max(widest, 50) && /^[ \t]*["'“‘(]?[\p{Lu}\p{N}]/u.test(head);
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isSpace(text.charCodeAt(i))) return false;
  return true;
}

function isSpace(code: number): boolean {
  return (
    code === 32 ||
    (code >= 9 && code <= 13) ||
    code === 0xa0 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x3000 ||
    code === 0x1680 ||
    code === 0x205f ||
    code === 0xfeff
  );
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

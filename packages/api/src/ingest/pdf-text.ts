import { canonical } from '../text/canonical.ts';
import type { Block } from './pdf-layout.ts';
import { isUnspacedPair, type Line } from './pdf-lines.ts';
import type { Unit } from './reading.ts';

/** A line of canonical text; `base` and `x0` in its frame. Rows of a table count as lines. */
export type TextLine = { start: number; end: number; base: number; x0: number; cells: number };

/** A block as canonical text `[start, end)` of its unit, with what headings, fragments and furniture are told by. */
export type TextBlock = {
  unit: number;
  kind: Block['kind'];
  angle: number;
  start: number;
  end: number;
  /** Lines of the page; of a table its rows. Of running text in the middle of a page none are kept: most of a long document is that. */
  lines: TextLine[];
  lineCount: number;
  size: number;
  bold: boolean;
  item: boolean;
  full: boolean;
};

/** How often words occur within lines, lower case; tells a hyphen of the line end from one of the word. */
export type Vocabulary = Map<string, number>;

const maxVocabulary = 300_000;

/** How far from the top or bottom, in parts of the page's height, running headers and footers may stand. */
export const runningEdge = 0.13;

/** Counts the words of these blocks. Words at line ends are left out: they may be halves. */
export function learnWords(blocks: Block[], vocabulary: Vocabulary): void {
  for (const { lines } of blocks) {
    for (const { words } of lines) {
      for (let i = 1; i < words.length - 1; i++) {
        const word = bare(words[i]!.text);
        if (word.length < 2 || word.length > 40) continue;
        const count = vocabulary.get(word);
        if (count !== undefined || vocabulary.size < maxVocabulary) vocabulary.set(word, (count ?? 0) + 1);
      }
    }
  }
}

function bare(text: string): string {
  return text.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
}

/** Writes the canonical text and the place map of a page, and says where its blocks stand in it. */
export function writePage(
  ordinal: number,
  size: { width: number; height: number },
  blocks: Block[],
  vocabulary: Vocabulary,
): { unit: Unit; blocks: TextBlock[] } {
  const writer = pageWriter(vocabulary);
  const written: TextBlock[] = [];
  for (const [i, block] of blocks.entries()) {
    if (i > 0) writer.separate(block.item && blocks[i - 1]!.item ? '\n' : '\n\n');
    const start = writer.here();
    const lines = writeBlock(writer, block);
    const kept =
      block.kind !== 'text' ||
      block.angle !== 0 ||
      lines.some(({ base }) => base < runningEdge * size.height || base > (1 - runningEdge) * size.height);
    written.push({
      unit: ordinal,
      kind: block.kind,
      angle: block.angle,
      start,
      end: writer.here(),
      lines: kept ? lines : [],
      lineCount: lines.length,
      size: block.size,
      bold: block.bold,
      item: block.item,
      full: block.full,
    });
  }
  return { unit: { ordinal, ...writer.finish(size) }, blocks: written.filter((b) => b.end > b.start) };
}

function writeBlock(writer: PageWriter, block: Block): TextLine[] {
  if (block.kind === 'table') {
    return block.rows.map((cells, row) => {
      if (row > 0) writer.separate('\n');
      const start = writer.here();
      for (const [i, cell] of cells.entries()) {
        if (i > 0) writer.separate('\t');
        for (const [j, line] of cell.entries()) writer.line(line, j === 0 ? undefined : cell[j - 1]);
      }
      const line = cells[0]?.[0];
      return { start, end: writer.here(), base: line?.base ?? 0, x0: line?.x0 ?? 0, cells: cells.length };
    });
  }
  const left = Math.min(...block.lines.map((line) => line.x0));
  return block.lines.map((line, i) => {
    const before = block.lines[i - 1];
    if (block.kind === 'text' || block.kind === 'margin') writer.line(line, before);
    else {
      if (before) writer.separate('\n');
      writer.keptLine(line, block.kind === 'code' ? left : line.x0);
    }
    return {
      start: writer.lineStart(),
      end: writer.here(),
      base: line.base,
      x0: line.x0,
      cells: line.chunks.length,
    };
  });
}

type PageWriter = ReturnType<typeof pageWriter>;

function pageWriter(vocabulary: Vocabulary) {
  let text = '';
  let lineStart = 0;
  const starts: number[] = [];
  const ends: number[] = [];
  const boxes: number[] = [];

  const put = (word: string, [x, y, w, h]: readonly [number, number, number, number]) => {
    const last = starts.length - 1;
    const from = starts[last];
    // A mark that composes with the letter before it would change the text under NFC: both become one word.
    if (from !== undefined && ends[last] === text.length) {
      const tail = text.slice(from);
      const both = canonical(tail + word);
      if (both !== tail + word) {
        text = text.slice(0, from) + both;
        ends[last] = text.length;
        const [ox = 0, oy = 0, ow = 0, oh = 0] = boxes.slice(4 * last);
        const [left, top] = [Math.min(ox, x), Math.min(oy, y)];
        boxes.splice(4 * last, 4, left, top, Math.max(ox + ow, x + w) - left, Math.max(oy + oh, y + h) - top);
        return;
      }
    }
    starts.push(text.length);
    text += word;
    ends.push(text.length);
    boxes.push(x, y, w, h);
  };
  const words = (line: Line, from: number, space: (i: number) => string) => {
    for (let i = from; i < line.words.length; i++) {
      if (i > from && !line.glued[i]) text += space(i);
      put(line.words[i]!.text, line.words[i]!.box);
    }
  };
  /** Drops the hyphen that ends the text, from its place too: what stays of the word keeps its box. */
  const dropHyphen = () => {
    const last = ends.length - 1;
    text = text.slice(0, -1);
    ends[last] = text.length;
    if (ends[last] === starts[last]) {
      starts.pop();
      ends.pop();
      boxes.splice(-4);
    }
  };

  return {
    here: () => text.length,
    lineStart: () => lineStart,
    separate(between: string) {
      if (text !== '' && !text.endsWith(between)) text += between;
    },
    /** A line of running text, joined to the one before it. */
    line(line: Line, before: Line | undefined) {
      const last = before?.words.at(-1);
      const first = line.words[0]!;
      if (last) {
        const join = joinOf(
          last.text,
          last.softHyphen,
          first.text,
          vocabulary,
          text.endsWith(last.text) && last.text.length > 1,
        );
        if (join === 'drop' && !last.softHyphen) dropHyphen();
        if (join === 'space') text += ' ';
      }
      lineStart = text.length;
      words(line, 0, () => ' ');
    },
    /** A line that stays one, with its spaces, as in a listing; `left` is where its first column stands. */
    keptLine(line: Line, left: number) {
      lineStart = text.length;
      const wide = characterWidth(line);
      text += ' '.repeat(spaces((line.x0 - left) / wide, 0));
      words(line, 0, (i) =>
        ' '.repeat(spaces((line.words[i]!.x0 - (line.words[i - 1]?.x1 ?? line.x0)) / wide, 1)),
      );
    },
    finish({ width, height }: { width: number; height: number }): Pick<Unit, 'text' | 'places'> {
      if (text !== canonical(text)) throw new Error('The text of a page is not canonical.');
      return {
        text,
        places: {
          kind: 'boxes',
          width,
          height,
          starts: Uint32Array.from(starts),
          ends: Uint32Array.from(ends),
          boxes: Float32Array.from(boxes),
        },
      };
    },
  };
}

function characterWidth(line: Line): number {
  const letters = line.words.reduce((sum, word) => sum + word.text.length, 0);
  const width = line.words.reduce((sum, word) => sum + word.x1 - word.x0, 0);
  return Math.max(width / Math.max(letters, 1), 0.1 * line.size, 0.1);
}

function spaces(count: number, least: number): number {
  return Math.min(80, Math.max(least, Math.round(count)));
}

/** How a word that ends a line and the one that begins the next are joined: `drop` takes the hyphen away. */
export function joinOf(
  last: string,
  softHyphen: boolean,
  first: string,
  vocabulary: Vocabulary,
  hyphenIsDroppable = true,
): 'space' | 'glue' | 'drop' {
  if (softHyphen) return 'drop';
  if (isUnspacedPair(last, first)) return 'glue';
  if (/[\p{L}\p{N}]–$/u.test(last) && /^\p{N}/u.test(first)) return 'glue';
  if (!/[\p{L}\p{N}][-‐]$/u.test(last) || !/^[\p{L}\p{N}]/u.test(first)) return 'space';
  const head = /\p{L}{2,}[-‐]$/u.exec(last)?.[0].slice(0, -1).toLowerCase();
  const tail = /^\p{Ll}{2,}/u.exec(first)?.[0];
  if (!hyphenIsDroppable || head === undefined || tail === undefined) return 'glue';
  // A word that has a hyphen already ("state-of-the-") keeps this one too.
  if (/[-‐\d_/@.]/.test(last.slice(0, -1))) return 'glue';
  const known = (word: string) => vocabulary.get(word) ?? 0;
  const joined = known(head + tail);
  const hyphened = known(`${head}-${tail}`);
  if (joined !== hyphened) return joined > hyphened ? 'drop' : 'glue';
  const bothWords = head.length > 2 && tail.length > 2 && known(head) > 0 && known(tail) > 0;
  return bothWords ? 'glue' : 'drop';
}

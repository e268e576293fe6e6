import { sentences } from '../text/sentences.ts';

/** A mark as it stands in the emitted text: `[marker]` at offset `at`. */
export type PlacedMark = { marker: number; at: number };

/** The statement a mark closes: `text` without marks, emphasis and labels; `[start, end)` where it stands in the answer. */
export type Claim = { text: string; start: number; end: number };

/**
 * Binds the mark `marks[index]` to its statement: the sentence it closes (before or behind the full stop), in mid-sentence the
 * clause before it, in a table its row, at the head of a line what follows. `marks` are all marks in `text`, in order.
 * Undefined while the sentence is not complete; never with `ended`, when a mark without any statement has the text ''.
 */
export function bindClaim(
  text: string,
  marks: readonly PlacedMark[],
  index: number,
  ended: boolean,
): Claim | undefined {
  const mark = marks[index];
  if (!mark) throw new RangeError(`no mark ${index}`);
  const begin = text.lastIndexOf('\n', mark.at - 1) + 1;
  const feed = text.indexOf('\n', mark.at);
  const complete = feed !== -1 || ended;
  const line = lineAt(text, marks, begin, feed === -1 ? text.length : feed);
  const spans = marks.map((m) => [m.at, markEnd(m)] as const).filter(([at]) => at >= begin && at < line.end);
  const range = line.row
    ? rowRange(line, spans, mark.at, complete)
    : sentenceRange(line, spans, mark.at, complete);
  if (range === 'wait') return undefined;
  if (range) return claim(text, marks, range, line.row);
  if (!complete) return undefined;
  // A line of marks alone closes what stands before it.
  const before = previousLine(text, marks, begin);
  return before ?? { text: '', start: mark.at, end: mark.at };
}

type Range = readonly [start: number, end: number];
type Line = { start: number; end: number; masked: string; row: boolean };

const markEnd = (mark: PlacedMark): number => mark.at + String(mark.marker).length + 2;
const lead = /^[ \t]*(?:>[ \t]?)*(?:#{1,6}[ \t]+|[-*+•–][ \t]+(?:\[[ xX]\][ \t]+)?|\(?\d{1,3}[.)][ \t]+)?/u;

/** A line with its marks blanked, so that offsets stay and "bar.[1] Next" is two sentences; `start` is behind the list sign. */
function lineAt(text: string, marks: readonly PlacedMark[], begin: number, end: number): Line {
  let masked = text.slice(begin, end);
  for (const mark of marks) {
    if (mark.at < begin || mark.at >= end) continue;
    const from = mark.at - begin;
    const to = Math.min(markEnd(mark), end) - begin;
    masked = masked.slice(0, from) + ' '.repeat(to - from) + masked.slice(to);
  }
  const start = begin + (lead.exec(text.slice(begin, end))?.[0].length ?? 0);
  return { start, end, masked: masked.slice(start - begin), row: masked.trimStart().startsWith('|') };
}

/** Sentences, where what holds no word (a lone bracket) belongs to the one before. */
function statements(text: string): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (const [start, end] of sentences(text)) {
    const before = found.at(-1);
    if (before && !/[\p{L}\p{N}]/u.test(text.slice(start, end))) before[1] = end;
    else found.push([start, end]);
  }
  return found;
}

function sentenceRange(
  line: Line,
  spans: readonly Range[],
  at: number,
  complete: boolean,
): Range | 'wait' | undefined {
  const found = statements(line.masked).map(([s, e]) => [s + line.start, e + line.start] as const);
  const own = found.findLastIndex(([start]) => start < at);
  const first = spans[0];
  const marksLead = first !== undefined && (found[0] === undefined || first[0] < found[0][0]);
  // Without a full stop a sentence that ends at the mark is one that is still being written.
  const inside =
    own !== -1 &&
    (found[own]![1] > at ||
      (own + 1 === found.length && !closed.test(line.masked.slice(0, at - line.start))));
  if (own === -1 || (marksLead && !inside)) {
    const next = found[own + 1];
    // "[1] First. [2] Second.": where a line begins with a mark, marks stand before what they close.
    if (next) return complete || own + 2 < found.length || spans.some(([s]) => s >= next[1]) ? next : 'wait';
    if (!complete) return 'wait';
    return own === -1 ? undefined : found[own];
  }
  const sentence = found[own]!;
  if (!inside) return clauseStart(line, spans, sentence, at);
  const finished = complete || own + 1 < found.length;
  const before = clauseStart(line, spans, sentence, at);
  const group = groupAt(line, spans, at);
  const rest = line.masked.slice(group[1] - line.start, sentence[1] - line.start).trimStart();
  if (rest === '' || !/[\p{L}\p{N}]/u.test(rest)) return finished ? before : 'wait';
  if (!finished) return 'wait';
  const closes = /^[,;:.!?)\]–—-]|^(?:and|but|or|while|whereas|which|so|und|aber|oder|sowie)\b/iu.test(rest);
  const said = words(clean(line.masked.slice(before[0] - line.start, before[1] - line.start)));
  if (closes && said >= MIN_WORDS - 1) return before;
  const following = spans.find(([start]) => start >= group[1]);
  return [before[0], following && following[0] < sentence[1] ? following[0] : sentence[1]];
}

// "and 6 bar [2]" says nothing by itself: a shorter clause is read with what stands before it in the sentence.
const MIN_WORDS = 4;

const closed = /[.!?:;…。！？]["'”’)*_`]*\s*$/u;

/** From the mark before (or the sentence's start) up to this mark. */
function clauseStart(line: Line, spans: readonly Range[], sentence: Range, at: number): Range {
  const [groupStart] = groupAt(line, spans, at);
  const end = Math.min(groupStart, sentence[1]);
  const before = spans.findLast(([start, to]) => start >= sentence[0] && to <= end && to < groupStart);
  const start = before?.[1] ?? sentence[0];
  const short = words(clean(line.masked.slice(start - line.start, end - line.start))) < MIN_WORDS;
  return [short ? sentence[0] : start, end];
}

/** The marks that stand together with the one at `at`. */
function groupAt(line: Line, spans: readonly Range[], at: number): Range {
  let index = spans.findIndex(([start]) => start === at);
  let end = spans[index]?.[1] ?? at;
  for (const [start, to] of spans.slice(index + 1)) {
    if (/[^\s,]/.test(line.masked.slice(end - line.start, start - line.start))) break;
    end = to;
  }
  let start = at;
  while (index > 0) {
    const [from, to] = spans[index - 1]!;
    if (/[^\s,]/.test(line.masked.slice(to - line.start, start - line.start))) break;
    start = from;
    index--;
  }
  return [start, end];
}

/** A row's first cell names it: it goes with the cells since the mark before. */
function rowRange(
  line: Line,
  spans: readonly Range[],
  at: number,
  complete: boolean,
): Range | 'wait' | undefined {
  const text = (start: number, end: number) => line.masked.slice(start - line.start, end - line.start);
  const [start] = groupAt(line, spans, at);
  if (/[\p{L}\p{N}]/u.test(text(line.start, start))) return [line.start, start];
  if (!complete) return 'wait';
  return /[\p{L}\p{N}]/u.test(line.masked) ? [line.start, line.end] : undefined;
}

function previousLine(text: string, marks: readonly PlacedMark[], begin: number): Claim | undefined {
  let end = begin - 1;
  while (end > 0) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = lineAt(text, marks, start, end);
    const last = sentences(line.masked).at(-1);
    if (last) {
      const range = line.row
        ? ([line.start, line.end] as const)
        : ([line.start + last[0], line.start + last[1]] as const);
      return claim(text, marks, range, line.row);
    }
    end = start - 1;
  }
  return undefined;
}

function claim(text: string, marks: readonly PlacedMark[], [start, end]: Range, row: boolean): Claim {
  const { masked } = lineAt(text, marks, start, end);
  const from = end - masked.trimStart().length;
  const shown = row ? masked.replaceAll('|', ' ') : masked;
  return { text: clean(shown), start: from, end: from + masked.trim().length };
}

const words = (text: string): number => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

const attribution =
  /^(?:according to|as (?:stated|described|noted|specified|given|shown) (?:in|by)|per) (?:the |this |these )?[\p{L}\s]{0,40}?(?:manuals?|documents?|documentation|guides?|passages?|sources?|instructions?|sop|protocol)\b[,:]?\s*|^the [\p{L}\s]{0,30}?(?:manual|document|documentation|guide|passage|source|instructions) (?:also )?(?:says?|states?|notes?|specif(?:y|ies)|explains?|indicates?)(?: that)?[,:]?\s*/iu;
const label =
  /^(?:note|notes|nota bene|warning|caution|important|danger|tip|hint|attention|answer|summary|hinweis|achtung|warnung|wichtig|step \d{1,3}|in short|in summary)\s*:\s*/iu;
const link = /!?\[([^\]]*)\]\([^)\s]*\)/gu;
const conjunction = /^(?:[\s,;:.)–—-]+|(?:and|but|or|while|whereas|so|und|aber|oder|sowie)\b[\s,]*)+/iu;

/** Markdown signs, labels ("Note:"), attributions ("According to the manual,") and a leading conjunction are not part of what is claimed. */
function clean(text: string): string {
  const plain = text
    .replace(link, '$1')
    .replace(/<\/?(?:sup|sub|b|i|em|strong|br)\s*\/?>/giu, ' ')
    .replace(/`+|\*\*|~~|(?<![\p{L}\p{N}])(?:__?|\*)(?=\S)|(?<=\S)(?:__?|\*)(?![\p{L}\p{N}])/gu, '')
    .replace(/\\(?=[\p{P}\p{S}])/gu, '')
    .replace(/\s+/gu, ' ')
    .replace(/ (?=[.,;:!?)](?:\s|$))/gu, '')
    .trim();
  return plain.replace(label, '').replace(attribution, '').replace(conjunction, '').trim();
}

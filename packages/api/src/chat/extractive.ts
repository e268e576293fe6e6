import type { Passage, Retrieved } from '../retrieval/passage.ts';
import { searchTerms } from '../retrieval/retrieve.ts';
import { terms } from '../retrieval/terms.ts';
import { tokenize } from '../text/tokens.ts';
import { segmentsOf } from './quote.ts';

/** One quote, word for word `passage.text.slice(...quote)`; `text` is how it is shown, with what parts it from the text before. */
export type ExtractivePart = { passage: Passage; quote: [start: number, end: number]; text: string };
export type Extractive = { opening: string; parts: ExtractivePart[] };

const MOST_QUOTES = 3;
const PHRASE_BONUS = 0.15;
/** To "how do I …", for steps whose own heading holds words of the question; in full where it holds half of it. */
const STEPS_BONUS = 0.35;
/** For a quote without the code the question names: it is about another thing. */
const OTHER_CODE = 0.5;
const MOST_STEPS = 40;
/** Sentences of a section that answers "how" in prose. */
const MOST_PROSE = 8;
/** A second and third quote must be worth this share of the best. */
const WORTHWHILE = 0.35;

/**
 * An answer without a model: up to three quotes that fit the question best, deduplicated, in reading order. To "how do I …" the steps
 * that follow the best quote come with it, also from the fragments `behind`. Put the mark behind each part's `text`. What a model says of an
 * image is never quoted: it stands in no document.
 */
export function extractiveAnswer(
  question: string,
  { passages: all, idf }: Pick<Retrieved, 'passages' | 'idf'>,
  behind: readonly Passage[] = [],
): Extractive {
  const passages = all.filter((passage) => passage.kind !== 'description');
  // Asked for a verb with its particle only: most questions have none, and nothing is taken apart twice.
  const stands = (term: string) =>
    passages.some(({ text, heading }) => terms(`${heading}\n${text}`).includes(term));
  const asked = [...new Set(searchTerms(question, stands))];
  const howTo = asksHow(question);
  const found = passages.flatMap((passage, rank) => windows(passage, rank, asked, idf, howTo));
  preferCodes(question, found);
  found.sort((a, b) => b.value - a.value);
  const best = found[0];
  if (!best) return { opening: 'There is no passage to quote.', parts: [] };
  const pool = [...passages, ...behind.filter((passage) => passage.kind !== 'description')];
  const chosen: Window[] = [];
  let quotes = 0;
  for (const candidate of found) {
    if (quotes >= MOST_QUOTES || candidate.value < WORTHWHILE * best.value) break;
    // The steps of another section are the answer to another question.
    if (best.steps && candidate.steps && candidate.titled < best.titled) continue;
    if (chosen.some((other) => sameText(other, candidate))) continue;
    quotes++;
    chosen.push(candidate);
    if (howTo)
      chosen.push(...continuation(candidate, pool).filter((rest) => !chosen.some((c) => sameText(c, rest))));
  }
  chosen.sort(readingOrder(passages));
  const parts = chosen.map((window): ExtractivePart => {
    const { passage, first, last } = window;
    const segments = segmentsOf(passage);
    const quote: [number, number] = [segments[first]![0], segments[last]![1]];
    return { passage, quote, text: `\n\n${shown(window)}` };
  });
  const opening =
    parts.length === 1
      ? 'This is a passage from the documents, not a written answer:'
      : 'These are passages from the documents, not a written answer:';
  return { opening, parts };
}

/** Segments `[first, last]` of a passage. */
type Window = {
  passage: Passage;
  first: number;
  last: number;
  value: number;
  /** Whether it is a list of steps, and how much of the question stands in the heading right over it. */
  steps: boolean;
  titled: number;
};

/**
 * Every segment and every two neighbours of a passage that hold a word of the question; those that head steps with all of the steps, a
 * heading with what stands under it. Lines of a table of contents or of an index, and the head of a table, are no answer.
 */
function windows(
  passage: Passage,
  rank: number,
  asked: readonly string[],
  idf: (term: string) => number,
  howTo: boolean,
): Window[] {
  const segments = segmentsOf(passage);
  const text = (index: number) => passage.text.slice(...segments[index]!);
  const total = asked.reduce((sum, term) => sum + idf(term), 0) || 1;
  const mass = (held: Iterable<string>) => [...held].reduce((sum, term) => sum + idf(term), 0) / total;
  const wanted = new Set(asked);
  const lists = segments.map((_, index) => terms(text(index)));
  const head = passage.kind === 'table' ? tableHead(passage) : 0;
  const over = [passage.heading, ...segments.slice(0, head).map((_, index) => text(index))].join('\n');
  const above = new Set(terms(over).filter((term) => wanted.has(term)));
  const title = new Set(terms(passage.heading.split(' › ').at(-1) ?? ''));
  const found: Window[] = [];
  for (let first = head; first < segments.length; first++) {
    if (isDirectory(text(first))) continue;
    const heads = passage.kind !== 'table' && isHeading(passage, first);
    for (const last of passage.kind === 'table' ? [first] : [first, first + 1]) {
      if (last >= segments.length || isDirectory(text(last))) continue;
      // What stands under the next heading belongs to that.
      if (last > first && isHeading(passage, last)) continue;
      const list = first === last ? lists[first]! : [...lists[first]!, ...lists[last]!];
      const held = new Set(list.filter((term) => wanted.has(term)));
      const own = new Set([...title, ...(heads ? lists[first]! : [])]);
      const titled = mass(asked.filter((term) => own.has(term)));
      const window = { passage, first, last, value: 0, steps: false, titled };
      const run = howTo ? withSteps(window) : window;
      const isList = run.last - run.first > 1 && isProcedure(run);
      const steps = isList ? run : window;
      if (held.size === 0 && !(isList && above.size > 0)) continue;
      // Words of the heading count less: they stand over the whole section. Two segments hold more words by their length alone.
      const inHeading = 0.4 * mass([...above].filter((term) => !held.has(term)));
      const length = (list.length < 4 ? 0.7 : 1) * (last > first ? 0.9 : 1);
      const value = (mass(held) + inHeading + PHRASE_BONUS * phrase(list, asked)) * (isList ? 1 : length);
      const bonus = isList ? STEPS_BONUS * Math.min(1, 2 * titled) : 0;
      const section = howTo && titled >= 0.5 && first === 0 && passage.kind !== 'table';
      const whole = isList
        ? steps
        : section
          ? underHeading(steps, MOST_PROSE)
          : heads
            ? underHeading(steps, 2)
            : steps;
      // A heading with nothing under it answers nothing.
      const bare = heads && whole.last === first ? 0.3 : 1;
      found.push({ ...whole, steps: isList, value: (value + bonus) * bare - 0.004 * rank });
    }
  }
  return found;
}

/** Rows of a table that name it and its columns. */
function tableHead(passage: Passage): number {
  const segments = segmentsOf(passage);
  // Titles stand over the names of the columns; without one the first row names them.
  const isTitle = (index: number) =>
    isHeading(passage, index) ||
    /^(?:#|\**(?:table|tab\.|tabelle)\s)/iu.test(passage.text.slice(...segments[index]!).trim());
  let titles = 0;
  while (titles < segments.length - 1 && isTitle(titles)) titles++;
  return Math.min(segments.length - 1, titles + 1);
}

/** A title, without a full stop: numbered, or the last of the heading path. */
function isHeading(passage: Passage, index: number): boolean {
  const segment = segmentsOf(passage)[index];
  if (!segment) return false;
  const text = passage.text.slice(...segment).trim();
  if (/[.!?:;,]$/u.test(text) || text.split(/\s+/).length > 12) return false;
  const plain = (title: string) => title.replace(/^[#\d.\s]+/u, '').toLowerCase();
  return (
    /^(?:#+\s|\d{1,2}(?:\.\d{1,3})+\.?\s+\p{L})/u.test(text) ||
    (plain(text) !== '' && passage.heading.split(' › ').some((title) => plain(title) === plain(text))) ||
    headsFirstStep(passage, index)
  );
}

/** A line of its own with the first step right below it, as the headings of Word documents are, which have no number. */
function headsFirstStep(passage: Passage, index: number): boolean {
  const segments = segmentsOf(passage);
  const [own, before, next] = [segments[index]!, segments[index - 1], segments[index + 1]];
  if (!next || numberOf(passage, index) !== undefined || numberOf(passage, index + 1) !== 1) return false;
  const apart = (from: number, to: number) => passage.text.slice(from, to).includes('\n\n');
  return apart(own[1], next[0]) && (before === undefined || apart(before[1], own[0]));
}

/** A window with so many segments of its section behind it. */
function underHeading(window: Window, most: number): Window {
  const count = segmentsOf(window.passage).length;
  let { last } = window;
  while (last + 1 < count && last - window.first < most && !isHeading(window.passage, last + 1)) last++;
  return { ...window, last };
}

/** A line of a table of contents or of an index. */
function isDirectory(text: string): boolean {
  if (/(?:\.\s?){4,}\s*\d+\s*$|\s{4,}\d+\s*$|^[^.,]{2,60}(?:, \d{1,4}(?:[–-]\d{1,4})?)+$/u.test(text))
    return true;
  const places = text.match(/, \d{1,4}(?:[–-]\d{1,4})?(?=[ ,]|$)/gu)?.length ?? 0;
  return places >= 3 && (text.match(/\p{L}{2,}/gu)?.length ?? 0) < 3.5 * places;
}

/** Where the question names a code and some quote has it, the others are worth less. */
function preferCodes(question: string, found: Window[]): void {
  const codes = tokenize(question).flatMap(({ kind, norm }) => (kind === 'code' ? [norm] : []));
  if (codes.length === 0) return;
  const names = ({ passage, first, last }: Window) => {
    const segments = segmentsOf(passage);
    const text = `${passage.heading}\n${passage.text.slice(segments[first]![0], segments[last]![1])}`;
    return tokenize(text).some(({ norm }) => codes.includes(norm));
  };
  const named = found.map(names);
  if (!named.includes(true)) return;
  for (const [i, window] of found.entries()) if (!named[i]) window.value *= OTHER_CODE;
}

/** Share of the question's neighbouring terms that are neighbours here too. */
function phrase(list: readonly string[], asked: readonly string[]): number {
  if (asked.length < 2) return 0;
  const pairs = new Set(list.slice(1).map((term, i) => `${list[i]} ${term}`));
  return asked.slice(1).filter((term, i) => pairs.has(`${asked[i]} ${term}`)).length / (asked.length - 1);
}

/** Whether a question asks for steps. */
export const asksHow = (question: string): boolean => howTo.test(question);

const howTo =
  /\bhow (?:do|does|can|to|should|would|must|is|are)\b|\bwhat (?:to do|(?:do|should|must|can) (?:i|we|one) do)\b|\b(?:steps?|procedures?|instructions?) (?:to|for|of)\b|\bwie (?:kann|muss|soll|geht|wird|werden|\p{L}+ (?:ich|man|wir))\b/iu;

const step = /^\s*(?:(?:step\s*)?\(?\d{1,2}[.):]|[a-z][.)]|[-*•‣▪●○–])\s/iu;
const imperative =
  /^(?:then |next,? |now |finally,? |first,? )?(?:press|turn|set|select|open|close|click|insert|remove|place|put|switch|connect|disconnect|wait|check|make sure|ensure|choose|enter|adjust|repeat|fill|rinse|clean|push|pull|rotate|release|install|attach|load|start|stop|run|allow|verify|confirm|lift|lower|tighten|loosen|add|pour|mix|record|hold|tap|type|move|slide|replace|screw|unscrew|drain|empty|dry|wipe|apply|do not|never)\b/iu;

/** At least two of the segments are numbered or orders; a list of things is none. */
function isProcedure({ passage, first, last }: Window): boolean {
  let steps = 0;
  for (let index = first; index <= last; index++) {
    const text = passage.text.slice(...segmentsOf(passage)[index]!).trim();
    if (numberOf(passage, index) !== undefined || imperative.test(text.replace(step, ''))) steps++;
  }
  return steps > 1;
}

function isStep(passage: Passage, index: number): boolean {
  const segment = segmentsOf(passage)[index];
  if (!segment) return false;
  const text = passage.text.slice(...segment);
  return step.test(text) || imperative.test(text);
}

/**
 * A window that begins, holds or heads steps, with all of them. A remark between two steps belongs to them; where they are numbered, as
 * many as stand before the next number.
 */
function withSteps(window: Window): Window {
  const { passage } = window;
  if (passage.kind === 'table') return window;
  const count = segmentsOf(passage).length;
  let { first, last } = window;
  if (isStep(passage, first)) {
    while (first > 0 && last - first < MOST_STEPS - 1 && isStep(passage, first - 1)) first--;
  }
  if (!isStep(passage, last) && !isStep(passage, last + 1)) return window;
  let number = numberOf(passage, last);
  for (let next = last + 1; next < count && next - first < MOST_STEPS; next++) {
    if (isStep(passage, next)) {
      number = numberOf(passage, next) ?? number;
      last = next;
      continue;
    }
    const ahead = [1, 2, 3, 4].some(
      (k) => number !== undefined && numberOf(passage, next + k) === number + 1,
    );
    if (!ahead && !isStep(passage, next + 1)) break;
  }
  // What the last step says after its first sentence, on the same line.
  while (last + 1 < count && sameLine(passage, last) && last - first < MOST_STEPS) last++;
  return { ...window, first, last };
}

/** Whether the next segment goes on where this one ends, in the same paragraph or list item. */
function sameLine(passage: Passage, index: number): boolean {
  const segments = segmentsOf(passage);
  const next = segments[index + 1];
  return next !== undefined && !passage.text.slice(segments[index]![1], next[0]).includes('\n');
}

/** The number of a step. */
function numberOf(passage: Passage, index: number): number | undefined {
  const segment = segmentsOf(passage)[index];
  const found = segment && /^\s*(?:step\s*)?\(?(\d{1,2})[.):]\s/iu.exec(passage.text.slice(...segment));
  return found ? Number(found[1]) : undefined;
}

/** The steps that go on in the fragments behind, within the bound. */
function continuation(window: Window, pool: readonly Passage[]): Window[] {
  const found: Window[] = [];
  let { passage, last } = window;
  let room = MOST_STEPS - (last - window.first + 1);
  while (room > 0 && last === segmentsOf(passage).length - 1) {
    const next = pool.find((p) => p.readingId === passage.readingId && p.ordinal === passage.ordinal + 1);
    const goesOn = isStep(passage, last) || isStep(passage, last - 1) || isHeading(passage, last);
    const under = next?.heading === passage.heading;
    if (!next || !goesOn || isHeading(next, 0) || !(isStep(next, 0) || (under && isStep(next, 1)))) break;
    const rest = withSteps({ ...window, passage: next, first: 0, last: 0 });
    const end = Math.min(rest.last, room - 1);
    found.push({ ...rest, last: end });
    room -= end + 1;
    passage = next;
    last = end;
  }
  return found;
}

function sameText(a: Window, b: Window): boolean {
  if (a.passage.fragmentId === b.passage.fragmentId) return a.first <= b.last && b.first <= a.last;
  const [x = '', y = ''] = [a, b].map((window) => terms(shown(window)).join(' '));
  return x.includes(y) || y.includes(x);
}

/** Documents in the order of their best passage, quotes in the order of the document. */
function readingOrder(passages: readonly Passage[]): (a: Window, b: Window) => number {
  const rank = new Map<string, number>();
  for (const { versionId } of passages) if (!rank.has(versionId)) rank.set(versionId, rank.size);
  return (a, b) =>
    rank.get(a.passage.versionId)! - rank.get(b.passage.versionId)! ||
    a.passage.ordinal - b.passage.ordinal ||
    a.first - b.first;
}

/** Steps a line each, a row under the title of its table. */
function shown({ passage, first, last }: Window): string {
  const segments = segmentsOf(passage);
  const lines = segments.slice(first, last + 1).map(([start, end]) => passage.text.slice(start, end).trim());
  if (passage.kind === 'table' && first > 0) {
    const head = segments.slice(0, Math.min(first, tableHead(passage)));
    return [...head.map((segment) => passage.text.slice(...segment).trim()), ...lines].join('\n');
  }
  return lines.join(last - first > 1 ? '\n' : ' ');
}

import type { Passage, Retrieved } from '../retrieval/passage.ts';
import { terms } from '../retrieval/terms.ts';
import { segmentsOf } from './quote.ts';

/** One quote, word for word `passage.text.slice(...quote)`; `text` is how it is shown, with what parts it from the text before. */
export type ExtractivePart = { passage: Passage; quote: [start: number, end: number]; text: string };
export type Extractive = { opening: string; parts: ExtractivePart[] };

const MOST_QUOTES = 3;
const PHRASE_BONUS = 0.15;
/** To "how do I …", for a quote that heads steps. */
const STEPS_BONUS = 0.35;
const MOST_STEPS = 12;
/** A second and third quote must be worth this share of the best. */
const WORTHWHILE = 0.35;

/**
 * An answer without a model: up to three quotes that fit the question best, deduplicated, in reading order. To "how do I …" the steps
 * that follow the best quote come with it. Put the mark behind each part's `text`.
 */
export function extractiveAnswer(
  question: string,
  { passages, idf }: Pick<Retrieved, 'passages' | 'idf'>,
): Extractive {
  const asked = [...new Set(terms(question))];
  const howTo = asksHow.test(question);
  const found = passages.flatMap((passage, rank) => windows(passage, rank, asked, idf, howTo));
  found.sort((a, b) => b.value - a.value);
  const best = found[0];
  if (!best) return { opening: 'There is no passage to quote.', parts: [] };
  const chosen: Window[] = [];
  for (const candidate of found) {
    if (chosen.length >= MOST_QUOTES || candidate.value < WORTHWHILE * best.value) break;
    if (!chosen.some((other) => sameText(other, candidate))) chosen.push(candidate);
    if (howTo && chosen.length === 1) {
      const rest = continuation(candidate, passages);
      if (rest) chosen.push(rest);
    }
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
type Window = { passage: Passage; first: number; last: number; value: number };

/** Every segment and every two neighbours of a passage that hold a word of the question; those that head steps with all of the steps. */
function windows(
  passage: Passage,
  rank: number,
  asked: readonly string[],
  idf: (term: string) => number,
  howTo: boolean,
): Window[] {
  const segments = segmentsOf(passage);
  const total = asked.reduce((sum, term) => sum + idf(term), 0) || 1;
  const mass = (held: Iterable<string>) => [...held].reduce((sum, term) => sum + idf(term), 0) / total;
  const wanted = new Set(asked);
  const lists = segments.map(([start, end]) => terms(passage.text.slice(start, end)));
  const above = new Set(terms(passage.heading).filter((term) => wanted.has(term)));
  const found: Window[] = [];
  for (let first = 0; first < segments.length; first++) {
    for (const last of passage.kind === 'table' ? [first] : [first, first + 1]) {
      if (last >= segments.length) continue;
      const list = first === last ? lists[first]! : [...lists[first]!, ...lists[last]!];
      const held = new Set(list.filter((term) => wanted.has(term)));
      const window = { passage, first, last, value: 0 };
      const steps = howTo ? withSteps(window) : window;
      const isList = steps.last - steps.first > 1;
      if (held.size === 0 && !(isList && above.size > 0)) continue;
      // Words of the heading count less: they stand over the whole section. A heading alone answers nothing, and two segments hold
      // more words by their length alone.
      const inHeading = 0.4 * mass([...above].filter((term) => !held.has(term)));
      const length = (list.length < 4 ? 0.7 : 1) * (last > first ? 0.9 : 1);
      const value = (mass(held) + inHeading + PHRASE_BONUS * phrase(list, asked)) * (isList ? 1 : length);
      found.push({ ...steps, value: value + (isList ? STEPS_BONUS : 0) - 0.004 * rank });
    }
  }
  return found;
}

/** Share of the question's neighbouring terms that are neighbours here too. */
function phrase(list: readonly string[], asked: readonly string[]): number {
  if (asked.length < 2) return 0;
  const pairs = new Set(list.slice(1).map((term, i) => `${list[i]} ${term}`));
  return asked.slice(1).filter((term, i) => pairs.has(`${asked[i]} ${term}`)).length / (asked.length - 1);
}

const asksHow =
  /\bhow (?:do|does|can|to|should|would|must|is|are)\b|\b(?:steps?|procedures?|instructions?) (?:to|for|of)\b|\bwie (?:kann|muss|soll|geht|wird|werden|\p{L}+ (?:ich|man|wir))\b/iu;

const step = /^\s*(?:(?:step\s*)?\(?\d{1,2}[.):]|[a-z][.)]|[-*•‣▪●○–])\s/iu;
const imperative =
  /^(?:then |next,? |now |finally,? |first,? )?(?:press|turn|set|select|open|close|click|insert|remove|place|put|switch|connect|disconnect|wait|check|make sure|ensure|choose|enter|adjust|repeat|fill|rinse|clean|push|pull|rotate|release|install|attach|load|start|stop|run|allow|verify|confirm|lift|lower|tighten|loosen|add|pour|mix|record|hold|tap|type|move|slide|replace|screw|unscrew|drain|empty|dry|wipe|apply|do not|never)\b/iu;

function isStep(passage: Passage, index: number): boolean {
  const segment = segmentsOf(passage)[index];
  if (!segment) return false;
  const text = passage.text.slice(...segment);
  return step.test(text) || imperative.test(text);
}

/** A window that begins, holds or heads steps, with all of them; a remark between two steps belongs to them, two remarks end them. */
function withSteps(window: Window): Window {
  const { passage } = window;
  if (passage.kind === 'table') return window;
  const count = segmentsOf(passage).length;
  let { first, last } = window;
  if (isStep(passage, first)) {
    while (first > 0 && last - first < MOST_STEPS - 1 && isStep(passage, first - 1)) first--;
  }
  if (!isStep(passage, last) && !isStep(passage, last + 1)) return window;
  for (let next = last + 1; next < count && next - first < MOST_STEPS; next++) {
    if (isStep(passage, next)) last = next;
    else if (!isStep(passage, next + 1)) break;
  }
  return { ...window, first, last };
}

/** The steps that go on in the fragment behind. */
function continuation({ passage, first, last }: Window, passages: readonly Passage[]): Window | undefined {
  if (last !== segmentsOf(passage).length - 1 || last === first || !isStep(passage, last)) return undefined;
  const next = passages.find((p) => p.versionId === passage.versionId && p.ordinal === passage.ordinal + 1);
  if (!next || !isStep(next, 0)) return undefined;
  return withSteps({ passage: next, first: 0, last: 0, value: 0 });
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
  if (passage.kind === 'table' && first > 0)
    return `${passage.text.slice(...segments[0]!).trim()}\n${lines.join('\n')}`;
  return lines.join(last - first > 1 ? '\n' : ' ');
}
